//! A comparison as Markdown, for a comment on a pull request.

use super::{Candidate, Comparison, FailureVerdict, MetricChange, Verdict, text};

/// Longest comment: GitHub and GitLab refuse 64 KiB and more.
const MAX_BYTES: usize = 60_000;

/// The comparison as Markdown (GitHub's and GitLab's), less than 60 KB. What changed comes first,
/// what didn't is folded away, and left out where it would be too much.
pub fn render(comparison: &Comparison) -> String {
    for unchanged in [true, false] {
        let text = whole(comparison, unchanged);
        if text.len() <= MAX_BYTES {
            return text;
        }
    }
    let mut text = whole(comparison, false);
    // Whole lines only, so that no cell is left open.
    let end = text.as_bytes()[..MAX_BYTES - 200]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    let left_out = text[end..].lines().count();
    text.truncate(end);
    text + &format!("\n({left_out} more lines are left out: see `tinybench compare`.)\n")
}

fn whole(comparison: &Comparison, unchanged: bool) -> String {
    let mut out = format!("### tinybench: {}\n\n", verdict(comparison));
    for candidate in &comparison.candidates {
        out += &format!(
            "{} against {}: {}\n\n",
            cell(&candidate.name),
            cell(&comparison.base),
            text::summary(&candidate.summary)
        );
        out += &failures(candidate);
        let (same, changed): (Vec<_>, Vec<_>) = shown(candidate)
            .into_iter()
            .partition(|(_, change)| change.verdict == Verdict::Same);
        if !changed.is_empty() {
            out += &rows(&changed);
        }
        out += &operators(candidate);
        if !same.is_empty() && unchanged {
            out += &format!(
                "<details><summary>{} the same</summary>\n\n{}</details>\n\n",
                same.len(),
                rows(&same)
            );
        }
        out += &means(candidate);
        out += &notes(candidate);
    }
    out += &format!(
        "≈ modelled, not measured. To look further: `tinybench report` makes a page of both records, \
         `tinybench profile` one of where the time goes; [what the verdicts mean]({}).\n",
        concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/compare.md")
    );
    out
}

/// How many regressions are named in the first line.
const NAMED: usize = 3;

/// What there is to say first: how many regressions, and which.
fn verdict(comparison: &Comparison) -> String {
    let regressions = comparison.regressions();
    let count = match regressions.len() {
        0 => return "no regression".to_owned(),
        1 => "1 regression".to_owned(),
        n => format!("{n} regressions"),
    };
    let named: Vec<_> = regressions.iter().take(NAMED).map(|it| cell(it)).collect();
    let more = match regressions.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{count}: {}{more}", named.join(", "))
}

fn shown(candidate: &Candidate) -> Vec<(String, &MetricChange)> {
    candidate
        .results
        .iter()
        .flat_map(|result| {
            let label = text::label(result, &candidate.results);
            result.shown().map(move |change| (label.clone(), change))
        })
        .collect()
}

fn failures(candidate: &Candidate) -> String {
    if candidate.failures.is_empty() {
        return String::new();
    }
    let mut out = "| workload | base | new | verdict | why |\n|---|---|---|---|---|\n".to_owned();
    for failure in &candidate.failures {
        let verdict = match failure.verdict {
            FailureVerdict::Failed => format!("**{}**", failure.verdict.name()),
            FailureVerdict::StillFails | FailureVerdict::Mended => {
                failure.verdict.name().to_owned()
            }
        };
        out += &format!(
            "| {} | {} | {} | {verdict} | {} |\n",
            cell(&text::failure_label(failure, candidate)),
            cell(&text::base_outcome(failure)),
            cell(&text::outcome(failure.new.as_ref())),
            cell(text::message(failure).unwrap_or_default()),
        );
    }
    out + "\n"
}

/// How many operators are shown of each result.
const OPERATORS: usize = 5;

/// Which operators make up the changes.
fn operators(candidate: &Candidate) -> String {
    let mut out = String::new();
    for result in &candidate.results {
        let label = cell(&text::label(result, &candidate.results));
        let Some(found) = text::operators(result) else {
            continue;
        };
        if found.changes.is_empty() {
            continue;
        }
        out += &format!(
            "| {label}: operator | base | new | change | of the change |\n|---|--:|--:|--:|--:|\n"
        );
        for change in found.changes.iter().take(OPERATORS) {
            out += &format!(
                "| {} | {} | {} | {} | {} |\n",
                cell(&change.name),
                text::cycles(change.base, found.base_fidelity),
                text::cycles(change.new, found.new_fidelity),
                text::signed(change.base, change.new),
                change.share.map_or(text::NONE.to_owned(), text::share),
            );
        }
        out += "\n";
    }
    out
}

fn rows(changes: &[(String, &MetricChange)]) -> String {
    // Figures that don't vary have none.
    let has_intervals = changes.iter().any(|(_, it)| it.statistics.is_some());
    let interval = |text: String| match has_intervals {
        true => format!(" {text} |"),
        false => String::new(),
    };
    let mut out = format!(
        "| workload | metric | base | new | change |{} verdict |\n|---|---|--:|--:|--:|{}---|\n",
        interval(text::interval_heading()),
        if has_intervals { "--:|" } else { "" }
    );
    for (label, change) in changes {
        let verdict = match change.verdict {
            Verdict::Regression => format!("**{}**", cell(&text::verdict(change))),
            _ => cell(&text::verdict(change)),
        };
        out += &format!(
            "| {} | {} | {} | {} | {} |{} {verdict} |\n",
            cell(label),
            change.metric().map_or(change.metric, |metric| metric.title),
            text::base(change),
            text::new(change),
            text::change(change),
            interval(text::interval(change)),
        );
    }
    out + "\n"
}

fn means(candidate: &Candidate) -> String {
    if candidate.means.is_empty() {
        return String::new();
    }
    let parts: Vec<_> = candidate
        .means
        .iter()
        .map(|mean| {
            let mark = if mean.modelled { "≈ " } else { "" };
            let title = crate::metrics::Metric::find(mean.metric).map_or(mean.metric, |m| m.title);
            format!("{title} {mark}{}", text::ratio(mean.ratio))
        })
        .collect();
    format!("Geometric mean of new by base: {}\n\n", parts.join(", "))
}

fn notes(candidate: &Candidate) -> String {
    let mut out = String::new();
    for result in &candidate.results {
        if let Some(quality) = text::quality(result) {
            let label = text::label(result, &candidate.results);
            out += &format!("- {}: {}\n", cell(&label), cell(&quality));
        }
    }
    for difference in &candidate.allowed {
        out += &format!("- allowed difference: {}\n", cell(&difference.to_string()));
    }
    for (names, what) in [
        (&candidate.only_base, "only in the base"),
        (&candidate.only_new, "not in the base"),
    ] {
        for name in names {
            out += &format!("- {what}: {}\n", cell(name));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Text from a record, as plain text in a cell of a table: nothing in it is markup.
pub fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => safe.push(' '),
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // A mention of a user or a reference to an issue would notify people.
            '@' | '#' => safe.push_str(&format!("&#{};", u32::from(character))),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '~' => {
                safe.push('\\');
                safe.push(character);
            }
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_record_is_no_markup() {
        assert_eq!(
            cell("<script>|[x](http://y)`@me` #1\n"),
            r"&lt;script&gt;\|\[x\](http://y)\`&#64;me\` &#35;1 "
        );
    }
}
