//! Results in the layout of a submission: `BENCHMARK/{performance,accuracy,energy}/{log.txt,
//! results.txt,results.json}`. The lines of `results.txt` are those that the submission checker of
//! mlcommons/tiny looks for, as published results have them; `results.json` has the fields of the
//! reference runner's.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::accuracy::Accuracy;
use super::device::Inference;
use super::energy::{Energy, TRACE};
use super::log::stamp;
use super::performance::Performance;
use tinybench_inputs::dataset::Sample;
use tinybench_inputs::dataset::Task;
use tinybench_record::ExecutionKind;
use tinybench_support::files::{self, WriteError};

/// Results for people and for the submission checker.
const TEXT: &str = "results.txt";
/// Results for programs.
const JSON: &str = "results.json";

/// The shortest window that a submission may have.
pub const OFFICIAL_WINDOW: Duration = Duration::from_secs(10);

/// A mode of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// How long an inference takes
    Performance,
    /// How many answers are right
    Accuracy,
    /// What an inference takes from the supply, which `--energy` asks for
    #[value(skip)]
    Energy,
}

impl Mode {
    /// The folder of a mode's results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::Accuracy => "accuracy",
            Self::Energy => "energy",
        }
    }
}

/// Where a mode's results belong below `out`.
pub fn folder(out: &Path, task: Task, mode: Mode) -> PathBuf {
    out.join(task.name()).join(mode.name())
}

/// Takes away the results of an earlier session, so that they don't stand beside the log of one
/// that broke off.
pub fn clear(folder: &Path) -> Result<(), WriteError> {
    for name in [TEXT, JSON] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(WriteError::of(&path)(source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes the results of a performance run that ended at `now`.
pub fn write_performance(
    folder: &Path,
    now: Duration,
    kind: ExecutionKind,
    performance: &Performance,
    input: &Value,
) -> Result<(), WriteError> {
    let text = performance_text(now, kind, performance);
    files::write(&folder.join(TEXT), text.as_bytes())?;
    let windows = performance.windows.iter().map(|window| {
        let mut entry = input.clone();
        entry["infer"] = inference(window);
        entry["infer"]["throughput"] = json!(1e6 / window.us_per_inference());
        entry["mode"] = json!("p");
        entry
    });
    write_json(folder, windows.collect())
}

fn performance_text(now: Duration, kind: ExecutionKind, performance: &Performance) -> String {
    let mut lines = Vec::new();
    if kind == ExecutionKind::Virtual {
        lines.push("Modelled on a virtual board: this is no result for a submission.".to_owned());
    }
    for (index, window) in performance.windows.iter().enumerate() {
        let runtime = f64::from(window.elapsed_us()) / 1e6;
        lines.push(format!("Performance results for window {}:", index + 1));
        lines.push(format!("  # Inferences : {:>12}", window.inferences));
        lines.push(format!("  Runtime      : {runtime:>12.3} sec."));
        lines.push(format!(
            "  Throughput   : {:>12.3} inf./sec.",
            1e6 / window.us_per_inference()
        ));
        lines.push(match runtime >= OFFICIAL_WINDOW.as_secs_f64() {
            true => "Runtime requirements have been met.".to_owned(),
            false => "Runtime requirements have not been met: less than 10 sec.".to_owned(),
        });
    }
    let rule = "-".repeat(57);
    lines.push(rule.clone());
    lines.push(format!(
        "Median throughput is {:>10.3} inf./sec.",
        performance.median_throughput()
    ));
    lines.push(rule);
    stamped(now, &lines)
}

/// Writes the results of an accuracy run that ended at `now`.
pub fn write_accuracy(folder: &Path, now: Duration, accuracy: &Accuracy) -> Result<(), WriteError> {
    let mut lines = Vec::new();
    if accuracy.samples.len() < accuracy.available {
        lines.push(format!(
            "Only {} of {} samples were run: this is no result for a submission.",
            accuracy.samples.len(),
            accuracy.available
        ));
    }
    if let Some(top1) = accuracy.top1() {
        lines.push(format!("Top-1: {:.1}%", 100.0 * top1));
    }
    match accuracy.auc() {
        Some(auc) => lines.push(format!("AUC: {auc:.3}")),
        None => lines.push("There is no AUC: a class has no samples, or all of them.".to_owned()),
    }
    files::write(&folder.join(TEXT), stamped(now, &lines).as_bytes())?;
    let entries = accuracy.samples.iter().flat_map(|judged| {
        judged.inferences.iter().map(|inferred| {
            let mut entry = sample_fields(&judged.sample);
            entry["infer"] = inference(inferred);
            entry["mode"] = json!("a");
            entry
        })
    });
    write_json(folder, entries.collect())
}

/// Writes the results of an energy run, as the reference runner writes them.
pub fn write_energy(
    folder: &Path,
    kind: ExecutionKind,
    energy: &Energy,
    input: &Value,
) -> Result<(), WriteError> {
    files::write(&folder.join(TEXT), energy_text(kind, energy).as_bytes())?;
    let mut entry = input.clone();
    entry["infer"] = json!({
        "results": energy.results,
        "total_inferences": 1,
        "iterations": energy.inferences,
        "warmups": energy.warm_ups,
    });
    entry["power"] = json!({
        "voltage": energy.header.supply_v,
        "instrument": energy.header.instrument,
        "windows_uj": energy.windows_uj(),
        "median_uj": energy.median_uj(),
        "trace": TRACE,
    });
    entry["mode"] = json!("e");
    write_json(folder, vec![entry])
}

fn energy_text(kind: ExecutionKind, energy: &Energy) -> String {
    let mut lines = vec!["Power Edition Output".to_owned()];
    if kind == ExecutionKind::Virtual {
        lines.push("Modelled on a virtual board: this is no result for a submission.".to_owned());
    } else if energy.window < OFFICIAL_WINDOW {
        lines.push("Windows of less than 10 s: this is no result for a submission.".to_owned());
    }
    for (index, (window, uj)) in energy
        .integral
        .windows
        .iter()
        .zip(energy.windows_uj())
        .enumerate()
    {
        lines.push(format!("Energy data for trial {index}"));
        lines.push(format!("  Elapsed time  : {:.3}", window.duration_s));
        lines.push(format!("  Inferences    : {}", energy.inferences));
        lines.push(format!("  Power         : {:.4} mW.", window.mean_mw()));
        lines.push(format!("  Total Energy  : {:.3} uJ", window.energy_uj));
        lines.push(format!("  Energy/Inf    : {uj:.3} uJ/inf"));
    }
    let rule = "-".repeat(57);
    lines.push(rule.clone());
    lines.push(format!(
        "Median energy cost is {:.4} uJ/inf.",
        energy.median_uj()
    ));
    lines.push(rule);
    lines.into_iter().map(|line| line + "\n").collect()
}

/// What the labels say of a sample.
pub fn sample_fields(sample: &Sample) -> Value {
    json!({
        "file": sample.file,
        "classes": sample.classes.to_string(),
        "class": sample.class.to_string(),
        "bytes_to_send": sample.windows.bytes,
        "stride": sample.windows.stride,
    })
}

fn inference(inference: &Inference) -> Value {
    json!({
        "start_time": inference.start_us,
        "end_time": inference.end_us,
        "elapsed_time": inference.elapsed_us(),
        "results": inference.results,
        "total_inferences": 1,
        "iterations": inference.inferences,
        "warmups": inference.warm_ups,
    })
}

fn stamped(now: Duration, lines: &[String]) -> String {
    let stamp = stamp(now);
    lines
        .iter()
        .map(|line| format!("{stamp} ulp-mlperf: {line}\n"))
        .collect()
}

fn write_json(folder: &Path, entries: Vec<Value>) -> Result<(), WriteError> {
    let text = format!("{:#}\n", Value::Array(entries));
    files::write(&folder.join(JSON), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mlperf::accuracy::Judged;
    use tinybench_inputs::dataset::{Dataset, LABELS};
    use tinybench_instruments::trace::{Header, SCHEMA};
    use tinybench_instruments::{Integral, Overview, Window};

    fn inference(inferences: u32, start_us: u32, end_us: u32, results: &[f64]) -> Inference {
        Inference {
            inferences,
            warm_ups: 1,
            start_us,
            end_us,
            seen: Duration::ZERO,
            results: results.to_vec(),
        }
    }

    fn written(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).unwrap()
    }

    #[test]
    fn performance_looks_as_published() {
        let folder = tempfile::tempdir().unwrap();
        // The second window runs over the end of the device's clock.
        let performance = Performance {
            windows: vec![
                inference(6000, 29_663_294, 63_619_296, &[94.519]),
                inference(1000, u32::MAX - 999_999, 4_000_000, &[94.519]),
                inference(6000, 0, 33_956_002, &[94.519]),
            ],
            window: OFFICIAL_WINDOW,
            warnings: Vec::new(),
        };
        let input = json!({ "file": "a.bin" });
        let now = Duration::from_millis(540_515);
        write_performance(
            folder.path(),
            now,
            ExecutionKind::Probe,
            &performance,
            &input,
        )
        .unwrap();
        insta::assert_snapshot!(written(folder.path(), TEXT));
        let json: Value = serde_json::from_str(&written(folder.path(), JSON)).unwrap();
        assert_eq!(json[1]["infer"]["elapsed_time"], 5_000_000);
        assert_eq!(json[1]["infer"]["throughput"], 200.0);
        assert_eq!(json[2]["file"], "a.bin");
        clear(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn energy_looks_as_published() {
        let window = |energy_uj: f64| Window {
            start_s: 1.0,
            duration_s: 10.886,
            energy_uj,
            peak_mw: 40.0,
        };
        let energy = Energy {
            integral: Integral {
                windows: [357_855.49, 357_667.03, 357_475.43].map(window).to_vec(),
                idle_mw: None,
                overview: Overview::default(),
                samples: 200_000,
                flaws: Vec::new(),
            },
            inferences: 250,
            warm_ups: 1,
            header: Header {
                schema: SCHEMA.to_owned(),
                instrument: tinybench_instruments::Kind::Lpm01a.title().to_owned(),
                sample_rate_hz: 5_000.0,
                supply_v: 3.0,
                mark_input: 7,
            },
            results: vec![0.996],
            window: OFFICIAL_WINDOW,
        };
        let folder = tempfile::tempdir().unwrap();
        let input = json!({ "file": "a.bin" });
        write_energy(folder.path(), ExecutionKind::Probe, &energy, &input).unwrap();
        insta::assert_snapshot!(written(folder.path(), TEXT));
        let json: Value = serde_json::from_str(&written(folder.path(), JSON)).unwrap();
        assert_eq!(json[0]["power"]["median_uj"], 357_667.03 / 250.0);
        assert_eq!(json[0]["infer"]["iterations"], 250);
    }

    #[test]
    fn accuracy_is_by_sample_and_its_windows() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("a.bin"), [0; 2560]).unwrap();
        let sample = |class: usize| {
            let labels = format!("a.bin,2,{class},2560,512");
            fs::write(data.path().join(LABELS), labels).unwrap();
            Dataset::open(data.path(), Task::Ad).unwrap().samples[0].clone()
        };
        let judged = |class, scores: &[f64]| Judged {
            sample: sample(class),
            inferences: scores
                .iter()
                .map(|score| inference(1, 0, 100, &[*score]))
                .collect(),
        };
        // One window of the first stands out, but its mean doesn't.
        let accuracy = Accuracy {
            task: Task::Ad,
            samples: vec![
                judged(0, &[1.0, 9.0, 1.0]),
                judged(1, &[4.0, 4.0]),
                judged(0, &[5.0]),
            ],
            available: 4,
        };
        assert_eq!(accuracy.quality(), Some(("auc", 0.5)));
        let folder = tempfile::tempdir().unwrap();
        write_accuracy(folder.path(), Duration::ZERO, &accuracy).unwrap();
        assert_eq!(
            written(folder.path(), TEXT),
            "00000.000 ulp-mlperf: Only 3 of 4 samples were run: this is no result for a \
             submission.\n00000.000 ulp-mlperf: AUC: 0.500\n"
        );
        let json: Value = serde_json::from_str(&written(folder.path(), JSON)).unwrap();
        assert_eq!(json.as_array().unwrap().len(), 6);
    }
}
