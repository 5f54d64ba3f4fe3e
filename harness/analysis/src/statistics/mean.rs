//! Means.

/// The geometric mean of positive `values`: `exp(Σ ln x / n)`. `None` if there are none or one
/// isn't a positive finite number.
///
/// It is the mean for ratios: the ratio of two geometric means is the geometric mean of the
/// ratios, so the order of records doesn't depend on which of them is the reference (Fleming and
/// Wallace, *How not to lie with statistics*, Communications of the ACM 29, 1986).
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite() && *value > 0.0) {
        return None;
    }
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    Some((sum / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_and_half_make_one() {
        assert_eq!(geometric_mean(&[2.0, 0.5]), Some(1.0));
        let mean = geometric_mean(&[1.0, 10.0, 100.0]).unwrap();
        assert!((mean - 10.0).abs() < 1e-12, "{mean}");
    }

    #[test]
    fn there_is_none_of_nothing_zero_or_infinity() {
        for values in [
            &[][..],
            &[1.0, 0.0],
            &[1.0, -1.0],
            &[f64::INFINITY],
            &[f64::NAN],
        ] {
            assert_eq!(geometric_mean(values), None, "{values:?}");
        }
    }
}
