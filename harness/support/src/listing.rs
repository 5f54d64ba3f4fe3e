//! Plain tables of the listing commands.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Modify, Padding, Style, Theme};

/// What separates two columns.
pub const GAP: Padding = Padding::new(0, 2, 0, 0);

/// A table of `rows` under `headings`, without lines but one under the headings.
pub fn table<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut builder = Builder::default();
    builder.push_record(headings);
    for row in rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table
        .with(lines())
        .with(GAP)
        .with(Modify::new(Columns::last()).with(Padding::zero()));
    trim(&table.to_string())
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
