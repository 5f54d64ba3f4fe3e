//! Compares `include/tinybench.h` with the Rust description of the same block.

use std::collections::BTreeMap;
use std::mem::{offset_of, size_of};

use tinybench_interface::{
    Block, CYCLES_CAPACITY, Command, Error, Fault, HARNESS_SECTION, LEARNING_SECTION, Learning,
    LearningSource, MAGIC, MODEL_SECTION, PAINT, PIPELINE_SECTION, RUNTIME_SECTION, Stages, Status,
    Task, VERSION,
};

const HEADER: &str = include_str!("../include/tinybench.h");

/// The header without its comments.
fn code() -> String {
    let mut code = String::new();
    let mut rest = HEADER;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").expect("a comment ends").1;
    }
    code + rest
}

/// What stands in braces behind `head`.
fn body(code: &str, head: &str) -> String {
    let behind = code.split_once(&format!("{head} {{")).expect(head).1;
    behind.split_once("};").expect(head).0.to_owned()
}

/// The fields of a struct: name, offset and size in bytes. Every member is made of 32-bit words,
/// so there is no padding and an offset is the sum of the sizes before.
fn fields(code: &str, head: &str) -> (Vec<(String, usize, usize)>, usize) {
    let mut offset = 0;
    let mut members = Vec::new();
    for member in body(code, head)
        .split(';')
        .map(str::trim)
        .filter(|it| !it.is_empty())
    {
        let (kind, declarator) = member.rsplit_once(' ').expect(member);
        let (name, count) = match declarator.split_once('[') {
            Some((name, count)) => (name, count.trim_end_matches(']').parse().expect(member)),
            None => (declarator, 1),
        };
        let size = match kind {
            "uint32_t" => 4 * count,
            nested => count * fields(code, nested).1,
        };
        members.push((name.to_owned(), offset, size));
        offset += size;
    }
    (members, offset)
}

/// Name, offset and size of the fields of a Rust struct.
macro_rules! rust_fields {
    ($kind:ident: $($field:ident),* $(,)?) => {{
        fn size_of_field<T, F>(_: fn(&T) -> &F) -> usize {
            size_of::<F>()
        }
        // Names every field, so that a new one can't be forgotten here.
        let _complete = |$kind { $($field: _),* }: $kind| ();
        vec![$((
            stringify!($field).to_owned(),
            offset_of!($kind, $field),
            size_of_field::<$kind, _>(|it| &it.$field),
        )),*]
    }};
}

fn block_fields() -> Vec<(String, usize, usize)> {
    rust_fields!(Block:
        magic, version, command, status, error, error_detail, run_count, cycles_address,
        cycles_capacity, input_address, input_bytes, output_address, output_bytes, arena_address,
        arena_capacity, arena_limit, arena_used, arena_touched, stack_low, stack_high, stack_peak,
        counter_overhead, counter_check, runtime_name, runtime_version, arena_tensors, stages,
        audio_address, audio_bytes, preprocess_address, postprocess_address, task,
        input_quantisation, output_quantisation, answer, decode_address, arena_decoding, fault,
        learning_address,
    )
}

fn learning_fields() -> Vec<(String, usize, usize)> {
    rust_fields!(Learning:
        memory_bytes, classes, neighbours, policy, seed, drift, source, label, memory_address,
        capacity, cycles, prediction, nearest, votes, stored, samples, alarm, since,
    )
}

fn fault_fields() -> Vec<(String, usize, usize)> {
    rust_fields!(Fault: exception, r, sp, lr, pc, xpsr, cfsr, hfsr, mmfar, bfar)
}

#[test]
fn the_structs_have_the_same_fields_in_the_same_places() {
    let code = code();
    let (fields_in_c, size) = fields(&code, "struct tinybench_block");
    assert_eq!(fields_in_c, block_fields());
    assert_eq!(size, size_of::<Block>());
    let (fields_in_c, size) = fields(&code, "struct tinybench_fault");
    assert_eq!(fields_in_c, fault_fields());
    assert_eq!(size, size_of::<Fault>());
    let (fields_in_c, size) = fields(&code, "struct tinybench_learning");
    assert_eq!(fields_in_c, learning_fields());
    assert_eq!(size, size_of::<Learning>());
}

#[test]
fn the_enumerations_have_the_same_values() {
    let code = code();
    let values = |head: &str| -> BTreeMap<String, u32> {
        body(&code, head)
            .split(',')
            .map(|it| {
                let (name, value) = it.split_once('=').expect(it);
                (name.trim().to_owned(), value.trim().parse().expect(it))
            })
            .collect()
    };
    // `BadCommand` is BAD_COMMAND in C.
    let in_c = |prefix: &str, variant: String| {
        let mut name = prefix.to_owned();
        for (i, c) in variant.char_indices() {
            if c.is_uppercase() && i > 0 {
                name.push('_');
            }
            name.push(c.to_ascii_uppercase());
        }
        name
    };
    let commands = (0..64).filter_map(Command::from_u32);
    let expected: BTreeMap<_, _> = commands
        .map(|it| (in_c("TINYBENCH_", format!("{it:?}")), it as u32))
        .collect();
    assert_eq!(values("enum tinybench_command"), expected);
    let states = (0..64).filter_map(Status::from_u32);
    let expected: BTreeMap<_, _> = states
        .map(|it| (in_c("TINYBENCH_", format!("{it:?}")), it as u32))
        .collect();
    assert_eq!(values("enum tinybench_status"), expected);
    let stages = (0..64).filter_map(Stages::from_u32);
    let expected: BTreeMap<_, _> = stages
        .map(|it| (in_c("TINYBENCH_STAGES_", format!("{it:?}")), it as u32))
        .collect();
    assert_eq!(values("enum tinybench_stages"), expected);
    let tasks = (0..64).filter_map(Task::from_u32);
    let expected: BTreeMap<_, _> = tasks
        .map(|it| (in_c("TINYBENCH_TASK_", format!("{it:?}")), it as u32))
        .collect();
    assert_eq!(values("enum tinybench_task"), expected);
    let sources = (0..64).filter_map(LearningSource::from_u32);
    let expected: BTreeMap<_, _> = sources
        .map(|it| {
            (
                in_c("TINYBENCH_LEARNING_SOURCE_", format!("{it:?}")),
                it as u32,
            )
        })
        .collect();
    assert_eq!(values("enum tinybench_learning_source"), expected);
    let errors = (0..64).filter_map(Error::from_u32);
    let expected: BTreeMap<_, _> = errors
        .map(|it| (in_c("TINYBENCH_ERROR_", format!("{it:?}")), it as u32))
        .collect();
    assert_eq!(values("enum tinybench_error"), expected);
}

#[test]
fn the_constants_have_the_same_values() {
    let code = code();
    let constant = |name: &str| {
        let line = code
            .lines()
            .find_map(|it| it.strip_prefix(&format!("#define {name} ")));
        line.expect(name).trim().to_owned()
    };
    let number = |name: &str| {
        let text = constant(name);
        let text = text.trim_end_matches('u');
        match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).expect(name),
            None => text.parse().expect(name),
        }
    };
    assert_eq!(number("TINYBENCH_MAGIC"), MAGIC);
    assert_eq!(number("TINYBENCH_VERSION"), VERSION);
    assert_eq!(
        number("TINYBENCH_CYCLES_CAPACITY") as usize,
        CYCLES_CAPACITY
    );
    assert_eq!(number("TINYBENCH_PAINT"), PAINT);
    for (name, section) in [
        ("TINYBENCH_MODEL_SECTION", MODEL_SECTION),
        ("TINYBENCH_RUNTIME_SECTION", RUNTIME_SECTION),
        ("TINYBENCH_PIPELINE_SECTION", PIPELINE_SECTION),
        ("TINYBENCH_LEARNING_SECTION", LEARNING_SECTION),
        ("TINYBENCH_HARNESS_SECTION", HARNESS_SECTION),
    ] {
        assert_eq!(constant(name), format!("\"{section}\""));
    }
}

/// The words of a block are read back into the fields at their offsets.
#[test]
fn a_block_is_built_from_words_in_address_order() {
    let words: [u32; Block::WORDS] = std::array::from_fn(|i| 0x1000 + i as u32);
    let block = Block::from_words(&words);
    let at = |offset: usize| 0x1000 + offset as u32 / 4;
    let pair = |offset: usize| [at(offset), at(offset + 4)];
    let fault = offset_of!(Block, fault);
    let Fault {
        exception,
        r,
        sp,
        lr,
        pc,
        xpsr,
        cfsr,
        hfsr,
        mmfar,
        bfar,
    } = block.fault;
    assert_eq!(exception, at(fault));
    assert_eq!(r, std::array::from_fn(|i| at(fault + 4 + 4 * i)));
    assert_eq!(
        [sp, lr, pc, xpsr],
        std::array::from_fn(|i| at(fault + 56 + 4 * i))
    );
    assert_eq!(
        [cfsr, hfsr, mmfar, bfar],
        std::array::from_fn(|i| at(fault + 72 + 4 * i))
    );
    assert_eq!(block.magic, at(0));
    assert_eq!(block.version, at(4));
    assert_eq!(block.command, at(8));
    assert_eq!(block.status, at(12));
    assert_eq!(block.error, at(16));
    assert_eq!(block.error_detail, pair(20));
    assert_eq!(block.run_count, at(28));
    assert_eq!([block.cycles_address, block.cycles_capacity], pair(32));
    assert_eq!([block.input_address, block.input_bytes], pair(40));
    assert_eq!([block.output_address, block.output_bytes], pair(48));
    assert_eq!([block.arena_address, block.arena_capacity], pair(56));
    assert_eq!([block.arena_limit, block.arena_used], pair(64));
    assert_eq!(block.arena_touched, at(72));
    assert_eq!([block.stack_low, block.stack_high], pair(76));
    assert_eq!(block.stack_peak, at(84));
    assert_eq!([block.counter_overhead, block.counter_check], pair(88));
    assert_eq!(block.runtime_name, pair(96));
    assert_eq!(block.runtime_version, pair(104));
    assert_eq!([block.arena_tensors, block.stages], pair(112));
    assert_eq!([block.audio_address, block.audio_bytes], pair(120));
    assert_eq!(
        [block.preprocess_address, block.postprocess_address],
        pair(128)
    );
    assert_eq!(block.task, at(136));
    assert_eq!(block.input_quantisation, pair(140));
    assert_eq!(block.output_quantisation, pair(148));
    assert_eq!(block.answer, at(156));
    assert_eq!([block.decode_address, block.arena_decoding], pair(160));
    assert_eq!(fault, 168);
    assert_eq!(block.learning_address, at(256));
    assert_eq!(4 * Block::WORDS, 260);
}

#[test]
fn what_is_said_about_learning_is_built_from_words_in_address_order() {
    let words: [u32; Learning::WORDS] = std::array::from_fn(|i| 0x1000 + i as u32);
    let learning = Learning::from_words(&words);
    assert_eq!(learning.host_words(), words[..Learning::HOST_WORDS]);
    let mut rest = vec![learning.memory_address, learning.capacity];
    rest.extend(learning.cycles);
    rest.extend([learning.prediction, learning.nearest, learning.votes]);
    rest.extend([
        learning.stored,
        learning.samples,
        learning.alarm,
        learning.since,
    ]);
    assert_eq!(rest, words[Learning::HOST_WORDS..]);
}
