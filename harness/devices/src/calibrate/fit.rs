//! Fits the parameters of the cycle model to what was measured.
//!
//! Parameters are small integers and cycles nearly linear in them, so one after the other is set to
//! the value that brings the sum of the absolute differences down furthest, and two at once where
//! no single one helps. Which of them the benchmarks tell follows from how the modelled cycles change
//! with each around the result: a parameter whose changes are a combination of those of others
//! can't be told from them.

use tinybench_virtual_board::timing::{Parameter, TimingParameters};

use super::error::CalibrateError;
use super::report::{FitReport, FittedParameter, Identified};

/// Cycles of all benchmarks with some parameters, or of those whose numbers are given.
pub trait Simulate {
    /// Cycles of the benchmarks numbered in `subset`.
    fn cycles(
        &mut self,
        parameters: TimingParameters,
        subset: &[usize],
    ) -> Result<Vec<i64>, CalibrateError>;
}

/// Rounds of the search, at most. Each makes the fit better, so it ends sooner.
const ROUNDS: usize = 50;

/// How far from their current values two parameters are tried together.
const NEAR: u32 = 3;

/// Columns whose remainder is shorter than this part of them are combinations of others.
const DEPENDENT: f64 = 1e-6;

/// The result of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The parameters.
    pub parameters: TimingParameters,
    /// What is told of them.
    pub report: FitReport,
}

/// The measured benchmarks that a fit can use: their numbers in the table, and their cycles.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// Names, for the report.
    pub names: &'a [String],
    /// Cycles. As many as there are names.
    pub cycles: &'a [i64],
}

/// Fits those parameters of `start` that have these names to what was measured. `step` is called now and
/// then.
pub fn fit(
    model: &mut dyn Simulate,
    names: &[&str],
    start: TimingParameters,
    measured: Measured,
    step: &mut dyn FnMut(),
) -> Result<Fit, CalibrateError> {
    let all_known = TimingParameters::ALL.into_iter();
    let known: Vec<_> = all_known.filter(|it| names.contains(&it.name)).collect();
    let all: Vec<usize> = (0..measured.cycles.len()).collect();
    let first = model.cycles(start, &all)?;
    let mut search = Search {
        model,
        known: &known,
        measured: measured.cycles,
        parameters: start,
        now: first.clone(),
        responding: Vec::new(),
        step,
    };
    search.find_responding(&all)?;
    for _ in 0..ROUNDS {
        if !search.improve_each()? && !search.improve_a_pair()? {
            break;
        }
    }
    // What was changed on the way and didn't help in the end, alone or with what it goes together.
    for number in 0..known.len() {
        search.take_back(&[number], start)?;
    }
    let mut columns = search.columns(&all)?;
    let mut told = identify(&columns);
    let mut taken_back = false;
    for (number, (_, together)) in told.iter().enumerate() {
        if !together.is_empty() {
            taken_back |= search.take_back(&[&[number], together.as_slice()].concat(), start)?;
        }
    }
    if taken_back {
        columns = search.columns(&all)?;
        told = identify(&columns);
    }
    let (parameters, now) = (search.parameters, search.now.clone());

    let error = |cycles: &[i64]| -> u64 {
        let differences = cycles.iter().zip(measured.cycles);
        differences.map(|(a, b)| a.abs_diff(*b)).sum()
    };
    let differing: Vec<String> = (all.iter())
        .filter(|&&i| now[i] != measured.cycles[i])
        .map(|&i| measured.names[i].clone())
        .collect();
    let fitted = known
        .iter()
        .zip(told)
        .zip(&columns)
        .map(
            |((parameter, (identified, together)), column)| FittedParameter {
                name: parameter.name.to_owned(),
                before: value(&start, parameter),
                fitted: value(&parameters, parameter),
                identified,
                together_with: (together.into_iter())
                    .map(|other| known[other].name.to_owned())
                    .collect(),
                benchmarks: column.iter().filter(|&&change| change != 0.0).count(),
            },
        )
        .collect();
    Ok(Fit {
        parameters,
        report: FitReport {
            parameters: fitted,
            benchmarks: all.len(),
            still_differ: differing.len(),
            error_before: error(&first),
            error_after: error(&now),
            largest_after: (now.iter().zip(measured.cycles))
                .map(|(a, b)| a.abs_diff(*b))
                .max()
                .unwrap_or_default(),
            differing,
        },
    })
}

struct Search<'a> {
    model: &'a mut dyn Simulate,
    /// The parameters that are searched; the others stay.
    known: &'a [Parameter],
    measured: &'a [i64],
    parameters: TimingParameters,
    /// Cycles with these parameters.
    now: Vec<i64>,
    /// For each parameter the benchmarks that change with it.
    responding: Vec<Vec<usize>>,
    step: &'a mut dyn FnMut(),
}

/// The same parameters with one that is set to a value of its range.
fn with(mut parameters: TimingParameters, known: &Parameter, value: u32) -> TimingParameters {
    // The value is within the range that was asked for.
    let _ = parameters.set(known.name, value);
    parameters
}

/// The value of a parameter.
fn value(parameters: &TimingParameters, known: &Parameter) -> u32 {
    parameters.get(known.name).unwrap_or(known.default)
}

impl Search<'_> {
    fn find_responding(&mut self, all: &[usize]) -> Result<(), CalibrateError> {
        for known in self.known {
            let current = value(&self.parameters, known);
            let (least, most) = (*known.range.start(), *known.range.end());
            let mut responding = vec![false; all.len()];
            let mut tried = vec![current];
            for other in [current + 1, current.saturating_sub(1), least, most] {
                if !known.range.contains(&other) || tried.contains(&other) {
                    continue;
                }
                tried.push(other);
                let cycles = self
                    .model
                    .cycles(with(self.parameters, known, other), all)?;
                for (responds, (a, b)) in responding.iter_mut().zip(cycles.iter().zip(&self.now)) {
                    *responds |= a != b;
                }
            }
            let numbers = all.iter().copied().filter(|&i| responding[i]);
            self.responding.push(numbers.collect());
            (self.step)();
        }
        Ok(())
    }

    /// Sum of the absolute differences of `subset` with `cycles`.
    fn error(&self, subset: &[usize], cycles: &[i64]) -> u64 {
        let differences = subset.iter().zip(cycles);
        differences
            .map(|(&i, cycles)| cycles.abs_diff(self.measured[i]))
            .sum()
    }

    fn error_now(&self, subset: &[usize]) -> u64 {
        subset
            .iter()
            .map(|&i| self.now[i].abs_diff(self.measured[i]))
            .sum()
    }

    fn accept(&mut self, parameters: TimingParameters, subset: &[usize], cycles: &[i64]) {
        self.parameters = parameters;
        for (&i, &cycles) in subset.iter().zip(cycles) {
            self.now[i] = cycles;
        }
    }

    /// Sets each parameter to its best value. True if that made the fit better.
    fn improve_each(&mut self) -> Result<bool, CalibrateError> {
        let mut improved = false;
        for (number, known) in self.known.iter().enumerate() {
            let subset = self.responding[number].clone();
            let mut best = self.error_now(&subset);
            if best == 0 {
                continue;
            }
            for candidate in known.range.clone() {
                let parameters = with(self.parameters, known, candidate);
                let cycles = self.model.cycles(parameters, &subset)?;
                let error = self.error(&subset, &cycles);
                if error < best {
                    best = error;
                    self.accept(parameters, &subset, &cycles);
                    improved = true;
                }
            }
            (self.step)();
        }
        Ok(improved)
    }

    /// Gives the parameters numbered `group` what they were at the start, if that fits as well.
    /// True if that changed anything.
    fn take_back(
        &mut self,
        group: &[usize],
        start: TimingParameters,
    ) -> Result<bool, CalibrateError> {
        let mut parameters = self.parameters;
        let mut subset = Vec::new();
        for &number in group {
            let known = &self.known[number];
            parameters = with(parameters, known, value(&start, known));
            subset.extend(&self.responding[number]);
        }
        if parameters == self.parameters {
            return Ok(false);
        }
        subset.sort_unstable();
        subset.dedup();
        let cycles = self.model.cycles(parameters, &subset)?;
        if self.error(&subset, &cycles) > self.error_now(&subset) {
            return Ok(false);
        }
        self.accept(parameters, &subset, &cycles);
        Ok(true)
    }

    /// Changes two parameters at once, if that makes the fit better: those first that act on most
    /// of the same benchmarks that still differ, then those that act on the same at all.
    fn improve_a_pair(&mut self) -> Result<bool, CalibrateError> {
        let differs = |i: &&usize| self.now[**i] != self.measured[**i];
        let mut pairs = Vec::new();
        for (second, of_second) in self.responding.iter().enumerate() {
            for (first, of_first) in self.responding[..second].iter().enumerate() {
                let shared = of_first.iter().filter(|i| of_second.contains(i));
                let differing = shared.clone().filter(differs).count();
                let of_either = of_first.iter().chain(of_second).filter(differs).count();
                let shared = shared.count();
                if shared > 0 && of_either > 0 {
                    pairs.push((differing, shared, first, second));
                }
            }
        }
        pairs.sort_unstable_by(|a, b| b.cmp(a));
        for (_, _, first, second) in pairs {
            if self.improve_these(first, second)? {
                return Ok(true);
            }
            (self.step)();
        }
        Ok(false)
    }

    /// Sets two parameters to their best values near the current ones. True if that made the fit
    /// better.
    fn improve_these(&mut self, first: usize, second: usize) -> Result<bool, CalibrateError> {
        let mut subset = self.responding[first].clone();
        subset.extend(&self.responding[second]);
        subset.sort_unstable();
        subset.dedup();
        let mut best = self.error_now(&subset);
        let start = self.parameters;
        let near = |number: usize| {
            let known = &self.known[number];
            let current = value(&start, known);
            let (least, most) = (*known.range.start(), *known.range.end());
            let values = least.max(current.saturating_sub(NEAR))..=most.min(current + NEAR);
            (known, values)
        };
        let ((one, values), (other, other_values)) = (near(first), near(second));
        let mut improved = false;
        for candidate in values {
            for other_candidate in other_values.clone() {
                let parameters = with(with(start, one, candidate), other, other_candidate);
                let cycles = self.model.cycles(parameters, &subset)?;
                let error = self.error(&subset, &cycles);
                if error < best {
                    best = error;
                    self.accept(parameters, &subset, &cycles);
                    improved = true;
                }
            }
        }
        Ok(improved)
    }

    /// For each parameter, how the cycles of all benchmarks change if it is one more, or one less
    /// at the end of its range.
    fn columns(&mut self, all: &[usize]) -> Result<Vec<Vec<f64>>, CalibrateError> {
        let mut columns = Vec::new();
        for known in self.known {
            let current = value(&self.parameters, known);
            let next = if current < *known.range.end() {
                current + 1
            } else {
                current - 1
            };
            let cycles = self.model.cycles(with(self.parameters, known, next), all)?;
            let changes = cycles.iter().zip(&self.now);
            columns.push(changes.map(|(a, b)| (a - b) as f64).collect());
            (self.step)();
        }
        Ok(columns)
    }
}

/// For each column whether it is 0, independent of the others, or a combination: then of which.
fn identify(columns: &[Vec<f64>]) -> Vec<(Identified, Vec<usize>)> {
    let independent = |column: usize, left_out: Option<usize>| {
        let others = (0..columns.len())
            .filter(|&other| other != column && Some(other) != left_out)
            .map(|other| columns[other].as_slice());
        let rest = remainder(&columns[column], others);
        norm(&rest) > DEPENDENT * norm(&columns[column])
    };
    (0..columns.len())
        .map(|column| {
            if norm(&columns[column]) == 0.0 {
                (Identified::No, Vec::new())
            } else if independent(column, None) {
                (Identified::Yes, Vec::new())
            } else {
                let partners = (0..columns.len())
                    .filter(|&other| other != column && independent(column, Some(other)));
                (Identified::Together, partners.collect())
            }
        })
        .collect()
}

/// What is left of `column` once all combinations of `others` are taken out (Gram and Schmidt,
/// modified; each direction twice, against rounding).
fn remainder<'a>(column: &[f64], others: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let reduce = |vector: &mut Vec<f64>, basis: &[Vec<f64>]| {
        for _ in 0..2 {
            for direction in basis {
                let along = dot(vector, direction);
                for (v, d) in vector.iter_mut().zip(direction) {
                    *v -= along * d;
                }
            }
        }
    };
    for other in others {
        let mut vector = other.to_vec();
        reduce(&mut vector, &basis);
        let length = norm(&vector);
        if length > DEPENDENT * norm(other) {
            vector.iter_mut().for_each(|v| *v /= length);
            basis.push(vector);
        }
    }
    let mut rest = column.to_vec();
    reduce(&mut rest, &basis);
    rest
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cycles that are sums of parameters.
    struct Sums(Vec<Vec<&'static str>>);

    impl Simulate for Sums {
        fn cycles(
            &mut self,
            parameters: TimingParameters,
            subset: &[usize],
        ) -> Result<Vec<i64>, CalibrateError> {
            let sum = |names: &Vec<&str>| -> i64 {
                names
                    .iter()
                    .map(|name| i64::from(parameters.get(name).unwrap()))
                    .sum()
            };
            Ok(subset.iter().map(|&i| sum(&self.0[i])).collect())
        }
    }

    /// The names of all parameters.
    fn all() -> Vec<&'static str> {
        TimingParameters::ALL.map(|it| it.name).to_vec()
    }

    fn fitted(sums: &[&[&'static str]], cycles: &[i64]) -> Fit {
        let mut model = Sums(sums.iter().map(|names| names.to_vec()).collect());
        let names: Vec<String> = (0..sums.len()).map(|i| i.to_string()).collect();
        let measured = Measured {
            names: &names,
            cycles,
        };
        let start = TimingParameters::DEFAULT;
        fit(&mut model, &all(), start, measured, &mut || ()).unwrap()
    }

    fn parameter(fit: &Fit, name: &str) -> FittedParameter {
        let mut all = fit.report.parameters.iter();
        all.find(|it| it.name == name).unwrap().clone()
    }

    #[test]
    fn parameters_are_found_back_and_told_from_those_that_nothing_shows() {
        let fit = fitted(
            &[
                &["load"],
                &["load", "chained_load"],
                &["load", "late_address"],
            ],
            &[3, 5, 3],
        );
        assert_eq!(fit.report.error_after, 0);
        assert_eq!(fit.report.error_before, 1 + 2);
        for (name, value) in [("load", 3), ("chained_load", 2), ("late_address", 0)] {
            let found = parameter(&fit, name);
            assert_eq!(
                (found.fitted, found.identified),
                (value, Identified::Yes),
                "{name}"
            );
        }
        let unseen = parameter(&fit, "tail_chain");
        assert_eq!((unseen.fitted, unseen.identified), (6, Identified::No));
        assert_eq!(parameter(&fit, "load").benchmarks, 3);
    }

    #[test]
    fn only_the_parameters_that_were_named_are_fitted() {
        let mut model = Sums(vec![vec!["load", "store"]]);
        let measured = Measured {
            names: &["a".to_owned()],
            cycles: &[7],
        };
        let start = TimingParameters::DEFAULT;
        let fit = fit(&mut model, &["store"], start, measured, &mut || ()).unwrap();
        let names: Vec<_> = fit.report.parameters.iter().map(|it| &it.name).collect();
        assert_eq!(names, ["store"]);
        // The store's range ends at 4.
        assert_eq!((fit.parameters.load, fit.parameters.store), (2, 4));
        assert_eq!(fit.report.error_after, 1);
    }

    /// Cycles that get better only if two parameters change at once.
    struct Valley;

    impl Simulate for Valley {
        fn cycles(
            &mut self,
            parameters: TimingParameters,
            subset: &[usize],
        ) -> Result<Vec<i64>, CalibrateError> {
            let (ahead, latency) = (
                i64::from(parameters.fetch_ahead),
                i64::from(parameters.fetch_latency),
            );
            let all = [5 * ahead - 4 * latency, ahead];
            Ok(subset.iter().map(|&i| all[i]).collect())
        }
    }

    #[test]
    fn two_parameters_are_moved_at_once_where_one_alone_is_stuck() {
        let names = ["a".to_owned(), "b".to_owned()];
        let measured = Measured {
            names: &names,
            cycles: &[2, 6],
        };
        let start = TimingParameters {
            fetch_ahead: 4,
            fetch_latency: 4,
            ..TimingParameters::DEFAULT
        };
        let fit = fit(&mut Valley, &all(), start, measured, &mut || ()).unwrap();
        assert_eq!(fit.report.error_after, 0);
        assert_eq!(
            (fit.parameters.fetch_ahead, fit.parameters.fetch_latency),
            (6, 7)
        );
    }

    #[test]
    fn what_only_a_sum_shows_is_told_together() {
        let fit = fitted(
            &[
                &["divide", "divide_short"],
                &["divide", "divide_short", "load"],
            ],
            &[5, 7],
        );
        assert_eq!(fit.report.error_after, 0);
        let divide = parameter(&fit, "divide");
        assert_eq!(divide.identified, Identified::Together);
        assert_eq!(divide.together_with, ["divide_short"]);
        assert_eq!(parameter(&fit, "load").identified, Identified::Yes);
    }

    #[test]
    fn what_no_parameter_explains_is_told_as_the_remaining_error() {
        let fit = fitted(&[&["store"], &["store"], &["store"]], &[2, 2, 4]);
        assert_eq!(parameter(&fit, "store").fitted, 2);
        assert_eq!((fit.report.error_after, fit.report.largest_after), (2, 2));
        assert_eq!(fit.report.differing, ["2"]);
    }
}
