//! A document as Markdown, for a comment on a pull request.

use std::fmt::Write;

use super::document::{Block, Document};
use super::table::{Cell, Table, Tone};
use super::words::pieces;
use crate::plot::visible;

/// The longest comment that GitHub takes is 65,536 characters; this leaves room for what a script
/// puts around it.
pub const MAX_COMMENT_BYTES: usize = 60_000;

/// How much of a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    All,
    WithoutDetails,
    WithoutPlots,
}

/// The document, shorter than `limit` bytes: if it has to be, tables of detail are left out, then
/// the tables of plots, then the end, each with a note that says so.
pub fn markdown(document: &Document, limit: usize) -> String {
    for (extent, note) in [
        (Extent::All, ""),
        (
            Extent::WithoutDetails,
            "\n_Tables of detail are left out to keep this short; the HTML report has them._\n",
        ),
        (
            Extent::WithoutPlots,
            "\n_Tables of detail and of plots are left out to keep this short; the HTML report \
             has them._\n",
        ),
    ] {
        let text = write(document, extent) + note;
        if text.len() < limit {
            return text;
        }
    }
    const CUT: &str = "\n\n_Cut here to keep this short; the HTML report has all of it._\n";
    let whole = write(document, Extent::WithoutPlots);
    let mut text = String::new();
    for line in whole.split_inclusive('\n') {
        if text.len() + line.len() + CUT.len() >= limit {
            break;
        }
        text.push_str(line);
    }
    text + CUT
}

fn write(document: &Document, extent: Extent) -> String {
    let mut text = format!("# {}\n", escape(&document.title));
    for line in &document.lead {
        // Writing to a string can't fail.
        let _ = write!(text, "\n{}\n", words(line));
    }
    for section in &document.sections {
        let body: String = section
            .blocks
            .iter()
            .filter_map(|shown| block(shown, extent))
            .collect();
        if !body.is_empty() {
            let _ = write!(text, "\n## {}\n{body}", escape(&section.title));
        }
    }
    text
}

fn block(block: &Block, extent: Extent) -> Option<String> {
    Some(match block {
        Block::Text(text) => format!("\n{}\n", words(text)),
        Block::Notice(text) => format!("\n> **{}**\n", words(text)),
        Block::Table(shown) => format!("\n{}", table(shown)),
        Block::Detail(_) if extent != Extent::All => return None,
        Block::Detail(shown) => folded(&shown.caption, shown),
        Block::Plot(_) if extent == Extent::WithoutPlots => return None,
        Block::Plot(plot) => folded(&plot.title, &plot.table),
        Block::Links(_) | Block::Choice(_) => return None,
        Block::Commands(text) => {
            // A fence longer than any run of backticks inside can't be closed by the text.
            let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
            let fence = "`".repeat(longest.max(2) + 1);
            let text: String = text
                .lines()
                .map(|line| line.chars().map(visible).collect::<String>() + "\n")
                .collect();
            format!("\n{fence}sh\n{text}{fence}\n")
        }
    })
}

/// Text in which documents are links.
fn words(text: &str) -> String {
    let pieces = pieces(text).into_iter();
    let written = pieces.map(|piece| match piece.address {
        Some(address) => format!("[{}](<{}>)", escape(piece.text), plain_link(&address)),
        None => escape(piece.text),
    });
    written.collect()
}

fn folded(title: &str, shown: &Table) -> String {
    format!(
        "\n<details><summary>{}</summary>\n\n{}\n</details>\n",
        crate::plot::escape(title),
        table(shown)
    )
}

fn table(table: &Table) -> String {
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<_> = cells.collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(&mut table.columns.iter().map(|column| escape(&column.heading)));
    text += &line(&mut table.columns.iter().map(|column| {
        let rule = if column.numeric { "---:" } else { "---" };
        rule.to_owned()
    }));
    for row in &table.rows {
        text += &line(&mut row.cells.iter().map(cell));
    }
    text
}

fn cell(cell: &Cell) -> String {
    let words = escape(&cell.text);
    let words = match cell.tone {
        Tone::Worse => format!("**{words}**"),
        _ => words,
    };
    match &cell.link {
        Some(link) if link.starts_with("http") => format!("[{words}](<{}>)", plain_link(link)),
        _ => words,
    }
}

/// An address without what would end it.
fn plain_link(link: &str) -> String {
    link.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !['<', '>', '|', '\\'].contains(c))
        .collect()
}

/// `text` with nothing in it that Markdown or HTML would take for markup, nor a mention of
/// somebody or a link to an issue.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(visible(other)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Column, Section};

    fn document(rows: usize, details: usize) -> Document {
        let table = |rows| {
            let mut table = Table::new("Rows", vec![Column::text("name"), Column::number("n")]);
            for row in 0..rows {
                table.push([format!("row {row}"), row.to_string()]);
            }
            table
        };
        let mut section = Section::new("s", "Section");
        section.blocks = vec![Block::Table(table(rows)), Block::Detail(table(details))];
        Document {
            title: "Title".to_owned(),
            sections: vec![section],
            ..Document::default()
        }
    }

    #[test]
    fn names_can_not_become_markup_or_mentions() {
        assert_eq!(
            escape("<img src=x> **b** [a](b) @all #1 a|b\n\u{1b}[31m"),
            "&lt;img src=x&gt; \\*\\*b\\*\\* \\[a\\](b) &#64;all \\#1 a\\|b \u{fffd}\\[31m"
        );
    }

    #[test]
    fn commands_can_not_leave_their_fence() {
        let text = block(&Block::Commands("a\n```\n# b".to_owned()), Extent::All).unwrap();
        assert_eq!(text, "\n````sh\na\n```\n# b\n````\n");
    }

    #[test]
    fn details_go_first_and_then_the_end() {
        let all = markdown(&document(3, 3), 10_000);
        assert!(
            all.contains("<details>") && !all.contains("left out"),
            "{all}"
        );
        let short = markdown(&document(3, 3_000), 10_000);
        assert!(
            short.contains("row 2") && short.contains("left out"),
            "{short}"
        );
        let cut = markdown(&document(3_000, 3_000), 10_000);
        assert!(
            cut.len() < 10_000 && cut.contains("Cut here"),
            "{}",
            cut.len()
        );
    }
}
