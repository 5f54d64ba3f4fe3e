//! A board file with fitted parameters.

use std::path::Path;

use tinybench_virtual_board::timing::TimingParameters;
use toml_edit::{DocumentMut, Item, Table, value};

use super::error::CalibrateError;
use super::report::{FitReport, Identified};
use tinybench_inputs::board::Board;

/// The board's name that goes with a file called `path`.
pub fn name_of(path: &Path) -> Result<String, CalibrateError> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let toml = path
        .extension()
        .is_some_and(|extension| extension == "toml");
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match stem {
        Some(stem)
            if toml
                && !stem.is_empty()
                && !stem.starts_with(['-', '.'])
                && stem.chars().all(allowed) =>
        {
            Ok(stem.to_owned())
        }
        _ => Err(CalibrateError::FitName(path.to_owned())),
    }
}

/// The board file `text` with the name that goes with `path` and the parameters of a fit, where
/// they aren't `chip`'s own. An error that was stated for other parameters is taken out.
///
/// `origin` says what was measured.
pub fn fitted(
    text: &str,
    path: &Path,
    fit: &FitReport,
    chip: TimingParameters,
    origin: &str,
) -> Result<String, CalibrateError> {
    let invalid = |reason: String| CalibrateError::BoardFile(reason);
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| invalid(error.to_string()))?;
    document["name"] = value(name_of(path)?);
    let board = document
        .get_mut("virtual")
        .and_then(Item::as_table_mut)
        .ok_or_else(|| invalid("it has no table [virtual]".to_owned()))?;
    board.remove("error");
    let mut timing = Table::new();
    timing.decor_mut().set_prefix(format!(
        "\n# Fitted by `tinybench calibrate` to {origin}.\n\
         # {} of {} benchmarks still differ, by {} cycles at most.\n",
        fit.still_differ, fit.benchmarks, fit.largest_after
    ));
    for parameter in &fit.parameters {
        if chip.get(&parameter.name) == Some(parameter.fitted) {
            continue;
        }
        let comment = match parameter.identified {
            Identified::Yes => format!(" # identified by {} benchmarks", parameter.benchmarks),
            Identified::Together => {
                format!(
                    " # only together with {}",
                    parameter.together_with.join(", ")
                )
            }
            Identified::No => " # no benchmark shows it: as it was before".to_owned(),
        };
        timing[&parameter.name] = value(i64::from(parameter.fitted));
        if let Some(value) = timing[&parameter.name].as_value_mut() {
            value.decor_mut().set_suffix(comment);
        }
    }
    board["timing"] = Item::Table(timing);
    let text = document.to_string();
    Board::parse(&text, path).map_err(|error| invalid(error.to_string()))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::report::FittedParameter;

    const NANO33: &str = include_str!("../../../../targets/boards/nano33.toml");

    fn report(parameters: &[(&str, u32, Identified)]) -> FitReport {
        FitReport {
            parameters: (parameters.iter())
                .map(|&(name, fitted, identified)| FittedParameter {
                    name: name.to_owned(),
                    before: 0,
                    fitted,
                    identified,
                    together_with: vec!["divide_short".to_owned()],
                    benchmarks: 7,
                })
                .collect(),
            benchmarks: 200,
            still_differ: 3,
            error_before: 90,
            error_after: 5,
            largest_after: 2,
            differing: Vec::new(),
        }
    }

    #[test]
    fn a_fitted_file_is_the_old_one_with_a_new_name_and_parameters() {
        let path = Path::new("mine.toml");
        let fit = report(&[
            ("refill", 2, Identified::Yes),
            ("divide", 3, Identified::Together),
            ("load", 2, Identified::Yes),
        ]);
        let chip = TimingParameters::DEFAULT;
        let text = fitted(NANO33, path, &fit, chip, "a board").unwrap();
        let board = Board::parse(&text, path).unwrap();
        assert_eq!(board.unknown_keys, [""; 0]);
        let timing = board.board.virtual_board.unwrap().timing;
        // What is the chip's own isn't repeated.
        let expected = [("divide".to_owned(), 3), ("refill".to_owned(), 2)];
        assert_eq!(timing.into_iter().collect::<Vec<_>>(), expected);
        assert!(
            text.contains("refill = 2 # identified by 7 benchmarks\n"),
            "{text}"
        );
        assert!(
            text.contains("divide = 3 # only together with divide_short\n"),
            "{text}"
        );
        assert!(text.contains("# Written to NVMC.ICACHECNF"), "{text}");
        // A fit of the fitted board replaces its parameters.
        let again = report(&[("refill", 1, Identified::Yes)]);
        let text = fitted(&text, path, &again, chip, "a board").unwrap();
        let board = Board::parse(&text, path).unwrap().board;
        assert!(board.virtual_board.unwrap().timing.is_empty());
    }

    #[test]
    fn an_error_that_was_stated_for_other_parameters_goes() {
        assert!(NANO33.contains("[virtual.error]"));
        let path = Path::new("mine.toml");
        let fit = report(&[("refill", 2, Identified::Yes)]);
        let text = fitted(NANO33, path, &fit, TimingParameters::DEFAULT, "a board").unwrap();
        let board = Board::parse(&text, path).unwrap().board;
        assert_eq!(board.virtual_board.unwrap().error, None);
    }

    #[test]
    fn a_file_is_called_like_a_board() {
        assert_eq!(
            name_of(Path::new("a/nano33-fit.toml")).unwrap(),
            "nano33-fit"
        );
        for bad in ["fit", "fit.json", ".toml", "a b.toml", "-x.toml"] {
            assert!(name_of(Path::new(bad)).is_err(), "{bad}");
        }
    }
}
