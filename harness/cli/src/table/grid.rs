//! A grid of cells that fits the terminal.

use tabled::builder::Builder;
use tabled::settings::formatting::AlignmentStrategy;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Modify, Padding};

pub(super) use tinybench_support::listing::columns;
use tinybench_support::listing::{GAP, lines, trim};

/// Cells under headings. A heading's words stand below each other where that saves width.
pub(super) struct Grid {
    /// One heading a column.
    pub headings: Vec<String>,
    /// As many cells a row as there are headings.
    pub rows: Vec<Vec<String>>,
    /// How many columns are aligned to the left; the rest are numbers.
    pub left: usize,
}

impl Grid {
    /// One line a row if they fit into `width` columns, otherwise one column a row. `emphasise`
    /// is applied to each word of a heading.
    pub fn render(&self, width: usize, emphasise: impl Fn(&str) -> String) -> String {
        let table = self.across(&emphasise);
        if columns(&table) <= width {
            table
        } else {
            self.down(width, &emphasise)
        }
    }

    /// One line a row, however wide.
    pub fn across(&self, emphasise: impl Fn(&str) -> String) -> String {
        let mut builder = Builder::default();
        builder.push_record(self.headings.iter().map(|heading| {
            let words: Vec<_> = heading.split(' ').map(&emphasise).collect();
            words.join("\n")
        }));
        for row in &self.rows {
            builder.push_record(row);
        }
        let mut table = builder.build();
        table
            .with(lines())
            .with(GAP)
            .with(Modify::new(Columns::last()).with(Padding::zero()))
            .with(AlignmentStrategy::PerLine)
            .with(Modify::new(Columns::new(self.left..)).with(Alignment::right()));
        trim(&table.to_string())
    }

    /// One column a row, as many beside each other as fit.
    fn down(&self, width: usize, emphasise: impl Fn(&str) -> String) -> String {
        let block = |rows: &[Vec<String>]| {
            let mut builder = Builder::default();
            for (index, heading) in self.headings.iter().enumerate() {
                let cells = rows.iter().map(|row| row[index].clone());
                builder.push_record([emphasise(heading)].into_iter().chain(cells));
            }
            let mut table = builder.build();
            table
                .with(lines())
                .with(GAP)
                .with(Modify::new(Columns::last()).with(Padding::zero()))
                .with(Modify::new(Columns::new(1..)).with(Alignment::right()));
            trim(&table.to_string())
        };
        let mut blocks = Vec::new();
        let mut rest = self.rows.as_slice();
        while !rest.is_empty() {
            // From below: of a thousand rows a few fit.
            let mut count = 1;
            while count < rest.len() && columns(&block(&rest[..=count])) <= width {
                count += 1;
            }
            let (now, later) = rest.split_at(count);
            blocks.push(block(now));
            rest = later;
        }
        blocks.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(rows: usize) -> String {
        let grid = Grid {
            headings: ["workload", "cycles"].map(str::to_owned).to_vec(),
            rows: (0..rows)
                .map(|it| vec![format!("m{it}"), "7".to_owned()])
                .collect(),
            left: 1,
        };
        grid.down(20, str::to_owned)
    }

    #[test]
    fn as_many_rows_stand_beside_each_other_as_fit() {
        let block = |names| format!("workload  {names}\n──────────────────");
        let text = down(5);
        assert!(text.starts_with(&block("m0  m1  m2")), "{text}");
        assert!(text.contains("\n\nworkload  m3  m4\n"), "{text}");
    }

    #[test]
    fn the_rows_of_a_large_sweep_are_all_there() {
        let text = down(4_000);
        let names = text.lines().filter(|it| it.starts_with("workload"));
        let names = names.flat_map(|it| it.split_whitespace().skip(1).map(str::to_owned));
        let expected = (0..4_000).map(|it| format!("m{it}"));
        assert!(names.eq(expected));
        assert!(columns(&text) <= 20);
    }
}
