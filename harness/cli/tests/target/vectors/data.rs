//! The models of MLPerf Tiny with samples in the form of its data sets. Skipped, saying so, where
//! the models aren't there or firmware can't be built.

use std::fs;

use crate::support::{Tinybench, shared, toolchain_is_there};
use tinybench_record::{InputSource, RunRecord};

/// Runs one model of the suite on the data sets in the folder `data`.
fn run(tinybench: &Tinybench, models: &str, name: &str) -> RunRecord {
    let suite = ["--suite", "mlperf-tiny", "--from", models, "--data", "data"];
    let more = ["--workload", name, "--runs", "1", "--format", "json"];
    let ended = tinybench.run_virtual(&[&suite[..], &more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    RunRecord::parse(ended.stdout.as_bytes()).unwrap()
}

#[test]
fn a_data_set_gives_the_official_quality() {
    let Some(shared) = shared().filter(|_| toolchain_is_there()) else {
        return;
    };
    let models = shared.join("mlperf-tiny");
    let folder = models.to_str().unwrap();
    let tinybench = Tinybench::new();
    // Keyword spotting: the vectors that the models come with, each labelled with the model's own
    // answer, but the first with another.
    let inputs = fs::read(models.join("golden/kws_ref_model.inputs.i8")).unwrap();
    let outputs = fs::read(models.join("golden/kws_ref_model.outputs.i8")).unwrap();
    let mut labels = String::new();
    for (index, (input, output)) in inputs
        .chunks(490)
        .zip(outputs.chunks(12))
        .take(4)
        .enumerate()
    {
        let signed: Vec<i8> = output.iter().map(|it| it.cast_signed()).collect();
        let largest = signed.iter().max().unwrap();
        let class = signed.iter().position(|it| it == largest).unwrap();
        let class = if index == 0 { (class + 1) % 12 } else { class };
        labels += &format!("{index}.bin,12,{class}\n");
        tinybench.file(&format!("data/kws01/{index}.bin"), input);
    }
    tinybench.file("data/kws01/y_labels.csv", labels.as_bytes());
    // Anomaly detection: two samples of two and three windows.
    for (name, bytes) in [("a", 2560 + 512), ("b", 2560 + 2 * 512)] {
        let values: Vec<u8> = (0..bytes / 4)
            .flat_map(|at| {
                (if name == "a" {
                    1.0_f32
                } else {
                    (at % 97) as f32
                })
                .to_le_bytes()
            })
            .collect();
        tinybench.file(&format!("data/ad01/{name}.bin"), &values);
    }
    tinybench.file(
        "data/ad01/y_labels.csv",
        b"a.bin,2,0,2560,512\nb.bin,2,1,2560,512\n",
    );

    let record = run(&tinybench, folder, "mlperf-kws");
    let result = &record.results[0];
    assert_eq!(result.inputs.source, InputSource::Dataset);
    let quality = result.quality.as_ref().unwrap();
    assert_eq!(
        (quality.metric.as_str(), quality.value, quality.samples),
        ("top1", 0.75, 4)
    );
    let outputs = result.outputs.as_ref().unwrap();
    assert!(outputs.reference.starts_with("portable kernels"));
    assert_eq!((outputs.vectors, outputs.bytes_compared), (4, 48));

    let record = run(&tinybench, folder, "mlperf-ad");
    let result = &record.results[0];
    let quality = result.quality.as_ref().unwrap();
    assert_eq!(
        (quality.metric.as_str(), quality.value, quality.samples),
        ("auc", 1.0, 2)
    );
    let outputs = result.outputs.as_ref().unwrap();
    assert_eq!((outputs.vectors, outputs.bytes_compared), (2, 5 * 640));
}
