//! Words in which documents are named: a page is read where the repository isn't.

/// Where the project's files can be read.
const FILES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");

/// Folders whose files are linked.
const FOLDERS: [&str; 2] = ["docs/", "results/published/"];

/// Endings of files that are linked.
const ENDINGS: [&str; 2] = [".md", ".csv"];

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The words.
    pub text: &'a str,
    /// Where they lead, if they name a document of the project.
    pub address: Option<String>,
}

/// `text` in pieces, in which the names of the project's documents lead to them.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(found) = next(&text[at..]) {
        let (start, end) = (at + found.start, at + found.end);
        at = end;
        if text[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c)) {
            continue;
        }
        if plain < start {
            pieces.push(Piece {
                text: &text[plain..start],
                address: None,
            });
        }
        pieces.push(Piece {
            text: &text[start..end],
            address: Some(format!("{FILES}{}", &text[start..end])),
        });
        plain = end;
    }
    if plain < text.len() || pieces.is_empty() {
        pieces.push(Piece {
            text: &text[plain..],
            address: None,
        });
    }
    pieces
}

/// The first name of a document.
fn next(text: &str) -> Option<std::ops::Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let mut from = 0;
    loop {
        let starts = FOLDERS
            .iter()
            .filter_map(|folder| Some((from + text[from..].find(folder)?, folder.len())));
        let (start, folder) = starts.min()?;
        let stem = start + folder;
        let rest = &text[stem..];
        let end = stem + rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let ending = ENDINGS.iter().find(|it| text[end..].starts_with(**it));
        match ending {
            Some(ending) if end > stem => return Some(start..end + ending.len()),
            _ => from = stem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let all = pieces(text);
        let whole: String = all.iter().map(|piece| piece.text).collect();
        assert_eq!(whole, text);
        all.into_iter().filter_map(|piece| piece.address).collect()
    }

    #[test]
    fn documents_lead_to_where_they_can_be_read() {
        let start = "https://github.com/tinybench/tinybench/blob/main/";
        assert_eq!(
            links("see docs/numbers.md, docs/virtual-board.md and results/published/a.csv."),
            [
                "docs/numbers.md",
                "docs/virtual-board.md",
                "results/published/a.csv"
            ]
            .map(|path| format!("{start}{path}"))
        );
        assert_eq!(links("docs/fidelity.md").len(), 1);
    }

    #[test]
    fn what_is_no_document_of_the_project_leads_nowhere() {
        for text in [
            "",
            "docs",
            "docs/",
            "docs/.md",
            "docs/../secret.md",
            "mydocs/a.md",
            "http://evil.example/docs/a.md",
            "docs/\u{e4}.md",
        ] {
            assert_eq!(links(text), Vec::<String>::new(), "{text}");
        }
    }
}
