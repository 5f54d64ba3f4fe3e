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

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
