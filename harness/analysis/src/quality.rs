//! Figures of quality in words, with how sure they are.

use tinybench_record::{Quality, QualityInterval};
use tinybench_support::number::grouped;

/// The metric's name for people.
pub fn name(quality: &Quality) -> String {
    match quality.metric.as_str() {
        "top1" => "top-1".to_owned(),
        other => other.to_uppercase(),
    }
}

/// The value, in percent if it is a share of right answers.
pub fn value(quality: &Quality) -> String {
    format!("{}{}", number(quality, quality.value), unit(quality))
}

/// The ends of the interval, `75.3 to 94.1 %`, if it is known.
pub fn interval(quality: &Quality) -> Option<String> {
    let QualityInterval { low, high, .. } = quality.interval()?;
    let [low, high] = [low, high].map(|end| number(quality, end));
    Some(format!("{low} to {high}{}", unit(quality)))
}

/// Everything: `top-1 87.5 % of 48 samples (95 % interval 75.3 to 94.1 %)`.
pub fn figure(quality: &Quality) -> String {
    let mut text = format!(
        "{} {} of {} samples",
        name(quality),
        value(quality),
        grouped(quality.samples)
    );
    let known = quality.interval().zip(interval(quality));
    if let Some((QualityInterval { confidence, .. }, ends)) = known {
        text += &format!(" ({} % interval {ends})", confidence * 100.0);
    }
    text
}

/// As [`figure`], where there is little room: `top-1 87.5 % of 48 (75.3 to 94.1 %)`.
pub fn brief(quality: &Quality) -> String {
    let mut text = format!(
        "{} {} of {}",
        name(quality),
        value(quality),
        grouped(quality.samples)
    );
    if let Some(ends) = interval(quality) {
        text += &format!(" ({ends})");
    }
    text
}

/// How an interval of this method was computed, for people.
pub fn method(interval: &QualityInterval) -> &str {
    match interval.method.as_str() {
        "wilson" => "Wilson's score interval of a share (1927)",
        "delong" => "DeLong's interval of an area under the curve (1988)",
        "newcombe" => "Newcombe's interval of an area under the curve (2006)",
        "bootstrap" => "the percentile bootstrap (Efron and Tibshirani, 1993)",
        other => other,
    }
}

fn number(quality: &Quality, value: f64) -> String {
    match quality.metric.as_str() {
        "top1" => format!("{:.1}", value * 100.0),
        "auc" => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

fn unit(quality: &Quality) -> &'static str {
    match quality.metric.as_str() {
        "top1" => " %",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_of_how_many_samples_it_is_and_how_sure() {
        assert_eq!(
            figure(&Quality::new("top1", 0.875, 48)),
            "top-1 87.5 % of 48 samples (95 % interval 75.3 to 94.1 %)"
        );
        let brief = brief(&Quality::new("top1", 0.875, 48));
        assert_eq!(brief, "top-1 87.5 % of 48 (75.3 to 94.1 %)");
        let mut area = Quality::new("auc", 0.9, 48);
        assert_eq!(figure(&area), "AUC 0.900 of 48 samples");
        area.interval = Some(QualityInterval::new(0.81, 0.951, "delong"));
        assert_eq!(interval(&area).unwrap(), "0.810 to 0.951");
        assert_eq!(
            figure(&Quality::new("rmse", 0.5, 2)),
            "RMSE 0.5000 of 2 samples"
        );
    }
}
