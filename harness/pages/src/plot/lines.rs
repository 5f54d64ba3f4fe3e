//! Several courses in one plot, over a count.

use super::scale::{Scale, round, ticks};
use super::svg::{Anchor, Svg};

/// A course.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Class of the style sheet.
    pub class: &'static str,
    /// Its points in the order of the axis, across and up, and what is told of each.
    pub points: Vec<((f64, f64), String)>,
}

const TOP: f64 = 18.0;
const BOTTOM: f64 = 200.0;

/// The courses, both axes from 0; `format` writes the numbers of the upright one. Where `marked` is across, a stroke
/// stands, with what is told of it.
pub fn lines(
    lines: &[Line],
    marked: &[(f64, String)],
    format: &dyn Fn(f64) -> String,
    id: &str,
    description: &str,
) -> String {
    let mut svg = Svg::new();
    let points = || lines.iter().flat_map(|line| &line.points);
    let end = points().map(|((x, _), _)| *x).fold(0.0, f64::max);
    let most = points().map(|((_, y), _)| *y).fold(0.0, f64::max);
    if !(end > 0.0 && end.is_finite() && most > 0.0 && most.is_finite()) {
        return svg.finish(0.0, id, description);
    }
    let across = Scale::linear(0.0, end, 0.0, 99.0);
    let up = Scale::linear(0.0, most * 1.05, BOTTOM, TOP);
    let marks = ticks(0.0, most, 4);
    for &tick in &marks {
        svg.line((0.0, up.at(tick)), (100.0, up.at(tick)), "grid", "");
    }
    for tick in ticks(0.0, end, 5) {
        let x = across.at(tick);
        let text = round(&tick.to_string());
        svg.text_where_free(x, BOTTOM + 18.0, Anchor::inside(x), "tick", &text);
    }
    for (at, tip) in marked.iter().filter(|(at, _)| *at <= end) {
        let x = across.at(*at);
        svg.line((x, TOP - 8.0), (x, BOTTOM), "step", tip);
    }
    for line in lines {
        let path = line.points.iter();
        let path: Vec<_> = path.map(|((x, y), _)| (across.at(*x), up.at(*y))).collect();
        svg.path(&path, 0.0, BOTTOM + 4.0, line.class);
        for ((x, y), (_, tip)) in path.into_iter().zip(&line.points) {
            svg.dot(x, y, 3.0, line.class, tip);
        }
    }
    // On top of the lines, so that they can be read.
    let mut written = String::new();
    for tick in marks {
        let y = up.at(tick) - 4.0;
        let text = round(&format(tick));
        // Between counts that are near there is nothing.
        if text != written {
            svg.text(0.0, y, Anchor::Start, "tick halo", &text);
        }
        written = text;
    }
    svg.finish(BOTTOM + 24.0, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plotted(points: &[(f64, f64)]) -> String {
        let points = points
            .iter()
            .map(|it| (*it, format!("{} at {}", it.1, it.0)));
        let line = Line {
            class: "course1",
            points: points.collect(),
        };
        let drift = [(50.0, "drift".to_owned())];
        lines(&[line], &drift, &|value| format!("{value} %"), "a", "")
    }

    #[test]
    fn points_lie_where_they_are_and_are_told() {
        let plot = plotted(&[(50.0, 40.0), (100.0, 80.0)]);
        // Half-way across what is left of the edge, and up from 0 to 84 % of what is between 18 and 200.
        assert!(plot.contains(r#"<circle cx="49.5%" cy="113.33""#), "{plot}");
        assert!(plot.contains("<title>80 at 100</title>"), "{plot}");
        assert!(plot.contains(r#"x1="49.5%" y1="10" x2="49.5%""#), "{plot}");
        assert_eq!(plot.matches("<path ").count(), 1);
    }

    #[test]
    fn nothing_is_no_trouble() {
        for points in [&[][..], &[(0.0, 0.0)], &[(1.0, f64::INFINITY)]] {
            let plot = plotted(points);
            assert!(!plot.contains("NaN") && !plot.contains("path"), "{plot}");
        }
    }
}
