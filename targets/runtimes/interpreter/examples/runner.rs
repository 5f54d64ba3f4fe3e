//! Runs the models that come on the standard input, each with both kinds of kernels, and writes
//! what they give: the other side of `scripts/fuzz-operators`.
//!
//! A request is two 32-bit lengths, least byte first, and as many bytes: a model, and its inputs,
//! step by step, in a step in the model's order. The answer is a line, and behind `ran` the outputs,
//! ordered as the inputs, of each way in which the model can be run that gives others than those
//! before: with portable kernels, with DSP kernels, and with both after a reset.
//!
//! ```text
//! ran BYTES-OF-A-WAY WAYS REGISTRATION...
//! refused WHY
//! broken WHY
//! ```
//!
//! `broken` is a model that was accepted and didn't run. With the argument `registrations` the
//! program lists them instead, one a line.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};

use tinybench_interpreter::kernels::{Dsp, Kernels, Portable};
use tinybench_interpreter::operators::{ALL, With};
use tinybench_interpreter::{Interpreter, Model, arena_needed_with, planning_words, room_needed};

/// Largest model, and most bytes of inputs, that are read.
const LARGEST: u32 = 1 << 24;

enum Answer {
    Ran {
        ways: Vec<Vec<u8>>,
        registrations: BTreeSet<&'static str>,
    },
    Refused(String),
    Broken(String),
}

/// Runs all steps of `inputs`.
fn sequence(
    interpreter: &mut Interpreter,
    model: &Model,
    mut inputs: &[u8],
) -> Result<Vec<u8>, String> {
    let mut outputs = Vec::new();
    while !inputs.is_empty() {
        for position in 0..model.inputs().count() {
            let input = interpreter.input_at_mut(position);
            let step = inputs.split_at_checked(input.len());
            let (values, rest) = step.ok_or("the inputs end in the middle of a step")?;
            input.copy_from_slice(values);
            inputs = rest;
        }
        interpreter.invoke().map_err(|error| error.to_string())?;
        for position in 0..model.outputs().count() {
            outputs.extend_from_slice(interpreter.output_at(position));
        }
    }
    Ok(outputs)
}

fn run<K: Kernels>(file: &[u8], inputs: &[u8], room: &mut [u32]) -> Answer {
    let refused = |error: &dyn ToString| Answer::Refused(error.to_string());
    let model = match Model::with(file, With::<K>::ALL) {
        Ok(model) => model,
        Err(error) => return refused(&error),
    };
    let mut work = vec![0; planning_words(&model)];
    let needed = match arena_needed_with(&model, &mut work) {
        Ok(needed) => needed,
        Err(error) => return refused(&error),
    };
    let mut memory = vec![0xa5a5_a5a5_u32; needed.div_ceil(4)];
    let arena = &mut bytemuck::cast_slice_mut(&mut memory)[..needed];
    let mut interpreter = match Interpreter::with_room(&model, arena, room) {
        Ok(interpreter) => interpreter,
        Err(error) => return refused(&error),
    };
    let first = sequence(&mut interpreter, &model, inputs);
    interpreter.reset();
    let second = sequence(&mut interpreter, &model, inputs);
    match (first, second) {
        (Ok(first), Ok(second)) => Answer::Ran {
            ways: vec![first, second],
            registrations: registrations(&model),
        },
        (Err(error), _) | (_, Err(error)) => Answer::Broken(error),
    }
}

/// The names of what runs a model.
fn registrations(model: &Model) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for graph in model.graphs() {
        for operator in graph.operators() {
            names.extend(model.registration(&operator).map(|(_, it)| it.name));
        }
    }
    names
}

fn answer(file: &[u8], inputs: &[u8]) -> Answer {
    let mut found = run::<Portable>(file, inputs, &mut []);
    if let Answer::Ran { ways, .. } = &mut found {
        match run::<Dsp>(file, inputs, &mut vec![0; room_needed(file)]) {
            Answer::Ran { ways: others, .. } => ways.extend(others),
            other => return other,
        }
        let mut different: Vec<Vec<u8>> = Vec::new();
        for way in ways.drain(..) {
            if !different.contains(&way) {
                different.push(way);
            }
        }
        *ways = different;
    }
    found
}

/// A request, or [`None`] at the end.
fn read_request(from: &mut impl Read) -> io::Result<Option<[Vec<u8>; 2]>> {
    let mut lengths = [[0; 4]; 2];
    if from.read(&mut lengths[0][..1])? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut lengths[0][1..])?;
    from.read_exact(&mut lengths[1])?;
    let mut parts = [Vec::new(), Vec::new()];
    for (part, length) in parts.iter_mut().zip(lengths) {
        let length = u32::from_le_bytes(length);
        if length > LARGEST {
            return Err(io::Error::other(format!("{length} bytes are too many")));
        }
        part.resize(length as usize, 0);
        from.read_exact(part)?;
    }
    Ok(Some(parts))
}

fn main() -> io::Result<()> {
    let mut to = io::stdout().lock();
    if std::env::args().nth(1).as_deref() == Some("registrations") {
        for registration in ALL {
            writeln!(to, "{}", registration.name)?;
        }
        return Ok(());
    }
    let mut from = io::stdin().lock();
    while let Some([file, inputs]) = read_request(&mut from)? {
        match answer(&file, &inputs) {
            Answer::Ran {
                ways,
                registrations,
            } => {
                let bytes = ways.first().map_or(0, Vec::len);
                let names = Vec::from_iter(registrations).join(" ");
                writeln!(to, "ran {bytes} {} {names}", ways.len())?;
                to.write_all(&ways.concat())?;
            }
            Answer::Refused(why) => writeln!(to, "refused {}", why.replace('\n', " "))?,
            Answer::Broken(why) => writeln!(to, "broken {}", why.replace('\n', " "))?,
        }
        to.flush()?;
    }
    Ok(())
}
