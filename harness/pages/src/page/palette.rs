//! Whether the colours of the style sheet can be read and told apart, also by the colour-blind: computed from the
//! sheet itself, in both colour schemes.
//!
//! Colour blindness is simulated in linear RGB at full severity (G. M. Machado, M. M. Oliveira, L. A. F. Fernandes,
//! *A Physiologically-based Model for Simulation of Color Vision Deficiency*, IEEE TVCG 15(6), 2009), differences
//! are CIEDE2000 (G. Sharma, W. Wu, E. N. Dalal, Color Research and Application 30(1), 2005), contrast is that of
//! WCAG 2.2 (1.4.3).

use std::collections::BTreeMap;

type Rgb = [f64; 3];
type Scheme = BTreeMap<String, Rgb>;

/// What is read as text, on the ground of the page or that of a notice.
const TEXTS: [&str; 5] = ["ink", "quiet", "accent", "worse", "better"];
/// What lies side by side in one plot, and what is behind it.
const MARKS: [&str; 8] = [
    "ground", "part1", "part2", "part3", "part4", "part5", "grey", "aside",
];

/// Of 2.3 trained eyes see that two colours aren't the same; side by side in a plot, and in its legend, they have to
/// be told apart at once.
const APART: f64 = 10.0;
/// Text of usual size (WCAG 2.2, AA).
const READABLE: f64 = 4.5;

const SEEN: [(&str, [Rgb; 3]); 4] = [
    (
        "as most see",
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ),
    (
        "protanopia",
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ),
];

/// The colours of the light scheme and of the dark one, in linear RGB.
fn schemes() -> [Scheme; 2] {
    let sheet = include_str!("../../templates/page.css");
    let (light, rest) = sheet.split_once("prefers-color-scheme: dark").unwrap();
    let (dark, _) = rest.split_once("}\n}").unwrap();
    [light, dark].map(|part| {
        let lines = part.lines().filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(": ")?;
            Some((name.to_owned(), linear(value.trim_end_matches(';'))))
        });
        lines.collect()
    })
}

/// A colour such as `#0b5cab` or `#fff`, in linear RGB.
fn linear(text: &str) -> Rgb {
    let digits: Vec<u32> = text
        .chars()
        .skip(1)
        .map(|it| it.to_digit(16).unwrap())
        .collect();
    let parts = match digits.len() {
        3 => [0, 1, 2].map(|at| digits[at] * 17),
        6 => [0, 2, 4].map(|at| digits[at] * 16 + digits[at + 1]),
        _ => panic!("{text}"),
    };
    parts.map(|part| {
        let v = f64::from(part) / 255.0;
        match v <= 0.04045 {
            true => v / 12.92,
            false => ((v + 0.055) / 1.055).powf(2.4),
        }
    })
}

fn times(matrix: &[Rgb; 3], colour: Rgb) -> Rgb {
    matrix.map(|row| (0..3).map(|at| row[at] * colour[at]).sum())
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let luminance = |it: Rgb| 0.2126 * it[0] + 0.7152 * it[1] + 0.0722 * it[2];
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// CIE L*a*b* at D65.
fn lab(colour: Rgb) -> Rgb {
    let xyz = times(
        &[
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ],
        colour,
    );
    let white = [0.95047, 1.0, 1.08883];
    let [x, y, z] = [0, 1, 2].map(|at| {
        let t: f64 = xyz[at] / white[at];
        match t > 216.0 / 24_389.0 {
            true => t.cbrt(),
            false => (24_389.0 / 27.0 * t + 16.0) / 116.0,
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000 of two colours in L*a*b*.
fn difference([l1, a1, b1]: Rgb, [l2, a2, b2]: Rgb) -> f64 {
    let weighed = |c: f64| (c.powi(7) / (c.powi(7) + 25_f64.powi(7))).sqrt();
    let g = 0.5 * (1.0 - weighed((a1.hypot(b1) + a2.hypot(b2)) / 2.0));
    let (a1, a2) = (a1 * (1.0 + g), a2 * (1.0 + g));
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue = |a: f64, b: f64| b.atan2(a).to_degrees().rem_euclid(360.0);
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let has_hue = c1 * c2 > 0.0;
    let turn = match has_hue {
        true => (h2 - h1 + 180.0).rem_euclid(360.0) - 180.0,
        false => 0.0,
    };
    let by_hue = 2.0 * (c1 * c2).sqrt() * (turn.to_radians() / 2.0).sin();
    let (l, c) = ((l1 + l2) / 2.0, (c1 + c2) / 2.0);
    let h = match has_hue {
        true => (h1 + turn / 2.0).rem_euclid(360.0),
        false => h1 + h2,
    };
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0)
        - 0.20 * cos(4.0 * h - 63.0);
    let off = (l - 50.0).powi(2);
    let light = (l2 - l1) / (1.0 + 0.015 * off / (20.0 + off).sqrt());
    let strong = (c2 - c1) / (1.0 + 0.045 * c);
    let hued = by_hue / (1.0 + 0.015 * c * t);
    let turned = 60.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let rotated = -turned.to_radians().sin() * 2.0 * weighed(c) * strong * hued;
    (light.powi(2) + strong.powi(2) + hued.powi(2) + rotated).sqrt()
}

/// The least difference of two of `names`, as someone sees them.
fn nearest(scheme: &Scheme, names: &[&str], seen: &[Rgb; 3]) -> (f64, String) {
    let shown = |name: &str| lab(times(seen, scheme[name]).map(|it| it.clamp(0.0, 1.0)));
    let pairs = names.iter().enumerate().flat_map(|(at, one)| {
        let others = names[at + 1..].iter();
        others.map(move |other| {
            (
                difference(shown(one), shown(other)),
                format!("{one}, {other}"),
            )
        })
    });
    pairs
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .unwrap()
}

#[test]
fn differences_are_those_of_the_published_pairs() {
    // The first, the seventh, the thirteenth and the last of Sharma's pairs.
    for (one, other, expected) in [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
        ([50.0, 2.5, 0.0], [50.0, 0.0, -2.5], 4.3065),
        (
            [2.0776, 0.0795, -1.1350],
            [0.9033, -0.0636, -0.5514],
            0.9082,
        ),
    ] {
        let found = difference(one, other);
        assert!((found - expected).abs() < 5e-5, "{found}, {expected}");
    }
}

#[test]
fn texts_are_readable_in_both_schemes() {
    for scheme in schemes() {
        for text in TEXTS {
            for ground in ["ground", "soft"] {
                let found = contrast(scheme[text], scheme[ground]);
                assert!(found >= READABLE, "{text} on {ground}: {found}");
            }
        }
        // Names in the frames of a flame graph.
        for ground in ["aside", "part3", "part4"] {
            let found = contrast(scheme["ink"], scheme[ground]);
            assert!(found >= READABLE, "ink on {ground}: {found}");
        }
    }
}

#[test]
fn colours_are_told_apart_by_everybody_in_both_schemes() {
    for (name, scheme) in ["light", "dark"].iter().zip(schemes()) {
        for (seer, seen) in &SEEN {
            for names in [&MARKS[..], &["worse", "better", "ink"]] {
                let (least, which) = nearest(&scheme, names, seen);
                eprintln!("{name}, {seer}: {least:.1} between {which}");
                assert!(least >= APART, "{name}, {seer}: {least:.1} between {which}");
            }
        }
    }
}
