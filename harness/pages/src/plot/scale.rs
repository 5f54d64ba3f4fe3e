//! From values to positions.

/// Maps values to percent of a plot's width, or to pixels of its height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
    logarithmic: bool,
}

impl Scale {
    /// `from..to` becomes `start..end`, in proportion.
    pub fn linear(from: f64, to: f64, start: f64, end: f64) -> Self {
        Self {
            from,
            to,
            start,
            end,
            logarithmic: false,
        }
    }

    /// `from..to`, both above 0, becomes `start..end`, equal ratios becoming equal distances.
    pub fn logarithmic(from: f64, to: f64, start: f64, end: f64) -> Self {
        Self {
            from: from.ln(),
            to: to.ln(),
            start,
            end,
            logarithmic: true,
        }
    }

    /// The position of `value`. Of a scale without extent it is the middle.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.ln() } else { value };
        let extent = self.to - self.from;
        let share = if extent == 0.0 {
            0.5
        } else {
            (value - self.from) / extent
        };
        self.start + share * (self.end - self.start)
    }
}

/// Round values inside `from..=to`, some `wanted` of them: 1, 2 or 5 times a power of ten apart.
pub fn ticks(from: f64, to: f64, wanted: usize) -> Vec<f64> {
    let extent = to - from;
    if extent <= 0.0 || !extent.is_finite() || wanted == 0 {
        return vec![from];
    }
    let rough = extent / wanted as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * power);
    let first = (from / step).ceil();
    (0..)
        .map(|index| (first + f64::from(index)) * step)
        .take_while(|tick| *tick <= to + step * 1e-9)
        .take(wanted * 4)
        .collect()
}

/// Powers of ten inside `from..=to`, both above 0, with 2 and 5 times them if there are few.
pub fn decades(from: f64, to: f64) -> Vec<f64> {
    let powers = from.log10().floor() as i32..=to.log10().ceil() as i32;
    let inside = |factors: &[f64]| -> Vec<f64> {
        powers
            .clone()
            .flat_map(|power| {
                factors
                    .iter()
                    .map(move |factor| factor * 10_f64.powi(power))
            })
            .filter(|tick| (from * 0.999..=to * 1.001).contains(tick))
            .collect()
    };
    let whole = inside(&[1.0]);
    if whole.len() >= 3 {
        whole
    } else {
        inside(&[1.0, 2.0, 5.0])
    }
}

/// The text of a round number without zeros at its end: `180.0 ms` becomes `180 ms`.
pub fn round(text: &str) -> String {
    let (number, unit) = text.split_at(text.find(' ').unwrap_or(text.len()));
    if !number.contains('.') {
        return text.to_owned();
    }
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_map_their_ends_and_middle() {
        let linear = Scale::linear(0.0, 200.0, 0.0, 100.0);
        assert_eq!([0.0, 50.0, 200.0].map(|v| linear.at(v)), [0.0, 25.0, 100.0]);
        let logarithmic = Scale::logarithmic(1.0, 100.0, 0.0, 100.0);
        assert!((logarithmic.at(10.0) - 50.0).abs() < 1e-9);
        assert_eq!(Scale::linear(3.0, 3.0, 0.0, 100.0).at(3.0), 50.0);
    }

    #[test]
    fn round_numbers_have_no_needless_zeros() {
        assert_eq!(round("180.0 ms"), "180 ms");
        assert_eq!(round("0.250 ms"), "0.25 ms");
        assert_eq!(round("5,800,000"), "5,800,000");
        assert_eq!(round("100 B"), "100 B");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(131.0, 148.0, 4), [135.0, 140.0, 145.0]);
        assert_eq!(ticks(7.0, 7.0, 4), [7.0]);
        assert_eq!(
            decades(3.0, 600.0),
            [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]
        );
        assert_eq!(decades(0.5, 2000.0), [1.0, 10.0, 100.0, 1000.0]);
    }
}
