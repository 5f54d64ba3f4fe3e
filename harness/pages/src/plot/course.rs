//! The course of a quantity over time, with stretches of it marked.

use super::scale::{Scale, round, ticks};
use super::svg::{Anchor, Svg};

/// A course in equal steps.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// How long a step is, s.
    pub step_s: f64,
    /// The value of each step.
    pub values: Vec<f64>,
    /// Stretches that are marked, from and to, s, and what is told of each.
    pub marked: Vec<([f64; 2], String)>,
}

const TOP: f64 = 18.0;
const BOTTOM: f64 = 170.0;

/// The course from 0 on; `format` writes the numbers of the axis.
pub fn course(
    course: &Course,
    format: &dyn Fn(f64) -> String,
    id: &str,
    description: &str,
) -> String {
    let mut svg = Svg::new();
    let most = course.values.iter().copied().fold(0.0, f64::max);
    let end = course.step_s * course.values.len() as f64;
    if !(most > 0.0 && most.is_finite() && end > 0.0 && end.is_finite()) {
        return svg.finish(0.0, id, description);
    }
    let across = Scale::linear(0.0, end, 0.0, 100.0);
    let up = Scale::linear(0.0, most * 1.05, BOTTOM, TOP);
    for ([from, to], tip) in &course.marked {
        let (from, to) = (across.at(from.min(end)), across.at(to.min(end)));
        svg.rect(from, TOP, to - from, BOTTOM - TOP, "window", tip);
    }
    for tick in ticks(0.0, most, 4) {
        let y = up.at(tick);
        svg.line((0.0, y), (100.0, y), "grid", "");
        svg.text(
            0.0,
            y - 4.0,
            Anchor::Start,
            "tick halo",
            &round(&format(tick)),
        );
    }
    for tick in ticks(0.0, end, 5) {
        let x = across.at(tick);
        let text = format!("{} s", round(&tick.to_string()));
        svg.text(x, BOTTOM + 18.0, Anchor::inside(x), "tick", &text);
    }
    let step = |index: usize| across.at(course.step_s * (index as f64 + 0.5));
    let points = course.values.iter().enumerate();
    let points: Vec<_> = points
        .map(|(index, &it)| (step(index), up.at(it)))
        .collect();
    svg.path(&points, 0.0, BOTTOM + 4.0, "level");
    svg.finish(BOTTOM + 24.0, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_lie_where_they_were() {
        let plot = course(
            &Course {
                step_s: 0.5,
                values: vec![1.0, 9.0, 9.0, 1.0],
                marked: vec![([0.5, 1.5], "window 1".to_owned())],
            },
            &|value| value.to_string(),
            "a",
            "",
        );
        assert!(
            plot.contains(r#"<rect x="25%" y="18" width="50%""#),
            "{plot}"
        );
        assert!(plot.contains("<title>window 1</title>"), "{plot}");
        assert!(plot.contains("2 s"), "{plot}");
    }

    #[test]
    fn nothing_is_no_trouble() {
        for values in [vec![], vec![0.0, 0.0], vec![f64::NAN]] {
            let none = Course {
                step_s: 1.0,
                values,
                marked: Vec::new(),
            };
            let plot = course(&none, &|value| value.to_string(), "a", "");
            assert!(!plot.contains("NaN") && !plot.contains("path"), "{plot}");
        }
    }
}
