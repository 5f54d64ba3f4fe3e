//! Requantisation on the chip, against results worked out by hand and against 64-bit arithmetic.

#![no_std]
#![no_main]

#[cfg(test)]
#[embedded_test::tests]
mod tests {
    use tinybench_interpreter::{Multiplier, SoftmaxScale};
    use tinybench_on_target_tests::Noise;

    fn multiplier(multiplier: i32, shift: i8) -> Multiplier {
        Multiplier { multiplier, shift }
    }

    #[test]
    fn real_numbers_become_multipliers() {
        // 0.5 is the smallest mantissa there is; 1 - 2^-40 rounds up to 1.
        assert_eq!(Multiplier::from_real(0.5), Some(multiplier(1 << 30, 0)));
        assert_eq!(Multiplier::from_real(0.75), Some(multiplier(3 << 29, 0)));
        assert_eq!(Multiplier::from_real(3.0), Some(multiplier(3 << 29, 2)));
        let almost_one = 1.0 - f64::from_bits((1023 - 40) << 52);
        assert_eq!(
            Multiplier::from_real(almost_one),
            Some(multiplier(1 << 30, 1))
        );
        assert_eq!(Multiplier::from_real(0.0), Some(multiplier(0, 0)));
        assert_eq!(Multiplier::from_real(-1.0), None);
        assert_eq!(Multiplier::from_real(f64::NAN), None);
    }

    #[test]
    fn halves_are_rounded_as_by_gemmlowp() {
        let half = multiplier(1 << 30, 0);
        // The high half rounds ties upwards ...
        assert_eq!([3, -3, 1, -1].map(|value| half.apply(value)), [2, -1, 1, 0]);
        // ... the shift rounds them away from zero.
        let quarter = multiplier(1 << 30, -1);
        assert_eq!(
            [4, -4, 2, -2, 12, -12].map(|value| quarter.apply(value)),
            [1, -1, 1, -1, 3, -3]
        );
    }

    #[test]
    fn extreme_accumulators_are_scaled_without_overflow() {
        let nearly_one = multiplier(i32::MAX, 0);
        assert_eq!(nearly_one.apply(i32::MAX), i32::MAX - 1);
        assert_eq!(nearly_one.apply(i32::MIN), i32::MIN + 1);
        assert_eq!(multiplier(i32::MAX, -31).apply(i32::MAX), 1);
        assert_eq!(multiplier(i32::MAX, -31).apply(i32::MIN), -1);
    }

    #[test]
    fn random_accumulators_agree_with_64_bit_arithmetic() {
        let mut noise = Noise::new(1);
        for _ in 0..20_000 {
            let value = noise.between(i32::MIN, i32::MAX);
            let scale = multiplier(
                noise.between(1 << 30, i32::MAX),
                noise.between(-31, 0) as i8,
            );
            let high = (i64::from(value) * i64::from(scale.multiplier) + (1 << 30)) >> 31;
            let right = u32::from(scale.shift.unsigned_abs());
            let half = if right == 0 { 0 } else { 1_i64 << (right - 1) };
            // Rounding away from zero is rounding the magnitude up.
            let expected = high.signum() * ((high.abs() + half) >> right);
            assert_eq!(i64::from(scale.apply(value)), expected, "{value} {scale:?}");
        }
    }

    #[test]
    fn softmax_of_a_scale_is_that_of_the_host() {
        let scale = SoftmaxScale::new(1.0, 1.0 / 16.0).unwrap();
        assert_eq!(scale.multiplier, 1 << 30);
        assert_eq!(scale.left_shift, 23);
        assert_eq!(scale.difference_min, -248);
    }
}
