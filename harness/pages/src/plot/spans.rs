//! What lies where in a memory, and how long.

use super::scale::{Scale, round, ticks};
use super::svg::{Anchor, Svg};

/// A buffer in a memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// First step at which it is needed.
    pub first: u32,
    /// Last step at which it is needed.
    pub last: u32,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub bytes: u64,
    /// Classes of the style sheet.
    pub class: &'static str,
    /// A short name.
    pub label: String,
    /// What is told when it is pointed at.
    pub tip: String,
}

const TOP: f64 = 18.0;
const BOTTOM: f64 = 300.0;
/// From this size on a rectangle has its name in it, percent and pixels.
const NAMED: (f64, f64) = (7.0, 16.0);

/// Buffers over `steps`, of which the one at `peak` is marked; `format` writes bytes.
pub fn spans(
    buffers: &[Span],
    steps: usize,
    peak: Option<u32>,
    format: &dyn Fn(f64) -> String,
    id: &str,
    description: &str,
) -> String {
    let end = |span: &Span| span.offset.saturating_add(span.bytes);
    let high = buffers.iter().map(end).max().unwrap_or(0) as f64;
    let mut svg = Svg::new();
    if high == 0.0 || steps == 0 {
        return svg.finish(0.0, id, description);
    }
    let across = Scale::linear(0.0, steps as f64, 9.0, 100.0);
    let up = Scale::linear(0.0, high, BOTTOM, TOP);
    for tick in ticks(0.0, high, 5) {
        let y = up.at(tick);
        svg.line((0.0, y), (100.0, y), "grid", "");
        svg.text(0.0, y - 4.0, Anchor::Start, "tick", &round(&format(tick)));
    }
    for span in buffers {
        let last = f64::from(span.last) + 1.0;
        let (left, right) = (
            across.at(f64::from(span.first)),
            across.at(last.min(steps as f64)),
        );
        let (top, bottom) = (up.at(end(span) as f64), up.at(span.offset as f64));
        let size = (right - left, bottom - top);
        let name = if size.0 < NAMED.0 || size.1 < NAMED.1 {
            ""
        } else {
            span.label.as_str()
        };
        svg.boxed((left, top), size, span.class, name, &span.tip);
    }
    if let Some(peak) = peak {
        let x = across.at(f64::from(peak) + 0.5);
        svg.line((x, TOP - 4.0), (x, BOTTOM), "step-worse", "");
    }
    for tick in ticks(0.0, steps as f64 - 1.0, 8) {
        if tick.fract() == 0.0 {
            let x = across.at(tick + 0.5);
            svg.text(
                x,
                BOTTOM + 17.0,
                Anchor::inside(x),
                "tick",
                &format!("{tick}"),
            );
        }
    }
    svg.finish(BOTTOM + 24.0, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_lie_where_and_when_they_do() {
        let span = |first, last, offset, bytes| Span {
            first,
            last,
            offset,
            bytes,
            class: "part3",
            label: "name".to_owned(),
            tip: format!("{bytes} bytes"),
        };
        let buffers = [span(0, 1, 0, 100), span(1, 4, 100, 100)];
        let svg = spans(&buffers, 4, Some(1), &|it| it.to_string(), "m", "");
        assert!(svg.contains("<title>100 bytes</title>"), "{svg}");
        // The upper half, from a quarter of the width to its end: what is needed behind the last step is
        // drawn to the last step.
        assert!(
            svg.contains(r#"<svg x="31.75%" y="18" width="68.25%" height="141""#),
            "{svg}"
        );
        assert!(svg.contains("step-worse"));
        let nothing = spans(&[], 4, None, &|it| it.to_string(), "m", "");
        assert!(!nothing.contains("NaN"), "{nothing}");
    }
}
