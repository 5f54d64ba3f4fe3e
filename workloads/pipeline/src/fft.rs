//! The Fourier transform of a frame, by microfft, chosen by its size.

use microfft::Complex32;

/// Transforms a frame in place; see [`of_size`].
pub type Fft = fn(&mut [f32]) -> Option<&[Complex32]>;

/// Bins 1 to N/2 - 1 of the Fourier transform of `frame`, N real samples; bin 0 comes first and
/// holds the sum as its real part. [`None`] for a frame of another length.
macro_rules! transforms {
    ($($name:ident $size:literal),*) => {
        $(
            #[doc = concat!("The transform of ", $size, " real samples, in place.")]
            // A function by itself: who links an image finds it by its name.
            #[inline(never)]
            pub fn $name(frame: &mut [f32]) -> Option<&[Complex32]> {
                let frame: &mut [f32; $size] = frame.try_into().ok()?;
                Some(microfft::real::$name(frame))
            }
        )*

        /// The transform of `samples` real samples, if there is one of that size.
        pub const fn of_size(samples: usize) -> Option<Fft> {
            match samples {
                $($size => Some($name),)*
                _ => None,
            }
        }
    };
}

transforms!(rfft_256 256, rfft_512 512, rfft_1024 1024);
