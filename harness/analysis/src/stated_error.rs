//! What is known of how far modelled cycles are off, in words.

use std::collections::BTreeMap;

use tinybench_record::{Fidelity, RunResult, StatedError};

/// What is said of cycles of a board whose chip isn't modelled.
const GENERIC: &str = "These cycles are those of a generic memory system with the wait states and caches \
                       of the board file, not of the chip's own: no error is established for them.";

/// How far off the modelled cycles of `results` are, and which of them lie outside of the programs
/// that this was established with: a sentence or two for each board's statement. Empty where all
/// are measured.
pub fn sentences<'a>(results: impl IntoIterator<Item = &'a RunResult>) -> String {
    let mut generic = false;
    let mut statements: Vec<(Option<&StatedError>, Vec<&RunResult>)> = Vec::new();
    for result in results {
        if result.latency.fidelity != Fidelity::Modelled {
            continue;
        }
        if result.latency.generic_memory_system {
            generic = true;
            continue;
        }
        let error = result.latency.stated_error.as_ref();
        let known = statements.iter_mut().find(|(other, _)| same(*other, error));
        match known {
            Some((_, results)) => results.push(result),
            None => statements.push((error, vec![result])),
        }
    }
    let texts = statements.iter().map(|(error, results)| match error {
        None => "No error is established for modelled cycles of this board.".to_owned(),
        Some(error) => {
            let stated = format!(
                "Modelled cycles of published programs were off by {:.1} % on average, {:.1} % at \
                 most ({}).",
                error.mean_percent, error.worst_percent, error.source
            );
            stated + &outside(results)
        }
    });
    let generic = generic.then(|| GENERIC.to_owned());
    texts.chain(generic).collect::<Vec<_>>().join(" ")
}

/// How far off the modelled energies of `results` are where others have measured the power: a sentence for
/// each statement. Empty where there is none.
pub fn of_energy<'a>(results: impl IntoIterator<Item = &'a RunResult>) -> String {
    let energies = results.into_iter().filter_map(|it| it.energy.as_ref());
    let mut texts = Vec::new();
    for error in energies.filter_map(|energy| energy.stated_error.as_ref()) {
        let text = format!(
            "Modelled energy is time by a constant power, off by {:.1} % on average and {:.1} % at \
             most from published ones ({}).",
            error.mean_percent, error.worst_percent, error.source
        );
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join(" ")
}

/// Whether two statements differ in the program alone.
fn same(a: Option<&StatedError>, b: Option<&StatedError>) -> bool {
    let statement = |error: &StatedError| {
        (
            error.mean_percent.to_bits(),
            error.worst_percent.to_bits(),
            error.source.clone(),
        )
    };
    a.map(statement) == b.map(statement)
}

/// What is outside, by what it is, with the programs.
fn outside(results: &[&RunResult]) -> String {
    struct Most<'a> {
        names: Vec<&'a str>,
        percent: f64,
        covered: Option<f64>,
    }
    let mut kinds: BTreeMap<&str, Most> = BTreeMap::new();
    for result in results {
        let error = result.latency.stated_error.as_ref();
        for found in error.iter().flat_map(|error| &error.outside) {
            let most = kinds.entry(&found.what).or_insert(Most {
                names: Vec::new(),
                percent: 0.0,
                covered: found.covered_percent,
            });
            if !most.names.contains(&&*result.workload) {
                most.names.push(&result.workload);
            }
            most.percent = most.percent.max(found.percent.unwrap_or_default());
        }
    }
    if kinds.is_empty() {
        return String::new();
    }
    let parts: Vec<_> = kinds
        .iter()
        .map(|(what, most)| {
            let names = if most.names.len() == results.len() && results.len() > 1 {
                "all".to_owned()
            } else {
                most.names.join(", ")
            };
            match most.covered {
                Some(covered) => format!(
                    "{what} ({names}: up to {:.1} % of the instructions, there {covered:.1} %)",
                    most.percent
                ),
                None => format!("{what} ({names})"),
            }
        })
        .collect();
    format!(" Outside of what those did: {}.", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::Outside;
    use tinybench_record::example::example;

    fn stated(outside: Vec<Outside>) -> Option<StatedError> {
        Some(StatedError {
            mean_percent: 0.7,
            worst_percent: 1.6,
            source: "six functions".to_owned(),
            outside,
            other: Default::default(),
        })
    }

    #[test]
    fn of_a_generic_memory_system_no_error_is_known() {
        let mut result = example().results.remove(0);
        result.latency.fidelity = Fidelity::Modelled;
        result.latency.stated_error = None;
        result.latency.generic_memory_system = true;
        assert_eq!(sentences([&result, &result]), GENERIC);
        result.latency.fidelity = Fidelity::Measured;
        assert_eq!(sentences([&result]), "");
    }

    fn loads(percent: f64) -> Outside {
        Outside {
            what: "loads from flash".to_owned(),
            percent: Some(percent),
            covered_percent: Some(0.9),
            other: Default::default(),
        }
    }

    #[test]
    fn what_is_known_of_a_modelled_energy_is_told_once() {
        let mut results = vec![example().results.remove(0); 2];
        assert_eq!(of_energy(&results), "");
        for result in &mut results {
            result.energy.as_mut().unwrap().stated_error = stated(Vec::new());
        }
        assert_eq!(
            of_energy(&results),
            "Modelled energy is time by a constant power, off by 0.7 % on average and 1.6 % at most from \
             published ones (six functions)."
        );
    }

    fn result(name: &str, error: Option<StatedError>) -> RunResult {
        let mut result = example().results.remove(0);
        result.workload = name.to_owned();
        result.latency.stated_error = error;
        result
    }

    #[test]
    fn a_board_without_a_statement_says_so() {
        assert_eq!(
            sentences(&[result("kws", None)]),
            "No error is established for modelled cycles of this board."
        );
    }

    #[test]
    fn programs_within_the_statement_need_no_more_words() {
        assert_eq!(
            sentences(&[result("kws", stated(vec![])), result("ad", stated(vec![]))]),
            "Modelled cycles of published programs were off by 0.7 % on average, 1.6 % at most \
             (six functions)."
        );
    }

    #[test]
    fn programs_outside_are_named_by_what_they_do() {
        let setting = Outside {
            what: "settings of flash and caches".to_owned(),
            percent: None,
            covered_percent: None,
            other: Default::default(),
        };
        let results = [
            result("kws", stated(vec![loads(5.25)])),
            result("ad", stated(vec![loads(11.2), setting])),
            result("ic", stated(vec![])),
        ];
        assert_eq!(
            sentences(&results),
            "Modelled cycles of published programs were off by 0.7 % on average, 1.6 % at most \
             (six functions). Outside of what those did: loads from flash (kws, ad: up to 11.2 % \
             of the instructions, there 0.9 %); settings of flash and caches (ad)."
        );
    }

    #[test]
    fn measured_cycles_need_no_statement() {
        let mut measured = result("kws", None);
        measured.latency.fidelity = Fidelity::Measured;
        assert_eq!(sentences(&[measured]), "");
    }
}
