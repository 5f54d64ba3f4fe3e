//! Pools of any types, in plain loops.

use crate::Window;
use crate::portable::{each_element, each_position};

/// Folds the elements of each window, channel by channel: `step` takes what the elements before
/// have given, `start` at first, and `finish` makes an element of the output of the last and of how
/// many elements there were.
pub fn pool_2d<T: Copy, A: Copy>(
    window: &Window,
    input: &[T],
    output: &mut [T],
    start: A,
    step: impl Fn(A, T) -> A,
    finish: impl Fn(A, i32) -> T,
) {
    let channels = window.output[2];
    each_position(window, |at, batch, origin| {
        let Some(output) = output.get_mut(at..).and_then(|it| it.get_mut(..channels)) else {
            return;
        };
        for (channel, output) in output.iter_mut().enumerate() {
            let (mut value, mut count) = (start, 0_i32);
            each_element(window, batch, origin, |_, first| {
                if let Some(&element) = input.get(first.wrapping_add(channel)) {
                    value = step(value, element);
                    count = count.wrapping_add(1);
                }
            });
            *output = finish(value, count);
        }
    });
}

/// `sum` / `count`, rounded to nearest, ties away from zero.
pub fn rounded_mean(sum: i32, count: i32) -> i32 {
    let half = if sum > 0 { count / 2 } else { -(count / 2) };
    sum.wrapping_add(half).checked_div(count).unwrap_or(0)
}

/// The square root of `sum` / `count`.
pub fn root_mean(sum: f32, count: i32) -> f32 {
    libm::sqrtf(sum / count as f32)
}
