//! A table, to be shown in HTML or Markdown.

/// Characters of which a cell of words has at least so many in a line, if it has more.
const LONG_CHARACTERS: usize = 24;

/// The least width of a cell with more than that, rem; as in the style of all pages.
const LONG_REM: f64 = 10.0;

/// What is between two columns, rem; as in the style of all pages.
const GAP_REM: f64 = 1.25;

/// What is beside a table in a window, rem.
const MARGINS_REM: f64 = 4.0;

/// The narrowest window, 360 px, rem.
const NARROWEST_REM: f64 = 22.5;

/// Windows are told apart in steps, for few rules of style, rem.
const STEP_REM: f64 = 8.0;

/// About how wide a text is in a table in a wide typeface, rem.
fn width_of(text: &str) -> f64 {
    let of_character = |it: char| match it {
        '0'..='9' | 'A'..='Z' | 'm' | 'w' | 'µ' | '≈' | '×' | '+' | '%' => 0.63,
        'i' | 'j' | 'l' | '.' | ',' | ' ' | '(' | ')' | ':' => 0.37,
        _ => 0.57,
    };
    text.chars().map(of_character).sum()
}

/// A table with a caption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell a column.
    pub rows: Vec<Row>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, with the unit if it has one.
    pub heading: String,
    /// Whether it holds numbers, which are aligned at the right.
    pub numeric: bool,
}

/// A row. Its first cell names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The cells.
    pub cells: Vec<Cell>,
    /// What it can be filtered by: pairs of filter and value.
    pub facets: Vec<(&'static str, String)>,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads: a relative path, or an address that begins with `https://` or `http://`.
    pub link: Option<String>,
    /// How it is to be understood.
    pub tone: Tone,
    /// An SVG shown below the text.
    pub picture: Option<String>,
}

/// How a cell is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Better than before.
    Better,
    /// Worse than before, or wrong.
    Worse,
    /// Of less weight.
    Aside,
}

impl Tone {
    /// The class of the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Aside => "aside",
        }
    }
}

impl Column {
    /// A column of words.
    pub fn text(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            numeric: false,
        }
    }

    /// A column of numbers.
    pub fn number(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            numeric: true,
        }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            caption: caption.into(),
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row of plain cells.
    pub fn push<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(Row {
            cells: cells.into_iter().map(Into::into).collect(),
            facets: Vec::new(),
        });
    }

    /// From which width of a window on it fits beside its margins without being cut, rem: in narrower ones
    /// each row is a list of its cells. None if it fits any.
    pub fn fits_from(&self) -> Option<u32> {
        let of_column = |(at, column): (usize, &Column)| {
            let words = column.heading.split(' ').map(width_of);
            let cells = self.rows.iter().filter_map(|row| row.cells.get(at));
            let texts = cells.map(|cell| match column.numeric || cell.is_short() {
                true => width_of(&cell.text),
                false => LONG_REM,
            });
            words.chain(texts).fold(0.0, f64::max)
        };
        let columns: f64 = self.columns.iter().enumerate().map(of_column).sum();
        let between = GAP_REM * self.columns.len().saturating_sub(1) as f64;
        let window = columns + between + MARGINS_REM;
        let step = (window / STEP_REM).ceil() * STEP_REM;
        (window > NARROWEST_REM).then_some(step as u32)
    }

    /// What stands above the cells at `index`.
    pub fn heading(&self, index: &usize) -> &str {
        self.columns
            .get(*index)
            .map_or("", |column| &column.heading)
    }

    /// Whether the cells at `index` hold numbers.
    pub fn is_numeric(&self, index: &usize) -> bool {
        self.columns
            .get(*index)
            .is_some_and(|column| column.numeric)
    }
}

impl Cell {
    /// A cell of a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            ..Self::default()
        }
    }

    /// The classes of the style sheet.
    pub fn class(&self) -> String {
        let keep = if self.is_short() { "s" } else { "l" };
        format!("{} {keep}", self.tone.class()).trim().to_owned()
    }

    /// Whether a line break inside would only make the table longer.
    fn is_short(&self) -> bool {
        self.text.chars().count() <= LONG_CHARACTERS
    }

    /// A cell that leads somewhere, if `link` says where.
    pub fn linked(text: impl Into<String>, link: Option<String>) -> Self {
        Self {
            text: text.into(),
            link,
            ..Self::default()
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_tables_need_wide_windows() {
        let table = |columns: usize, text: &str| {
            let columns = (0..columns).map(|it| Column::text(format!("column {it}")));
            let mut table = Table::new("", columns.collect());
            table.push(vec![text; table.columns.len()]);
            table.fits_from()
        };
        assert_eq!(table(2, "kws"), None);
        assert_eq!(table(6, "kws"), Some(32));
        assert_eq!(table(6, "a hundred milliseconds"), Some(80));
        // Of long texts a line break makes no more than a longer row.
        assert_eq!(table(3, &"long words ".repeat(20)), Some(40));
    }
}
