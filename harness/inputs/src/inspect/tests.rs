use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::board::Boards;
use crate::runtimes::smallest_arena;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn boards() -> Vec<Board> {
    Boards::open(&[root().join("targets/boards")])
        .unwrap()
        .readable()
}

fn inspected(path: &Path) -> Inspected {
    let model = fs::read(path).unwrap();
    let name = path.file_name().unwrap();
    inspect(Path::new(name), &model, &boards()).unwrap()
}

fn workload(name: &str) -> Inspected {
    inspected(&root().join(format!("workloads/models/{name}/{name}.tflite")))
}

/// The models of a folder, sorted.
fn models(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "tflite"))
        .collect();
    paths.sort();
    paths
}

/// The shared models, if they are here; says so if not.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("TINYBENCH_SHARED")
        .map_or_else(|| root().join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}", folder.display());
    None
}

#[test]
fn the_schema_file_is_up_to_date() {
    schema::assert_published("inspection.schema.json", &Inspection::json_schema());
}

#[test]
fn multiply_accumulates_are_those_that_are_published() {
    let Some(shared) = shared() else {
        return;
    };
    // MLPerf Tiny's reference models, and those of MicroFlow: counted layer by layer from their
    // shapes, padding included.
    for (file, macs, parameters) in [
        ("mlperf-tiny/kws_ref_model.tflite", 2_656_768, 22_604),
        ("mlperf-tiny/vww_96_int8.tflite", 7_489_664, 210_850),
        (
            "mlperf-tiny/pretrainedResnet_quant.tflite",
            12_501_632,
            77_706,
        ),
        ("mlperf-tiny/ad01_int8.tflite", 264_192, 265_864),
        ("mlperf-tiny/str_ww_ref_model.tflite", 826_368, 46_883),
        ("microflow/person_detect.tflite", 7_157_888, 210_706),
    ] {
        let path = shared.join(file);
        if !path.is_file() {
            eprintln!("skipped: there is no {}", path.display());
            continue;
        }
        let model = inspected(&path).description;
        assert_eq!((model.macs, model.parameters), (macs, parameters), "{file}");
    }
}

#[test]
fn multiply_accumulates_of_operators_are_those_of_their_layers() {
    let kws = workload("kws").description;
    let macs: Vec<_> = kws.operators.iter().map(|it| it.macs.unwrap()).collect();
    let depthwise = 25 * 5 * 64 * 3 * 3;
    let pointwise = 25 * 5 * 64 * 64;
    let expected = [
        25 * 5 * 64 * 10 * 4,
        depthwise,
        pointwise,
        depthwise,
        pointwise,
        depthwise,
        pointwise,
        depthwise,
        pointwise,
        0,
        0,
        64 * 12,
        0,
    ];
    assert_eq!(macs, expected);
}

#[test]
fn the_arena_is_the_one_that_is_planned_and_its_parts_add_up() {
    let mut paths: Vec<_> = ["kws", "vww", "ic", "ad", "sww"]
        .map(|name| root().join(format!("workloads/models/{name}/{name}.tflite")))
        .into();
    paths.extend(models(
        &root().join("targets/runtimes/interpreter/tests/fixtures"),
    ));
    for path in paths {
        let model = fs::read(&path).unwrap();
        let runtime = runtimes::engine_for(&model);
        let Ok(facts) = runtime.inspect(&model) else {
            continue;
        };
        let arena = inspected(&path).description.arena.unwrap();
        let smallest = smallest_arena(runtime, &model, facts.arena_bytes).unwrap();
        assert_eq!(arena.bytes, smallest as u64, "{path:?}");
        let parts = arena.parts;
        let run = parts.operators + parts.constants + parts.tensors + parts.decoding;
        assert_eq!(
            arena.bytes,
            run.max(parts.operators + parts.planning),
            "{path:?}"
        );
        let end = arena.buffers.iter().map(|it| it.offset + it.bytes).max();
        assert_eq!(end.unwrap_or(0), parts.tensors, "{path:?}");
        // No two buffers that are needed at the same time share a byte.
        for (at, one) in arena.buffers.iter().enumerate() {
            for other in &arena.buffers[at + 1..] {
                let together = one.first <= other.last && other.first <= one.last;
                let apart = one.offset + one.bytes <= other.offset
                    || other.offset + other.bytes <= one.offset;
                assert!(!together || apart, "{path:?}: {one:?} and {other:?}");
            }
        }
    }
}

#[test]
fn the_peak_is_where_the_arena_is_full() {
    let kws = workload("kws").description;
    let arena = kws.arena.unwrap();
    for operator in &kws.operators {
        let at_peak = arena.peak_operators.contains(&operator.index);
        let high_water = operator.high_water_bytes.unwrap();
        assert_eq!(
            at_peak,
            high_water == arena.parts.tensors,
            "{}",
            operator.index
        );
        assert!(
            operator.live_bytes.unwrap() <= high_water,
            "{}",
            operator.index
        );
    }
    assert!(!arena.peak_buffers.is_empty());
}

#[test]
fn a_model_runs_where_it_fits() {
    let kws = workload("kws");
    let runs: Vec<_> = kws
        .runtimes
        .iter()
        .map(|it| (it.name.as_str(), it.runs))
        .collect();
    assert_eq!(runs, [("interpreter", true), ("classical", false)]);
    assert!(kws.boards.iter().all(|board| board.fits == Some(true)));
    let forest = inspected(&root().join("workloads/models/forest/forest.tbcm"));
    let runs: Vec<_> = forest.runtimes.iter().map(|it| it.runs).collect();
    assert_eq!(runs, [false, true]);
    assert_eq!(forest.description.format, "classical");
}
