//! Values as dots along a line, one line above another, with a common axis below.

use super::scale::{Scale, decades, round, ticks};
use super::svg::{Anchor, Svg};

/// One line of dots.
#[derive(Clone, Debug, Default)]
pub struct Strip {
    /// What it stands for.
    pub label: String,
    /// What is told of it in figures.
    pub figure: String,
    /// Value, classes and tip of each dot. Later ones lie above earlier ones.
    pub dots: Vec<(f64, &'static str, String)>,
    /// A value to mark by a stroke, such as the median.
    pub mark: Option<f64>,
}

const ROW: f64 = 44.0;

/// Lines of dots over one axis, linear or (for values above 0) `logarithmic`; `format` writes the
/// numbers of the axis.
pub fn strips(
    strips: &[Strip],
    logarithmic: bool,
    format: &dyn Fn(f64) -> String,
    id: &str,
    description: &str,
) -> String {
    let values = || {
        strips
            .iter()
            .flat_map(|strip| strip.dots.iter().map(|dot| dot.0))
    };
    let (least, most) = values().fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(least, most), value| (least.min(value), most.max(value)),
    );
    if !(least.is_finite() && most.is_finite()) {
        return Svg::new().finish(0.0, id, description);
    }
    let (scale, marks) = if logarithmic {
        let (from, to) = (least / 1.15, most * 1.15);
        (Scale::logarithmic(from, to, 1.0, 99.0), decades(from, to))
    } else {
        let margin = ((most - least) * 0.04).max(most.abs() * 1e-6);
        let (from, to) = (least - margin, most + margin);
        (Scale::linear(from, to, 1.0, 99.0), ticks(from, to, 4))
    };
    let bottom = ROW * strips.len() as f64;
    let mut svg = Svg::new();
    for &tick in &marks {
        let x = scale.at(tick);
        svg.line((x, 0.0), (x, bottom + 4.0), "grid", "");
        svg.text_where_free(
            x,
            bottom + 18.0,
            Anchor::inside(x),
            "tick",
            &round(&format(tick)),
        );
    }
    for (index, strip) in strips.iter().enumerate() {
        let top = ROW * index as f64;
        svg.text(0.0, top + 13.0, Anchor::Start, "label halo", &strip.label);
        svg.text(100.0, top + 13.0, Anchor::End, "figure halo", &strip.figure);
        let y = top + 30.0;
        svg.line((0.0, y), (100.0, y), "base", "");
        for (value, class, tip) in &strip.dots {
            svg.dot(scale.at(*value), y, 4.5, class, tip);
        }
        if let Some(mark) = strip.mark {
            let x = scale.at(mark);
            svg.line((x, y - 9.0), (x, y + 9.0), "median", "");
        }
    }
    svg.finish(bottom + 24.0, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_lie_inside_and_carry_their_values() {
        let strip = Strip {
            label: "kws".to_owned(),
            dots: vec![
                (1.0, "dot", "one".to_owned()),
                (1000.0, "dot", "many".to_owned()),
            ],
            mark: Some(10.0),
            ..Strip::default()
        };
        for logarithmic in [false, true] {
            let plot = strips(
                std::slice::from_ref(&strip),
                logarithmic,
                &|v| v.to_string(),
                "a",
                "",
            );
            assert!(plot.contains("<title>many</title>"), "{plot}");
            assert!(!plot.contains("NaN") && !plot.contains("inf"), "{plot}");
        }
    }

    #[test]
    fn equal_values_and_no_values_are_no_trouble() {
        let equal = Strip {
            dots: vec![(5.0, "dot", String::new()); 3],
            ..Strip::default()
        };
        let plot = strips(&[equal], false, &|v| v.to_string(), "a", "");
        assert!(plot.contains(r#"cx="50%""#), "{plot}");
        assert!(!strips(&[], false, &|v| v.to_string(), "a", "").contains("NaN"));
    }
}
