//! How sure the mean of some windows is.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The mean of values, and the interval in which that of infinitely many would lie with 95 %
/// confidence, by Student's t distribution. No interval of fewer than two values.
pub fn mean_and_interval(values: &[f64]) -> Option<(f64, Option<[f64; 2]>)> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    if values.is_empty() || !mean.is_finite() {
        return None;
    }
    let interval = StudentsT::new(0.0, 1.0, count - 1.0).ok().map(|student| {
        let squares: f64 = values.iter().map(|it| (it - mean).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt();
        let half = student.inverse_cdf(0.975) * error;
        [mean - half, mean + half]
    });
    Some((mean, interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_students() {
        // Mean 3, standard deviation 1.5811, t(0.975, 4) = 2.7764.
        let (mean, interval) = mean_and_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(mean, 3.0);
        let [low, high] = interval.unwrap();
        assert!((high - 3.0 - 1.963_24).abs() < 1e-4, "{high}");
        assert!((3.0 - low - 1.963_24).abs() < 1e-4, "{low}");
        assert_eq!(mean_and_interval(&[2.0]), Some((2.0, None)));
        assert_eq!(mean_and_interval(&[]), None);
    }
}
