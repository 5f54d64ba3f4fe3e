//! SignalFramer, SignalStacker, SignalOverlapAdd and SignalDelay: samples that are kept from one
//! inference to the next.
//!
//! All of them begin with zeros. Where the reference has ring buffers, samples are moved to the
//! front of what is kept, which gives the same.

use super::super::{Needs, Registration, Typed};
use super::{
    custom, elements, expect_arity, expect_option, expect_result, expect_scalar, length, option,
    size,
};
use crate::error::Fault;
use crate::file::schema::tensor_type::{BOOL, FLOAT32, INT16};
use crate::model::operator::Operator;
use crate::run::{Place, Run};

const INT16_INPUT: &[Typed] = &[Typed::Input(0, INT16)];

/// Frames that overlap.
pub(in super::super) const fn framer() -> Registration {
    Registration {
        needs: |operator| Needs::kept(operator, Framer::of(operator).map_or(0, |it| it.kept())),
        ..custom("SignalFramer", INT16_INPUT, check_framer, run_framer)
    }
}

/// Frames together with those before and after them.
pub(in super::super) const fn stacker() -> Registration {
    Registration {
        needs: |operator| Needs::kept(operator, Stacker::of(operator).map_or(0, |it| it.kept())),
        ..custom("SignalStacker", INT16_INPUT, check_stacker, run_stacker)
    }
}

/// Samples of some time before.
pub(in super::super) const fn delay() -> Registration {
    Registration {
        needs: |operator| Needs::kept(operator, kept_by_delay(operator).unwrap_or(0)),
        ..custom("SignalDelay", INT16_INPUT, check_delay, run_delay)
    }
}

/// Sums of frames that overlap, int16.
pub(in super::super) const fn overlap_add_int16() -> Registration {
    Registration {
        needs: |operator| needs_overlap(operator, 2),
        ..custom(
            "SignalOverlapAdd",
            INT16_INPUT,
            |operator| check_overlap(operator, INT16),
            |run| {
                run_overlap(
                    run,
                    i16::from_le_bytes,
                    i16::to_le_bytes,
                    i16::saturating_add,
                )
            },
        )
    }
}

/// Sums of frames that overlap, float32.
pub(in super::super) const fn overlap_add_float32() -> Registration {
    Registration {
        needs: |operator| needs_overlap(operator, 4),
        ..custom(
            "SignalOverlapAdd",
            &[Typed::Input(0, FLOAT32)],
            |operator| check_overlap(operator, FLOAT32),
            |run| {
                run_overlap(run, f32::from_le_bytes, f32::to_le_bytes, |kept, new| {
                    kept + new
                })
            },
        )
    }
}

/// Bytes of a sample of 16 bits.
const SAMPLE: usize = 2;
/// Bytes before the samples that say how many of them there are, and other things.
const HEAD: usize = 4;

/// The options of SignalFramer.
const FRAME_SIZE: usize = 0;
const FRAME_STEP: usize = 1;
const PREFILL: usize = 2;

#[derive(Clone, Copy)]
struct Framer {
    size: usize,
    step: usize,
    rows: usize,
    /// Samples of a row that there are before the first inference.
    first: usize,
    /// Most samples of a row that are kept.
    capacity: usize,
}

impl Framer {
    fn of(operator: &Operator) -> Option<Self> {
        let (size, step) = (size(operator, FRAME_SIZE), size(operator, FRAME_STEP));
        let prefill = option(operator, PREFILL) != 0;
        let shape = operator.input(0).shape();
        Some(Self {
            size,
            step,
            rows: shape.elements().checked_div(shape.last())?,
            first: if prefill { size.checked_sub(step)? } else { 0 },
            capacity: size.checked_next_multiple_of(step)?,
        })
    }

    fn kept(&self) -> usize {
        let samples = self.rows.saturating_mul(self.capacity);
        samples.saturating_mul(SAMPLE).saturating_add(HEAD)
    }
}

fn check_framer(operator: &Operator) -> Result<(), Fault> {
    /// Keeps products of sizes within 32 bits.
    const MOST: i32 = 1 << 24;
    expect_arity(operator, 1, 2)?;
    expect_option(operator, FRAME_SIZE, 1..=MOST, "frame size")?;
    expect_option(operator, FRAME_STEP, 1..=MOST, "frame step")?;
    expect_option(operator, PREFILL, i32::MIN..=i32::MAX, "prefill")?;
    let [input, output] = operator.ends();
    input.expect_arena()?;
    let shape = input.shape();
    if shape.rank() == 0 || shape.elements() == 0 {
        return Err(operator.shape_error("input"));
    }
    let framer = Framer::of(operator).ok_or(operator.option_error("prefill"))?;
    let frames = shape.last() / framer.step;
    if shape.last() % framer.step != 0 || frames == 0 {
        return Err(operator.shape_error("input"));
    }
    output.expect_type(INT16)?;
    let elements = framer.rows.checked_mul(frames);
    let elements = elements.and_then(|it| it.checked_mul(framer.size));
    if output.shape().rank() != shape.rank() + 1 || Some(output.shape().elements()) != elements {
        return Err(operator.shape_error("output"));
    }
    expect_kept(operator, framer.kept())?;
    expect_scalar(operator, 1, BOOL)
}

/// Checks that what is kept has a size that a tensor could have.
fn expect_kept(operator: &Operator, bytes: usize) -> Result<(), Fault> {
    if bytes < 1 << 31 {
        return Ok(());
    }
    Err(operator.option_error("sizes"))
}

fn run_framer(run: &mut Run) -> Option<()> {
    let framer = Framer::of(run.operator)?;
    let places = [
        Place::Output(0),
        Place::Output(1),
        Place::Scratch(framer.kept()),
    ];
    let (inputs, [output, valid, kept]) = run.borrow(places)?;
    let (head, kept) = kept.split_first_chunk_mut::<HEAD>()?;
    let before = framer
        .first
        .wrapping_add(u32::from_le_bytes(*head) as usize);
    let row = inputs.bytes(0)?.len().checked_div(framer.rows)?;
    let mut inputs = inputs.bytes(0)?.chunks_exact(row.max(1));
    let mut outputs = output.chunks_exact_mut((SAMPLE * framer.size).max(1));
    let (step, size) = (SAMPLE * framer.step, SAMPLE * framer.size);
    let (mut all, mut after) = (true, before);
    for kept in kept.chunks_exact_mut((SAMPLE * framer.capacity).max(1)) {
        let samples = inputs.next()?;
        after = before;
        for samples in samples.chunks_exact(step.max(1)) {
            let output = outputs.next()?;
            let used = SAMPLE * after;
            copy(kept.get_mut(used..)?.get_mut(..step)?, samples);
            after += framer.step;
            if after < framer.size {
                // The reference leaves the output as it is.
                output.fill(0);
                all = false;
                continue;
            }
            copy(output, kept.get(..size)?);
            move_to_front(kept, step);
            after -= framer.step;
        }
    }
    *head = (after.wrapping_sub(framer.first) as u32).to_le_bytes();
    *valid.first_mut()? = u8::from(all);
    Some(())
}

/// Copies as many bytes as there are in both.
fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Drops the first `count` bytes. What was in the place of the last ones is still there.
fn move_to_front(bytes: &mut [u8], count: usize) {
    for index in count..bytes.len() {
        let from = bytes.get(index).copied().unwrap_or(0);
        if let Some(to) = bytes.get_mut(index - count) {
            *to = from;
        }
    }
}

/// The options of SignalStacker.
const CHANNELS: usize = 0;
const LEFT: usize = 1;
const RIGHT: usize = 2;
const STEP: usize = 3;

/// All sizes in bytes.
#[derive(Clone, Copy)]
struct Stacker {
    frame: usize,
    /// Frames that the first one stands for besides itself.
    left: usize,
    size: usize,
    step: usize,
}

impl Stacker {
    fn of(operator: &Operator) -> Option<Self> {
        let frame = size(operator, CHANNELS).checked_mul(SAMPLE)?;
        let left = size(operator, LEFT);
        let frames = left.checked_add(size(operator, RIGHT))?.checked_add(1)?;
        Some(Self {
            frame,
            left,
            size: frame.checked_mul(frames)?,
            step: frame.checked_mul(size(operator, STEP))?,
        })
    }

    /// How many bytes there are, 1 more, lies before the bytes: 0 before the first frame.
    fn kept(&self) -> usize {
        self.size.saturating_add(HEAD)
    }
}

fn check_stacker(operator: &Operator) -> Result<(), Fault> {
    const MOST: i32 = 1 << 14;
    expect_arity(operator, 1, 2)?;
    expect_option(operator, CHANNELS, 1..=MOST, "number of channels")?;
    expect_option(operator, LEFT, 0..=MOST, "left context")?;
    expect_option(operator, RIGHT, 0..=MOST, "right context")?;
    let most = option(operator, LEFT) + option(operator, RIGHT) + 1;
    expect_option(operator, STEP, 1..=most, "step")?;
    operator.input(0).expect_arena()?;
    let stacker = Stacker::of(operator).ok_or(operator.option_error("sizes"))?;
    if length(operator)? * SAMPLE < stacker.frame {
        return Err(operator.shape_error("input"));
    }
    expect_result(operator, 0, INT16, stacker.size / SAMPLE)?;
    expect_scalar(operator, 1, BOOL)
}

fn run_stacker(run: &mut Run) -> Option<()> {
    let stacker = Stacker::of(run.operator)?;
    let places = [
        Place::Output(0),
        Place::Output(1),
        Place::Scratch(stacker.kept()),
    ];
    let (inputs, [output, valid, kept]) = run.borrow(places)?;
    let (head, kept) = kept.split_first_chunk_mut::<HEAD>()?;
    let frame = inputs.bytes(0)?.get(..stacker.frame)?;
    let (mut used, frames) = match u32::from_le_bytes(*head) {
        0 => (0, stacker.left + 1),
        more => (more as usize - 1, 1),
    };
    for _ in 0..frames {
        copy(kept.get_mut(used..)?.get_mut(..stacker.frame)?, frame);
        used += stacker.frame;
    }
    let full = used >= stacker.size;
    if full {
        copy(output, kept);
        move_to_front(kept, stacker.step);
        used -= stacker.step;
    } else if *head == [0; HEAD] {
        // From then on the output stays as it is, as in the reference.
        output.fill(0);
    }
    *head = (used as u32 + 1).to_le_bytes();
    *valid.first_mut()? = u8::from(full);
    Some(())
}

/// The option `delay_length` of SignalDelay.
const DELAY: usize = 0;

/// Bytes that SignalDelay keeps.
fn kept_by_delay(operator: &Operator) -> Option<usize> {
    let shape = operator.input(0).shape();
    let rows = shape.elements().checked_div(shape.last())?;
    rows.checked_mul(size(operator, DELAY))?.checked_mul(SAMPLE)
}

fn check_delay(operator: &Operator) -> Result<(), Fault> {
    expect_arity(operator, 1, 1)?;
    expect_option(operator, DELAY, 0..=i32::MAX, "delay")?;
    let [input, output] = operator.ends();
    input.expect_arena()?;
    output.expect_type(INT16)?;
    if input.shape().rank() == 0 || input.shape().elements() == 0 {
        return Err(operator.shape_error("input"));
    }
    if input.shape().elements() != output.shape().elements() {
        return Err(operator.shape_error("output"));
    }
    expect_kept(operator, kept_by_delay(operator).unwrap_or(usize::MAX))
}

fn run_delay(run: &mut Run) -> Option<()> {
    let row = run.operator.input(0).shape().last() * SAMPLE;
    let delay = size(run.operator, DELAY) * SAMPLE;
    let kept = Place::Scratch(kept_by_delay(run.operator)?);
    let (inputs, [output, kept]) = run.borrow([Place::Output(0), kept])?;
    let mut kept = kept.chunks_exact_mut(delay.max(1));
    let mut rows = output.chunks_exact_mut(row.max(1));
    for input in inputs.bytes(0)?.chunks_exact(row.max(1)) {
        let output = rows.next()?;
        let kept = kept.next().unwrap_or(&mut []);
        copy(output, kept);
        let (from_kept, from_input) = (delay.min(row), row.saturating_sub(delay));
        copy(output.get_mut(from_kept..)?, input.get(..from_input)?);
        move_to_front(kept, row);
        copy(
            kept.get_mut(delay.saturating_sub(row)..)?,
            input.get(from_input..)?,
        );
    }
    Some(())
}

/// The option `frame_step` of SignalOverlapAdd, behind that of the type.
const OVERLAP_STEP: usize = 1;

/// Frames of a row, and the length of a frame.
fn overlap_shape(operator: &Operator) -> Option<[usize; 2]> {
    let shape = operator.input(0).shape();
    let frames = shape.get(shape.rank().checked_sub(2)?)?;
    Some([frames, shape.last()])
}

fn needs_overlap(operator: &Operator, bytes: usize) -> Needs {
    let frames = overlap_shape(operator).map_or(0, |[frames, _]| frames);
    let elements = operator.input(0).shape().elements();
    let kept = elements.checked_div(frames).unwrap_or(0);
    Needs::kept(operator, kept.saturating_mul(bytes))
}

fn check_overlap(operator: &Operator, kind: u8) -> Result<(), Fault> {
    expect_arity(operator, 1, 1)?;
    let [input, output] = operator.ends();
    input.expect_arena()?;
    output.expect_type(kind)?;
    let shape = overlap_shape(operator).filter(|shape| !shape.contains(&0));
    let [_, size] = shape.ok_or(operator.shape_error("input"))?;
    let most = i32::try_from(size).unwrap_or(i32::MAX);
    expect_option(operator, OVERLAP_STEP, 1..=most, "frame step")?;
    let step = option(operator, OVERLAP_STEP) as usize;
    let frames = input.shape().elements() / size;
    let same = output.shape().rank() + 1 == input.shape().rank();
    if !same || Some(output.shape().elements()) != frames.checked_mul(step) {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}

fn run_overlap<T: Copy, const SIZE: usize>(
    run: &mut Run,
    read: impl Fn([u8; SIZE]) -> T,
    write: impl Fn(T) -> [u8; SIZE],
    add: impl Fn(T, T) -> T,
) -> Option<()> {
    let [frames, frame] = overlap_shape(run.operator)?;
    let step = size(run.operator, OVERLAP_STEP) * SIZE;
    let kept = Place::Scratch(needs_overlap(run.operator, SIZE).scratch);
    let (inputs, [output, kept]) = run.borrow([Place::Output(0), kept])?;
    let frame = (frame * SIZE).max(1);
    let mut outputs = output.chunks_exact_mut(step.max(1));
    let mut inputs = inputs.bytes(0)?.chunks_exact(frame);
    for kept in kept.chunks_exact_mut(frame) {
        for samples in inputs.by_ref().take(frames) {
            let (samples, _) = samples.as_chunks::<SIZE>();
            for (kept, sample) in elements(kept).zip(samples) {
                *kept = write(add(read(*kept), read(*sample)));
            }
            copy(outputs.next()?, kept);
            move_to_front(kept, step);
            kept.get_mut(frame.checked_sub(step)?..)?.fill(0);
        }
    }
    Some(())
}
