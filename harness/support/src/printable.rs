//! Text from outside, made safe to print.

use std::borrow::Cow;
use std::path::Path;

/// Whether a character could change more than its own place on a terminal: control characters
/// (escape sequences begin with one), and those that reverse or hide text.
pub fn is_hazard(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// `text` with every [hazard](is_hazard) written as an escape, such as `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hazard(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// As [`printable`], of a text of several lines.
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// As [`printable`], of a path.
pub fn printable_path(path: &Path) -> String {
    printable(&path.to_string_lossy()).into_owned()
}

/// `text` as a cell of CSV that no spreadsheet takes for a formula: an apostrophe stands before what would
/// begin one (OWASP, "CSV injection").
pub fn spreadsheet_cell(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_power_and_text_stays() {
        assert_eq!(printable("kws, µJ, 関数"), "kws, µJ, 関数");
        assert_eq!(printable("\u{1b}[31mred\n"), r"\u{1b}[31mred\u{a}");
        assert_eq!(printable("a\u{9b}2J\u{202e}b"), r"a\u{9b}2J\u{202e}b");
        assert_eq!(printable_lines("a\n\u{1b}b"), "a\n\\u{1b}b");
    }

    #[test]
    fn what_a_spreadsheet_takes_for_a_formula_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(spreadsheet_cell(formula), format!("'{formula}"));
        }
        for text in ["", "kws", "a=b", "'=1", "1-2"] {
            assert_eq!(spreadsheet_cell(text), text);
        }
    }
}
