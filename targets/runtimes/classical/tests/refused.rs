//! Model files that are refused, each with its error, and damage that is always found.

mod common;

use common::{LEAF, centroids, forest, infer, read, resealed, sealed, small_forest, workload};
use proptest::prelude::*;
use tinybench_classical::features::FEATURES;
use tinybench_classical::{Engine, Model, arena_needed};

fn refusal(file: &[u8]) -> String {
    Model::parse(file).expect_err("it is refused").to_string()
}

/// `file` with other bytes at `at`, and a checksum that fits them.
fn with(file: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    resealed(&file)
}

#[test]
fn what_is_no_model_is_refused() {
    let missing = "not a classical model: the identifier TBCM is missing";
    assert_eq!(refusal(b""), missing);
    assert_eq!(refusal(b"\x1c\0\0\0TFL3"), missing);
    assert!(refusal(b"TBCM").contains("4 bytes, its header needs 24"));
}

#[test]
fn each_fault_of_the_header_is_named() {
    let file = small_forest();
    let count = "is not supported: it must be a multiple of 32 up to 512";
    for (at, bytes, text) in [
        (
            4,
            vec![2],
            "version 2 of the format is not supported, only 1 is".to_owned(),
        ),
        (
            5,
            vec![3],
            "model kind 3 is not supported: 1 (forest) and 2 (centroids) are".to_owned(),
        ),
        (
            6,
            vec![2],
            "feature set 2 is not supported, only 1 is".to_owned(),
        ),
        (7, vec![1], "what is at byte 7 has to be zero".to_owned()),
        (8, vec![33, 0], format!("a window of 33 samples {count}")),
        (8, vec![0, 0], format!("a window of 0 samples {count}")),
        (8, vec![0, 4], format!("a window of 1024 samples {count}")),
        (
            10,
            vec![1, 0],
            "the model has 1 classes, 2 to 32 are supported".to_owned(),
        ),
        (
            12,
            vec![0, 0],
            "the model has 0 trees, 1 to 256 are supported".to_owned(),
        ),
        (
            14,
            vec![0, 0],
            "the model has 0 leaves, 1 to 65535 are supported".to_owned(),
        ),
        (
            16,
            vec![0xFF; 4],
            "the model has 4294967295 nodes, 1 to 16776960 are supported".to_owned(),
        ),
        (
            16,
            vec![9, 0],
            "the model file has 68 bytes, its header needs 72: it is incomplete or damaged"
                .to_owned(),
        ),
    ] {
        assert_eq!(refusal(&with(&file, at, &bytes)), text, "byte {at}");
    }
}

#[test]
fn what_is_no_tree_is_refused() {
    let leaves = [[255, 0], [0, 255]];
    let leaf = |index| (LEAF, 0, index);
    let refused = |trees: &[Vec<common::Node>]| refusal(&forest(trees, &leaves));
    let shape = |node| format!("node {node}: its children don't form a tree");
    // A child that is the node itself, and one that is an earlier node, would be cycles.
    assert_eq!(refused(&[vec![(0, 0, 1), leaf(0), leaf(1)]]), shape(0));
    assert_eq!(refused(&[vec![(0, 254, 1), leaf(0), leaf(1)]]), shape(0));
    // A right child inside the left subtree.
    let shared = vec![(0, 2, 1), (1, 2, 1), leaf(0), leaf(1), leaf(1)];
    assert_eq!(refused(&[shared]), shape(0));
    // A tree that ends too early, and one with nodes nobody reaches.
    assert_eq!(refused(&[vec![(0, 2, 1), leaf(0)]]), shape(0));
    assert_eq!(refused(&[vec![leaf(0), leaf(1)]]), shape(0));
    assert_eq!(
        refused(&[vec![leaf(0)], vec![(50, 2, 1), leaf(0), leaf(1)]]),
        "node 1: there is no feature 50"
    );
    assert_eq!(
        refused(&[vec![leaf(0)], vec![(49, 2, 1), leaf(0), leaf(2)]]),
        "node 3: there is no leaf 2"
    );
    // Sizes of trees that aren't those of the nodes there are.
    let file = small_forest();
    assert_eq!(
        refusal(&with(&file, 20, &[2, 0])),
        "the trees have 7 nodes together, the model 8"
    );
    assert_eq!(refusal(&with(&file, 20, &[5, 0, 3, 0])), shape(0));
}

#[test]
fn a_forest_that_calls_itself_larger_is_refused_for_its_length() {
    let file = small_forest();
    for length in 4..file.len() {
        assert!(Model::parse(&file[..length]).is_err(), "cut to {length}");
    }
    let mut longer = file[..file.len() - 4].to_vec();
    longer.extend([0; 4]);
    assert!(refusal(&sealed(longer)).contains("its header needs 68"));
}

#[test]
fn centroids_out_of_range_are_refused() {
    let point = [16_383_i16; FEATURES];
    assert!(Model::parse(&centroids(1, 31, &[point])).is_ok());
    assert_eq!(
        refusal(&centroids(1, 32, &[point])),
        "feature 0: it can't be shifted by 32 bits, at most by 31"
    );
    assert_eq!(
        refusal(&centroids(1, 0, &[point, [-16_384; FEATURES]])),
        "centroid 1: -16384 is beyond the ±16383 of a scaled feature"
    );
    assert_eq!(
        refusal(&centroids(1, 0, &[])),
        "the model has 0 centroids, 1 to 64 are supported"
    );
    assert_eq!(
        refusal(&with(&centroids(1, 0, &[point]), 12, &[1])),
        "what is at byte 12 has to be zero"
    );
}

#[test]
fn every_flipped_bit_is_found() {
    for (name, file) in [("forest", "forest.tbcm"), ("centroid", "centroid.tbcm")] {
        let file = read(&workload(name), file);
        for at in (0..file.len()).step_by(7) {
            for bit in 0..8 {
                let mut damaged = file.clone();
                damaged[at] ^= 1 << bit;
                assert!(
                    Model::parse(&damaged).is_err(),
                    "{name}, byte {at}, bit {bit}"
                );
            }
        }
    }
}

#[test]
fn an_arena_that_is_too_small_says_what_would_do() {
    let file = small_forest();
    let model = Model::parse(&file).unwrap();
    let needed = arena_needed(&model);
    let mut memory = vec![0_u64; needed.div_ceil(8) + 1];
    let memory: &mut [u8] = bytemuck::cast_slice_mut(&mut memory);
    assert!(Engine::new(&model, &mut memory[..needed]).is_ok());
    for given in [0, 1, needed - 1] {
        let error = Engine::new(&model, &mut memory[..given]).err().unwrap();
        assert_eq!((error.needed, error.given), (needed, given));
    }
    // At an odd address one byte is lost.
    let error = Engine::new(&model, &mut memory[1..=needed]).err().unwrap();
    assert_eq!(error.needed, needed + 1);
    assert!(Engine::new(&model, &mut memory[1..needed + 2]).is_ok());
}

#[test]
fn small_models_answer_as_computed_by_hand() {
    // A window of x = 150, y = 1 and z = -9: mean x goes right of 100, mean y right of 0.
    let window = |x: i16, y: i16, z: i16| -> Vec<u8> {
        let axes = [x, y, z].map(|value| [value; 32]);
        axes.concat()
            .iter()
            .flat_map(|it| it.to_le_bytes())
            .collect()
    };
    // Features 0, 1 and 2 are mean, deviation and least of x. Deviation 0 goes left, and then
    // 150 > -5 right: leaves 1 and 2.
    let answer = infer(&small_forest(), &window(150, 1, -9));
    assert_eq!(
        answer,
        [(128_i16 / 2 - 128) as u8, ((255 + 127) / 2 - 128) as u8]
    );
    // 100 <= 100 goes left: leaves 0 and 2.
    let answer = infer(&small_forest(), &window(100, 1, -9));
    assert_eq!(
        answer,
        [
            ((255 + 128 + 1) / 2 - 128) as u8,
            (((127 + 1) / 2) as u8).wrapping_sub(128)
        ]
    );

    // All axes flat: mean, least and greatest of each signal are its value, all else is zero.
    let at = [16_383; FEATURES];
    let near = infer(&centroids(1, 0, &[at, [0; FEATURES]]), &window(16, 0, 0));
    let score = u32::from_le_bytes(near.try_into().unwrap());
    assert_eq!(score, (6 * 16 * 16) >> 8);
}

fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let files = [
        small_forest(),
        centroids(300, 5, &[[1; FEATURES], [-7; FEATURES]]),
        read(&workload("forest"), "forest.tbcm"),
    ];
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (
        prop::sample::select(files.to_vec()),
        proptest::collection::vec(change, 1..6),
    )
        .prop_map(|(mut file, changes)| {
            for (index, value) in changes {
                let at = 4 + index.index(file.len() - 4);
                file[at] = value;
            }
            resealed(&file)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Damage with a right checksum: refused, or a model that runs. Never a panic, never without
    /// end.
    #[test]
    fn damage_is_refused_or_harmless(file in damaged(), fill in any::<u8>()) {
        if let Ok(model) = Model::parse(&file) {
            let outputs = infer(&file, &vec![fill; model.input_bytes()]);
            prop_assert_eq!(outputs.len(), model.output_bytes());
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let file = sealed([b"TBCM\x01".as_slice(), &bytes].concat());
        if let Ok(model) = Model::parse(&file) {
            infer(&file, &vec![0; model.input_bytes()]);
        }
    }
}
