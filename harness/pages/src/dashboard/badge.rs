//! Badges: a name and a figure as a small SVG for a README.

use crate::plot::escape;

/// Width of a character on average, px, and the space at the ends of a text.
const CHARACTER: f64 = 6.6;
const SPACE: f64 = 6.0;

/// A badge that says `name`: `text`. The widths are guesses at those of the reader's font;
/// `textLength` makes them true.
pub fn badge(name: &str, text: &str, is_bad: bool) -> String {
    let length = |text: &str| text.chars().count() as f64 * CHARACTER;
    let (left, right) = (length(name), length(text));
    let (name_width, width) = (left + 2.0 * SPACE, left + right + 4.0 * SPACE);
    let colour = if is_bad { "#b3261e" } else { "#0b5cab" };
    let (name, text) = (escape(name), escape(text));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.1}" height="20" role="img" aria-label="{name}: {text}"><title>{name}: {text}</title><clipPath id="r"><rect width="{width:.1}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="{name_width:.1}" height="20" fill="#4a525b"/><rect x="{name_width:.1}" width="{right_width:.1}" height="20" fill="{colour}"/></g><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="{SPACE}" y="14" textLength="{left:.1}" lengthAdjust="spacingAndGlyphs">{name}</text><text x="{text_x:.1}" y="14" textLength="{right:.1}" lengthAdjust="spacingAndGlyphs">{text}</text></g></svg>
"##,
        right_width = width - name_width,
        text_x = name_width + SPACE,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_a_small_picture_with_its_text() {
        insta::assert_snapshot!(badge("kws latency", "≈ 145.9 ms", false));
        let hostile = badge("<script>", "\"onload=\"", true);
        assert!(
            !hostile.contains("<script>") && !hostile.contains("\"onload"),
            "{hostile}"
        );
    }
}
