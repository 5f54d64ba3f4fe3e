//! Learning, in an image that can.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use tinybench_interface::{Error, Learning, LearningSource, NO_PREDICTION};
use tinybench_learning::{Configuration, DriftParameters, NativeLearner, Policy};

use crate::block::{self, Failure};
use crate::cycles;

struct Shared(UnsafeCell<Learning>);

// SAFETY: one thread of execution, and the host only looks while the core is halted.
unsafe impl Sync for Shared {}

static LEARNING: Shared = Shared(UnsafeCell::new(Learning {
    memory_bytes: 0,
    classes: 0,
    neighbours: 0,
    policy: 0,
    seed: 0,
    drift: [0; 4],
    source: 0,
    label: 0,
    memory_address: 0,
    capacity: 0,
    cycles: [0; 4],
    prediction: 0,
    nearest: 0,
    votes: 0,
    stored: 0,
    samples: 0,
    alarm: 0,
    since: 0,
}));

/// The learner, if there is one. An `Option` would not be all zeros, as what is in `.bss` must be.
struct Current {
    there: UnsafeCell<bool>,
    learner: UnsafeCell<MaybeUninit<NativeLearner<'static>>>,
}

// SAFETY: one thread of execution, and only the functions of this module use it, one at a time.
unsafe impl Sync for Current {}

#[unsafe(link_section = ".bss.tinybench_learning")]
static LEARNER: Current = Current {
    there: UnsafeCell::new(false),
    learner: UnsafeCell::new(MaybeUninit::uninit()),
};

/// What the host has written, and the answers before.
fn read() -> Learning {
    // SAFETY: nobody else uses it while this runs. Volatile, for the host changes it.
    unsafe { LEARNING.0.get().read_volatile() }
}

fn write(learning: Learning) {
    // SAFETY: as in `read`.
    unsafe { LEARNING.0.get().write_volatile(learning) }
}

/// The learner, if there is one.
fn learner() -> Result<&'static mut NativeLearner<'static>, Failure> {
    // SAFETY: one thread of execution, and every function of this module that calls this returns
    // before another does. Where `there` is set, `begin` has written a learner.
    unsafe {
        if !*LEARNER.there.get() {
            return Err(Failure::new(Error::BadCommand));
        }
        Ok((*LEARNER.learner.get()).assume_init_mut())
    }
}

/// Tells the host that this image can learn.
pub fn describe() {
    block::set!(learning_address = LEARNING.0.get() as u32);
}

/// Bytes that the host wants for the learner's memory, in whole words.
pub fn memory_bytes() -> usize {
    read().memory_bytes as usize & !(size_of::<u32>() - 1)
}

/// What the next step begins with.
pub fn source() -> Result<LearningSource, Failure> {
    LearningSource::from_u32(read().source).ok_or(Failure::with(Error::BadLearning, 2, 0))
}

/// Drops the learner, which leaves its memory to others.
pub fn end() {
    // SAFETY: as in `learner`.
    unsafe { *LEARNER.there.get() = false };
}

/// A learner for so many features that knows nothing.
pub fn begin(features: usize, memory: &'static mut [u32]) -> Result<(), Failure> {
    let learning = read();
    let bad = Failure::with(Error::BadLearning, 1, 0);
    let [skip, baseline, batch, threshold] = learning.drift;
    let configuration = Configuration {
        features,
        classes: learning.classes as usize,
        neighbours: learning.neighbours as usize,
        policy: Policy::from_u32(learning.policy).ok_or(bad)?,
        drift: DriftParameters {
            skip,
            baseline,
            batch,
            threshold,
        },
        seed: learning.seed,
    };
    let memory_address = memory.as_ptr() as u32;
    let learner = NativeLearner::new(configuration, memory).map_err(|_| bad)?;
    write(Learning {
        memory_address,
        capacity: learner.capacity() as u32,
        samples: 0,
        ..learning
    });
    // SAFETY: as in `learner`.
    unsafe {
        (*LEARNER.learner.get()).write(learner);
        *LEARNER.there.get() = true;
    }
    Ok(())
}

/// Predicts the class of `features`, whose extraction took `extract` cycles, and learns.
pub fn step(extract: u32, features: &[i8]) -> Result<(), Failure> {
    let learning = read();
    let learner = learner()?;
    let label = u8::try_from(learning.label)
        .ok()
        .filter(|_| learning.label < learning.classes)
        .ok_or(Failure::with(Error::BadLearning, 2, 0))?;
    let (predict, prediction) = cycles::timed(0, || learner.predict(features))?;
    let (learn, learned) = cycles::timed(0, || learner.learn(features, label, prediction))?;
    let condense = match learned.alarm {
        Some(alarm) => cycles::timed(0, || learner.adapt(alarm))?.0,
        None => 0,
    };
    write(Learning {
        cycles: [extract, predict, learn, condense],
        prediction: prediction.map_or(NO_PREDICTION, |it| it.label.into()),
        nearest: prediction.map_or(0, |it| it.nearest),
        votes: prediction.map_or(0, |it| it.votes),
        stored: learned.stored.into(),
        samples: learner.samples() as u32,
        alarm: learned.alarm.is_some().into(),
        since: learned.alarm.map_or(0, |it| it.since),
        ..learning
    });
    Ok(())
}

/// Condenses the memory.
pub fn condense() -> Result<(), Failure> {
    let learner = learner()?;
    let (condense, ()) = cycles::timed(0, || learner.condense())?;
    write(Learning {
        cycles: [0, 0, 0, condense],
        samples: learner.samples() as u32,
        ..read()
    });
    Ok(())
}
