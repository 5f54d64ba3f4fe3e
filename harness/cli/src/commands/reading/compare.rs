//! `tinybench compare`

use std::path::Path;

use crate::args::{CompareArgs, CompareFormat, GateArgs};
use crate::confirm::{Confirmation, confirm};
use crate::stdout;
use tinybench_analysis::baselines::Baselines;
use tinybench_analysis::compare::{Aspect, Comparison, Gate, Side, compare, markdown, table};
use tinybench_analysis::config;
use tinybench_record::reading;
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::printable::{printable, printable_path};
use tinybench_support::suggest;

/// Something became worse.
#[derive(Debug, thiserror::Error)]
#[error("{}", regressed(.0))]
struct Regression(Vec<String>);

exits_with!(Regression => Regression);

/// One line a regression.
fn regressed(regressions: &[String]) -> String {
    match regressions {
        [one] => format!("1 regression: {one}"),
        several => format!("{} regressions:\n  {}", several.len(), several.join("\n  ")),
    }
}

/// Compares records, prints what changed and fails if something regressed.
pub fn run(args: &CompareArgs, project: Option<&Path>) -> Result<(), Failure> {
    let current = std::env::current_dir().unwrap_or_default();
    let settings = Settings::load(&args.gate, &current)?;
    let baselines = Baselines::around_current();
    let base = load_side(&args.base, &baselines)?;
    let others = args
        .new
        .iter()
        .map(|name| load_side(name, &baselines))
        .collect::<Result<Vec<_>, _>>()?;
    warn_of_unknown_workloads(&settings.gate, &base);
    let mut comparison = compare(&base, &others, &settings.gate, &settings.allowed)?;
    let times = args.confirm.unwrap_or(settings.confirm);
    if times > 0 {
        let confirmation = Confirmation {
            base: &base,
            others: &others,
            gate: &settings.gate,
            times,
        };
        let probe = args.probe.as_ref();
        confirm(&mut comparison, &confirmation, &mut |entry| {
            crate::confirm::rerun(entry, project, probe)
        })?;
    }
    stdout::print(&render(&comparison, args.format)?)?;
    let regressions = comparison.regressions();
    if regressions.is_empty() {
        return Ok(());
    }
    Err(Regression(regressions).into())
}

/// A slip in the name of a workload must not switch its limits off unnoticed.
fn warn_of_unknown_workloads(gate: &Gate, base: &Side) {
    let known: Vec<String> = base
        .entries
        .iter()
        .map(|entry| entry.key.workload.clone())
        .collect();
    for workload in gate.workloads() {
        if !known.iter().any(|name| name == workload) {
            let hint = suggest::hint(workload, &known);
            let workload = printable(workload);
            eprintln!("the settings have limits for `{workload}`, which the base lacks: {hint}");
        }
    }
}

fn render(comparison: &Comparison, format: CompareFormat) -> Result<String, Failure> {
    Ok(match format {
        CompareFormat::Table => {
            table::render(comparison, stdout::terminal_width(), stdout::colour())
        }
        CompareFormat::Markdown => markdown::render(comparison).trim_end().to_owned(),
        CompareFormat::Json => comparison.to_json()?.trim_end().to_owned(),
    })
}

/// What command line and `tinybench.toml` say together.
pub(super) struct Settings {
    pub gate: Gate,
    pub allowed: Vec<Aspect>,
    pub confirm: u32,
}

impl Settings {
    /// The options come before the file.
    pub fn load(args: &GateArgs, current: &Path) -> Result<Self, Failure> {
        let config::Loaded {
            config,
            mut gate,
            path,
        } = config::load(args.config.as_deref(), current)?;
        if let Some(path) = path {
            tracing::info!("settings: {}", printable_path(&path));
        }
        for named in &args.limits {
            gate.set(named.metric, named.limit);
        }
        if args.exact {
            gate.set_exact();
        }
        let mut allowed = config.compare.allow;
        allowed.extend(&args.allow);
        Ok(Self {
            gate,
            allowed,
            confirm: config.compare.confirm,
        })
    }
}

/// Loads what `argument` names, and tells on stderr what of it isn't used.
pub(super) fn load_side(argument: &str, baselines: &Baselines) -> Result<Side, Failure> {
    let path = baselines.resolve(argument)?;
    let records = reading::load(&path)?;
    for skipped in &records.skipped {
        eprintln!("{skipped}");
    }
    let side = Side::new(argument, &records.loaded);
    match side.replaced {
        0 => {}
        1 => eprintln!("{}: a newer result replaces 1 other", printable_path(&path)),
        n => eprintln!(
            "{}: newer results replace {n} others",
            printable_path(&path)
        ),
    }
    Ok(side)
}
