//! What is not judged by itself: figures that follow from another, those of two boards or runtimes, and answers of
//! which there are too few to tell two models apart.

use super::side::Entry;
use super::verdict::{MetricChange, Verdict};
use crate::metrics::energy_follows_latency;
use tinybench_metrics::{Aspect, Gate};

/// Takes back the verdicts on figures of `base` and `new` that say nothing of their own, unless a limit
/// is given for them, of two boards or runtimes a hard one.
pub(super) fn put_right(metrics: &mut [MetricChange], base: &Entry, new: &Entry, gate: &Gate) {
    let differs = |aspect| base.context.get(aspect) != new.context.get(aspect);
    let given = |change: &MetricChange| gate.given(&base.key.workload, change.metric()?);
    let is_given = |change: &MetricChange| given(change).is_some();
    let of_two = match (differs(Aspect::Board), differs(Aspect::Runtime)) {
        (true, _) => Some("of two boards"),
        (false, true) => Some("of two runtimes"),
        (false, false) => None,
    };
    if let Some(reason) = of_two {
        for change in metrics {
            // What a change may be in percent is meant for one of them, a budget for any.
            let is_over_budget = given(change)
                .zip(change.metric())
                .is_some_and(|(limit, metric)| !limit.off && limit.is_exceeded(metric, change.new));
            if change.verdict != Verdict::Same && !is_over_budget {
                not_judged(change, reason);
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
    use crate::metrics::Metric;
    use tinybench_record::example::example;
    use tinybench_record::reading::Loaded;
    use tinybench_record::{Fidelity, Layout, Layouts, Quality, RunRecord};

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
    fn what_the_place_of_the_code_changes_is_noise() {
        let longer = |percent: u32| {
            let mut record = slower(100 + percent);
            let result = &mut record.results[0];
            result.latency.cycles.iter_mut().for_each(|it| *it /= 100);
            result.latency.median_cycles /= 100.0;
            result.latency.median_us /= 100.0;
            record
        };
        let latency = |base, new, gate: &Gate| verdict(&compared(base, new, gate, &[]), "latency");
        let none = Gate::default();
        assert_eq!(latency(longer(0), longer(2), &none).0, Verdict::Regression);
        // Where the same objects in other places were 3 % apart, 2 % tell nothing.
        let mut base = longer(0);
        let cycles = base.results[0].latency.median_cycles;
        let each = [(0, cycles), (36, cycles * 1.03)];
        let each = each.map(|(offset, cycles)| Layout::new(offset, cycles));
        let layouts = Layouts::new(each.to_vec(), base.board.clock_hz);
        base.results[0].latency.layouts = Some(layouts);
        let same = (
            Verdict::Same,
            Some("within the noise floor of 3 %".to_owned()),
        );
        assert_eq!(latency(base.clone(), longer(2), &none), same);
        assert_eq!(latency(longer(2), base.clone(), &none), same);
        assert_eq!(
            latency(base.clone(), longer(4), &none).0,
            Verdict::Regression
        );
        // What the project says comes first, and so does who wants every cycle.
        let mut gate = Gate::default();
        gate.set_floor(Metric::find("latency").unwrap(), 0.01);
        assert_eq!(
            latency(base.clone(), longer(2), &gate).0,
            Verdict::Regression
        );
        let mut exact = Gate::default();
        exact.set_exact();
        assert_eq!(latency(base, longer(2), &exact).0, Verdict::Regression);
    }

    #[test]
    fn two_runtimes_are_shown_and_not_judged() {
        let mut other = slower(2);
        other.results[0].runtime.name = "another".to_owned();
        other.toolchain.as_mut().unwrap().opt_level = "3".to_owned();
        let none = Gate::default();
        let comparison = compared(slower(1), other, &none, &[Aspect::Runtime]);
        let of_two = (Verdict::NotJudged, Some("of two runtimes".to_owned()));
        assert_eq!(verdict(&comparison, "latency"), of_two);
        assert!(comparison.regressions().is_empty());
        let change = &comparison.candidates[0].results[0].metrics[0];
        assert_eq!(change.ratio, Some(2.0));
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
        let latency = Metric::find("latency").unwrap();
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
