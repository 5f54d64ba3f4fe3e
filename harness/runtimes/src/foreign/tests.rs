use proptest::prelude::{any, prop, proptest};

use super::*;

/// A field of a protocol buffer that holds bytes.
fn field(id: u8, bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 128);
    [&[id << 3 | 2, bytes.len() as u8], bytes].concat()
}

/// A zip archive with empty entries of these names, stored.
fn zip(names: &[&str]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let at = (file.len() as u32).to_le_bytes();
        let length = (name.len() as u16).to_le_bytes();
        file.extend(
            [
                b"PK\x03\x04",
                &[0; 22][..],
                &length,
                &[0; 2],
                name.as_bytes(),
            ]
            .concat(),
        );
        let entry = [
            b"PK\x01\x02",
            &[0; 24][..],
            &length,
            &[0; 12],
            &at,
            name.as_bytes(),
        ];
        directory.extend(entry.concat());
    }
    let at = (file.len() as u32).to_le_bytes();
    let count = (names.len() as u16).to_le_bytes();
    let length = (directory.len() as u32).to_le_bytes();
    let end = [
        b"PK\x05\x06",
        &[0; 4][..],
        &count,
        &count,
        &length,
        &at,
        &[0; 2],
    ];
    [file, directory, end.concat()].concat()
}

fn node(name: &str, operation: &str) -> Vec<u8> {
    field(
        1,
        &[field(1, name.as_bytes()), field(2, operation.as_bytes())].concat(),
    )
}

/// A file of each kind that is told apart, by its name.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let lfs = "version https://git-lfs.github.com/spec/v1\n\
               oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 300568\n";
    let array: String = (0..32).map(|byte| format!("0x{byte:02x}, ")).collect();
    let tflite = format!(
        "// A model.\nalignas(16) const unsigned char g_model[] = {{\n  0x1c, 0x00, 0x00, 0x00, 0x54, 0x46, \
         0x4c, 0x33, {array}}};\nconst int g_model_len = 40;\n"
    );
    let meta_graph = field(2, &[field(1, &field(5, b"serve")), field(2, b"")].concat());
    let onnx = [
        &[8, 8][..],
        &field(2, b"pytorch"),
        &field(7, &node("a", "Conv")),
        &field(8, &[]),
    ];
    vec![
        ("empty", Vec::new()),
        ("git-lfs-pointer", lfs.into()),
        ("c-array", tflite.into()),
        (
            "c-source",
            b"#ifndef A\nextern const unsigned char g_model[];\n#endif\n".to_vec(),
        ),
        ("html", b"<!DOCTYPE html>\n<html></html>".to_vec()),
        ("tensorflow-js", b"{\"modelTopology\": {}}".to_vec()),
        ("json", b"{\"a\": 1}".to_vec()),
        ("text", b"This is not a model at all.".to_vec()),
        ("onnx", onnx.concat()),
        ("onnx-runtime", b"\x18\0\0\0ORTM\0\0\0\0".to_vec()),
        ("saved-model", [&[8, 1][..], &meta_graph].concat()),
        (
            "frozen-graph",
            [node("x", "Placeholder"), node("y", "Relu"), vec![0x18, 27]].concat(),
        ),
        (
            "core-ml",
            [&[8, 4][..], &field(2, b""), &[0xa2, 0x1f, 0]].concat(),
        ),
        ("hdf5", b"\x89HDF\r\n\x1a\n\0\0\0".to_vec()),
        (
            "keras",
            zip(&["metadata.json", "config.json", "model.weights.h5"]),
        ),
        (
            "pytorch",
            zip(&["net/data.pkl", "net/version", "net/data/0"]),
        ),
        (
            "pickle",
            b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.".to_vec(),
        ),
        ("numpy", b"\x93NUMPY\x01\0".to_vec()),
        ("numpy", zip(&["x.npy", "y.npy"])),
        ("zip", zip(&["models/person.tflite", "README"])),
        ("zip", zip(&[])),
        ("gzip", b"\x1f\x8b\x08\0\0\0\0\0".to_vec()),
        ("archive", [&[0; 257][..], b"ustar\x0000"].concat()),
        ("executorch", b"\x20\0\0\0ET12".to_vec()),
        ("tinymaix", b"MAIX\x01\0".to_vec()),
        ("program", b"\x7fELF\x01\x01\x01\0".to_vec()),
        ("unknown", b"\x00\x01\x02\x03".to_vec()),
    ]
}

#[test]
fn each_kind_is_called_what_it_is() {
    let told: Vec<_> = files()
        .iter()
        .map(|(name, bytes)| {
            let foreign = Foreign::of(bytes);
            assert_eq!(foreign.kind.slug(), *name, "{foreign}");
            foreign.to_string()
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_kind_is_told_of_what_is_cut() {
    // As much of a large file as somebody may have: a truncated one must not be called something
    // else that is known.
    for (name, bytes) in files() {
        for length in 1..bytes.len() {
            let kind = Foreign::of(&bytes[..length]).kind;
            let may = [
                Kind::Text,
                Kind::Unknown,
                Kind::CSource,
                Kind::Json,
                Kind::Zip,
                Kind::Html,
            ];
            let same = kind.slug() == name || kind.slug() == "c-array" && name == "c-array";
            let graph = kind == Kind::FrozenGraph || kind == Kind::SavedModel;
            assert!(
                same || may.contains(&kind) || graph,
                "{name} cut to {length}: {kind:?}"
            );
        }
    }
}

#[test]
fn arrays_of_c_are_read() {
    let read = |text: &str| c_array(text.as_bytes());
    let numbers: Vec<u8> = (0..20).collect();
    let list = |it: &dyn Fn(u8) -> String| {
        let all: Vec<_> = numbers.iter().map(|&number| it(number)).collect();
        all.join(",")
    };
    let hexadecimal = list(&|number| format!(" 0x{number:02X}"));
    let decimal = list(&|number| format!("\n{number}u"));
    let octal = list(&|number| format!("0{number:o} /* {{ */"));
    for text in [
        format!("unsigned char a[] = {{{hexadecimal}}};"),
        format!("const uint8_t a[20] = {{ // from {{\n{decimal},\n}};"),
        format!("namespace n {{ struct S {{ int a; }}; char a[] = {{{octal}}}; }}"),
        format!("int few[] = {{1, 2}}; char a[] = {{{hexadecimal}}}; int more[] = {{3, 4}};"),
    ] {
        assert_eq!(read(&text).as_deref(), Some(&numbers[..]), "{text}");
    }
    let negative: Vec<_> = (0..20).map(|number| format!("-{number}")).collect();
    let bytes = read(&format!("{{{}}}", negative.join(","))).unwrap();
    assert_eq!(bytes[19], 237);
    for text in [
        format!("char a[] = {{{hexadecimal}"),
        format!("int a[] = {{{hexadecimal}, 256}};"),
        format!("int a[] = {{{hexadecimal}, 0x}};"),
        format!("/* {{{hexadecimal}}} */"),
        "int a[] = {1, 2, 3};".to_owned(),
        String::new(),
    ] {
        assert_eq!(read(&text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = Foreign::of(&bytes).to_string();
    }

    #[test]
    fn damaged_files(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)
    ) {
        let files = files();
        let mut bytes = files[which.index(files.len())].1.clone();
        for (index, value) in &changes {
            if !bytes.is_empty() {
                let at = index.index(bytes.len());
                bytes[at] = *value;
            }
        }
        let _ = Foreign::of(&bytes).to_string();
    }

    #[test]
    fn arbitrary_source(text in "[{},x0-9a-f/* \n-]{0,200}") {
        if let Some(array) = c_array(text.as_bytes()) {
            assert!(array.len() <= text.len() / 2 + 1);
        }
    }
}
