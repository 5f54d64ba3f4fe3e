//! Vectors in every form, and what is said of those that don't belong to the model.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;
use tinybench_pipeline::Quantisation;

use super::npy::tests::of;
use super::npz::tests::archive;
use super::*;

/// Files by their names.
type Files<'a> = &'a [(&'a str, &'a [u8])];

fn tensor(name: &str, shape: &[usize], element_type: ElementType) -> TensorFacts {
    TensorFacts {
        name: name.to_owned(),
        shape: shape.to_vec(),
        element_type,
        quantisation: Quantisation {
            scale: 0.5,
            zero_point: -3,
        },
        bytes: shape.iter().product::<usize>() * element_type.bytes(),
    }
}

fn folder(files: Files) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn inputs(files: Files, tensors: &[TensorFacts], steps: usize) -> Result<Vec<u8>, String> {
    let folder = folder(files);
    let read = read(folder.path(), "my", Side::Inputs, tensors, steps);
    let read = read.map_err(|error| error.to_string());
    match read {
        Ok(values) => Ok(values.bytes),
        Err(error) => Err(error.replace(&folder.path().display().to_string(), "DIR")),
    }
}

/// One tensor of three int8.
fn one() -> [TensorFacts; 1] {
    [tensor("x", &[1, 3], ElementType::Int8)]
}

/// Two bytes, and an int16.
fn two() -> [TensorFacts; 2] {
    [
        tensor("a", &[1, 2], ElementType::UInt8),
        tensor("b", &[1], ElementType::Int16),
    ]
}

#[test]
fn one_tensor_is_read_in_every_form() {
    let data = [1, 2, 3, 4, 5, 6];
    for shape in [&[2, 3][..], &[2, 1, 3]] {
        let array = of("|i1", shape, &data);
        let zip = archive(&[("whatever.npy", &array)]);
        for (name, file) in [
            ("my.inputs.npy", &array[..]),
            ("my.inputs.0.npy", &array),
            ("my.inputs.npz", &zip),
            ("my.inputs.i8", &data),
            ("my.inputs.0.i8", &data),
        ] {
            assert_eq!(inputs(&[(name, file)], &one(), 1).unwrap(), data, "{name}");
        }
    }
    // A single vector needs no dimension of its own.
    let single = of("|i1", &[1, 3], &data[..3]);
    assert_eq!(
        inputs(&[("my.inputs.npy", &single)], &one(), 1).unwrap(),
        [1, 2, 3]
    );
}

#[test]
fn several_tensors_of_different_types_lie_side_by_side_in_a_vector() {
    let a = of("|u1", &[2, 2], &[1, 2, 11, 12]);
    let b = of("<i2", &[2], &[3, 4, 13, 14]);
    let expected = [1, 2, 3, 4, 11, 12, 13, 14];
    for files in [
        &[(
            "my.inputs.npz",
            &archive(&[("b.npy", &b), ("a.npy", &a)])[..],
        )][..],
        &[(
            "my.inputs.npz",
            &archive(&[("arr_0.npy", &a), ("arr_1.npy", &b)]),
        )],
        &[("my.inputs.0.npy", &a), ("my.inputs.1.npy", &b)],
        &[
            ("my.inputs.0.u8", &[1, 2, 11, 12]),
            ("my.inputs.1.i16", &[3, 4, 13, 14]),
        ],
    ] {
        assert_eq!(inputs(files, &two(), 1).unwrap(), expected);
    }
}

#[test]
fn sequences_have_a_dimension_of_steps() {
    let data: Vec<u8> = (0..12).collect();
    for shape in [&[2, 2, 3][..], &[2, 2, 1, 3], &[4, 3]] {
        let array = of("|i1", shape, &data);
        assert_eq!(
            inputs(&[("my.inputs.npy", &array)], &one(), 2).unwrap(),
            data
        );
    }
    let array = of("|i1", &[2, 2, 3], &data);
    assert_eq!(
        inputs(&[("my.inputs.npy", &array)], &one(), 1).unwrap_err(),
        "DIR/my.inputs.npy has 2 sequences of 2 steps, which --steps 2 would say; now a sequence has 1"
    );
}

#[test]
fn what_does_not_belong_to_the_model_is_told() {
    let array = |descr: &str, shape: &[usize], bytes: usize| of(descr, shape, &vec![0; bytes]);
    let real = [tensor("x", &[1, 3], ElementType::Float32)];
    let cases: [(Files, &[TensorFacts], &str); 13] = [
        (
            &[],
            &one(),
            "DIR has no my.inputs.npz, my.inputs.npy, my.inputs.i8, my.inputs.0.npy or my.inputs.0.i8",
        ),
        (
            &[("my.inputs.i8", &[0; 3])],
            &real,
            "DIR has no my.inputs.npz, my.inputs.npy, my.inputs.f32, my.inputs.0.npy or \
             my.inputs.0.f32; there is my.inputs.i8, but the model's inputs are float32",
        ),
        (
            &[("my.inputs.npy", &[])],
            &two(),
            "DIR has no my.inputs.npz, my.inputs.0.npy or my.inputs.0.u8; my.inputs.npy can't be all \
             of the model's 2 inputs",
        ),
        (
            &[("my.inputs.npy", &[]), ("my.inputs.i8", &[])],
            &one(),
            "DIR has both my.inputs.npy and my.inputs.i8: which are the vectors? Leave one",
        ),
        (
            &[("my.inputs.npy", b"\x93NUMPX")],
            &one(),
            "DIR/my.inputs.npy: it is no .npy file: it doesn't begin with \\x93NUMPY",
        ),
        (
            &[("my.inputs.npy", &array("<f4", &[2, 3], 24))],
            &one(),
            "DIR/my.inputs.npy is float32 (2, 3), but the model's inputs are `x`, int8 (1, 3); real \
             values become such elements by dividing by 0.5 and adding -3",
        ),
        (
            &[("my.inputs.npy", &array("<f8", &[2, 3], 48))],
            &real,
            "DIR/my.inputs.npy is float64 (2, 3), but the model's inputs are `x`, float32 (1, 3); \
             `.astype(numpy.float32)` converts it",
        ),
        (
            &[("my.inputs.npy", &array("|i1", &[2, 4], 8))],
            &one(),
            "DIR/my.inputs.npy is int8 (2, 4), but the model's inputs are `x`, int8 (1, 3); its shape \
             has to be that of the tensor behind the number of vectors, such as (10, 3)",
        ),
        (
            &[("my.inputs.npy", &array("|i1", &[0, 3], 0))],
            &one(),
            "DIR/my.inputs.npy is int8 (0, 3), but the model's inputs are `x`, int8 (1, 3); it is empty",
        ),
        (
            &[(
                "my.inputs.npz",
                &archive(&[("a.npy", &array("|u1", &[1, 2], 2))]),
            )],
            &two(),
            "DIR/my.inputs.npz has no array b or arr_1; its arrays: a",
        ),
        (
            &[("my.inputs.npz", b"PK")],
            &two(),
            "DIR/my.inputs.npz: it is no .npz file: invalid Zip archive: Could not find EOCD",
        ),
        (
            &[("my.inputs.0.u8", &[0; 4]), ("my.inputs.1.i16", &[0; 6])],
            &two(),
            "DIR/my.inputs.0.u8 has 2 vectors, DIR/my.inputs.1.i16 has 3",
        ),
        (
            &[("my.inputs.0.u8", &[0; 3]), ("my.inputs.1.i16", &[0; 6])],
            &two(),
            "DIR/my.inputs.0.u8 has 3 bytes, which is not a multiple of the 2 of `a`, uint8 (1, 2)",
        ),
    ];
    for (files, tensors, expected) in cases {
        assert_eq!(inputs(files, tensors, 1).unwrap_err(), expected);
    }
}

proptest! {
    #[test]
    fn any_shape_is_read_or_refused(
        array in prop::collection::vec(0_usize..4, 0..5),
        shape in prop::collection::vec(1_usize..4, 0..4),
        steps in 1_usize..4,
    ) {
        let tensors = [tensor("x", &shape, ElementType::Int8)];
        let length = array.iter().product();
        let file = of("|i1", &array, &vec![0; length]);
        if let Ok(bytes) = inputs(&[("my.inputs.npy", &file)], &tensors, steps) {
            prop_assert_eq!(bytes.len(), length);
            prop_assert!(length > 0 && length.is_multiple_of(tensors[0].bytes));
        }
    }
}
