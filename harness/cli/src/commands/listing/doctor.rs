//! `tinybench doctor`

use std::collections::BTreeMap;

use probe_rs::probe::list::{Accessibility, Lister};

use crate::args::{Format, ListArgs};
use crate::stdout;
use serde::Serialize;
use tinybench_execution::build::{
    ToolchainSource, find_c_compiler, find_clang, find_toolchain, objects_are_brought,
    sources_are_there,
};
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::Project;
use tinybench_inputs::workload::Workloads;
use tinybench_instruments::{Attached, Kind, attached};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::json;

/// Not even a virtual run is possible.
#[derive(Debug, thiserror::Error)]
#[error("a virtual run is not possible yet: see what is missing above")]
struct NotReady;

exits_with!(NotReady => Build);

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Fine,
    /// Not needed for a virtual run.
    Absent,
    Missing,
}

/// One line of the report, and what to do about it.
#[derive(Serialize)]
struct Finding {
    state: State,
    what: String,
    advice: Option<String>,
}

impl Finding {
    fn fine(what: String) -> Self {
        Self {
            state: State::Fine,
            what,
            advice: None,
        }
    }

    fn absent(what: &str, advice: &str) -> Self {
        Self {
            state: State::Absent,
            what: what.to_owned(),
            advice: Some(advice.to_owned()),
        }
    }

    fn missing(what: String, advice: String) -> Self {
        Self {
            state: State::Missing,
            what,
            advice: Some(advice),
        }
    }
}

/// The report, as a document.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    /// Whether a virtual run is possible.
    ready: bool,
    findings: Vec<Finding>,
}

/// Checks everything and prints a report. Fails if no virtual run is possible.
pub fn check(args: &ListArgs, project: &Project) -> Result<(), Failure> {
    let boards = Boards::open(&project.boards())?;
    let mut loaded = Vec::new();
    for name in boards.names() {
        loaded.push(boards.load(&name)?.told());
    }

    let own = project.own().filter(|own| *own != project.root());
    let own = own.map_or(String::new(), |own| format!("{} and ", own.display()));
    let mut findings = vec![Finding::fine(format!(
        "project: {own}{}",
        project.root().display()
    ))];
    if !sources_are_there(project.root()) {
        findings.push(Finding::absent(
            "sources: none",
            "only needed for what compiles (--build, calibrate, engines of your own): clone the repository \
             and name the clone with --project",
        ));
    }
    findings.push(workloads(project)?);
    let mut toolchains = toolchains(&loaded);
    let brought = objects_are_brought(project.root())?;
    if brought {
        findings.push(Finding::fine(
            "firmware: objects for all workloads are part of tinybench".to_owned(),
        ));
        without_need(&mut toolchains);
    }
    let can_build = |board: &Board| {
        brought
            || toolchains
                .get(&board.rustc_target)
                .is_some_and(|finding| finding.state == State::Fine)
    };
    let mut can_run = false;
    let mut virtual_boards = Vec::new();
    for board in loaded.iter().filter(|board| board.virtual_board.is_some()) {
        virtual_boards.push(match virtual_board::open(board) {
            Ok(_) => {
                can_run |= can_build(board);
                Finding::fine(format!("virtual board: {} ({})", board.name, board.title))
            }
            Err(error) => Finding::missing(
                format!("virtual board: {}", board.name),
                format!("{error}: use the tinybench that belongs to this project"),
            ),
        });
    }
    findings.extend(toolchains.into_values());
    findings.extend(virtual_boards);
    findings.push(c_compiler());
    findings.extend(probes());
    findings.extend(meters());

    match args.format {
        Format::Table => stdout::print(&report(&findings))?,
        Format::Json => {
            let report = Report {
                schema: "tinybench.doctor/1",
                ready: can_run,
                findings,
            };
            stdout::print(json::text(&report)?.trim_end())?;
        }
    }
    if can_run {
        Ok(())
    } else {
        Err(NotReady.into())
    }
}

fn workloads(project: &Project) -> Result<Finding, Failure> {
    let names = Workloads::open(&project.models())?.names();
    Ok(if names.is_empty() {
        Finding::absent(
            "workloads: none",
            "measure your own model with `tinybench run --model`",
        )
    } else {
        Finding::fine(format!("workloads: {}", names.join(", ")))
    })
}

/// One finding for each target the boards need.
fn toolchains(boards: &[Board]) -> BTreeMap<String, Finding> {
    let find = |target: &str| match find_toolchain(target) {
        Ok(toolchain) => {
            let source = match toolchain.source {
                ToolchainSource::Rustup => "the rustc on the search path",
                ToolchainSource::DebianWeb => "Debian's rustc-web",
            };
            Finding::fine(format!(
                "firmware for {target}: {source}, {}",
                toolchain.compiled_by.rustc
            ))
        }
        Err(error) => Finding::missing(
            format!("firmware for {target}: no toolchain"),
            error.to_string(),
        ),
    };
    let mut found: BTreeMap<String, Finding> = boards
        .iter()
        .map(|board| (board.rustc_target.clone(), find(&board.rustc_target)))
        .collect();
    // With one of them the boards of that target can be used.
    if found.values().any(|it| it.state == State::Fine) {
        for (target, finding) in &mut found {
            if finding.state == State::Missing {
                let of_target = boards.iter().filter(|it| it.rustc_target == *target);
                let names: Vec<_> = of_target.map(|it| it.name.as_str()).collect();
                let advice = finding.advice.take().unwrap_or_default();
                finding.state = State::Absent;
                finding.advice = Some(format!("only needed for {}: {advice}", names.join(", ")));
            }
        }
    }
    found
}

/// What is missing is only needed for what has no objects in the program.
fn without_need(toolchains: &mut BTreeMap<String, Finding>) {
    for finding in toolchains.values_mut() {
        if finding.state == State::Missing {
            let advice = finding.advice.take().unwrap_or_default();
            finding.state = State::Absent;
            finding.advice = Some(format!(
                "only needed for --build, engines of your own and calibrate: {advice}"
            ));
        }
    }
}

/// What compiles runtimes in C and C++.
fn c_compiler() -> Finding {
    match find_c_compiler() {
        Ok(identity) => Finding::fine(match find_clang() {
            Ok(clang) => format!("runtimes in C: {identity}; {clang}"),
            Err(_) => format!("runtimes in C: {identity}"),
        }),
        Err(error) => Finding::absent(
            "runtimes in C: no compiler",
            &format!("only needed for runtimes in C or C++: {error}"),
        ),
    }
}

fn probes() -> Vec<Finding> {
    let probes = Lister::new().list_all_with_access();
    if probes.is_empty() {
        return vec![Finding::absent(
            "debug probe: none attached",
            "only needed for a real board: connect one; virtual boards work without",
        )];
    }
    let describe = |probe: &probe_rs::probe::list::ProbeListItem| {
        let what = format!("debug probe: {}", probe.info);
        match probe.accessibility {
            Accessibility::Accessible => Finding::fine(what),
            Accessibility::PermissionDenied => Finding::absent(
                &format!("{what}, no permission to use it"),
                "install probe-rs's udev rules: \
                 https://probe.rs/docs/getting-started/probe-setup",
            ),
        }
    };
    probes.iter().map(describe).collect()
}

/// Power instruments that are attached: without one there is nothing to be told.
fn meters() -> Vec<Finding> {
    let describe = |meter: Attached| {
        let what = format!("power instrument: {} on {}", meter.kind.title(), meter.port);
        match meter.permitted {
            true => Finding::fine(what),
            false => Finding::absent(
                &format!("{what}, no permission to use it"),
                match meter.kind {
                    Kind::Joulescope => {
                        "copy 99-joulescope.rules of its maker's driver to /etc/udev/rules.d, then plug it \
                         in anew"
                    }
                    Kind::Ppk2 | Kind::Lpm01a => {
                        "join the group that owns the port: `sudo usermod -aG dialout $USER`, then log in \
                         anew"
                    }
                },
            ),
        }
    };
    attached().into_iter().map(describe).collect()
}

fn report(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let mark = match finding.state {
            State::Fine => "ok",
            State::Absent => "-",
            State::Missing => "MISSING",
        };
        lines.push(format!("{mark:<8}{}", finding.what));
        for line in finding.advice.iter().flat_map(|advice| advice.lines()) {
            lines.push(format!("{:8}  {line}", ""));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_has_a_line_and_advice_below_it() {
        let findings = [
            Finding::fine("project: /p".to_owned()),
            Finding::missing("compiler".to_owned(), "install one\nor another".to_owned()),
            Finding::absent("probe", "connect one"),
        ];
        insta::assert_snapshot!(report(&findings));
    }
}
