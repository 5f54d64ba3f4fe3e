//! The conversation with a device.
//!
//! A device takes one command at a time. It is given the next one only when it has said `m-ready`,
//! because its buffer is filled from an interrupt and would be overwritten.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use super::error::DeviceError;
use super::link::Link;
use super::link::framing::Framing;
use super::log::{LogError, SessionLog, Speaker};
use super::message::Message;
use tinybench_inputs::dataset::Task;

/// What ends a command.
const TERMINATOR: u8 = b'%';

/// Bytes of input in one `db` command: with the command's own three characters and two digits a
/// byte it stays well within the 80 characters of a device's buffer (`EE_CMD_SIZE`).
const LOAD_BYTES: usize = 31;

/// Characters of a `db` command that an error shows.
const SHOWN_PART: usize = 16;

/// How often a device is asked for its name, or given an input, before it counts as failed.
const TRIES: u32 = 3;

/// How long a device that was just connected may take to say the first word of its own accord.
const BANNER: Duration = Duration::from_secs(2);

/// Allowance for the device's clock and the time that results take on the line: a run of inferences
/// may take this many times what the calibration says.
const INFER_MARGIN: u32 = 3;

/// How long a device may take for its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For an ordinary command.
    pub command: Duration,
    /// For a single inference, before it is known how long one takes.
    pub inference: Duration,
}

/// How much faster than the host's a device's clock may run for its beginning anew to be believed,
/// and how much of its time may pass unseen.
const CLOCK_MARGIN: u32 = 2;
const CLOCK_ALLOWANCE: Duration = Duration::from_secs(1);

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its vendor's name.
    pub name: String,
    /// The version of the protocol.
    pub profile: String,
    /// Its model, such as `kws01`.
    pub model: String,
}

/// What a device gave for `infer`.
#[derive(Clone, Debug, PartialEq)]
pub struct Inference {
    /// How many inferences were timed.
    pub inferences: u32,
    /// How many went before.
    pub warm_ups: u32,
    /// The device's clock at their start, µs.
    pub start_us: u32,
    /// And at their end.
    pub end_us: u32,
    /// Time between the two answers as they came, by the host's clock.
    pub seen: Duration,
    /// The output of the last one.
    pub results: Vec<f64>,
}

impl Inference {
    /// Time of all inferences, µs. The device's clock has 32 bits and wraps after 71.6 minutes.
    pub fn elapsed_us(&self) -> u32 {
        self.end_us.wrapping_sub(self.start_us)
    }

    /// Time of one inference, µs.
    pub fn us_per_inference(&self) -> f64 {
        f64::from(self.elapsed_us()) / f64::from(self.inferences)
    }
}

/// A message and when it came.
type Answer = (Duration, Message);

/// A device that speaks the protocol.
pub struct Device<'a> {
    link: &'a mut dyn Link,
    log: &'a mut SessionLog,
    patience: Patience,
    framing: Framing,
    /// Lines that have come and weren't looked at yet.
    lines: VecDeque<(Duration, String)>,
    /// The last line that came.
    last: Option<String>,
    /// How long one inference takes, once that is known.
    inference: Option<Duration>,
    /// Whether it is to be in energy mode, in which it marks times on a pin.
    marks: bool,
}

impl<'a> Device<'a> {
    /// A device at the far end of `link`. What passes goes into `log`.
    pub fn new(link: &'a mut dyn Link, log: &'a mut SessionLog, patience: Patience) -> Self {
        Self {
            link,
            log,
            patience,
            framing: Framing::default(),
            lines: VecDeque::new(),
            last: None,
            inference: None,
            marks: false,
        }
    }

    /// The same, but in energy mode: it tells no times and marks them on a pin.
    pub fn that_marks(self) -> Self {
        Self {
            marks: true,
            ..self
        }
    }

    /// The log.
    pub fn log(&mut self) -> &mut SessionLog {
        self.log
    }

    /// Notes something about the session in the log.
    pub fn note(&mut self, text: &str) -> Result<(), LogError> {
        self.log.line(self.link.now(), Speaker::Session, text)
    }

    /// Time at the device since the link was opened.
    pub fn now(&self) -> Duration {
        self.link.now()
    }

    /// Waits until the device is ready for commands: for the end of its boot, or, where it has
    /// booted long ago, until it answers to its name.
    ///
    /// # Errors
    /// Says whether nothing came, noise, or text that is no answer.
    pub fn connect(&mut self) -> Result<(), DeviceError> {
        self.framing.watch();
        let start = self.link.now();
        let mut booting = false;
        let mut deadline = start + BANNER;
        while let Some((_, message)) = self.next(deadline, true)? {
            match message {
                Message::Ready if booting => return Ok(()),
                Message::TimestampMode(mode) if (mode == "energy") != self.marks => {
                    return Err(match self.marks {
                        true => DeviceError::PerformanceMode,
                        false => DeviceError::EnergyMode,
                    });
                }
                Message::InitDone | Message::TimestampMode(_) => {
                    booting = true;
                    deadline = self.link.now() + self.patience.command;
                }
                _ => {}
            }
        }
        self.resynchronise()
    }

    /// Asks the device for its name until it answers. What it still had to say is passed over.
    fn resynchronise(&mut self) -> Result<(), DeviceError> {
        let command = "name";
        for _ in 0..TRIES {
            self.send(command, true)?;
            let deadline = self.link.now() + self.patience.command;
            let mut named = false;
            while let Some((_, message)) = self.next(deadline, true)? {
                match message {
                    Message::Name(_) => named = true,
                    Message::Ready if named => {
                        self.framing.watch();
                        return Ok(());
                    }
                    // Of what came before, or of a command that lost a byte.
                    Message::Refused(_) => break,
                    _ => {}
                }
            }
        }
        if self.framing.is_noise() {
            return Err(DeviceError::Noise);
        }
        match self.last {
            None => Err(DeviceError::Silent {
                patience: self.patience.command * TRIES,
            }),
            Some(_) => Err(DeviceError::Foreign {
                command: command.to_owned(),
            }),
        }
    }

    /// Asks the device what it is.
    ///
    /// # Errors
    /// [`DeviceError::Missing`] if it leaves something out, and what [`Self::command`] says.
    pub fn identify(&mut self) -> Result<Identity, DeviceError> {
        let missing = |command: &str, missing| DeviceError::Missing {
            command: command.to_owned(),
            missing,
        };
        let mut name = None;
        for (_, message) in self.command("name", self.patience.command)? {
            if let Message::Name(text) = message {
                name = Some(text);
            }
        }
        let (mut profile, mut model) = (None, None);
        for (_, message) in self.command("profile", self.patience.command)? {
            match message {
                Message::Profile(text) => profile = Some(text),
                Message::Model(text) => model = Some(text),
                _ => {}
            }
        }
        Ok(Identity {
            name: name.ok_or_else(|| missing("name", "`m-name-dut-[…]`"))?,
            profile: profile.ok_or_else(|| missing("profile", "`m-profile-[…]`"))?,
            model: model.ok_or_else(|| missing("profile", "`m-model-[…]`"))?,
        })
    }

    /// Gives the device the input of the inferences to come. A transfer that a lost byte has
    /// spoilt is made again.
    ///
    /// # Errors
    /// That of the last attempt.
    pub fn load(&mut self, input: &[u8], label: &str) -> Result<(), DeviceError> {
        for _ in 1..TRIES {
            match self.load_once(input, label) {
                Err(error) if error.is_transient() => {
                    self.note(&format!("{error}; the input is loaded again"))?;
                    match self.resynchronise() {
                        Ok(()) => {}
                        Err(DeviceError::Link(lost)) => return Err(lost.into()),
                        // That it no longer answers is only what follows from the first failure.
                        Err(_) => return Err(error),
                    }
                }
                done => return done,
            }
        }
        self.load_once(input, label)
    }

    fn load_once(&mut self, input: &[u8], label: &str) -> Result<(), DeviceError> {
        let missing = |command: String, missing| Err(DeviceError::Missing { command, missing });
        let announcement = format!("db load {}", input.len());
        let answers = self.command(&announcement, self.patience.command)?;
        let expected = Message::Expecting(input.len() as u64);
        if !answers.iter().any(|(_, message)| *message == expected) {
            return missing(announcement, "`m-[Expecting … bytes]`");
        }
        self.note(&format!("Sending {} bytes: {label}", input.len()))?;
        let count = input.chunks(LOAD_BYTES).len();
        for (index, chunk) in input.chunks(LOAD_BYTES).enumerate() {
            let mut command = "db ".to_owned();
            for byte in chunk {
                // Writing to a string doesn't fail.
                let _ = write!(command, "{byte:02x}");
            }
            self.send(&command, false)?;
            let shown: String = command.chars().take(SHOWN_PART).collect();
            let command = format!("{shown}…");
            let answers = self.answers(&command, self.patience.command, false)?;
            let done = answers.iter().any(|(_, m)| *m == Message::LoadDone);
            if done != (index + 1 == count) {
                let missing_part = match done {
                    true => "taking all of the input",
                    false => "`m-load-done`",
                };
                return missing(command, missing_part);
            }
        }
        self.note("m-load-done")?;
        Ok(())
    }

    /// Has the device run `inferences` of the input that was loaded, after `warm_ups`. Both
    /// numbers are always sent: the reference firmware takes ten warm-ups where none is given.
    ///
    /// The device has as long as this takes by what earlier calls have shown, three times over.
    ///
    /// # Errors
    /// [`DeviceError::Laps`] and [`DeviceError::ClockBack`] where its times make no sense,
    /// [`DeviceError::Missing`] if results are missing, and what [`Self::command`] says.
    pub fn infer(&mut self, inferences: u32, warm_ups: u32) -> Result<Inference, DeviceError> {
        let (command, answers) = self.answers_of_infer(inferences, warm_ups)?;
        let laps: Vec<(Duration, u32)> = answers
            .iter()
            .filter_map(|(at, message)| match message {
                Message::Lap(us) => Some((*at, *us)),
                _ => None,
            })
            .collect();
        let results = answers
            .into_iter()
            .rev()
            .find_map(|(_, message)| match message {
                Message::Results(values) => Some(values),
                _ => None,
            });
        let missing = |missing| DeviceError::Missing {
            command: command.clone(),
            missing,
        };
        let [start, end] = laps[..] else {
            return Err(DeviceError::Laps {
                command,
                found: laps.len(),
            });
        };
        let ((first, start_us), (last, end_us)) = (start, end);
        let seen = last.saturating_sub(first);
        let passed = Duration::from_micros(end_us.wrapping_sub(start_us).into());
        if end_us < start_us && passed > seen * CLOCK_MARGIN + CLOCK_ALLOWANCE {
            return Err(DeviceError::ClockBack {
                command,
                from_us: start_us,
                to_us: end_us,
                seen,
            });
        }
        let inference = Inference {
            inferences,
            warm_ups,
            start_us,
            end_us,
            seen,
            results: results.ok_or_else(|| missing("`m-results-[…]`"))?,
        };
        self.expect_inference(inference.us_per_inference() / 1e6);
        Ok(inference)
    }

    /// The same of a device that marks times on a pin. Gives the time between the lines before and behind
    /// the inferences, by the host's clock, and the output of the last.
    ///
    /// # Errors
    /// [`DeviceError::PerformanceMode`] if it tells times, [`DeviceError::Missing`] and
    /// [`DeviceError::Results`] if results are missing, and what [`Self::command`] says.
    pub fn infer_marked(
        &mut self,
        task: Task,
        inferences: u32,
        warm_ups: u32,
    ) -> Result<(Duration, Vec<f64>), DeviceError> {
        let (command, answers) = self.answers_of_infer(inferences, warm_ups)?;
        let missing = |missing| DeviceError::Missing {
            command: command.clone(),
            missing,
        };
        let is_lap = |(_, message): &Answer| matches!(message, Message::Lap(_));
        if answers.iter().any(is_lap) {
            return Err(DeviceError::PerformanceMode);
        }
        let is_done = |(_, message): &Answer| *message == Message::InferDone;
        let done = answers.iter().position(is_done);
        let done = done.ok_or_else(|| missing("`m-infer-done`"))?;
        let is_start = |(_, message): &&Answer| matches!(message, Message::InferStart(_));
        let start = answers[..done].iter().rfind(is_start);
        let (start, _) = start.ok_or_else(|| missing("`m-infer-start-…`"))?;
        let seen = answers[done].0.saturating_sub(*start);
        let results = answers.into_iter().find_map(|(_, message)| match message {
            Message::Results(values) => Some(values),
            _ => None,
        });
        let results = results.ok_or_else(|| missing("`m-results-[…]`"))?;
        if results.len() != task.results() {
            return Err(DeviceError::Results {
                command,
                found: results.len(),
                expected: task.results(),
            });
        }
        Ok((seen, results))
    }

    fn answers_of_infer(
        &mut self,
        inferences: u32,
        warm_ups: u32,
    ) -> Result<(String, Vec<Answer>), DeviceError> {
        let command = format!("infer {inferences} {warm_ups}");
        let count = inferences.saturating_add(warm_ups);
        let expected = match self.inference {
            Some(inference) => (inference * INFER_MARGIN).saturating_mul(count),
            None => self.patience.inference.saturating_mul(count),
        };
        let patience = self.patience.command.saturating_add(expected);
        let answers = self.command(&command, patience)?;
        Ok((command, answers))
    }

    /// Tells how long an inference takes, s: from then on that is what one is waited for.
    pub fn expect_inference(&mut self, seconds: f64) {
        // Nothing so short that a margin of it is none.
        self.inference = Some(Duration::from_secs_f64(seconds.max(1e-6)));
    }

    /// Gives a command and waits until the device is ready again. Returns what it has said.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] if it says `e-[…]`, [`DeviceError::Restarted`] if it boots,
    /// [`DeviceError::Unfinished`] if it isn't ready in time.
    pub fn command(
        &mut self,
        command: &str,
        patience: Duration,
    ) -> Result<Vec<Answer>, DeviceError> {
        self.send(command, true)?;
        self.answers(command, patience, true)
    }

    fn send(&mut self, command: &str, logged: bool) -> Result<(), DeviceError> {
        if logged {
            let text = format!("Command \"{command}\"");
            self.log.line(self.link.now(), Speaker::Host, &text)?;
        }
        let mut bytes = command.as_bytes().to_vec();
        bytes.push(TERMINATOR);
        Ok(self.link.send(&bytes)?)
    }

    fn answers(
        &mut self,
        command: &str,
        patience: Duration,
        logged: bool,
    ) -> Result<Vec<Answer>, DeviceError> {
        let deadline = self.link.now().saturating_add(patience);
        let mut answers = Vec::new();
        let mut refusal = None;
        while let Some((at, message)) = self.next(deadline, logged)? {
            match message {
                Message::Ready => {
                    self.framing.watch();
                    return match refusal {
                        Some(reason) => Err(DeviceError::Refused {
                            command: command.to_owned(),
                            reason,
                        }),
                        None => Ok(answers),
                    };
                }
                Message::Refused(reason) => refusal = refusal.or(Some(reason)),
                Message::InitDone | Message::TimestampMode(_) => {
                    return Err(DeviceError::Restarted {
                        command: command.to_owned(),
                    });
                }
                message => answers.push((at, message)),
            }
        }
        if self.framing.is_noise() {
            return Err(DeviceError::Noise);
        }
        Err(DeviceError::Unfinished {
            command: command.to_owned(),
            patience,
            last: self.last.clone().unwrap_or_else(|| "(none)".to_owned()),
        })
    }

    /// The next line with something on it, if it comes before `deadline`. It goes into the log,
    /// unless `logged` is false and it is one of those that come for every part of an input.
    fn next(&mut self, deadline: Duration, logged: bool) -> Result<Option<Answer>, DeviceError> {
        let mut buffer = Vec::new();
        loop {
            if let Some((at, line)) = self.lines.pop_front() {
                let message = Message::parse(&line);
                if logged || !matches!(message, Message::Ready | Message::LoadDone) {
                    self.log.line(at, Speaker::Device, &line)?;
                }
                self.last = Some(line);
                return Ok(Some((at, message)));
            }
            let now = self.link.now();
            if now >= deadline {
                let rest = self.framing.take();
                if !rest.is_empty() {
                    self.log.line(now, Speaker::Device, &rest)?;
                    self.last = Some(rest);
                }
                return Ok(None);
            }
            buffer.clear();
            self.link.receive(&mut buffer, deadline - now)?;
            let at = self.link.now();
            let lines = &mut self.lines;
            self.framing.push(&buffer, |line| {
                if !line.trim().is_empty() {
                    lines.push_back((at, line));
                }
            });
        }
    }
}
