//! Bencher Metric Format, for <https://bencher.dev>.

use serde_json::{Map, Value, json};

use super::{ExportError, board, failed, range, readings};
use crate::compare::Side;
use crate::metrics::Unit;

/// One benchmark a workload, runtime and board; its measures are the metrics. Bencher's own measure
/// `latency` is in ns; the others are in the unit of the record. A figure of a real board that is
/// modelled has `-modelled` appended to its measure. What failed has the measure `failed`, which is 1.
pub fn render(side: &Side) -> Result<String, ExportError> {
    let mut benchmarks = Map::new();
    for entry in &side.entries {
        let key = &entry.key;
        let mut measures = Map::new();
        for (metric, reading) in readings(entry) {
            let unit = match metric.unit {
                Unit::Microseconds => 1e3,
                _ => 1.0,
            };
            let mut value = Map::new();
            value.insert("value".to_owned(), json!(reading.value * unit));
            if let Some((least, most)) = range(&reading) {
                value.insert("lower_value".to_owned(), json!(least * unit));
                value.insert("upper_value".to_owned(), json!(most * unit));
            }
            let mark = match reading.is_modelled() && !key.is_virtual {
                true => "-modelled",
                false => "",
            };
            measures.insert(format!("{}{mark}", metric.slug), Value::Object(value));
        }
        let name = format!("{}/{}/{}", board(key), key.workload, key.runtime);
        benchmarks.insert(name, Value::Object(measures));
    }
    for failure in &side.failures {
        let (workload, runtime, board) = failed(failure);
        let name = format!("{board}/{workload}/{runtime}");
        benchmarks.insert(name, json!({ "failed": { "value": 1 } }));
    }
    Ok(serde_json::to_string_pretty(&benchmarks)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tests::{side, with_failures};

    #[test]
    fn a_benchmark_has_its_metrics_as_measures() {
        insta::assert_snapshot!(render(&side()).unwrap());
    }

    #[test]
    fn what_failed_has_a_measure_of_its_own() {
        let side = Side::new("records", &with_failures());
        let value: Value = serde_json::from_str(&render(&side).unwrap()).unwrap();
        let one = json!({ "failed": { "value": 1 } });
        assert_eq!(value["virtual nano33/ic/interpreter"], one);
        assert_eq!(value["virtual nano33/vww/unknown runtime"], one);
        assert!(
            value["virtual nano33/kws/interpreter"]
                .get("failed")
                .is_none()
        );
    }

    #[test]
    fn it_has_the_form_that_bencher_documents() {
        // After <https://bencher.dev/docs/reference/bencher-metric-format/>.
        let schema = json!({
            "type": "object",
            "propertyNames": { "minLength": 1, "maxLength": 1024 },
            "additionalProperties": {
                "type": "object",
                "propertyNames": { "minLength": 1, "maxLength": 64 },
                "additionalProperties": {
                    "type": "object",
                    "required": ["value"],
                    "properties": {
                        "value": { "type": "number" },
                        "lower_value": { "type": "number" },
                        "upper_value": { "type": "number" },
                    },
                    "additionalProperties": false,
                },
            },
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let side = Side::new("records", &with_failures());
        let mut value: Value = serde_json::from_str(&render(&side).unwrap()).unwrap();
        assert!(validator.is_valid(&value));
        value["x"] = json!({ "latency": { "lower_value": 1 } });
        assert!(!validator.is_valid(&value));
    }
}
