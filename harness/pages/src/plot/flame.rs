//! Stacks as a flame graph whose roots are at the top.

use super::svg::Svg;

/// A frame of a flame graph with what it called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flame {
    /// Its name.
    pub name: String,
    /// What it cost, with all that it called.
    pub value: u64,
    /// What it called, in order.
    pub inner: Vec<Flame>,
}

/// Height of a frame, pixels.
const ROW: f64 = 22.0;
/// What is narrower than this isn't drawn, percent of the width.
const NARROWEST: f64 = 0.1;
/// What is narrower than this has no name in it, percent of the width.
const NAMED: f64 = 3.0;
/// How deep a graph is drawn.
const DEEPEST: usize = 40;

impl Flame {
    /// The graph of stacks, outermost frame first, each with the cost of its innermost frame. Frames
    /// are in the order in which stacks have them first.
    pub fn of(name: &str, stacks: &[(Vec<String>, u64)]) -> Self {
        let mut root = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for (frames, value) in stacks {
            let mut at = &mut root;
            at.value = at.value.saturating_add(*value);
            for frame in frames.iter().take(DEEPEST) {
                let known = at.inner.iter().position(|it| it.name == *frame);
                let place = known.unwrap_or_else(|| {
                    at.inner.push(Self {
                        name: frame.clone(),
                        ..Self::default()
                    });
                    at.inner.len() - 1
                });
                at = &mut at.inner[place];
                at.value = at.value.saturating_add(*value);
            }
        }
        root
    }
}

/// Draws a graph; `short` writes the name in a frame, `tip` what is told of it with its cost.
pub fn flame(
    root: &Flame,
    short: &dyn Fn(&str) -> String,
    tip: &dyn Fn(&str, u64) -> String,
    id: &str,
    description: &str,
) -> String {
    let mut svg = Svg::new();
    let mut deepest = 0;
    let mut open = vec![(root, 0.0, 0_usize, 0_usize)];
    let whole = root.value.max(1) as f64;
    while let Some((frame, x, depth, shade)) = open.pop() {
        let width = frame.value as f64 / whole * 100.0;
        if width < NARROWEST {
            continue;
        }
        deepest = deepest.max(depth + 1);
        let class = match (depth, shade % 2) {
            (0, _) => "own",
            (_, 0) => "part3",
            _ => "part4",
        };
        let name = match width < NAMED {
            true => String::new(),
            false => short(&frame.name),
        };
        let place = (x, depth as f64 * ROW);
        svg.boxed(
            place,
            (width, ROW - 1.0),
            class,
            &name,
            &tip(&frame.name, frame.value),
        );
        let mut left = x;
        for (number, inner) in frame.inner.iter().enumerate() {
            open.push((inner, left, depth + 1, depth + number));
            left += inner.value as f64 / whole * 100.0;
        }
    }
    svg.finish(deepest as f64 * ROW, id, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(frames: &[&str], value: u64) -> (Vec<String>, u64) {
        (frames.iter().map(|it| (*it).to_owned()).collect(), value)
    }

    #[test]
    fn equal_beginnings_are_one_frame() {
        let stacks = [stack(&["a", "b"], 30), stack(&["c"], 50), stack(&["a"], 20)];
        let root = Flame::of("all", &stacks);
        assert_eq!(root.value, 100);
        let names: Vec<_> = root.inner.iter().map(|it| (&*it.name, it.value)).collect();
        assert_eq!(names, [("a", 50), ("c", 50)]);
        assert_eq!(root.inner[0].inner[0].value, 30);
        let svg = flame(
            &root,
            &str::to_owned,
            &|name, value| format!("{name}: {value}"),
            "f",
            "",
        );
        assert!(svg.contains("<title>b: 30</title>"), "{svg}");
        assert!(svg.contains(r#"width="30%""#), "{svg}");
    }

    #[test]
    fn what_is_too_narrow_is_not_drawn() {
        let root = Flame::of("all", &[stack(&["large"], 100_000), stack(&["tiny"], 1)]);
        let svg = flame(&root, &str::to_owned, &|name, _| name.to_owned(), "f", "");
        assert!(svg.contains("large") && !svg.contains("tiny"), "{svg}");
        let nothing = flame(
            &Flame::default(),
            &str::to_owned,
            &|_, _| String::new(),
            "f",
            "",
        );
        assert!(!nothing.contains("NaN"), "{nothing}");
    }
}
