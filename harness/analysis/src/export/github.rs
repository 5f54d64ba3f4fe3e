//! JSON for github-action-benchmark, tools `customSmallerIsBetter` and `customBiggerIsBetter`.

use serde::Serialize;

use super::{ExportError, board, failed, range, readings};
use crate::compare::{Aspect, Entry, Side};
use crate::metrics::{Direction, Rank};

/// One line of its charts.
#[derive(Serialize)]
struct Benchmark {
    name: String,
    unit: String,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    extra: String,
}

/// The headline figures of which less is better, or those of which more is: a file of
/// github-action-benchmark has one direction. The unit of a modelled figure says so. What failed is
/// among those of which less is better, as 1 failure.
pub fn render(side: &Side, direction: Direction) -> Result<String, ExportError> {
    let mut benchmarks = Vec::new();
    for entry in &side.entries {
        let key = &entry.key;
        let name = format!("{} ({}, {})", key.workload, key.runtime, board(key));
        for (metric, reading) in readings(entry) {
            if metric.rank != Rank::Headline || metric.direction != direction {
                continue;
            }
            let mark = if reading.is_modelled() {
                "modelled"
            } else {
                ""
            };
            benchmarks.push(Benchmark {
                name: format!("{name}: {}", metric.title),
                unit: [metric.unit.symbol(), mark].join(" ").trim().to_owned(),
                value: reading.value,
                range: range(&reading).map(|(least, most)| format!("± {}", (most - least) / 2.0)),
                extra: extra(entry),
            });
        }
    }
    for failure in &side.failures {
        if direction == Direction::SmallerIsBetter {
            let (workload, runtime, board) = failed(failure);
            benchmarks.push(Benchmark {
                name: format!("{workload} ({runtime}, {board}): failed"),
                unit: "failures".to_owned(),
                value: 1.0,
                range: None,
                extra: format!("{}: {}", failure.failure.kind, failure.failure.message),
            });
        }
    }
    Ok(serde_json::to_string_pretty(&benchmarks)? + "\n")
}

/// What is shown when one points at a value: how it was obtained.
fn extra(entry: &Entry) -> String {
    let lines: Vec<_> = Aspect::ALL
        .iter()
        .map(|&aspect| format!("{aspect}: {}", entry.context.get(aspect)))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::export::tests::{side, with_failures};

    #[test]
    fn each_direction_has_its_file() {
        insta::assert_snapshot!(
            "smaller",
            render(&side(), Direction::SmallerIsBetter).unwrap()
        );
        insta::assert_snapshot!(
            "bigger",
            render(&side(), Direction::BiggerIsBetter).unwrap()
        );
    }

    #[test]
    fn what_failed_is_among_what_should_be_less() {
        let side = Side::new("records", &with_failures());
        let text = |direction| render(&side, direction).unwrap();
        let failures = |text: String| {
            let value: Vec<Value> = serde_json::from_str(&text).unwrap();
            let failed = value.into_iter().filter(|it| it["unit"] == "failures");
            failed
                .map(|it| (it["name"].to_string(), it["extra"].to_string()))
                .collect::<Vec<_>>()
        };
        insta::assert_debug_snapshot!(failures(text(Direction::SmallerIsBetter)));
        assert_eq!(failures(text(Direction::BiggerIsBetter)), []);
    }

    #[test]
    fn it_has_the_form_that_the_action_documents() {
        // After the section "Using your own benchmark tool" of its README.
        let schema = json!({
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "unit", "value"],
                "properties": {
                    "name": { "type": "string" },
                    "unit": { "type": "string" },
                    "value": { "type": "number" },
                    "range": { "type": "string" },
                    "extra": { "type": "string" },
                },
                "additionalProperties": false,
            },
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let side = Side::new("records", &with_failures());
        for direction in [Direction::SmallerIsBetter, Direction::BiggerIsBetter] {
            let value: Value = serde_json::from_str(&render(&side, direction).unwrap()).unwrap();
            assert!(validator.is_valid(&value), "{value:#}");
            assert!(!value.as_array().unwrap().is_empty());
        }
    }
}
