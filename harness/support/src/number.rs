//! Numbers for people.

/// A number with digits that matter: three decimals below 10, two below 100, one below 1,000.
pub fn decimal(value: f64) -> String {
    let decimals = match value.abs() {
        v if v < 10.0 => 3,
        v if v < 100.0 => 2,
        v if v < 1_000.0 => 1,
        _ => return grouped(value.round() as u64),
    };
    format!("{value:.decimals$}")
}

/// A whole number in groups of three digits.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The dimensions of a tensor, but for a batch of one.
pub fn dimensions(shape: &[u64]) -> String {
    let shown = match shape {
        [1, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    all_dimensions(shown)
}

/// All dimensions of a tensor.
pub fn all_dimensions(shape: &[u64]) -> String {
    let texts: Vec<String> = shape.iter().map(u64::to_string).collect();
    texts.join("x")
}

/// A power in mW with digits that matter: what sleeps takes some µW.
pub fn milliwatts(value: f64) -> String {
    match value {
        v if v < 1.0 => format!("{v:.4}"),
        v => decimal(v),
    }
}

/// A time of `hours` in the unit that suits it.
pub fn lifetime(hours: f64) -> String {
    let (value, unit) = match hours {
        hours if hours < 48.0 => (hours, "h"),
        hours if hours < 24.0 * 365.25 => (hours / 24.0, "days"),
        hours => (hours / 24.0 / 365.25, "years"),
    };
    format!("{value:.1} {unit}")
}

/// A time from `low` to `high` hours, with the unit once if both have the same.
pub fn lifetime_range([low, high]: [f64; 2]) -> String {
    let [low, high] = [low, high].map(lifetime);
    if low == high {
        return low;
    }
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((value, unit)), Some((_, other))) if unit == other => format!("{value} to {high}"),
        _ => format!("{low} to {high}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_one_is_no_dimension_that_matters() {
        assert_eq!(dimensions(&[1, 49, 10, 1]), "49x10x1");
        assert_eq!(dimensions(&[2, 49]), "2x49");
        assert_eq!((dimensions(&[1]), dimensions(&[])), ("1".into(), "".into()));
        assert_eq!(all_dimensions(&[1, 49]), "1x49");
    }

    #[test]
    fn numbers_have_the_digits_that_matter() {
        assert_eq!(decimal(0.81225), "0.812");
        assert_eq!(decimal(42.123), "42.12");
        assert_eq!(decimal(140.628), "140.6");
        assert_eq!(decimal(12_345.6), "12,346");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(7_800_123), "7,800,123");
    }

    #[test]
    fn a_life_has_the_unit_that_suits_it() {
        assert_eq!(lifetime(10.25), "10.2 h");
        assert_eq!(lifetime(240.0), "10.0 days");
        assert_eq!(lifetime(8_766.0 * 2.5), "2.5 years");
        assert_eq!(lifetime_range([8_766.0, 17_532.0]), "1.0 to 2.0 years");
        assert_eq!(lifetime_range([40.0, 72.0]), "40.0 h to 3.0 days");
        assert_eq!(lifetime_range([40.0, 40.01]), "40.0 h");
    }
}
