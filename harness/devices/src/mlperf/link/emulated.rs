//! A device that is only a program: the grammar of the reference firmware, with faults.
//!
//! It does without the reference's own weaknesses: an input that is too big isn't begun, digits
//! behind the last byte aren't stored, and an empty command is an unknown one.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Link, LinkError};
use tinybench_inputs::dataset::Task;

/// Characters of a command that a device keeps (`EE_CMD_SIZE`); what is more overwrites the last.
const COMMAND_SIZE: usize = 80;

/// Largest input (`MAX_DB_INPUT_SIZE`), bytes.
const MAX_INPUT: usize = 27_648;

/// Time between two lines, and that of reading a command.
const LINE: Duration = Duration::from_micros(500);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never says anything.
    Dead,
    /// It says nothing from command number `after` on.
    SilentAfter {
        /// How many commands are still answered.
        after: u32,
    },
    /// It stops in the middle of a line of command number `after`.
    HalfLine {
        /// How many commands are answered before.
        after: u32,
    },
    /// It restarts instead of answering command number `after`.
    RestartAt {
        /// How many commands are answered before.
        after: u32,
    },
    /// Byte number `byte` from the host doesn't arrive.
    LosesByte {
        /// Its number, from 0.
        byte: u64,
    },
    /// It speaks at another baud rate: what comes is noise, and what is sent it takes for noise.
    OtherBaud,
    /// Lines that mean nothing stand between its answers.
    Chatty,
    /// Each answer comes so much later.
    Late {
        /// How much.
        by: Duration,
    },
    /// Its clock stands still.
    StoppedClock,
    /// Its clock shows the half of the time at the end of inferences.
    ClockBack,
    /// It tells the time once more in the middle of inferences.
    ThirdLap,
    /// From the second `infer` on all inferences together take so long by its clock.
    Takes {
        /// Time, µs.
        us: u32,
    },
    /// It says `e-[…]` to every `infer`.
    RefusesToInfer,
    /// It leaves the results out.
    NoResults,
}

/// Bytes from the device, and the time since those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// When they come, counted from those before.
    pub after: Duration,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The device.
#[derive(Clone, Debug)]
pub struct EmulatedDevice {
    model: String,
    results: usize,
    inference_us: u32,
    /// What its clock shows at its boot, µs.
    pub clock_us: u32,
    faults: Vec<Fault>,
    input: Vec<u8>,
    expected: usize,
    command: Vec<u8>,
    commands: u32,
    infers: u32,
    received: u64,
    output: Vec<Output>,
}

impl EmulatedDevice {
    /// A device that runs `model` and takes so long for an inference.
    pub fn new(model: &str, inference_us: u32, faults: &[Fault]) -> Self {
        Self {
            model: model.to_owned(),
            results: Task::of_model(model).map_or(1, Task::results),
            inference_us,
            clock_us: 0,
            faults: faults.to_vec(),
            input: Vec::new(),
            expected: 0,
            command: Vec::new(),
            commands: 0,
            infers: 0,
            received: 0,
            output: Vec::new(),
        }
    }

    /// What it says when it boots.
    pub fn boot(&mut self) -> Vec<Output> {
        self.command.clear();
        self.say("m-timestamp-mode-performance");
        self.lap();
        self.say("m-init-done");
        self.say("m-ready");
        self.take()
    }

    /// Takes bytes from the host, and says what comes back.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Output> {
        if self.has(Fault::OtherBaud) && !bytes.is_empty() {
            self.say("e-[Unknown command: ?]");
        }
        for &byte in bytes {
            self.received += 1;
            let lost = Fault::LosesByte {
                byte: self.received - 1,
            };
            if self.has(lost) || self.has(Fault::OtherBaud) {
                continue;
            }
            match byte {
                b'%' => {
                    let command = std::mem::take(&mut self.command);
                    self.answer(&String::from_utf8_lossy(&command));
                    self.commands += 1;
                }
                _ if self.command.len() == COMMAND_SIZE - 1 => {
                    self.command[COMMAND_SIZE - 2] = byte;
                }
                _ => self.command.push(byte),
            }
        }
        self.take()
    }

    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    fn answer(&mut self, command: &str) {
        if self.has(Fault::RestartAt {
            after: self.commands,
        }) {
            self.say("m-timestamp-mode-performance");
            self.say("m-init-done");
            self.say("m-ready");
            return;
        }
        if self.has(Fault::Chatty) {
            self.say("[mbed] heartbeat \u{1b}[2J");
            self.say("m-lap-us-soon");
        }
        let mut words = command.split(' ').filter(|word| !word.is_empty());
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        match (first, second) {
            ("name", _) => self.say("m-name-dut-[emulated]"),
            ("profile", _) => {
                self.say("m-profile-[ULPMark for tinyML Firmware V0.0.1]");
                self.say(&format!("m-model-[{}]", self.model));
            }
            ("timestamp", _) => self.lap(),
            ("db", None) => self.say("e-[Command 'db' requires a subcommand]"),
            ("db", Some("load")) => self.begin_input(words.next()),
            ("db", Some(digits)) => self.take_input(digits),
            ("infer", count) => self.infer(count, words.next()),
            ("results", _) => self.say_results(),
            _ => self.say(&format!("e-[Unknown command: {first}]")),
        }
        self.say("m-ready");
    }

    fn begin_input(&mut self, size: Option<&str>) {
        match size.map(|size| size.parse::<usize>().unwrap_or_default()) {
            None => self.say("e-[Command 'db load' requires the # of bytes]"),
            Some(0) => self.say("e-[Command 'db load' must be >0 bytes]"),
            Some(size) if size > MAX_INPUT => self.say(&format!(
                "Supplied buffer size {size} exceeds maximum of {MAX_INPUT}"
            )),
            Some(size) => {
                self.input.clear();
                self.expected = size;
                self.say(&format!("m-[Expecting {size} bytes]"));
            }
        }
    }

    fn take_input(&mut self, digits: &str) {
        if !digits.len().is_multiple_of(2) {
            return self.say("e-[Insufficent number of hex digits]");
        }
        for pair in digits.as_bytes().chunks_exact(2) {
            let byte = std::str::from_utf8(pair).ok();
            let Some(byte) = byte.and_then(|pair| u8::from_str_radix(pair, 16).ok()) else {
                return self.say("e-[Invalid hex digit '??']");
            };
            if self.input.len() < self.expected {
                self.input.push(byte);
                if self.input.len() == self.expected {
                    self.say("m-load-done");
                }
            }
        }
    }

    fn infer(&mut self, count: Option<&str>, warm_ups: Option<&str>) {
        if self.has(Fault::RefusesToInfer) {
            return self.say("e-[Inference iterations must be >0]");
        }
        let number = |text: Option<&str>, default| {
            text.map_or(default, |text| text.parse::<u32>().unwrap_or_default())
        };
        let (count, warm_ups) = (number(count, 1), number(warm_ups, 10));
        if count == 0 {
            return self.say("e-[Inference iterations must be >0]");
        }
        self.say(&format!("m-warmup-start-{warm_ups}"));
        self.work(warm_ups);
        self.say("m-warmup-done");
        self.say(&format!("m-infer-start-{count}"));
        let start = self.clock_us;
        self.lap();
        self.work(count);
        if self.has(Fault::ThirdLap) {
            self.lap();
        }
        self.infers += 1;
        for fault in self.faults.clone() {
            match fault {
                Fault::ClockBack => self.clock_us = start / 2,
                Fault::Takes { us } if self.infers > 1 => {
                    self.clock_us = start.wrapping_add(us);
                }
                _ => {}
            }
        }
        self.lap();
        self.say("m-infer-done");
        if !self.has(Fault::NoResults) {
            self.say_results();
        }
    }

    /// One value is the first byte of the input; several say that its class is that byte.
    fn say_results(&mut self) {
        let byte = self.input.first().copied().unwrap_or_default();
        let results: Vec<String> = match self.results {
            1 => vec![format!("{}.250", byte)],
            count => (0..count)
                .map(|class| match class == usize::from(byte) % count {
                    true => "0.900".to_owned(),
                    false => format!("{:.3}", 0.1 / (count - 1) as f64),
                })
                .collect(),
        };
        self.say(&format!("m-results-[{}]", results.join(",")));
    }

    /// Time passes with inferences.
    fn work(&mut self, inferences: u32) {
        let us = self.inference_us.wrapping_mul(inferences);
        self.clock_us = self.clock_us.wrapping_add(us);
        let time = Duration::from_micros(self.inference_us.into()).saturating_mul(inferences);
        self.output.push(Output {
            after: time,
            bytes: Vec::new(),
        });
    }

    fn lap(&mut self) {
        let clock = match self.has(Fault::StoppedClock) {
            true => 0,
            false => self.clock_us,
        };
        self.say(&format!("m-lap-us-{clock}"));
    }

    fn say(&mut self, line: &str) {
        self.output.push(Output {
            after: LINE,
            bytes: format!("{line}\r\n").into_bytes(),
        });
    }

    /// What is really to be heard of it.
    fn take(&mut self) -> Vec<Output> {
        let mut output = std::mem::take(&mut self.output);
        for fault in self.faults.clone() {
            // Those of the command that was answered just now.
            let begun = |after: u32| self.commands > after;
            match fault {
                Fault::Dead => output.clear(),
                Fault::SilentAfter { after } if begun(after) => output.clear(),
                Fault::HalfLine { after } if begun(after) => {
                    output.truncate(usize::from(self.commands == after + 1));
                    for half in &mut output {
                        half.bytes.truncate(5);
                    }
                }
                Fault::OtherBaud => {
                    for output in &mut output {
                        for byte in &mut output.bytes {
                            *byte = byte.rotate_left(3) | 0x80;
                        }
                    }
                }
                Fault::Late { by } if self.commands > 0 => {
                    if let Some(first) = output.first_mut() {
                        first.after += by;
                    }
                }
                _ => {}
            }
        }
        output
    }
}

/// The link to an emulated device, in time of its own: nothing waits.
#[derive(Debug)]
pub struct EmulatedLink {
    device: EmulatedDevice,
    now: Duration,
    coming: VecDeque<(Duration, Vec<u8>)>,
}

impl EmulatedLink {
    /// A device that was switched on just now, or has been waiting for commands.
    pub fn new(mut device: EmulatedDevice, boots: bool) -> Self {
        let output = match boots {
            true => device.boot(),
            false => Vec::new(),
        };
        let mut link = Self {
            device,
            now: Duration::ZERO,
            coming: VecDeque::new(),
        };
        link.add(output);
        link
    }

    fn add(&mut self, output: Vec<Output>) {
        let mut at = self.coming.back().map_or(self.now, |(at, _)| *at);
        for output in output {
            at += output.after;
            self.coming.push_back((at, output.bytes));
        }
    }
}

impl Link for EmulatedLink {
    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let output = self.device.receive(bytes);
        self.add(output);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>, patience: Duration) -> Result<(), LinkError> {
        let until = self.now + patience;
        match self.coming.front() {
            Some((at, bytes)) if *at <= until => {
                self.now = self.now.max(*at);
                buffer.extend(bytes);
                self.coming.pop_front();
            }
            _ => self.now = until,
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.now
    }
}
