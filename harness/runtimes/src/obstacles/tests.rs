use std::fs;
use std::path::{Path, PathBuf};

use crate::{HostRuntime as _, Interpreter, RuntimeError, engine_for};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The models of a folder, sorted, by their names.
fn models(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut models: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "tflite"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    models.sort();
    models
}

#[test]
fn every_obstacle_is_told_with_its_operator_and_what_would_help() {
    let folder = root().join("targets/runtimes/interpreter/tests/fixtures/refused");
    let mut told = Vec::new();
    for (name, model) in models(&folder) {
        let error = Interpreter.inspect(&model).expect_err(&name);
        told.push(format!("{name}: {error}"));
        let text = error.to_string();
        assert!(text.contains("help"), "{name}: {text}");
        let RuntimeError::Obstacles(obstacles) = error else {
            continue;
        };
        let places = obstacles.list.iter().filter_map(|it| it.operator.as_ref());
        assert_eq!(places.clone().count(), obstacles.refused, "{name}");
        for place in places {
            assert!(
                !place.name.is_empty() && text.contains(&place.name),
                "{name}"
            );
        }
    }
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn the_shared_cases_are_told_as_they_should_be() {
    let folder = std::env::var_os("TINYBENCH_SHARED")
        .map_or_else(|| root().join("../shared"), PathBuf::from)
        .join("cases/models");
    if !folder.is_dir() {
        eprintln!("skipped: there is no {}", folder.display());
        return;
    }
    // What the table of cases/README.md says should be refused, and what the message has to name.
    let refused = [
        ("custom-operator", vec!["operator 0, `", "help"]),
        ("git-lfs-pointer", vec!["a Git LFS pointer", "git lfs pull"]),
        (
            "hybrid-int8-weights",
            vec![
                "operator 0, CONV_2D",
                "dynamic-range",
                "representative_dataset",
            ],
        ),
    ];
    for (name, model) in models(&folder) {
        let inspected = engine_for(&model).inspect(&model);
        match refused.iter().find(|(of, _)| *of == name) {
            Some((_, parts)) => {
                let text = inspected.expect_err(&name).to_string();
                for part in parts {
                    assert!(text.contains(part), "{name}: {text}");
                }
            }
            None => {
                let facts = inspected.unwrap_or_else(|error| panic!("{name}: {error}"));
                let inputs = vec![0; facts.input_bytes];
                let outputs = Interpreter.infer(&model, &inputs).expect(&name);
                assert_eq!(outputs.len(), facts.output_bytes, "{name}");
            }
        }
    }
}

/// A model whose only operator is a custom one of this name.
fn custom(name: &str) -> Vec<u8> {
    const KNOWN: &[u8] = b"TFLite_Detection_PostProcess";
    let path = "targets/runtimes/interpreter/tests/fixtures/streaming/detection.tflite";
    let mut model = fs::read(root().join(path)).unwrap();
    let at = model
        .windows(KNOWN.len())
        .position(|it| it == KNOWN)
        .unwrap();
    model[at - 4..at].copy_from_slice(&(name.len() as u32).to_le_bytes());
    model[at..at + name.len()].copy_from_slice(name.as_bytes());
    model
}

#[test]
fn custom_operators_are_called_by_their_names() {
    for (name, helps) in [
        ("edgetpu-custom-op", "a Coral Edge TPU"),
        ("ethos-u", "an Arm Ethos-U"),
        ("NeutronGraph", "an eIQ Neutron NPU"),
        ("FlexErf", "TensorFlow's own Erf"),
        ("Mfcc", "features"),
        ("Unheard", "replace the layer"),
    ] {
        let text = Interpreter.inspect(&custom(name)).unwrap_err().to_string();
        let place = format!("operator 0, `{name}`, which writes ");
        assert!(text.contains(&place) && text.contains(helps), "{text}");
    }
}
