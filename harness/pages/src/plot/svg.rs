//! Writing SVG.

use std::fmt::Write;

use tinybench_support::printable::is_hazard;

/// `text` for use between tags and in quoted attributes of HTML and SVG. Control characters and
/// those that reorder text, which no name needs, become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(visible(other)),
        }
    }
    escaped
}

/// `character`, or U+FFFD in the place of one that has no picture of its own.
pub fn visible(character: char) -> char {
    match character {
        '\n' | '\t' => ' ',
        hazard if is_hazard(hazard) => '\u{FFFD}',
        other => other,
    }
}

/// Which end of a text lies at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// The text has its middle there.
    Middle,
    /// The text ends there.
    End,
}

impl Anchor {
    /// The anchor with which a text at `x` percent stays inside the plot.
    pub fn inside(x: f64) -> Self {
        match x {
            x if x < 12.0 => Self::Start,
            x if x > 88.0 => Self::End,
            _ => Self::Middle,
        }
    }
}

/// A plot that is being drawn. `x` and `width` are percent of its width, `y`, `height` and radii
/// are pixels.
#[derive(Debug, Default)]
pub struct Svg {
    body: String,
    /// Where the texts are in the narrowest plot, pixels.
    texts: Vec<Area>,
}

/// The area of a text: its ends across, and from its upper end to its baseline.
#[derive(Clone, Copy, Debug)]
struct Area {
    across: (f64, f64),
    down: (f64, f64),
}

impl Area {
    /// Of a text in a plot on a phone.
    fn new(x: f64, y: f64, anchor: Anchor, text: &str) -> Self {
        const NARROWEST: f64 = 328.0;
        const CHARACTER: f64 = 8.0;
        const HEIGHT: f64 = 13.0;
        let (x, width) = (
            x / 100.0 * NARROWEST,
            text.chars().count() as f64 * CHARACTER,
        );
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        Self {
            across: (left, left + width),
            down: (y - HEIGHT, y),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        let overlap = |(from, to): (f64, f64), (start, end): (f64, f64)| from < end && start < to;
        overlap(self.across, other.across) && overlap(self.down, other.down)
    }
}

impl Svg {
    /// An empty plot.
    pub fn new() -> Self {
        Self::default()
    }

    /// Text with its baseline at `y`, if none is there yet: whether there was room, also in a plot on a phone.
    pub fn text_where_free(
        &mut self,
        x: f64,
        y: f64,
        anchor: Anchor,
        class: &str,
        text: &str,
    ) -> bool {
        let area = Area::new(x, y, anchor, text);
        let is_free = !self.texts.iter().any(|it| it.meets(&area));
        if is_free {
            self.text(x, y, anchor, class, text);
        }
        is_free
    }

    /// Text with its baseline at `y`.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        self.texts.push(Area::new(x, y, anchor, text));
        let class = match anchor {
            Anchor::Start => class.to_owned(),
            Anchor::Middle => format!("{class} mid"),
            Anchor::End => format!("{class} end"),
        };
        self.write(format_args!(
            r#"<text x="{}%" y="{}" class="{}">{}</text>"#,
            short(x),
            short(y),
            class.trim(),
            escape(text)
        ));
    }

    /// A rectangle that tells `tip` when pointed at.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str, tip: &str) {
        self.write(format_args!(
            r#"<rect x="{}%" y="{}" width="{}%" height="{}" class="{class}">{}</rect>"#,
            short(x),
            short(y),
            short(width.max(0.0)),
            short(height),
            title(tip)
        ));
    }

    /// A rectangle at `(x, y)` of `(width, height)` with a text in it, of which no more is shown than fits.
    pub fn boxed(
        &mut self,
        (x, y): (f64, f64),
        size: (f64, f64),
        class: &str,
        text: &str,
        tip: &str,
    ) {
        let (width, height) = (size.0.max(0.0), size.1.max(0.0));
        let text = match text {
            "" => String::new(),
            text => format!(
                r#"<text x="4" y="{}" class="inside">{}</text>"#,
                short(height / 2.0 + 4.5),
                escape(text)
            ),
        };
        self.write(format_args!(
            r#"<svg x="{}%" y="{}" width="{}%" height="{}"><rect width="100%" height="100%" class="{class}">{}</rect>{text}</svg>"#,
            short(x),
            short(y),
            short(width),
            short(height),
            title(tip)
        ));
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str, tip: &str) {
        self.write(format_args!(
            r#"<line x1="{}%" y1="{}" x2="{}%" y2="{}" class="{class}">{}</line>"#,
            short(from.0),
            short(from.1),
            short(to.0),
            short(to.1),
            title(tip)
        ));
    }

    /// A dot that tells `tip` when pointed at.
    pub fn dot(&mut self, x: f64, y: f64, radius: f64, class: &str, tip: &str) {
        self.write(format_args!(
            r#"<circle cx="{}%" cy="{}" r="{}" class="{class}">{}</circle>"#,
            short(x),
            short(y),
            short(radius),
            title(tip)
        ));
    }

    /// A line through `points`, between `top` and `top + height`. A path knows no percent, so it
    /// gets a picture of its own that is stretched to the plot's width.
    pub fn path(&mut self, points: &[(f64, f64)], top: f64, height: f64, class: &str) {
        let mut data = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let command = if index == 0 { 'M' } else { 'L' };
            // Writing to a string can't fail.
            let _ = write!(data, "{command}{} {}", short(x * 10.0), short(y - top));
        }
        self.write(format_args!(
            r#"<svg y="{}" width="100%" height="{}" viewBox="0 0 1000 {}" preserveAspectRatio="none"><path d="{data}" class="{class}"/></svg>"#,
            short(top),
            short(height),
            short(height)
        ));
    }

    /// The picture, `height` pixels high. The elements `labelled_by` of the page name it, and
    /// `description` says what it shows to those who don't see it.
    pub fn finish(self, height: f64, labelled_by: &str, description: &str) -> String {
        format!(
            r#"<svg class="plot" role="img" width="100%" height="{}" aria-labelledby="{labelled_by} {labelled_by}-d"><desc id="{labelled_by}-d">{}</desc>{}</svg>"#,
            short(height),
            escape(description),
            self.body
        )
    }

    /// The picture as an ornament, which screen readers skip.
    pub fn spark(self, height: f64) -> String {
        format!(
            r#"<svg class="spark" aria-hidden="true" width="100%" height="{}">{}</svg>"#,
            short(height),
            self.body
        )
    }

    fn write(&mut self, text: std::fmt::Arguments) {
        let _ = self.body.write_fmt(text);
    }
}

fn title(tip: &str) -> String {
    if tip.is_empty() {
        String::new()
    } else {
        format!("<title>{}</title>", escape(tip))
    }
}

/// A coordinate with no more digits than can be seen.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_can_not_become_markup() {
        assert_eq!(
            escape("<script>\"'&\u{1b}[31m\u{202e}\n"),
            "&lt;script&gt;&quot;&#39;&amp;\u{fffd}[31m\u{fffd} "
        );
        let mut svg = Svg::new();
        svg.text(0.0, 0.0, Anchor::Start, "a", "</text><script>");
        svg.dot(1.0, 1.0, 1.0, "b", "</title><img src=x>");
        let text = svg.finish(10.0, "id", "</desc>");
        assert!(
            !text.contains("<script>") && !text.contains("<img"),
            "{text}"
        );
        assert!(!text.contains("\"</desc>"), "{text}");
    }

    #[test]
    fn texts_keep_out_of_each_others_way() {
        let mut svg = Svg::new();
        let mut free = |x, y, anchor| svg.text_where_free(x, y, anchor, "a", "kws");
        assert!(free(50.0, 20.0, Anchor::Middle));
        assert!(!free(52.0, 20.0, Anchor::Middle));
        assert!(free(52.0, 40.0, Anchor::Middle));
        assert!(free(65.0, 20.0, Anchor::Start));
        assert!(!free(60.0, 20.0, Anchor::End));
        assert_eq!(svg.finish(1.0, "id", "").matches("<text").count(), 3);
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!(short(12.0), "12");
        assert_eq!(short(12.345), "12.35");
        assert_eq!(short(0.1), "0.1");
        assert_eq!(short(100.0), "100");
        assert_eq!(short(0.0), "0");
    }
}
