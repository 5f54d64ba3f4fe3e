//! What is not judged by itself: figures that follow from another, those of two boards, and answers of
//! which there are too few to tell two models apart.

use super::context::Aspect;
use super::limits::Gate;
use super::side::Entry;
use super::verdict::{MetricChange, Verdict};
use crate::metrics::energy_follows_latency;

/// Takes back the verdicts on figures of `base` and `new` that say nothing of their own, unless a limit
/// is given for them, of two boards a hard one.
pub(super) fn put_right(metrics: &mut [MetricChange], base: &Entry, new: &Entry, gate: &Gate) {
    let differs = |aspect| base.context.get(aspect) != new.context.get(aspect);
    let given = |change: &MetricChange| gate.given(&base.key.workload, change.metric()?);
    let is_given = |change: &MetricChange| given(change).is_some();
    if differs(Aspect::Board) {
        for change in metrics {
            // What a change may be in percent is meant for one board, a budget for any.
            let is_over_budget = given(change)
                .zip(change.metric())
                .is_some_and(|(limit, metric)| !limit.off && limit.is_exceeded(metric, change.new));
            if change.verdict != Verdict::Same && !is_over_budget {
                not_judged(change, "of two boards");
            }
        }
        return;
    }
    for change in metrics {
        match change.metric {
            "energy"
                if energy_follows_latency([base, new].map(|it| &it.result))
                    && !is_given(change)
                    && change.verdict != Verdict::Same =>
            {
                not_judged(change, "follows from latency");
            }
            "quality" | "error" if differs(Aspect::Model) => {
                let too_few = [base, new].map(|it| it.result.quality.as_ref()?.interval());
                if let [Some(one), Some(other)] = too_few
                    && change.verdict != Verdict::Same
                    && !is_given(change)
                    && one.overlaps(&other)
                {
                    change.verdict = Verdict::Unclear;
                    change.reason = Some("too few samples to tell two models apart".to_owned());
                }
            }
            _ => {}
        }
    }
}

fn not_judged(change: &mut MetricChange, reason: &str) {
    change.verdict = Verdict::NotJudged;
    change.reason = Some(reason.to_owned());
}

#[cfg(test)]
mod tests {
    use crate::compare::{Aspect, Comparison, Gate, Limit, NamedLimit, Side, Verdict, compare};
    use tinybench_record::example::example;
    use tinybench_record::reading::Loaded;
    use tinybench_record::{Fidelity, Quality, RunRecord};

    fn side(record: RunRecord) -> Side {
        let path = "record.json".into();
        Side::new("side", &[Loaded { path, record }])
    }

    fn compared(base: RunRecord, new: RunRecord, gate: &Gate, allowed: &[Aspect]) -> Comparison {
        compare(&side(base), &[side(new)], gate, allowed).unwrap()
    }

    fn verdict(comparison: &Comparison, metric: &str) -> (Verdict, Option<String>) {
        let metrics = &comparison.candidates[0].results[0].metrics;
        let change = metrics.iter().find(|it| it.metric == metric).unwrap();
        (change.verdict, change.reason.clone())
    }

    /// The example as if it took so many times as long, with what follows.
    fn slower(factor: u32) -> RunRecord {
        let mut record = example();
        let result = &mut record.results[0];
        let latency = &mut result.latency;
        latency.cycles.iter_mut().for_each(|it| *it *= factor);
        latency.median_cycles *= f64::from(factor);
        latency.median_us *= f64::from(factor);
        result.energy.as_mut().unwrap().uj_per_inference *= f64::from(factor);
        record
    }

    #[test]
    fn energy_that_follows_from_latency_is_not_judged_twice() {
        let none = Gate::default();
        let comparison = compared(slower(1), slower(2), &none, &[]);
        assert_eq!(verdict(&comparison, "latency").0, Verdict::Regression);
        let follows = (Verdict::NotJudged, Some("follows from latency".to_owned()));
        assert_eq!(verdict(&comparison, "energy"), follows);
        assert_eq!(comparison.regressions().len(), 1);
        // Another power is news, and so is energy that was measured.
        let mut other = slower(2);
        other.results[0].energy.as_mut().unwrap().mean_mw *= 2.0;
        let comparison = compared(slower(1), other, &none, &[]);
        assert_eq!(verdict(&comparison, "energy").0, Verdict::Regression);
        // Who sets a limit wants it judged.
        let mut gate = Gate::default();
        let NamedLimit { metric, limit } = "energy=2%".parse().unwrap();
        gate.set(metric, limit);
        let comparison = compared(slower(1), slower(2), &gate, &[]);
        assert_eq!(verdict(&comparison, "energy").0, Verdict::Regression);
    }

    #[test]
    fn two_boards_are_shown_and_not_judged() {
        let mut other = slower(2);
        other.board.name = "nucleo".to_owned();
        other.board.chip = "STM32L4R5".to_owned();
        other.board.dual_bank = Some(true);
        let mut gate = Gate::default();
        let judged = compared(slower(1), other.clone(), &gate, &[Aspect::Board]);
        assert_eq!(judged.regressions(), Vec::<String>::new());
        let latency = &judged.candidates[0].results[0].metrics[0];
        assert_eq!(
            (latency.verdict, latency.ratio),
            (Verdict::NotJudged, Some(2.0))
        );
        // What a budget allows it allows on any board.
        let latency = crate::metrics::Metric::find("latency").unwrap();
        gate.set(latency, Limit::parse(latency, "2%").unwrap());
        let judged = compared(slower(1), other.clone(), &gate, &[Aspect::Board]);
        assert_eq!(judged.regressions(), Vec::<String>::new());
        gate.set(latency, Limit::parse(latency, "2%|150ms").unwrap());
        let judged = compared(slower(1), other, &gate, &[Aspect::Board]);
        assert_eq!(judged.regressions().len(), 1);
    }

    #[test]
    fn a_few_samples_do_not_rank_two_models() {
        let with = |model: char, value: f64, samples: u64| {
            let mut record = example();
            record.results[0].model.sha256 = Some(model.to_string().repeat(64));
            record.results[0].quality = Some(Quality::new("top1", value, samples));
            record
        };
        let verdict = |base, new| {
            let allowed = [Aspect::Model];
            verdict(&compared(base, new, &Gate::default(), &allowed), "quality").0
        };
        let few = verdict(with('1', 0.9375, 48), with('2', 0.875, 48));
        assert_eq!(few, Verdict::Unclear);
        let many = verdict(with('1', 0.9375, 4_800), with('2', 0.875, 4_800));
        assert_eq!(many, Verdict::Regression);
        // Of one model on the same inputs every other answer is a change.
        let same = verdict(with('1', 0.9375, 48), with('1', 0.875, 48));
        assert_eq!(same, Verdict::Regression);
    }

    #[test]
    fn measured_energy_is_judged() {
        let measured = |factor: f64| {
            let mut record = example();
            let energy = record.results[0].energy.as_mut().unwrap();
            energy.fidelity = Fidelity::Measured;
            energy.uj_per_inference *= factor;
            record
        };
        let comparison = compared(measured(1.0), measured(2.0), &Gate::default(), &[]);
        // One value on each side: it can't be told, and that is said.
        let (verdict, reason) = verdict(&comparison, "energy");
        assert_eq!(verdict, Verdict::Unclear);
        assert!(reason.unwrap().contains("too few"));
    }
}
