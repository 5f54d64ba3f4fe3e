//! The nearest known name to one that isn't known.

/// Similarity (Jaro-Winkler, 0 to 1) below which a suggestion would only confuse.
const SIMILAR: f64 = 0.7;

/// The candidate most like `name`, if one is like it at all.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&name, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The end of an error message about an unknown name: the nearest one, or all there are.
pub fn hint(name: &str, candidates: &[String]) -> String {
    match nearest(name, candidates.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if candidates.is_empty() => "there are none".to_owned(),
        None => format!("there are: {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let boards = ["nano33", "nucleo-l4r5zi"];
        assert_eq!(nearest("nano3", boards), Some("nano33"));
        assert_eq!(nearest("NANO33", boards), Some("nano33"));
        assert_eq!(nearest("nucelo-l4r5zi", boards), Some("nucleo-l4r5zi"));
    }

    #[test]
    fn something_else_altogether_finds_nothing() {
        assert_eq!(nearest("esp32", ["nano33"]), None);
        let names = ["nano33".to_owned(), "disco".to_owned()];
        assert_eq!(hint("esp32", &names), "there are: nano33, disco");
    }
}
