//! The README's table of operators against the registrations, and against all that TensorFlow Lite
//! Micro has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use tinybench_interpreter::operators::{ALL, Registration};
use tinybench_interpreter::schema::{builtin, builtin_name};

/// What `MicroMutableOpResolver` of TensorFlow Lite Micro adds (at 90b983c), by the names in a model.
const REFERENCE: &str = "
    ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND
    BROADCAST_ARGS BROADCAST_TO CALL_ONCE CAST CEIL CIRCULAR_BUFFER CONCATENATION CONV_2D COS CUMSUM
    TFLM_DECODE SignalDelay DEPTH_TO_SPACE DEPTHWISE_CONV_2D DEQUANTIZE TFLite_Detection_PostProcess
    DIV DYNAMIC_UPDATE_SLICE EMBEDDING_LOOKUP SignalEnergy ELU EQUAL ethos-u EXP EXPAND_DIMS
    SignalFftAutoScale FILL SignalFilterBank SignalFilterBankLog SignalFilterBankSquareRoot
    SignalFilterBankSpectralSubtraction FLOOR FLOOR_DIV FLOOR_MOD SignalFramer FULLY_CONNECTED GATHER
    GATHER_ND GREATER GREATER_EQUAL HARD_SWISH IF SignalIrfft L2_NORMALIZATION L2_POOL_2D LEAKY_RELU
    LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D
    MIRROR_PAD MEAN MINIMUM MUL NEG NOT_EQUAL SignalOverlapAdd PACK PAD PADV2 SignalPCAN PRELU
    QUANTIZE READ_VARIABLE REDUCE_ALL REDUCE_MAX REDUCE_MIN RELU RELU6 RESHAPE RESIZE_BILINEAR
    RESIZE_NEAREST_NEIGHBOR REVERSE_V2 SignalRfft ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX
    SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQUEEZE SQRT SQUARE SQUARED_DIFFERENCE
    STRIDED_SLICE SignalStacker SUB SUM SVDF TANH TRANSPOSE_CONV TRANSPOSE UNPACK
    UNIDIRECTIONAL_SEQUENCE_LSTM VAR_HANDLE WHILE SignalWindow ZEROS_LIKE
";

/// Element types as words of the table and as endings of registrations' names.
const TYPES: [(&str, &str); 8] = [
    ("int8", "INT8"),
    ("int16", "INT16"),
    ("16x8", "INT16"),
    ("int32", "INT32"),
    ("int64", "INT64"),
    ("uint32", "UINT32"),
    ("float32", "FLOAT32"),
    ("bool", "BOOL"),
];

/// The cells of the rows of a table, which begins with `head`.
fn table<'a>(readme: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let (_, rows) = readme.split_once(head).expect("the table is there");
    let rows = rows.lines().skip(2).take_while(|row| row.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The operators that the table says are run, each with the types it says.
fn described(readme: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut described = BTreeMap::new();
    let mut above = "";
    for row in table(readme, "| operator | types | options |") {
        let [names, types, ..] = row[..] else {
            panic!("{row:?}");
        };
        let types = if types == "the same" { above } else { types };
        above = types;
        for name in names.split(", ") {
            // A part that begins with operators is about these alone.
            let parts = types.split("; ").filter(|part| {
                let capital = |word: &str| word.len() > 1 && word == word.to_uppercase();
                let mut named = part
                    .split([' ', ','])
                    .filter(|&word| capital(word))
                    .peekable();
                named.peek().is_none() || named.any(|word| word == name)
            });
            let words = parts.flat_map(|part| part.split([' ', ',', ':']));
            let twice = described.insert(name, words.filter(|word| !word.is_empty()).collect());
            assert!(twice.is_none(), "{name} is described twice");
        }
    }
    described
}

fn name(registration: &Registration) -> &'static str {
    match registration.builtin {
        builtin::CUSTOM => registration.custom,
        builtin => builtin_name(builtin),
    }
}

#[test]
fn the_table_lists_what_is_registered_and_its_types() {
    let readme = readme();
    let described = described(&readme);
    let mut registered = BTreeMap::<&str, BTreeSet<&str>>::new();
    for registration in ALL {
        let types = registered.entry(name(registration)).or_default();
        let words = registration.name.split('_');
        types.extend(words.filter(|word| TYPES.iter().any(|(_, ending)| ending == word)));
    }
    let names = |set: Vec<&&'static str>| -> Vec<String> {
        set.into_iter().map(|name| (*name).to_owned()).collect()
    };
    let here: Vec<String> = described.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(here, names(registered.keys().collect()));
    for (name, endings) in registered {
        let words = &described[name];
        for (word, ending) in TYPES {
            // Names of registrations that are for all types have no endings, and one operator's
            // name can't tell two forms of int16.
            let said = words.contains(word) || ending == "INT16" && words.contains("16x8");
            if endings.contains(ending) && word != "16x8" {
                assert!(
                    said,
                    "{name}: {word} is registered, the table doesn't say so"
                );
            }
            // Handled by a registration whose name has the type of the input alone.
            let other = matches!(name, "CAST" | "QUANTIZE" | "UNIDIRECTIONAL_SEQUENCE_LSTM");
            if !endings.is_empty() && !other && words.contains(word) {
                assert!(endings.contains(ending), "{name}: {word} isn't registered");
            }
        }
    }
}

#[test]
fn what_isnt_here_of_tensorflow_lite_micro_is_explained() {
    let readme = readme();
    let described = described(&readme);
    let missing: BTreeSet<&str> = REFERENCE
        .split_whitespace()
        .filter(|name| !described.contains_key(name))
        .collect();
    let rows = table(&readme, "| operator | types | why not |");
    let whole = rows.iter().filter(|row| row[1] == "all");
    let explained: BTreeSet<&str> = whole.flat_map(|row| row[0].split(", ")).collect();
    assert_eq!(explained, missing);
    assert!(rows.iter().all(|row| row.len() == 3 && !row[2].is_empty()));
    let reference: BTreeSet<&str> = REFERENCE.split_whitespace().collect();
    let beyond: Vec<_> = described
        .keys()
        .filter(|name| !reference.contains(*name))
        .collect();
    assert_eq!(beyond, [&"TILE"], "the README names what is here alone");
}
