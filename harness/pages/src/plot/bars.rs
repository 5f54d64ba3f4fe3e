//! Horizontal bars, whole or stacked from parts.

use super::svg::{Anchor, Svg};

/// Bars that belong together, such as those of one workload.
#[derive(Clone, Debug, Default)]
pub struct BarGroup {
    /// What they have in common.
    pub name: String,
    /// The bars, from top to bottom.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// The figure, with its unit.
    pub figure: String,
    /// Its parts, from left to right.
    pub parts: Vec<Part>,
}

/// A part of a bar.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Length in the plot's unit, not negative.
    pub value: f64,
    /// Classes of the style sheet.
    pub class: &'static str,
    /// What is told when it is pointed at.
    pub tip: String,
}

impl Bar {
    fn length(&self) -> f64 {
        self.parts.iter().map(|part| part.value).sum()
    }
}

const GROUP: f64 = 30.0;
const ROW: f64 = 38.0;
const THICKNESS: f64 = 12.0;

/// Bars one under another, label and figure above each. With `own_scales` the longest bar of each
/// group has the full width, otherwise the longest of all.
pub fn bars(groups: &[BarGroup], own_scales: bool, id: &str, description: &str) -> String {
    let longest = |bars: &mut dyn Iterator<Item = &Bar>| {
        bars.map(Bar::length).fold(f64::MIN_POSITIVE, f64::max)
    };
    let common = longest(&mut groups.iter().flat_map(|group| &group.bars));
    let mut svg = Svg::new();
    let mut y = 0.0;
    for group in groups {
        if !group.name.is_empty() {
            svg.text(0.0, y + 16.0, Anchor::Start, "group", &group.name);
            y += GROUP;
        }
        let full = if own_scales {
            longest(&mut group.bars.iter())
        } else {
            common
        };
        for bar in &group.bars {
            svg.text(0.0, y + 11.0, Anchor::Start, "label", &bar.label);
            svg.text(100.0, y + 11.0, Anchor::End, "figure", &bar.figure);
            let mut x = 0.0;
            for part in &bar.parts {
                let width = part.value / full * 100.0;
                svg.rect(x, y + 17.0, width, THICKNESS, part.class, &part.tip);
                x += width;
            }
            y += ROW;
        }
        y += 8.0;
    }
    svg.finish(y, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(lengths: &[f64]) -> BarGroup {
        let bars = lengths.iter().map(|&value| Bar {
            parts: vec![Part {
                value,
                class: "bar",
                tip: format!("tip {value}"),
            }],
            ..Bar::default()
        });
        BarGroup {
            name: "group".to_owned(),
            bars: bars.collect(),
        }
    }

    #[test]
    fn the_longest_bar_has_the_full_width() {
        let common = bars(&[group(&[50.0]), group(&[100.0])], false, "a", "");
        assert!(common.contains(r#"width="50%" height="12""#), "{common}");
        assert!(common.contains(r#"width="100%" height="12""#), "{common}");
        let own = bars(&[group(&[50.0]), group(&[100.0])], true, "a", "");
        assert!(!own.contains(r#"width="50%""#), "{own}");
        assert!(own.contains("<title>tip 50</title>"), "{own}");
    }

    #[test]
    fn bars_of_nothing_have_no_length() {
        let plot = bars(&[group(&[0.0, 0.0])], false, "a", "");
        assert!(
            plot.contains(r#"width="0%""#) && !plot.contains("NaN"),
            "{plot}"
        );
    }
}
