//! The person detector of TensorFlow Lite Micro, a MobileNet.

#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use microflow::buffer::Buffer2D;

include!(concat!(env!("OUT_DIR"), "/person_detect.rs"));

#[entry]
fn main() -> ! {
    let answer = Model::predict([Buffer2D::from_element([0.5])]);
    let expected = [0.804_687_5, 0.195_312_5];
    let mut noise = timing::noise();
    let input = [Buffer2D::from_fn(|_, _| [noise()])];
    timing::time(core::array::from_fn(|n| answer[n]), expected, || {
        Model::predict_quantized(black_box(input))
    })
}
