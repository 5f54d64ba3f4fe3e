//! What `tinybench serve` adds to a virtual board: time that passes by itself, and the far ends of
//! its serial ports.

mod real_time;
mod serial;

pub use real_time::{Clock, ServedBoard, run_in_real_time};
pub use serial::{Line, SerialError, SerialPlace};
