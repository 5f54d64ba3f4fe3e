//! A record to try things on: documentation and tests use it.

use serde_json::{Value, json};

use crate::run::{RunRecord, SCHEMA};

/// A record with every optional part but failures and what a power instrument told.
pub fn example() -> RunRecord {
    serde_json::from_value(json!({
        "schema": SCHEMA,
        "tinybench": { "version": "0.1.0", "commit": null },
        "asked": [{
            "command": "run",
            "arguments": ["--board", "nano33", "--workload", "kws", "--on", "virtual"],
        }],
        "started_at": "2026-01-02T03:04:05Z",
        "board": {
            "name": "nano33", "chip": "nRF52840_xxAA", "core": "cortex-m4f",
            "clock_hz": 64_000_000, "instruction_cache": true,
        },
        "execution": { "kind": "virtual", "probe": "virtual nano33" },
        "toolchain": {
            "rustc": "1.95.0", "target": "thumbv7em-none-eabihf", "opt_level": "3",
            "flags": ["-C panic=abort"],
        },
        "results": [{
            "workload": "kws",
            "model": {
                "name": "kws", "sha256": "0".repeat(64), "bytes": 53_936,
                "macs": 2_656_768, "parameters": 22_604,
            },
            "runtime": { "name": "interpreter", "version": "0.1.0" },
            "firmware": { "sha256": "1".repeat(64) },
            "inputs": { "source": "workload", "available": 240, "sha256": "2".repeat(64) },
            "latency": {
                "fidelity": "modelled", "cycles": [9_000_100, 9_000_200, 9_000_300],
                "median_cycles": 9_000_200.0, "min_cycles": 9_000_100,
                "max_cycles": 9_000_300, "median_us": 140_628.125, "overhead_cycles": 2,
                "stages": {
                    "preprocess": {
                        "cycles": [4_000_000, 4_000_100, 4_000_200],
                        "median_cycles": 4_000_100.0, "median_us": 62_501.562_5,
                    },
                    "inference": {
                        "cycles": [5_000_000, 5_000_000, 5_000_000],
                        "median_cycles": 5_000_000.0, "median_us": 78_125.0,
                    },
                    "postprocess": {
                        "cycles": [100, 100, 100],
                        "median_cycles": 100.0, "median_us": 1.5625,
                    },
                },
            },
            "instructions": 7_800_123,
            "memory": {
                "arena_bytes": 22_528, "arena_min_bytes": 22_016, "arena_touched_bytes": 22_500,
                "stack_peak_bytes": 1_480, "static_bytes": 1_232, "harness_bytes": 1_200,
                "ram_total_bytes": 25_240,
                "system_bytes": 1_512, "runtime_bytes": 2_528, "model_bytes": 0,
                "intermediate_bytes": 16_000, "pipeline_bytes": 4_000,
            },
            "flash": {
                "total_bytes": 84_000, "model_bytes": 53_936, "runtime_bytes": 22_000,
                "harness_bytes": 4_064, "system_bytes": 3_000, "pipeline_bytes": 1_000,
            },
            "energy": {
                "uj_per_inference": 1392.2, "mean_mw": 9.9,
                "source": "model:active-current", "fidelity": "modelled",
            },
            "features": {
                "vectors": 48, "values_compared": 23_520, "differing": 2, "max_abs_diff": 1,
                "tolerance": 1, "verified": true,
            },
            "outputs": {
                "reference": "TensorFlow Lite Micro", "vectors": 48, "bytes_compared": 576,
                "mismatches": 0, "max_abs_diff": 0, "verified": true,
            },
            "quality": {
                "metric": "top1", "value": 0.9375, "samples": 48,
                "interval": {
                    "low": 0.8316, "high": 0.9785, "confidence": 0.95, "method": "wilson",
                },
            },
            "test_set": { "metric": "top1", "value": 0.9094, "samples": 1_800 },
            "learning": learning_example(),
        }],
    }))
    .unwrap()
}

/// As [`example`], of a run in which two more workloads failed.
pub fn with_failures() -> RunRecord {
    let mut record = example();
    record.failures = serde_json::from_value(json!([
        {
            "workload": "ic",
            "model": { "name": "ic", "sha256": "4".repeat(64), "bytes": 96_184 },
            "runtime": { "name": "interpreter", "version": "0.1.0" },
            "kind": "mismatch",
            "message": "ic: byte 3 of output 0 is 17, and the reference has 18",
            "exit_code": 3,
        },
        {
            "workload": "vww", "kind": "unreadable-input",
            "message": "vww.tflite: Permission denied (os error 13)", "exit_code": 7,
        },
    ]))
    .unwrap();
    record
}

fn learning_example() -> Value {
    let latency = json!({
        "median_cycles": 30_000.0, "max_cycles": 36_000, "median_us": 468.75,
        "max_us": 562.5,
    });
    json!({
        "benchmark": "tinybench-knn/1",
        "stream": {
            "samples": 480, "sha256": "3".repeat(64), "classes": ["a", "b"],
            "arrivals": [{ "class": "b", "at": 160 }], "drift_at": 320,
        },
        "features": 64, "neighbours": 5, "memory_bytes": 2_304, "capacity": 30,
        "extract": {
            "cycles": [9_000_100], "median_cycles": 9_000_100.0, "median_us": 140_626.562_5,
        },
        "cycles_per_element": 2.25, "fixed_cycles": 4_000.0,
        "policies": [{
            "policy": "hybrid", "accuracy": 0.75, "accuracy_before_drift": 0.8,
            "accuracy_after_drift": 0.65, "peak_samples": 30, "peak_memory_bytes": 2_284,
            "predict": latency, "learn": latency, "condense": latency,
            "alarms": [{ "at": 339, "since": 320, "kept": 8, "cycles": 36_000 }],
            "false_alarms": 0, "detection_delay": 20,
            "curve": [{
                "sample": 19, "memory_samples": 11, "memory_bytes": 900,
                "predict_cycles": 6_000, "learn_cycles": 300, "accuracy": 0.45,
            }],
        }],
        "condensing": [{ "samples": 30, "kept": 12, "cycles": 250_000 }],
        "steps_compared": 480, "verified": true,
    })
}

/// The [`example`], its energy measured by an instrument.
pub fn with_metered() -> RunRecord {
    let mut record = example();
    record.results[0].energy = serde_json::from_value(json!({
        "uj_per_inference": 1_320.0, "mean_mw": 9.68, "source": "ppk2", "fidelity": "measured",
        "metered": {
            "instrument": "Nordic Power Profiler Kit II", "supply_v": 3.0, "sample_rate_hz": 100_000.0,
            "samples": 3_000_000, "inferences": 73,
            "windows_uj": [1_310.0, 1_330.0], "interval_uj": [1_193.0, 1_447.0],
            "peak_mw": 14.1, "idle_mw": 0.9,
            "trace": { "file": "new.traces/kws-interpreter.trace.gz", "sha256": "0".repeat(64) },
            "course": {
                "step_s": 5.0, "mean_mw": [0.9, 9.6, 5.0, 9.7, 9.8, 0.9],
                "peak_mw": [1.0, 14.0, 14.1, 14.0, 14.0, 1.0],
                "windows": [[4.0, 14.0], [15.0, 25.0]],
            },
        },
    }))
    .unwrap();
    record
}

/// The [`with_metered`], from raw audio: each stage has its energy.
pub fn with_stages() -> RunRecord {
    let mut record = with_metered();
    let metered = record.results[0].energy.as_mut();
    let metered = metered.and_then(|it| it.metered.as_mut()).unwrap();
    metered.stages = serde_json::from_value(json!({
        "preprocess": {
            "uj": 310.0, "interval_uj": [297.3, 322.7], "runs": 300, "windows_uj": [309.0, 311.0],
        },
        "inference": {
            "uj": 1_000.0, "interval_uj": [872.9, 1_127.1], "runs": 73, "windows_uj": [990.0, 1_010.0],
        },
        "postprocess": { "uj": 10.0, "runs": 100_000, "windows_uj": [10.0, 10.0] },
    }))
    .unwrap();
    metered.course.windows = vec![
        [4.0, 7.0],
        [8.0, 11.0],
        [12.0, 14.0],
        [15.0, 18.0],
        [19.0, 22.0],
        [23.0, 25.0],
    ];
    record
}
