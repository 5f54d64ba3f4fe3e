//! A profile as a trace of events, which Perfetto (<https://ui.perfetto.dev>) and Chrome show: "Trace
//! Event Format" (Google, 2016).

use serde::Serialize;
use serde_json::{Map, Value, json};
use tinybench_record::{PartProfile, Profile};
use tinybench_support::json::{self, JsonError};

/// All is in one process, in one thread.
const PLACE: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    trace_events: Vec<Event>,
    display_time_unit: &'static str,
    other_data: Map<String, Value>,
}

#[derive(Serialize)]
struct Event {
    name: String,
    /// `X` for what has a beginning and a duration, `C` for a counter, `M` for names.
    ph: &'static str,
    /// When it begins, µs.
    ts: f64,
    /// How long it takes, µs.
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    args: Map<String, Value>,
}

/// The operators one after the other, in their order, and the arena that is in use meanwhile. What is
/// between them isn't known gap by gap and stands at the end.
///
/// # Errors
/// None that are known.
pub fn chrome(name: &str, clock_hz: u64, profile: &Profile) -> Result<String, JsonError> {
    let us = |cycles: u64| cycles as f64 / clock_hz.max(1) as f64 * 1e6;
    let event = |name: String, ph, ts, dur, args| Event {
        name,
        ph,
        ts,
        dur,
        pid: PLACE,
        tid: PLACE,
        args,
    };
    let mut events = vec![
        event("process_name".to_owned(), "M", 0.0, None, named(name)),
        event("thread_name".to_owned(), "M", 0.0, None, named("operators")),
    ];
    let mut at = 0;
    for operator in &profile.operators {
        let mut args = costs(&operator.cost);
        args.insert("options".to_owned(), json!(operator.options.join(" ")));
        args.insert("output_shape".to_owned(), json!(operator.output_shape));
        args.insert("macs".to_owned(), json!(operator.macs));
        args.insert("bound_cycles".to_owned(), json!(operator.bound_cycles));
        let duration = Some(us(operator.cost.cycles));
        events.push(event(operator.label(), "X", us(at), duration, args));
        if let Some(bytes) = operator.arena_bytes {
            let mut args = Map::new();
            args.insert("bytes".to_owned(), json!(bytes));
            events.push(event("arena in use".to_owned(), "C", us(at), None, args));
        }
        at += operator.cost.cycles;
    }
    let between = costs(&profile.between);
    let duration = Some(us(profile.between.cycles));
    events.push(event(
        Profile::BETWEEN.to_owned(),
        "X",
        us(at),
        duration,
        between,
    ));
    let mut other_data = Map::new();
    other_data.insert("cycles".to_owned(), json!(profile.cycles));
    other_data.insert("clock_hz".to_owned(), json!(clock_hz));
    other_data.insert("fidelity".to_owned(), json!(profile.fidelity));
    json::text(&Trace {
        trace_events: events,
        display_time_unit: "ms",
        other_data,
    })
}

fn named(name: &str) -> Map<String, Value> {
    let mut args = Map::new();
    args.insert("name".to_owned(), json!(name));
    args
}

fn costs(part: &PartProfile) -> Map<String, Value> {
    let mut args = Map::new();
    args.insert("cycles".to_owned(), json!(part.cycles));
    args.insert("instructions".to_owned(), json!(part.instructions));
    let stalls = part.stalls.iter().flat_map(|it| it.named());
    for (what, cycles) in stalls.filter(|(_, cycles)| *cycles > 0) {
        args.insert(format!("stalls: {what}"), json!(cycles));
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_follow_each_other_and_add_up() {
        let profile: Profile = serde_json::from_value(json!({
            "fidelity": "modelled", "cycles": 200,
            "operators": [
                { "index": 0, "name": "CONV_2D", "weight_bytes": 0, "activation_bytes": 0,
                  "arena_bytes": 64, "cost": { "cycles": 128 } },
                { "index": 1, "name": "SOFTMAX", "weight_bytes": 0, "activation_bytes": 0,
                  "cost": { "cycles": 64 } },
            ],
            "between": { "cycles": 8 },
        }))
        .unwrap();
        let text = chrome("kws", 64_000_000, &profile).unwrap();
        let trace: Value = serde_json::from_str(&text).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let slices: Vec<_> = events
            .iter()
            .filter(|event| event["ph"] == "X")
            .map(|it| {
                (
                    it["name"].as_str().unwrap(),
                    it["ts"].as_f64(),
                    it["dur"].as_f64(),
                )
            })
            .collect();
        assert_eq!(
            slices,
            [
                ("CONV_2D 0", Some(0.0), Some(2.0)),
                ("SOFTMAX 1", Some(2.0), Some(1.0)),
                ("between operators", Some(3.0), Some(0.125)),
            ]
        );
        assert!(
            events
                .iter()
                .any(|it| it["ph"] == "C" && it["args"]["bytes"] == 64)
        );
    }
}
