//! Plain tables, and how they fit a terminal.

use crate::printable::printable;
use tabled::builder::Builder;
use tabled::grid::util::string::get_line_width;
use tabled::settings::object::Columns;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Modify, Padding, Style, Theme, Width};

/// What separates two columns.
pub const GAP: Padding = Padding::new(0, 2, 0, 0);

/// A table of `rows` under `headings`, without lines but one under the headings.
pub fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    fitting(headings, rows, &[], usize::MAX)
}

/// The same in `width` columns, as [`Fitted`] says. Of what it drops `--format json` has all.
pub fn fitting<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    drop: &[&str],
    width: usize,
) -> String {
    // What is listed comes from files of anybody's.
    let safe = |row: [String; N]| row.map(|cell| printable(&cell).into_owned());
    let fitted = Fitted {
        headings: headings.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(|row| safe(row).to_vec()).collect(),
        numeric: &[],
        drop,
    };
    fitted.render(width, &|heading| heading.to_owned())
}

/// A table that fits a terminal. As long as it is too wide, columns are dropped in a stated order; then the
/// others are wrapped at words.
pub struct Fitted<'a> {
    /// One a column.
    pub headings: Vec<String>,
    /// As many cells each as there are headings.
    pub rows: Vec<Vec<String>>,
    /// Headings of the columns that are aligned at the right.
    pub numeric: &'a [&'a str],
    /// Headings of the columns that are dropped, the first first.
    pub drop: &'a [&'a str],
}

impl Fitted<'_> {
    /// The table in at most `width` columns where that can be, and below it what was dropped. Headings are
    /// shown as `emphasise` gives them.
    pub fn render(mut self, width: usize, emphasise: &dyn Fn(&str) -> String) -> String {
        let mut dropped = Vec::new();
        let mut table = self.draw(None, emphasise);
        for name in self.drop {
            if columns(&table) <= width {
                break;
            }
            let Some(at) = self.headings.iter().position(|it| it == name) else {
                continue;
            };
            self.headings.remove(at);
            for row in &mut self.rows {
                row.remove(at);
            }
            dropped.push(*name);
            table = self.draw(None, emphasise);
        }
        if columns(&table) > width {
            let widths = self.narrowed(columns(&table) - width);
            table = self.draw(Some(&widths), emphasise);
        }
        if !dropped.is_empty() {
            let note = format!(
                "not shown: {}; a wider terminal or --format json has it",
                dropped.join(", ")
            );
            table += &format!("\n{}", wrapped(&note, width));
        }
        table
    }

    /// Widths of the columns that are `excess` less in all, where that can be without breaking a word: those
    /// with the most room above their longest word give way.
    fn narrowed(&self, mut excess: usize) -> Vec<usize> {
        let cells = |at: usize| {
            let rows = self.rows.iter().map(move |row| &row[at]);
            rows.chain([&self.headings[at]])
        };
        let widest = |at| cells(at).map(|it| columns(it)).max().unwrap_or(0);
        let word = |at| {
            let words = cells(at).flat_map(|it| it.split_whitespace());
            words.map(get_line_width).max().unwrap_or(0)
        };
        let all = 0..self.headings.len();
        let (mut widths, words): (Vec<usize>, Vec<usize>) =
            all.map(|at| (widest(at), word(at))).unzip();
        while excess > 0 {
            let room = |at: &usize| widths[*at].saturating_sub(words[*at]);
            let Some(at) = (0..widths.len()).max_by_key(room).filter(|at| room(at) > 0) else {
                break;
            };
            widths[at] -= 1;
            excess -= 1;
        }
        widths
    }

    fn draw(&self, widths: Option<&[usize]>, emphasise: &dyn Fn(&str) -> String) -> String {
        let mut builder = Builder::default();
        builder.push_record(self.headings.iter().map(|it| emphasise(it)));
        for row in &self.rows {
            builder.push_record(row);
        }
        let mut table = builder.build();
        table
            .with(lines())
            .with(GAP)
            .with(Modify::new(Columns::last()).with(Padding::zero()));
        for (at, heading) in self.headings.iter().enumerate() {
            if self.numeric.contains(&heading.as_str()) {
                table.with(Modify::new(Columns::one(at)).with(Alignment::right()));
            }
        }
        for (at, width) in widths.into_iter().flatten().enumerate() {
            let wrap = Width::wrap(*width).keep_words(true);
            table.with(Modify::new(Columns::one(at)).with(wrap));
        }
        trim(&table.to_string())
    }
}

/// Width of the widest line, columns.
pub fn columns(text: &str) -> usize {
    let lines = text.lines().map(get_line_width);
    lines.max().unwrap_or(0)
}

/// Lines of at most `width` columns where no word is longer; what goes on is indented by two more than its
/// line.
pub fn wrapped(text: &str, width: usize) -> String {
    wrapped_with(text, width, 2)
}

/// The same, where what goes on is indented by `hang` more than its line.
pub fn wrapped_with(text: &str, width: usize, hang: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words = line.trim_start_matches(' ');
        let indent = line.len() - words.len();
        let mut now = " ".repeat(indent);
        let mut is_empty = true;
        for word in words.split(' ') {
            if !is_empty && columns(&now) + 1 + columns(word) > width {
                lines.push(now);
                now = " ".repeat(indent + hang);
                is_empty = true;
            }
            if !is_empty {
                now.push(' ');
            }
            now.push_str(word);
            is_empty = false;
        }
        lines.push(now);
    }
    lines.join("\n")
}

/// No lines but one under the first row.
pub fn lines() -> Theme {
    let mut theme = Theme::from_style(Style::empty());
    theme.insert_horizontal_line(1, HorizontalLine::new('─'));
    theme
}

/// The table without spaces at the ends of lines.
pub fn trim(table: &str) -> String {
    table
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boards(width: usize) -> String {
        let rows = [
            [
                "nano33",
                "Arduino Nano 33 BLE Sense",
                "64 MHz",
                "buck-3v, ldo-1v8",
            ],
            ["pico", "Raspberry Pi Pico", "125 MHz", "-"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned));
        fitting(
            ["board", "name", "clock", "power"],
            rows,
            &["power", "clock"],
            width,
        )
    }

    #[test]
    fn columns_are_dropped_in_order_and_then_wrapped() {
        let all = boards(usize::MAX);
        assert!(all.contains("power") && !all.contains("not shown"), "{all}");
        let shown = [60, 45, 30].map(boards);
        for (width, text) in [60, 45, 30].into_iter().zip(&shown) {
            assert!(columns(text) <= width, "{width}:\n{text}");
        }
        assert!(shown[1].contains("not shown: power;"), "{}", shown[1]);
        assert!(
            shown[2].contains("not shown: power, clock;"),
            "{}",
            shown[2]
        );
        // Words that are wrapped are all there.
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert!(words(&shown[2]).contains("Sense"), "{}", shown[2]);
    }

    #[test]
    fn lines_are_wrapped_with_their_indentation() {
        let text = "  a: one two three four\nshort";
        assert_eq!(wrapped(text, 14), "  a: one two\n    three four\nshort");
        assert_eq!(wrapped(text, usize::MAX), text);
    }
}
