//! Run records for tests, made from one of a real run.

use serde_json::{Value, json};
use tinybench_record::RunRecord;

/// A record of a real run on the virtual nano33, of the workload `kws`.
pub const RECORD: &str = include_str!("../data/record.json");

/// A record to be altered, as JSON.
#[derive(Clone)]
pub struct Record(pub Value);

impl Record {
    /// The record of the real run.
    pub fn real() -> Self {
        Self(serde_json::from_str(RECORD).unwrap())
    }

    /// Replaces the field at `pointer`.
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        *self.0.pointer_mut(pointer).expect(pointer) = value;
        self
    }

    /// The first result with these cycles, one a run, and what follows from them.
    pub fn cycles(mut self, cycles: &[u32]) -> Self {
        let clock = self.0["board"]["clock_hz"].as_f64().unwrap();
        let result = &mut self.0["results"][0];
        let median = tinybench_support::order::median(cycles).unwrap();
        result["latency"]["cycles"] = json!(cycles);
        result["latency"]["median_cycles"] = json!(median);
        result["latency"]["min_cycles"] = json!(cycles.iter().min());
        result["latency"]["max_cycles"] = json!(cycles.iter().max());
        result["latency"]["median_us"] = json!(median / clock * 1e6);
        let power = result["energy"]["mean_mw"].as_f64().unwrap();
        result["energy"]["uj_per_inference"] = json!(median / clock * power * 1e3);
        self
    }

    /// As if it had been measured on a real board, without instruction counts.
    pub fn measured(mut self) -> Self {
        self.0["execution"] = json!({ "kind": "probe", "probe": "J-Link 123" });
        let result = self.0["results"][0].as_object_mut().unwrap();
        result["latency"]["fidelity"] = json!("measured");
        result.remove("instructions");
        self
    }

    /// Adds a copy of the first result under another name, of a model `factor` times as slow.
    pub fn and(mut self, workload: &str, factor: u32) -> Self {
        let cycles: Vec<u32> =
            serde_json::from_value(self.0["results"][0]["latency"]["cycles"].clone()).unwrap();
        let cycles: Vec<u32> = cycles.iter().map(|count| count * factor).collect();
        let mut alone = Self(json!({
            "board": self.0["board"],
            "results": [self.0["results"][0]],
        }));
        alone = alone.cycles(&cycles);
        let mut other = alone.0["results"][0].take();
        other["workload"] = json!(workload);
        self.0["results"].as_array_mut().unwrap().push(other);
        self
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.0)
    }

    /// The record, if it is one.
    pub fn parsed(&self) -> RunRecord {
        RunRecord::parse(self.text().as_bytes()).unwrap()
    }
}
