//! The sine predictor: fully connected layers of 1, 16, 16 and 1.

#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use nalgebra::matrix;

include!(concat!(env!("OUT_DIR"), "/sine.rs"));

#[entry]
fn main() -> ! {
    let answer = Model::predict(matrix![0.5])[0];
    // As in MicroFlow's example, from floats.
    timing::time([answer], [0.413_483_44], || {
        Model::predict(black_box(matrix![0.5]))
    })
}
