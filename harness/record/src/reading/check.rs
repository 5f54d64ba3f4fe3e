//! What a record may say. JSON has no NaN, but it has negative, enormous and contradictory numbers,
//! and strings of any length and content.

use super::profile;
use crate::learning::Learning;
use crate::{Failure, MAX_NAME, Metered, Power, Quality, RunRecord, RunResult, Stage};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::HashSet;
use tinybench_support::order::median;
use tinybench_support::printable::{is_hazard, printable};

/// Longest string.
const MAX_STRING: usize = 4_096;
/// Clocks that a microcontroller can have, Hz.
const CLOCKS: std::ops::RangeInclusive<u64> = 1_000..=100_000_000_000;
/// Largest number of any kind: it keeps sums and products finite.
const MAX_NUMBER: f64 = 1e18;
/// How far a median may be from what it is the median of: files are written by other programs too,
/// and rounded.
const TOLERANCE: f64 = 1e-4;

/// What is wrong with a record. Safe to print.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It holds neither results nor failures.
    #[error("it has no results")]
    Empty,
    /// One workload and runtime has several entries, be they results or failures.
    #[error("the workload `{workload}`{} is in it twice", on_runtime(runtime.as_deref()))]
    Duplicate {
        /// The workload.
        workload: String,
        /// The runtime, where it was known.
        runtime: Option<String>,
    },
    /// A string could change what a terminal shows.
    #[error("`{place}` has the control character {} in it", .character.escape_unicode())]
    Control {
        /// Where it is.
        place: String,
        /// The character.
        character: char,
    },
    /// A string is too long.
    #[error("`{place}` is {len} bytes long, and the limit is {limit}")]
    Long {
        /// Where it is.
        place: String,
        /// Its length.
        len: usize,
        /// The limit.
        limit: usize,
    },
    /// A number or combination of numbers can't be.
    #[error("`{place}` {reason}")]
    Absurd {
        /// Where it is.
        place: String,
        /// Why.
        reason: String,
    },
}

fn on_runtime(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!(" on the runtime `{name}`"))
}

fn absurd(place: impl Into<String>, reason: impl Into<String>) -> Fault {
    Fault::Absurd {
        place: place.into(),
        reason: reason.into(),
    }
}

/// Checks that a record makes sense, so that nothing which uses it has to.
pub fn check(record: &RunRecord) -> Result<(), Fault> {
    if record.results.is_empty() && record.failures.is_empty() {
        return Err(Fault::Empty);
    }
    if record.started_at.parse::<Timestamp>().is_err() {
        return Err(absurd("started_at", "is no RFC 3339 time"));
    }
    if !CLOCKS.contains(&record.board.clock_hz) {
        return Err(absurd("board.clock_hz", "is no clock of a microcontroller"));
    }
    // Everything else goes by the text: fields that this version doesn't know are shown as well.
    let value = serde_json::to_value(record).map_err(|e| absurd("record", e.to_string()))?;
    strings_and_numbers("", &value)?;
    let mut seen = HashSet::new();
    for (index, result) in record.results.iter().enumerate() {
        for (name, text) in [
            ("workload", &result.workload),
            ("runtime.name", &result.runtime.name),
            ("model.name", &result.model.name),
        ] {
            name_of(&format!("results[{index}].{name}"), text)?;
        }
        if !seen.insert((result.workload.as_str(), Some(result.runtime.name.as_str()))) {
            return Err(duplicate(&result.workload, Some(&result.runtime.name)));
        }
        figures(record.board.clock_hz, result)
            .map_err(|(place, reason)| absurd(format!("results[{index}].{place}"), reason))?;
    }
    for (index, failure) in record.failures.iter().enumerate() {
        failure_of(index, failure)?;
        let runtime = failure.runtime_name();
        if !seen.insert((failure.workload.as_str(), runtime)) {
            return Err(duplicate(&failure.workload, runtime));
        }
    }
    name_of("board.name", &record.board.name)
}

fn duplicate(workload: &str, runtime: Option<&str>) -> Fault {
    Fault::Duplicate {
        workload: workload.to_owned(),
        runtime: runtime.map(str::to_owned),
    }
}

/// A failure has names, a kind and a message, and no exit code that means that all is well.
fn failure_of(index: usize, failure: &Failure) -> Result<(), Fault> {
    let place = |field: &str| format!("failures[{index}].{field}");
    name_of(&place("workload"), &failure.workload)?;
    name_of(&place("kind"), failure.kind.name())?;
    if let Some(model) = &failure.model {
        name_of(&place("model.name"), &model.name)?;
    }
    if let Some(runtime) = &failure.runtime {
        name_of(&place("runtime.name"), &runtime.name)?;
    }
    if failure.message.trim().is_empty() {
        return Err(absurd(place("message"), "is empty"));
    }
    if failure.exit_code == 0 {
        return Err(absurd(place("exit_code"), "is 0, which means success"));
    }
    Ok(())
}

/// A name is there and short.
fn name_of(place: &str, text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(absurd(place, "is empty"));
    }
    if text.len() > MAX_NAME {
        return Err(Fault::Long {
            place: place.to_owned(),
            len: text.len(),
            limit: MAX_NAME,
        });
    }
    Ok(())
}

/// Strings are short and harmless, numbers not enormous.
fn strings_and_numbers(place: &str, value: &Value) -> Result<(), Fault> {
    match value {
        Value::String(text) => string(place, text),
        Value::Number(number) => match number.as_f64() {
            Some(number) if number.abs() <= MAX_NUMBER => Ok(()),
            // A whole number of 64 bits is exact where it stands, seeds for example.
            _ if number.is_u64() || number.is_i64() => Ok(()),
            _ => Err(absurd(place, "is absurdly large")),
        },
        Value::Array(values) => values
            .iter()
            .enumerate()
            .filter(|(_, value)| !value.is_u64())
            .try_for_each(|(index, value)| {
                strings_and_numbers(&format!("{place}[{index}]"), value)
            }),
        Value::Object(fields) => object(place, fields),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn object(place: &str, fields: &Map<String, Value>) -> Result<(), Fault> {
    for (name, value) in fields {
        string(place, name)?;
        let place = match place {
            "" => name.clone(),
            place => format!("{place}.{}", printable(name)),
        };
        strings_and_numbers(&place, value)?;
    }
    Ok(())
}

fn string(place: &str, text: &str) -> Result<(), Fault> {
    if text.len() > MAX_STRING {
        return Err(Fault::Long {
            place: place.to_owned(),
            len: text.len(),
            limit: MAX_STRING,
        });
    }
    match text.chars().find(|&character| is_hazard(character)) {
        Some(character) => Err(Fault::Control {
            place: place.to_owned(),
            character,
        }),
        None => Ok(()),
    }
}

/// The figures of one result don't contradict each other. The error is the place and the reason.
fn figures(clock_hz: u64, result: &RunResult) -> Result<(), (&'static str, String)> {
    let latency = &result.latency;
    let (Some(min), Some(max)) = (latency.cycles.iter().min(), latency.cycles.iter().max()) else {
        return Err(("latency.cycles", "is empty".to_owned()));
    };
    if (latency.min_cycles, latency.max_cycles) != (*min, *max) {
        return Err((
            "latency.min_cycles",
            "and `max_cycles` are not those of `cycles`".to_owned(),
        ));
    }
    let expected = median(&latency.cycles).unwrap_or_default();
    if (latency.median_cycles - expected).abs() > TOLERANCE * expected {
        return Err((
            "latency.median_cycles",
            format!("is {}, but `cycles` give {expected}", latency.median_cycles),
        ));
    }
    if latency.median_cycles <= 0.0 {
        return Err(("latency.median_cycles", "is not positive".to_owned()));
    }
    let expected = latency.median_cycles / clock_hz as f64 * 1e6;
    if (latency.median_us - expected).abs() > TOLERANCE * expected {
        return Err((
            "latency.median_us",
            format!(
                "is {}, but cycles and clock give {expected}",
                latency.median_us
            ),
        ));
    }
    let is_median = |stage: &Stage| {
        let expected = median(&stage.cycles).map(|cycles| cycles / clock_hz as f64 * 1e6);
        expected.is_some_and(|us| (stage.median_us - us).abs() <= TOLERANCE * us)
    };
    let other_median = || "has a median that is not that of its cycles".to_owned();
    if let Some(stages) = &latency.stages
        && ![&stages.preprocess, &stages.inference, &stages.postprocess]
            .into_iter()
            .all(is_median)
    {
        return Err(("latency.stages", other_median()));
    }
    if latency.decode.as_ref().is_some_and(|it| !is_median(it)) {
        return Err(("latency.decode", other_median()));
    }
    let layouts = latency.layouts.as_ref();
    if let Some(absurdity) = layouts.and_then(|it| it.absurdity(latency.median_cycles, clock_hz)) {
        return Err(("latency.layouts", absurdity.to_owned()));
    }
    if let Some(energy) = &result.energy
        && (energy.uj_per_inference < 0.0 || energy.mean_mw < 0.0)
    {
        return Err(("energy", "is negative".to_owned()));
    }
    let metered = result.energy.as_ref().and_then(|it| it.metered.as_ref());
    if let Some(absurdity) = metered.and_then(Metered::absurdity) {
        return Err(("energy.metered", absurdity.to_owned()));
    }
    if let Some(power) = &result.power {
        power_of(power)?;
    }
    if let Some(memory) = &result.memory
        && (memory.harness_bytes > memory.static_bytes
            || memory.static_bytes > memory.ram_total_bytes)
    {
        return Err((
            "memory",
            "has a part that is larger than the whole".to_owned(),
        ));
    }
    if let Some(flash) = &result.flash
        && [
            flash.model_bytes,
            flash.runtime_bytes,
            flash.harness_bytes,
            flash.system_bytes,
        ]
        .iter()
        .any(|&part| part > flash.total_bytes)
    {
        return Err((
            "flash",
            "has a part that is larger than the whole".to_owned(),
        ));
    }
    if let Some(outputs) = &result.outputs
        && outputs.mismatches > outputs.bytes_compared
    {
        return Err((
            "outputs",
            "has more mismatches than bytes that were compared".to_owned(),
        ));
    }
    let agreement = result.outputs.as_ref().and_then(|it| it.agreement.as_ref());
    if let Some(areas) = agreement.and_then(|it| it.auc.as_ref())
        && ![areas.reference, areas.found]
            .iter()
            .all(|area| (0.0..=1.0).contains(area))
    {
        return Err(("outputs.agreement.auc", "is not from 0 to 1".to_owned()));
    }
    if let Some(quality) = &result.quality {
        quality_of(quality).map_err(|reason| ("quality", reason))?;
    }
    if let Some(test_set) = &result.test_set {
        quality_of(test_set).map_err(|reason| ("test_set", reason))?;
    }
    if let Some(outputs) = &result.outputs
        && let Some(float) = &outputs.float
        && outputs.verified
        && !float.within_tolerance()
    {
        return Err((
            "outputs.float.max_abs_diff",
            "is not within the tolerance, but the outputs are verified".to_owned(),
        ));
    }
    if let Some(compression) = &result.compression {
        let test_set = compression.test_set.as_ref().map(|quality| quality.value);
        let shares = [Some(compression.sparsity), test_set];
        let is_share = |value: f64| (0.0..=1.0).contains(&value);
        if !shares.into_iter().flatten().all(is_share) {
            return Err((
                "compression",
                "has a share that is not between 0 and 1".to_owned(),
            ));
        }
    }
    if let Some(profile) = &result.profile {
        profile::check(profile).map_err(|reason| ("profile", reason.to_owned()))?;
    }
    result.learning.as_ref().map_or(Ok(()), learning)
}

/// A quality is a share or an error, and its interval one around it.
fn quality_of(quality: &Quality) -> Result<(), String> {
    let (range, kind) = match quality.is_error() {
        true => (0.0..=MAX_NUMBER, "no error from 0 on"),
        false => (0.0..=1.0, "not between 0 and 1"),
    };
    if !range.contains(&quality.value) {
        return Err(format!("has a value that is {kind}"));
    }
    let Some(interval) = &quality.interval else {
        return Ok(());
    };
    if !(range.contains(&interval.low) && range.contains(&interval.high)) {
        return Err(format!("has an interval with an end that is {kind}"));
    }
    // Ends are rounded by other programs.
    let most = TOLERANCE * (1.0 + quality.value);
    if quality.value < interval.low - most || quality.value > interval.high + most {
        return Err("has an interval that its value lies outside of".to_owned());
    }
    if !(interval.confidence > 0.0 && interval.confidence < 1.0) {
        return Err("has an interval whose confidence is no share".to_owned());
    }
    Ok(())
}

/// The figures of learning don't contradict each other.
fn learning(learning: &Learning) -> Result<(), (&'static str, String)> {
    let error = |reason: &str| Err(("learning", reason.to_owned()));
    if learning.policies.is_empty() {
        return error("has no policies");
    }
    let stream = &learning.stream;
    let marks = stream
        .arrivals
        .iter()
        .map(|it| it.at)
        .chain(stream.drift_at);
    if marks.into_iter().any(|at| at >= stream.samples) {
        return error("goes on behind the end of its stream");
    }
    for policy in &learning.policies {
        let shares = [Some(policy.accuracy), policy.accuracy_before_drift]
            .into_iter()
            .chain([policy.accuracy_after_drift])
            .chain(policy.curve.iter().map(|point| Some(point.accuracy)));
        if shares.flatten().any(|share| !(0.0..=1.0).contains(&share)) {
            return error("has an accuracy that is not between 0 and 1");
        }
        if policy.peak_samples > learning.capacity {
            return error("remembers more samples than there is room for");
        }
        let samples = learning.stream.samples;
        if policy.curve.iter().any(|point| point.sample >= samples)
            || policy.alarms.iter().any(|alarm| alarm.at >= samples)
            || policy.detection_delay.is_some_and(|delay| delay > samples)
        {
            return error("goes on behind the end of its stream");
        }
        let times = [&policy.predict, &policy.learn].into_iter();
        if times
            .chain(&policy.condense)
            .any(|it| it.median_cycles < 0.0 || it.median_cycles > f64::from(it.max_cycles))
        {
            return error("has a median above the most cycles");
        }
    }
    Ok(())
}

/// Power with a duty cycle that can be.
fn power_of(power: &Power) -> Result<(), (&'static str, String)> {
    if power.interval_s <= 0.0 || !(0.0..=1.0).contains(&power.duty_cycle) {
        return Err(("power.duty_cycle", "is not between 0 and 1".to_owned()));
    }
    let amounts = [
        power.active_mw,
        power.idle_mw,
        power.mean_ua,
        power.mean_mw,
        power.wake_us.unwrap_or(0.0),
        power.cell.as_ref().map_or(0.0, |cell| cell.life_hours),
        power.cell.as_ref().map_or(0.0, |cell| cell.capacity_mah),
    ];
    if amounts.iter().any(|&amount| amount < 0.0) {
        return Err(("power", "is negative".to_owned()));
    }
    if let Some(cell) = &power.cell {
        let within = |range: Option<[f64; 2]>, value: f64| {
            range.is_none_or(|[low, high]| (0.0..=value).contains(&low) && value <= high)
        };
        if !within(cell.usable_range, cell.usable_share) {
            return Err((
                "power.cell.usable_range",
                "isn't around the share".to_owned(),
            ));
        }
        if !within(cell.life_range_hours, cell.life_hours) {
            return Err((
                "power.cell.life_range_hours",
                "isn't around the life".to_owned(),
            ));
        }
    }
    if power.below_1_mw != (power.mean_mw < Power::LINE_MW) {
        return Err((
            "power.below_1_mw",
            format!("contradicts `mean_mw`, {}", power.mean_mw),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::example::{example, with_failures, with_metered};
    use crate::{Compression, FloatOutputs, Other};

    /// What is said of the example with the field at `pointer` replaced.
    fn said(pointer: &str, bad: Value) -> String {
        let mut value = serde_json::to_value(example()).unwrap();
        *value.pointer_mut(pointer).unwrap() = bad;
        super::super::parse(value.to_string().as_bytes()).unwrap_err()
    }

    #[test]
    fn the_example_is_fine() {
        check(&example()).unwrap();
    }

    #[test]
    fn what_an_instrument_cannot_have_told_is_named() {
        check(&with_metered()).unwrap();
        let said = |pointer: &str, bad: Value| {
            let mut value = serde_json::to_value(with_metered()).unwrap();
            let at = format!("/results/0/energy/metered{pointer}");
            *value.pointer_mut(&at).unwrap() = bad;
            super::super::parse(value.to_string().as_bytes()).unwrap_err()
        };
        for (pointer, bad, told) in [
            ("/windows_uj", json!([]), "windows without an energy"),
            ("/windows_uj/0", json!(-1.0), "windows without an energy"),
            ("/course/mean_mw", json!([1.0]), "a course that isn't one"),
            ("/course/windows/0/0", json!(16.0), "windows out of order"),
        ] {
            let said = said(pointer, bad);
            assert!(said.contains(told), "{said}");
        }
    }

    #[test]
    fn power_that_cannot_be_is_named() {
        let good = json!({
            "interval_s": 1.0, "duty_cycle": 0.1, "active_mw": 9.9, "idle_mw": 0.007,
            "mean_ua": 332.0, "mean_mw": 0.996, "below_1_mw": true,
            "cell": {
                "name": "cr2032", "capacity_mah": 225.0, "nominal_v": 3.0, "usable_share": 0.85,
                "usable_range": [0.8, 0.9], "self_discharge_per_year": 0.015, "life_hours": 570.0,
                "life_range_hours": [500.0, 600.0],
            },
            "source": "model:active-idle-current", "fidelity": "modelled",
        });
        let parse = |pointer: &str, other: Value| {
            let mut value = serde_json::to_value(example()).unwrap();
            value["results"][0]["power"] = good.clone();
            *value
                .pointer_mut(&format!("/results/0/power{pointer}"))
                .unwrap() = other;
            super::super::parse(value.to_string().as_bytes())
        };
        assert!(parse("/mean_mw", json!(0.5)).is_ok());
        for (pointer, bad, expected) in [
            (
                "/duty_cycle",
                json!(1.5),
                "`results[0].power.duty_cycle` is not between 0 and 1",
            ),
            (
                "/interval_s",
                json!(0),
                "`results[0].power.duty_cycle` is not between 0 and 1",
            ),
            ("/idle_mw", json!(-1), "`results[0].power` is negative"),
            (
                "/cell/life_hours",
                json!(-1),
                "`results[0].power` is negative",
            ),
            (
                "/cell/usable_range",
                json!([0.9, 1.0]),
                "`results[0].power.cell.usable_range` isn't around the share",
            ),
            (
                "/cell/life_range_hours",
                json!([500.0, 560.0]),
                "`results[0].power.cell.life_range_hours` isn't around the life",
            ),
            (
                "/mean_mw",
                json!(2),
                "`results[0].power.below_1_mw` contradicts `mean_mw`, 2",
            ),
        ] {
            let error = parse(pointer, bad).unwrap_err().to_string();
            assert!(error.contains(expected), "{pointer}: {error}");
        }
    }

    #[test]
    fn absurd_values_are_named_with_their_place() {
        let mut texts = Vec::new();
        for (pointer, bad) in [
            ("/results", json!([])),
            ("/started_at", json!("yesterday")),
            ("/board/clock_hz", json!(0)),
            ("/board/name", json!(" ")),
            ("/results/0/latency/cycles", json!([])),
            ("/results/0/latency/cycles", json!([-1])),
            ("/results/0/latency/min_cycles", json!(1)),
            ("/results/0/latency/median_cycles", json!(1.0)),
            ("/results/0/latency/median_us", json!(-140_628.125)),
            ("/results/0/latency/median_us", json!(1e17)),
            ("/results/0/latency/stages/inference/median_us", json!(-1)),
            ("/results/0/latency/stages/postprocess/cycles", json!([])),
            ("/results/0/energy/uj_per_inference", json!(-5)),
            ("/results/0/energy/uj_per_inference", json!(1e300)),
            ("/results/0/memory/static_bytes", json!(4_000_000_000_u64)),
            ("/results/0/flash/runtime_bytes", json!(84_001)),
            ("/results/0/outputs/mismatches", json!(577)),
            ("/results/0/quality/value", json!(1.5)),
            ("/results/0/learning/policies", json!([])),
            ("/results/0/learning/stream/drift_at", json!(480)),
            ("/results/0/learning/policies/0/accuracy", json!(-0.1)),
            (
                "/results/0/learning/policies/0/curve/0/accuracy",
                json!(1.1),
            ),
            ("/results/0/learning/policies/0/peak_samples", json!(31)),
            ("/results/0/learning/policies/0/alarms/0/at", json!(480)),
            (
                "/results/0/learning/policies/0/predict/max_cycles",
                json!(1),
            ),
            ("/results/0/workload", json!("x".repeat(201))),
            ("/execution/probe", json!("x".repeat(5_000))),
            ("/execution/probe", json!("\u{202e}gpj.exe")),
        ] {
            texts.push(format!("{pointer}: {}", said(pointer, bad)));
        }
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn decoding_float_outputs_and_compression_are_checked() {
        let place = |change: fn(&mut RunResult)| {
            let record = example();
            let mut result = record.results[0].clone();
            result.latency.decode = Some(Stage {
                cycles: vec![640, 640],
                median_cycles: 640.0,
                median_us: 10.0,
                other: Other::new(),
            });
            result.outputs.as_mut().unwrap().float = Some(FloatOutputs {
                values_compared: 2,
                max_abs_diff: 1e-5,
                tolerance: None,
                max_relative_diff: Some(1e-6),
                relative_tolerance: Some(1e-5),
                other: Other::new(),
            });
            result.compression = Some(Compression {
                workload: "kws".to_owned(),
                weights: "int8".to_owned(),
                sparsity: 0.5,
                coding: "huffman".to_owned(),
                test_set: result.quality.clone(),
                other: Other::new(),
            });
            change(&mut result);
            figures(record.board.clock_hz, &result).map_err(|(place, _)| place)
        };
        assert_eq!(place(|_| ()), Ok(()));
        let decode = |it: &mut RunResult| it.latency.decode.as_mut().unwrap().median_us = 11.0;
        assert_eq!(place(decode), Err("latency.decode"));
        let float = |it: &mut RunResult| {
            it.outputs
                .as_mut()
                .unwrap()
                .float
                .as_mut()
                .unwrap()
                .max_relative_diff = Some(1e-3)
        };
        assert_eq!(place(float), Err("outputs.float.max_abs_diff"));
        let share = |it: &mut RunResult| it.compression.as_mut().unwrap().sparsity = 80.0;
        assert_eq!(place(share), Err("compression"));
    }

    #[test]
    fn a_number_beyond_all_numbers_is_no_number() {
        let text = example().to_json().unwrap().replace("140628.125", "1e999");
        let error = super::super::parse(text.as_bytes()).unwrap_err();
        assert!(error.contains("number out of range"), "{error}");
    }

    #[test]
    fn unknown_fields_are_checked_too() {
        let mut record = example();
        let fields = &mut record.results[0].latency.other;
        fields.insert("stages".to_owned(), json!({ "pre\u{1b}": [1, 2] }));
        assert_eq!(
            check(&record).unwrap_err().to_string(),
            r"`results[0].latency.stages` has the control character \u{1b} in it"
        );
        let mut record = example();
        record.other.insert("seed".to_owned(), json!(u64::MAX));
        check(&record).unwrap();
    }

    #[test]
    fn one_workload_and_runtime_has_one_entry() {
        let mut record = example();
        record.results.push(record.results[0].clone());
        assert_eq!(
            check(&record).unwrap_err().to_string(),
            "the workload `kws` on the runtime `interpreter` is in it twice"
        );
        record.results[1].runtime.name = "other".to_owned();
        check(&record).unwrap();
    }
    #[test]
    fn failures_are_checked_like_results() {
        let said = |pointer: &str, bad: Value| {
            let mut value = serde_json::to_value(with_failures()).unwrap();
            *value.pointer_mut(pointer).unwrap() = bad;
            super::super::parse(value.to_string().as_bytes())
                .err()
                .unwrap_or_else(|| "fine".to_owned())
        };
        let texts: Vec<_> = [
            ("/results", json!([])),
            ("/failures/0/kind", json!("struck-by-lightning")),
            ("/failures/0/kind", json!(" ")),
            ("/failures/0/kind", json!("x".repeat(201))),
            ("/failures/0/workload", json!("")),
            ("/failures/0/workload", json!("kws")),
            ("/failures/0/workload", json!("vww\u{1b}[2J")),
            ("/failures/0/model/name", json!("x".repeat(201))),
            ("/failures/0/runtime/name", json!("")),
            ("/failures/0/message", json!("two\nlines")),
            ("/failures/0/message", json!("x".repeat(5_000))),
            ("/failures/0/message", json!("")),
            ("/failures/0/exit_code", json!(0)),
            ("/failures/0/exit_code", json!(256)),
            ("/failures/1/workload", json!("ic")),
        ]
        .into_iter()
        .map(|(pointer, bad)| {
            let mut shown = bad.to_string();
            shown.truncate(24);
            format!("{pointer} {shown}: {}", said(pointer, bad))
        })
        .collect();
        insta::assert_snapshot!(texts.join("\n"));
        let mut record = with_failures();
        record.results.clear();
        record.failures[0].runtime = None;
        record.failures[1].workload = record.failures[0].workload.clone();
        assert_eq!(
            check(&record).unwrap_err().to_string(),
            "the workload `ic` is in it twice"
        );
    }
}
