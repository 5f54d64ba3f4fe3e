//! A series over commits, with the level between its steps.

use super::scale::{Scale, round, ticks};
use super::svg::{Anchor, Svg};

/// A point of a series.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// Its place among the commits, from 0.
    pub place: usize,
    /// Its value.
    pub value: f64,
    /// Classes of the style sheet.
    pub class: &'static str,
    /// What is told when it is pointed at.
    pub tip: String,
}

/// A stretch of a series between two steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Place of its first point.
    pub from: usize,
    /// Place of its last point.
    pub to: usize,
    /// Its level.
    pub level: f64,
}

/// A series.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// How many places there are.
    pub places: usize,
    /// The points that are drawn, in order of place.
    pub points: Vec<Point>,
    /// The level, stretch by stretch.
    pub fits: Vec<Fit>,
    /// Places of steps, with classes of the style sheet, and what is told of them.
    pub steps: Vec<(usize, &'static str, String)>,
    /// Names of the first and the last place.
    pub ends: [String; 2],
}

const TOP: f64 = 18.0;
const BOTTOM: f64 = 210.0;

impl History {
    fn across(&self, start: f64, end: f64) -> Scale {
        Scale::linear(0.0, self.places.saturating_sub(1) as f64, start, end)
    }

    fn range(&self) -> Option<(f64, f64)> {
        let values = self.points.iter().map(|point| point.value);
        let levels = self.fits.iter().map(|fit| fit.level);
        let (least, most) = values
            .chain(levels)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| {
                (least.min(v), most.max(v))
            });
        (least.is_finite() && most.is_finite()).then_some((least, most))
    }
}

/// The series over its commits; `format` writes the numbers of the axis, which needn't begin at 0.
pub fn history(
    series: &History,
    format: &dyn Fn(f64) -> String,
    id: &str,
    description: &str,
) -> String {
    let mut svg = Svg::new();
    let Some((least, most)) = series.range() else {
        return svg.finish(0.0, id, description);
    };
    // Differences too small to matter shall not look like cliffs: the axis spans 2 % at least.
    let margin = ((most - least) * 0.12)
        .max((most.abs() * 0.02 - (most - least)) / 2.0)
        .max(f64::MIN_POSITIVE);
    let (low, high) = ((least - margin).max(least.min(0.0)), most + margin);
    let up = Scale::linear(low, high, BOTTOM, TOP);
    let across = series.across(1.0, 99.0);
    let marks = ticks(low, high, 4);
    for &tick in &marks {
        let y = up.at(tick);
        svg.line((0.0, y), (100.0, y), "grid", "");
    }
    for (place, class, tip) in &series.steps {
        let x = across.at(*place as f64 - 0.5);
        svg.line((x, TOP - 8.0), (x, BOTTOM), class, tip);
    }
    let mut levels = Vec::new();
    for fit in &series.fits {
        let y = up.at(fit.level);
        levels.push((across.at(fit.from as f64), y));
        levels.push((across.at(fit.to as f64), y));
    }
    if levels.len() > 1 {
        svg.path(&levels, 0.0, BOTTOM + 4.0, "level");
    }
    for point in &series.points {
        let (x, y) = (across.at(point.place as f64), up.at(point.value));
        svg.dot(x, y, 2.5, point.class, &point.tip);
    }
    // On top of the points, so that they can be read.
    for tick in marks {
        let y = up.at(tick) - 4.0;
        svg.text(0.0, y, Anchor::Start, "tick halo", &round(&format(tick)));
    }
    svg.line((0.0, BOTTOM), (100.0, BOTTOM), "base", "");
    for (x, anchor, end) in [
        (0.0, Anchor::Start, &series.ends[0]),
        (100.0, Anchor::End, &series.ends[1]),
    ] {
        svg.text(x, BOTTOM + 18.0, anchor, "tick place", end);
    }
    svg.finish(BOTTOM + 26.0, id, description)
}

/// The level alone, in the height of a line of text. Decoration beside figures: it is hidden from
/// screen readers.
pub fn sparkline(series: &History) -> String {
    const HEIGHT: f64 = 22.0;
    let Some((least, most)) = series.range() else {
        return String::new();
    };
    let margin = ((most.abs() * 0.02 - (most - least)) / 2.0).max(f64::MIN_POSITIVE);
    let up = Scale::linear(least - margin, most + margin, HEIGHT - 3.0, 3.0);
    let across = series.across(0.0, 100.0);
    let points: Vec<_> = series
        .fits
        .iter()
        .flat_map(|fit| [(fit.from, fit.level), (fit.to, fit.level)])
        .map(|(place, value)| (across.at(place as f64), up.at(value)))
        .collect();
    let mut svg = Svg::new();
    svg.path(&points, 0.0, HEIGHT, "level");
    svg.spark(HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> History {
        let point = |(place, &value): (usize, &f64)| Point {
            place,
            value,
            class: "dot",
            tip: format!("at {place}"),
        };
        History {
            places: values.len(),
            points: values.iter().enumerate().map(point).collect(),
            fits: vec![Fit {
                from: 0,
                to: values.len().saturating_sub(1),
                level: values.first().copied().unwrap_or_default(),
            }],
            steps: vec![(1, "step", "a step".to_owned())],
            ends: ["first".to_owned(), "last".to_owned()],
        }
    }

    #[test]
    fn every_point_is_drawn_and_told() {
        let plot = history(&series(&[1.0, 2.0, 1.5]), &|v| v.to_string(), "a", "");
        assert_eq!(plot.matches("<circle").count(), 3);
        assert!(plot.contains("<title>at 2</title>") && plot.contains("<title>a step</title>"));
    }

    #[test]
    fn flat_single_and_empty_series_are_no_trouble() {
        for values in [&[7.0, 7.0][..], &[0.0, 0.0], &[7.0], &[]] {
            let series = series(values);
            for plot in [
                history(&series, &|v| v.to_string(), "a", ""),
                sparkline(&series),
            ] {
                assert!(!plot.contains("NaN") && !plot.contains("inf"), "{plot}");
            }
        }
    }
}
