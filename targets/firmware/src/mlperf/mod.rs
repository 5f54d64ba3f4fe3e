//! The device's side of the MLPerf Tiny protocol, over a UART: what reference firmware does
//! (mlcommons/tiny, `benchmark/api`), without its weaknesses. An input that is too big isn't begun,
//! bytes behind the last aren't stored, an empty command is an unknown one, and every inference gets
//! its input anew, because the interpreter uses the input's memory for other tensors as well.

#[cfg(setup = "nrf52")]
mod nrf52;
#[cfg(setup = "stm32g0b1")]
#[path = "stm32g0b1.rs"]
mod port_of_chip;
#[cfg(setup = "stm32l4r5")]
#[path = "stm32l4r5.rs"]
mod port_of_chip;
#[cfg(any(setup = "stm32u385", setup = "stm32u575"))]
#[path = "stm32u.rs"]
mod port_of_chip;
#[cfg(stm32)]
mod stm32;

use core::fmt::{self, Write};
use core::slice;
use core::str;

use tinybench_interface::Runtime;

use crate::memory::Layout;
use crate::parts;

#[cfg(setup = "nrf52")]
use nrf52 as port;
#[cfg(stm32)]
use stm32 as port;

#[cfg(not(any(setup = "nrf52", stm32)))]
compile_error!("set TINYBENCH_SETUP: the protocol needs to know the chip's UART and timer");

/// The model's name as a host knows it, such as `kws01`.
const MODEL: &str = env!("TINYBENCH_MLPERF_MODEL");

/// What times are for: told, or marked for a power instrument.
const MODE: &str = if cfg!(feature = "energy") {
    "energy"
} else {
    "performance"
};

/// Characters of a command. The longest that a host has reason to send has 66.
const COMMAND_BYTES: usize = 80;

/// How the bytes that a host sends become the model's int8 input.
#[derive(Clone, Copy)]
enum Conversion {
    /// They are int8 already: features.
    None,
    /// They are pixels from 0 to 255, and the model's zero point is -128.
    Pixels,
}

/// A command can't be carried out; why not.
struct Refusal(&'static str);

/// The serial port as something to write text to.
struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(port::send);
        Ok(())
    }
}

/// Says a line.
macro_rules! say {
    ($($text:tt)*) => {{
        // The port takes everything.
        let _ = write!(Console, $($text)*);
        let _ = Console.write_str("\r\n");
    }};
}

/// Answers commands for ever.
pub fn serve<R: Runtime>() -> ! {
    port::configure();
    say!("m-timestamp-mode-{MODE}");
    lap();
    let mut device = Device::<R>::new();
    say!("m-init-done");
    say!("m-ready");
    let mut command = [0; COMMAND_BYTES];
    let mut length = 0;
    loop {
        match port::receive() {
            b'%' => {
                match command.get(..length).map(str::from_utf8) {
                    Some(Ok(text)) => device.answer(text),
                    _ => say!("e-[The command is too long or no text]"),
                }
                say!("m-ready");
                length = 0;
            }
            byte => {
                if let Some(place) = command.get_mut(length) {
                    *place = byte;
                }
                // One too many marks what doesn't fit.
                length = (length + 1).min(COMMAND_BYTES + 1);
            }
        }
    }
}

/// Tells the time, or in energy mode marks it on the pin.
fn lap() {
    #[cfg(feature = "energy")]
    crate::energy::mark_end();
    #[cfg(not(feature = "energy"))]
    say!("m-lap-us-{}", port::now_us());
}

/// The device: a runtime with its model, and the input on its way to it.
struct Device<R> {
    runtime: R,
    conversion: Conversion,
    input: &'static mut [u8],
    /// Bytes of input that the host has announced, and that have come.
    expected: usize,
    received: usize,
}

impl<R: Runtime> Device<R> {
    /// Prepares the model with all the memory that its input leaves.
    fn new() -> Self {
        // A first time to learn how long the input is.
        let input_bytes = prepare::<R>(layout(0)).input().len();
        let layout = layout(input_bytes);
        let runtime = prepare(layout);
        // SAFETY: the layout has set so many bytes aside there, and nobody else uses them.
        let input = unsafe { slice::from_raw_parts_mut(layout.input as *mut u8, input_bytes) };
        input.fill(0);
        Self {
            runtime,
            conversion: match MODEL.as_bytes() {
                [b'v', b'w', b'w', ..] | [b'i', b'c', ..] => Conversion::Pixels,
                _ => Conversion::None,
            },
            input,
            expected: 0,
            received: 0,
        }
    }

    /// Carries out a command, and says what comes of it but for `m-ready`.
    fn answer(&mut self, command: &str) {
        let mut words = command.split(' ').filter(|word| !word.is_empty());
        let outcome = match words.next() {
            Some("name") => {
                say!("m-name-dut-[tinybench]");
                Ok(())
            }
            Some("profile") => {
                say!("m-profile-[ULPMark for tinyML Firmware V0.0.1]");
                say!("m-model-[{MODEL}]");
                Ok(())
            }
            Some("timestamp") => {
                lap();
                Ok(())
            }
            Some("db") => match (words.next(), words.next()) {
                (Some("load"), size) => self.begin_input(size),
                (Some(digits), _) => self.take_input(digits.as_bytes()),
                (None, _) => Err(Refusal("Command 'db' requires a subcommand")),
            },
            Some("infer") => self.infer(words.next(), words.next()),
            Some("results") => {
                self.say_results();
                Ok(())
            }
            other => {
                say!("e-[Unknown command: {}]", other.unwrap_or_default());
                Ok(())
            }
        };
        if let Err(Refusal(reason)) = outcome {
            say!("e-[{reason}]");
        }
    }

    /// `db load N`.
    fn begin_input(&mut self, size: Option<&str>) -> Result<(), Refusal> {
        let size = size.ok_or(Refusal("Command 'db load' requires the # of bytes"))?;
        let size = size.parse().unwrap_or(0);
        if size == 0 {
            return Err(Refusal("Command 'db load' must be >0 bytes"));
        }
        if size != self.input.len() {
            return Err(Refusal("The model's input has another size"));
        }
        (self.expected, self.received) = (size, 0);
        say!("m-[Expecting {size} bytes]");
        Ok(())
    }

    /// `db HH...`. Digits behind the last byte are passed over.
    fn take_input(&mut self, digits: &[u8]) -> Result<(), Refusal> {
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Refusal("Insufficient number of hex digits"));
        }
        for &[high, low] in pairs {
            if self.received == self.expected {
                break;
            }
            let digit = |digit: u8| char::from(digit).to_digit(16);
            let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                return Err(Refusal("Invalid hex digit"));
            };
            let byte = (high << 4 | low) as u8;
            self.input[self.received] = match self.conversion {
                Conversion::None => byte,
                Conversion::Pixels => byte ^ 0x80,
            };
            self.received += 1;
            if self.received == self.expected {
                say!("m-load-done");
            }
        }
        Ok(())
    }

    /// `infer N W`. The time includes giving the model its input.
    fn infer(&mut self, count: Option<&str>, warm_ups: Option<&str>) -> Result<(), Refusal> {
        let count = count.map_or(1, |text| text.parse::<u32>().unwrap_or(0));
        let warm_ups = warm_ups.map_or(Ok(10), str::parse::<u32>);
        let warm_ups = warm_ups.map_err(|_| Refusal("Inference warmup must be >=0"))?;
        if count == 0 {
            return Err(Refusal("Inference iterations must be >0"));
        }
        say!("m-warmup-start-{warm_ups}");
        self.invoke(warm_ups)?;
        say!("m-warmup-done");
        say!("m-infer-start-{count}");
        lap();
        self.invoke(count)?;
        lap();
        say!("m-infer-done");
        self.say_results();
        Ok(())
    }

    fn invoke(&mut self, count: u32) -> Result<(), Refusal> {
        for _ in 0..count {
            self.runtime.input().copy_from_slice(self.input);
            let outcome = self.runtime.invoke();
            outcome.map_err(|_| Refusal("The runtime failed"))?;
        }
        Ok(())
    }

    /// The model's output. A softmax has the scale 1/256 and the zero point -128.
    fn say_results(&self) {
        let _ = Console.write_str("m-results-[");
        for (index, &value) in self.runtime.output().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let thousandths = u32::from(value ^ 0x80) * 1000 / 256;
            let _ = write!(Console, "{comma}0.{thousandths:03}");
        }
        say!("]");
    }
}

/// The memory with a buffer for `input` bytes.
fn layout(input: usize) -> Layout {
    match Layout::new(0, input, 0, 0) {
        Ok(layout) => layout,
        Err(_) => refuse("The input doesn't fit into RAM"),
    }
}

/// The runtime with the model and all the memory that `layout` leaves.
fn prepare<R: Runtime>(layout: Layout) -> R {
    // SAFETY: the length is what the layout has, and a runtime of an earlier call is gone.
    let arena = unsafe { layout.paint_arena(layout.arena_capacity()) };
    match R::prepare(parts::model(), arena) {
        Ok(runtime) => runtime,
        Err(_) => refuse("The runtime can't run the model"),
    }
}

/// Says for ever, to whoever asks, why there is nothing to measure.
fn refuse(reason: &str) -> ! {
    loop {
        say!("e-[{reason}]");
        while port::receive() != b'%' {}
        say!("m-ready");
    }
}
