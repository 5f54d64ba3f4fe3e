//! The project's models give the outputs that Python computed with integers of its own.

mod common;

use common::{infer, read, workload};

#[test]
fn the_forest_answers_as_its_reference() {
    let folder = workload("forest");
    let outputs = infer(
        &read(&folder, "forest.tbcm"),
        &read(&folder, "vectors.inputs.i16"),
    );
    assert_eq!(outputs.len(), 240 * 6);
    assert_eq!(outputs, read(&folder, "vectors.outputs.i8"));
}

#[test]
fn the_centroids_score_as_their_reference() {
    let folder = workload("centroid");
    let outputs = infer(
        &read(&folder, "centroid.tbcm"),
        &read(&folder, "vectors.inputs.i16"),
    );
    assert_eq!(outputs.len(), 200 * 4);
    assert_eq!(outputs, read(&folder, "vectors.outputs.u32"));
}
