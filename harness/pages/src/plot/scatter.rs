//! Two figures against each other.

use super::scale::{Scale, decades, round, ticks};
use super::svg::{Anchor, Svg};

/// A dot of a scatter plot.
#[derive(Clone, Debug, Default)]
pub struct Dot {
    /// Position across, above 0: the scale is logarithmic.
    pub x: f64,
    /// Position up.
    pub y: f64,
    /// What else it may be, from and to.
    pub range: Option<(f64, f64)>,
    /// Classes of the style sheet.
    pub class: &'static str,
    /// A short name beside it.
    pub label: String,
    /// What is told when it is pointed at.
    pub tip: String,
}

const TOP: f64 = 14.0;
const BOTTOM: f64 = 250.0;

/// Dots over a logarithmic axis; `x_format` and `y_format` write the numbers of the axes.
pub fn scatter(
    dots: &[Dot],
    x_format: &dyn Fn(f64) -> String,
    y_format: &dyn Fn(f64) -> String,
    id: &str,
    description: &str,
) -> String {
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| {
            (least.min(v), most.max(v))
        })
    };
    let (left, right) = range(&mut dots.iter().map(|dot| dot.x));
    let (low, high) = range(&mut dots.iter().flat_map(|dot| {
        let (from, to) = dot.range.unwrap_or((dot.y, dot.y));
        [dot.y, from, to]
    }));
    if !(left > 0.0 && right.is_finite() && low.is_finite() && high.is_finite()) {
        return Svg::new().finish(0.0, id, description);
    }
    let (left, right) = (left / 1.6, right * 1.6);
    let margin = ((high - low) * 0.15).max(high.abs() * 0.01).max(1e-9);
    let (low, high) = (low - margin, high + margin);
    let across = Scale::logarithmic(left, right, 6.0, 97.0);
    let up = Scale::linear(low, high, BOTTOM, TOP);
    let mut svg = Svg::new();
    for tick in ticks(low, high, 5) {
        let y = up.at(tick);
        svg.line((0.0, y), (100.0, y), "grid", "");
        svg.text(0.0, y - 4.0, Anchor::Start, "tick", &round(&y_format(tick)));
    }
    for tick in decades(left, right) {
        let x = across.at(tick);
        svg.line((x, BOTTOM), (x, BOTTOM + 5.0), "grid", "");
        svg.text_where_free(
            x,
            BOTTOM + 19.0,
            Anchor::inside(x),
            "tick",
            &round(&x_format(tick)),
        );
    }
    for dot in dots {
        let (x, y) = (across.at(dot.x), up.at(dot.y));
        if let Some((from, to)) = dot.range {
            svg.line((x, up.at(from)), (x, up.at(to)), "range", "");
        }
        svg.dot(x, y, 5.5, dot.class, &dot.tip);
        // Above it, below it, or else what is told when it is pointed at has to do.
        for y in [y - 10.0, y + 21.0] {
            let is_inside = y < BOTTOM;
            if is_inside && svg.text_where_free(x, y, Anchor::inside(x), "label halo", &dot.label) {
                break;
            }
        }
    }
    svg.finish(BOTTOM + 26.0, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dot_alone_has_a_place() {
        let dot = Dot {
            x: 145.0,
            y: 0.9,
            class: "dot",
            tip: "kws".to_owned(),
            ..Dot::default()
        };
        let plot = scatter(&[dot], &|v| v.to_string(), &|v| v.to_string(), "a", "");
        assert!(
            plot.contains("<circle") && plot.contains("<title>kws</title>"),
            "{plot}"
        );
        assert!(!plot.contains("NaN") && !plot.contains("inf"), "{plot}");
    }
}
