//! How fast something is, against what the hardware could do (Williams, Waterman and Patterson,
//! Roofline, 2009).

use super::scale::{Scale, decades, round};
use super::svg::{Anchor, Svg};

/// What is measured against a roof.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// Work for each byte that is moved, above 0.
    pub intensity: f64,
    /// Work a cycle, above 0.
    pub speed: f64,
    /// Classes of the style sheet.
    pub class: &'static str,
    /// A short name; none is written where it is empty.
    pub label: String,
    /// What is told when it is pointed at.
    pub tip: String,
}

/// What can't be exceeded: a number of cycles for each unit of work, and for each byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roof {
    /// Cycles a unit of work.
    pub cycles_per_work: f64,
    /// Cycles a byte.
    pub cycles_per_byte: f64,
}

impl Roof {
    /// The most work a cycle at an intensity: the core does either, not both at once.
    pub fn at(&self, intensity: f64) -> f64 {
        1.0 / (self.cycles_per_work + self.cycles_per_byte / intensity)
    }
}

const TOP: f64 = 14.0;
const BOTTOM: f64 = 290.0;
/// How far apart names have to be so that both can be read, percent across or pixels up.
const APART: (f64, f64) = (30.0, 16.0);
/// Points of a roof's curve.
const POINTS: u32 = 40;

/// Marks under `roofs`, both scales logarithmic.
pub fn roofline(marks: &[Mark], roofs: &[Roof], id: &str, description: &str) -> String {
    let positive = |it: &&Mark| it.intensity > 0.0 && it.speed > 0.0 && it.speed.is_finite();
    let marks: Vec<&Mark> = marks.iter().filter(positive).collect();
    let range = |of: fn(&Mark) -> f64| {
        let values = marks.iter().map(|it| of(it));
        values.fold((f64::INFINITY, 0.0_f64), |(least, most), it| {
            (least.min(it), most.max(it))
        })
    };
    let (left, right) = range(|it| it.intensity);
    let (low, high) = range(|it| it.speed);
    let mut svg = Svg::new();
    if marks.is_empty() || !left.is_finite() || !low.is_finite() {
        return svg.finish(0.0, id, description);
    }
    let (left, right) = (left / 1.8, right * 1.8);
    let highest = roofs.iter().map(|roof| roof.at(right)).fold(high, f64::max);
    let (low, high) = (low / 1.6, highest * 1.3);
    let across = Scale::logarithmic(left, right, 9.0, 98.0);
    let up = Scale::logarithmic(low, high, BOTTOM, TOP);
    for tick in decades(low, high) {
        let y = up.at(tick);
        svg.line((0.0, y), (100.0, y), "grid", "");
        svg.text(
            0.0,
            y - 4.0,
            Anchor::Start,
            "tick",
            &round(&format!("{tick:.3}")),
        );
    }
    for tick in decades(left, right) {
        let x = across.at(tick);
        svg.line((x, BOTTOM), (x, BOTTOM + 5.0), "grid", "");
        let text = round(&format!("{tick:.3}"));
        svg.text(x, BOTTOM + 19.0, Anchor::inside(x), "tick", &text);
    }
    for roof in roofs {
        let points: Vec<(f64, f64)> = (0..=POINTS)
            .map(|step| {
                let share = f64::from(step) / f64::from(POINTS);
                let x = left * (right / left).powf(share);
                (across.at(x), up.at(roof.at(x)).min(BOTTOM))
            })
            .collect();
        svg.path(&points, 0.0, BOTTOM, "level");
    }
    let mut written: Vec<(f64, f64)> = Vec::new();
    for mark in marks {
        let (x, y) = (across.at(mark.intensity), up.at(mark.speed));
        svg.dot(x, y, 5.0, mark.class, &mark.tip);
        let is_free = !written
            .iter()
            .any(|(other, line)| (other - x).abs() < APART.0 && (line - y).abs() < APART.1);
        if !mark.label.is_empty() && is_free {
            written.push((x, y));
            svg.text(x, y - 9.0, Anchor::inside(x), "label halo", &mark.label);
        }
    }
    svg.finish(BOTTOM + 26.0, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roof_is_what_work_and_bytes_allow_together() {
        let roof = Roof {
            cycles_per_work: 0.5,
            cycles_per_byte: 0.25,
        };
        assert_eq!(roof.at(0.5), 1.0);
        assert!(roof.at(1e9) < 2.0 + 1e-6 && roof.at(1e9) > 1.99);
        let mark = Mark {
            intensity: 10.0,
            speed: 0.3,
            class: "dot",
            tip: "CONV_2D 0".to_owned(),
            ..Mark::default()
        };
        let svg = roofline(&[mark.clone(), Mark::default()], &[roof], "r", "");
        assert_eq!(svg.matches("<circle").count(), 1);
        assert!(svg.contains("<path") && !svg.contains("NaN"), "{svg}");
        let nothing = roofline(&[], &[roof], "r", "");
        assert!(
            !nothing.contains("inf") && !nothing.contains("NaN"),
            "{nothing}"
        );
    }
}
