//! What every instrument can do.

use std::io;
use std::time::Duration;

use tinybench_support::exit::{Exit, Exits};
use tinybench_support::interrupt::Interrupted;

/// What an instrument says in one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Current into the board, mA.
    pub ma: f32,
    /// Levels of the logic inputs, bit 0 the first.
    pub logic: u8,
    /// Whether the current is beyond what the instrument can tell.
    pub saturated: bool,
}

/// What comes out of an instrument's stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The next sample, one interval of the sample rate behind the one before.
    Sample(Sample),
    /// So many samples at least are missing here.
    Lost(u64),
    /// Bytes that are no sample: the stream is damaged here.
    Damaged(String),
    /// The instrument says that something is wrong.
    Fault(String),
    /// The voltage at the board that the instrument measures, V.
    Voltage(f64),
    /// The instrument has ended the measurement.
    End,
}

/// What an instrument can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capability {
    /// Samples a second.
    pub sample_rate_hz: f64,
    /// The lowest and highest voltage it supplies, V.
    pub supply_v: [f64; 2],
    /// The largest current that it tells, mA.
    pub most_ma: f64,
    /// How long after a loss of samples the instrument may tell of it, s.
    pub told_within_s: f64,
    /// How many logic inputs arrive with each sample.
    pub logic_inputs: u32,
}

impl Capability {
    /// Whether the instrument of this name supplies so many volts.
    ///
    /// # Errors
    /// It doesn't.
    pub fn check_supply(&self, instrument: &str, volts: f64) -> Result<(), SupplyError> {
        let range = self.supply_v;
        if (range[0]..=range[1]).contains(&volts) {
            return Ok(());
        }
        Err(SupplyError {
            instrument: instrument.to_owned(),
            volts,
            range,
        })
    }
}

/// The voltage is not one that the instrument supplies.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{instrument} supplies {} V to {} V, not {volts} V; take another --supply",
    .range[0],
    .range[1]
)]
pub struct SupplyError {
    /// The instrument.
    pub instrument: String,
    /// What was asked for, V.
    pub volts: f64,
    /// What it supplies, V.
    pub range: [f64; 2],
}

/// An instrument can't be used.
#[derive(Debug, thiserror::Error)]
pub enum InstrumentError {
    /// There is none.
    #[error(
        "no {what} is attached; connect it, or name its port as in --power-meter \
         {word}:/dev/ttyACM0 (`tinybench meters` lists what is seen)"
    )]
    NotAttached {
        /// What was looked for.
        what: &'static str,
        /// As `--power-meter` names it.
        word: &'static str,
    },
    /// There are several.
    #[error("several are attached: choose one, as in --power-meter {kind}:{}", .ports.join(" or "))]
    Several {
        /// As `--power-meter` names them.
        kind: &'static str,
        /// Their ports.
        ports: Vec<String>,
    },
    /// Its port can't be opened.
    #[error(
        "can't open {port}: {reason}; is it free, and may you use it? `tinybench doctor` says what \
         permission it needs"
    )]
    Open {
        /// The port.
        port: String,
        /// What the operating system says.
        reason: String,
    },
    /// It was there, and is no longer.
    #[error("{instrument} was lost: {source}; check its cable")]
    Lost {
        /// The instrument.
        instrument: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// It doesn't answer as it should.
    #[error("{instrument} doesn't keep to its protocol: {reason}; is it another device?")]
    Protocol {
        /// The instrument.
        instrument: String,
        /// What is wrong.
        reason: String,
    },
    /// It refuses a command.
    #[error("{instrument} refuses `{command}`: {reason}")]
    Refused {
        /// The instrument.
        instrument: String,
        /// The command.
        command: String,
        /// What it says.
        reason: String,
    },
    /// It doesn't supply this voltage.
    #[error(transparent)]
    Supply(#[from] SupplyError),
    /// The user asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Exits for InstrumentError {
    fn exit(&self) -> Exit {
        match self {
            Self::Supply(_) | Self::Several { .. } => Exit::Usage,
            Self::Interrupted(_) => Exit::Interrupted,
            _ => Exit::NoTarget,
        }
    }
}

/// A power instrument. It is opened by its own constructor; dropping it switches the supply off.
pub trait Instrument {
    /// What it can do.
    fn capability(&self) -> Capability;

    /// Supplies the board with this voltage from now on.
    ///
    /// # Errors
    /// [`InstrumentError::Supply`] for a voltage that it doesn't supply; if it is lost.
    fn supply(&mut self, volts: f64) -> Result<(), InstrumentError>;

    /// Begins to send samples.
    ///
    /// # Errors
    /// If it is lost, or refuses.
    fn start(&mut self) -> Result<(), InstrumentError>;

    /// Appends what has come, waiting for `patience` at most: nothing if nothing came.
    ///
    /// # Errors
    /// If it is lost, or the user asked to stop.
    fn read(&mut self, events: &mut Vec<Event>, patience: Duration) -> Result<(), InstrumentError>;

    /// Ends the samples. What it had sent by then is appended.
    ///
    /// # Errors
    /// If it is lost.
    fn stop(&mut self, events: &mut Vec<Event>) -> Result<(), InstrumentError>;
}
