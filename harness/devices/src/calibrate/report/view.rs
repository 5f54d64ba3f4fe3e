//! A report for people: tables for a terminal, and a Markdown file.

use std::fmt::Write;

use super::{FitReport, FittedParameter, Identified, Report, Row, RuleSummary, Verdict};
use crate::calibrate::counts::Counts;
use tinybench_record::Fidelity;
use tinybench_support::listing;

/// What stands for a count that there isn't.
const NONE: &str = "–";

/// What the columns of a benchmark are.
const BENCHMARK_HEADINGS: [&str; 9] = [
    "benchmark",
    "target",
    "model",
    "difference",
    "CPI",
    "EXC",
    "LSU",
    "FOLD",
    "verdict",
];

/// The same without a measurement.
const MODELLED_HEADINGS: [&str; 6] = ["benchmark", "model", "CPI", "EXC", "LSU", "FOLD"];

/// What the columns of a rule are.
const RULE_HEADINGS: [&str; 6] = [
    "rule",
    "benchmarks",
    "agree",
    "differ",
    "unstable",
    "largest difference",
];

/// What the columns of a fitted parameter are.
const FIT_HEADINGS: [&str; 5] = ["parameter", "before", "fitted", "identified", "benchmarks"];

impl Report {
    /// The first line: what was compared.
    fn title(&self) -> String {
        let Self { board, target, .. } = self;
        let clock = board.clock_hz as f64 / 1e6;
        let head = format!("{}: {} at {clock} MHz", board.name, board.chip);
        match target {
            Some(target) => {
                let mark = match target.fidelity {
                    Fidelity::Measured => "measured",
                    Fidelity::Modelled => "another virtual board, modelled",
                };
                format!(
                    "{head}, target through {} ({mark}) against virtual {}",
                    target.probe, board.name
                )
            }
            None => format!("{head}, virtual {} alone", board.name),
        }
    }

    /// What has to be known to read the numbers.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        match &self.target {
            None => remarks.push(
                "Nothing was measured: there is no probe. These are the model's own counts, and \
                 say nothing about how far off it is."
                    .to_owned(),
            ),
            Some(target) if target.fidelity == Fidelity::Modelled => remarks.push(
                "The target says that it is a virtual board: its counts are modelled too, and say \
                 nothing about a real one."
                    .to_owned(),
            ),
            Some(_) => {}
        }
        let events = match self.benchmarks.iter().any(|row| row.modelled.has_events()) {
            true => {
                "; CPI, EXC, LSU and FOLD are the event counters of the DWT beside them, of target / \
                 model"
            }
            false => ", by SysTick, beside which there are no event counters",
        };
        remarks.push(format!(
            "≈ modelled, not measured. Cycles are those of the instructions alone{events}. \
             docs/calibrate.md explains each benchmark."
        ));
        remarks.extend(self.notes.iter().cloned());
        remarks
    }

    fn measured_mark(&self) -> &'static str {
        match &self.target {
            Some(target) if target.fidelity == Fidelity::Measured => "",
            _ => "≈ ",
        }
    }

    /// For a terminal: the rules, and the benchmarks that don't agree; all of them if nothing was
    /// measured.
    pub fn table(&self) -> String {
        let mut text = format!("{}\n\n", self.title());
        if self.target.is_some() {
            text += &self.comparison();
        } else {
            let rows = self.benchmarks.iter().map(modelled_cells);
            text += &listing::table(MODELLED_HEADINGS, rows);
            text += "\n";
        }
        if let Some(fit) = &self.fit {
            let _ = write!(text, "\n{}\n\n", fit_sentence(fit));
            text += &listing::table(FIT_HEADINGS, fit.parameters.iter().map(fit_cells));
            text += "\n";
        }
        for remark in self.remarks() {
            let _ = write!(text, "\n{remark}");
        }
        text
    }

    /// The rules, and the benchmarks that don't agree.
    fn comparison(&self) -> String {
        let mut text = listing::table(RULE_HEADINGS, self.rules.iter().map(rule_cells));
        let all = self.benchmarks.len();
        let rows = self.benchmarks.iter();
        let others: Vec<_> = rows.filter(|row| row.verdict != Verdict::Agrees).collect();
        if others.is_empty() {
            let _ = write!(text, "\n\nAll {all} benchmarks agree.\n");
            return text;
        }
        let _ = write!(
            text,
            "\n\n{} of {all} benchmarks agree. The others:\n\n",
            all - others.len()
        );
        let mark = self.measured_mark();
        let cells = others.into_iter().map(|row| benchmark_cells(row, mark));
        text + &listing::table(BENCHMARK_HEADINGS, cells) + "\n"
    }

    /// The whole as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Calibration of {}\n\n{}\n", self.board.name, self.title());
        for remark in self.remarks() {
            let _ = write!(text, "\n{}\n", remark.replace('|', "\\|"));
        }
        let _ = write!(
            text,
            "\nFirmware {}, tinybench {}.\n",
            self.firmware_sha256, self.tinybench
        );
        if self.target.is_some() {
            text += "\n## Rules\n\n";
            text += &markdown_table(RULE_HEADINGS, self.rules.iter().map(rule_cells));
        }
        if let Some(fit) = &self.fit {
            let _ = write!(text, "\n## Fitted parameters\n\n{}\n\n", fit_sentence(fit));
            text += &markdown_table(FIT_HEADINGS, fit.parameters.iter().map(fit_cells));
            if !fit.differing.is_empty() {
                let _ = write!(text, "\nStill differing: {}.\n", fit.differing.join(", "));
            }
        }
        let mark = self.measured_mark();
        for rule in &self.rules {
            let _ = write!(text, "\n## {}\n\n", rule.rule);
            let rows = self.benchmarks.iter().filter(|row| row.rule == rule.rule);
            text += &match self.target {
                Some(_) => markdown_table(
                    BENCHMARK_HEADINGS,
                    rows.map(|row| benchmark_cells(row, mark)),
                ),
                None => markdown_table(MODELLED_HEADINGS, rows.map(modelled_cells)),
            };
        }
        text
    }
}

fn fit_sentence(fit: &FitReport) -> String {
    format!(
        "Fitted to {} benchmarks: {} still differ, by {} cycles at most. The sum of the \
         differences fell from {} to {} cycles.",
        fit.benchmarks, fit.still_differ, fit.largest_after, fit.error_before, fit.error_after
    )
}

fn identified(identified: Identified, together: &[String]) -> String {
    match identified {
        Identified::Yes => "yes".to_owned(),
        Identified::Together if together.is_empty() => "only together with others".to_owned(),
        Identified::Together => format!("only together with {}", together.join(", ")),
        Identified::No => "no".to_owned(),
    }
}

fn rule_cells(rule: &RuleSummary) -> [String; 6] {
    [
        rule.rule.clone(),
        rule.benchmarks.to_string(),
        rule.agree.to_string(),
        rule.differ.to_string(),
        rule.unstable.to_string(),
        rule.largest_difference.map_or(NONE.to_owned(), signed),
    ]
}

fn signed(difference: i64) -> String {
    match difference {
        0 => "0".to_owned(),
        _ => format!("{difference:+}"),
    }
}

fn fit_cells(parameter: &FittedParameter) -> [String; 5] {
    [
        parameter.name.clone(),
        parameter.before.to_string(),
        parameter.fitted.to_string(),
        identified(parameter.identified, &parameter.together_with),
        parameter.benchmarks.to_string(),
    ]
}

/// The cells of a benchmark that wasn't measured.
fn modelled_cells(row: &Row) -> [String; 6] {
    let [name, _, model, _, cpi, exception, load_store, folded, _] = benchmark_cells(row, "");
    [name, model, cpi, exception, load_store, folded]
}

/// The cells of a benchmark; `mark` stands before what the target counted.
fn benchmark_cells(row: &Row, mark: &str) -> [String; 9] {
    let measured = row.measured.as_ref();
    let event = |of: fn(&Counts) -> Option<i64>| {
        let text = |count: Option<i64>| count.map_or(NONE.to_owned(), |it| it.to_string());
        let modelled = text(of(&row.modelled));
        match measured {
            Some(measured) => format!("{} / {modelled}", text(of(measured))),
            None => modelled,
        }
    };
    [
        row.name.clone(),
        measured.map_or(NONE.to_owned(), |counts| {
            if counts.stable() {
                format!("{mark}{}", counts.cycles)
            } else {
                format!("{mark}{} to {}", counts.cycles_min, counts.cycles_max)
            }
        }),
        format!("≈ {}", row.modelled.cycles),
        row.difference.map_or(NONE.to_owned(), signed),
        event(|counts| counts.cpi),
        event(|counts| counts.exception),
        event(|counts| counts.load_store),
        event(|counts| counts.folded),
        match row.verdict {
            Verdict::Agrees => "agrees",
            Verdict::Differs => "differs",
            Verdict::Unstable => "unstable",
            Verdict::NotMeasured => "not measured",
        }
        .to_owned(),
    ]
}

fn markdown_table<const N: usize>(
    headings: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&headings.map(str::to_owned));
    text += &format!("|{}\n", "---|".repeat(N));
    for row in rows {
        text += &line(&row.map(|cell| cell.replace('|', "\\|")));
    }
    text
}
