//! Choosing the target of a run: a probe that is attached, or a virtual board.

use crate::target::relay;
use crate::target::virtual_board::{OpenVirtual, VirtualBoardError};
use probe_rs::probe::list::{Accessibility, Lister, ProbeListItem};
use probe_rs::probe::{DebugProbeSelector, Probe};
use tinybench_inputs::board::Board;
use tinybench_support::error_chain::describe;
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::printable::printable;

/// What a run may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// A probe that is attached, otherwise the virtual board.
    #[default]
    Auto,
    /// A probe.
    Probe,
    /// The virtual board.
    Virtual,
}

/// What was chosen, not yet opened.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The only probe that is attached, or the one that was asked for.
    Probe {
        /// What identifies the probe.
        selector: DebugProbeSelector,
        /// The probe's name, for people.
        name: String,
    },
    /// The virtual board, and why it is used.
    Virtual(String),
}

/// Why nothing could be chosen or opened.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// A probe and the virtual board were asked for.
    #[error("--probe and --on virtual contradict each other")]
    Contradiction,
    /// There is no probe, and one was demanded.
    #[error(
        "no debug probe is attached; connect one, or use --on virtual (`tinybench doctor` shows \
         what is seen)"
    )]
    NoProbe,
    /// There are probes, but the user may not use them.
    #[error(
        "no permission to use {0}; install probe-rs's udev rules (https://probe.rs/docs/\
         getting-started/probe-setup)"
    )]
    NoPermission(String),
    /// There are several probes.
    #[error("several debug probes are attached; choose one with --probe:\n{}", .0.join("\n"))]
    Several(Vec<String>),
    /// The board has no virtual counterpart.
    #[error("there is no virtual {board}; connect a board and use --on probe")]
    NoVirtualBoard {
        /// The board.
        board: String,
    },
    /// The probe can't be opened.
    #[error("can't open the debug probe {selector}: {reason}")]
    Open {
        /// The probe.
        selector: DebugProbeSelector,
        /// What probe-rs says.
        reason: String,
    },
    /// The virtual board can't be made.
    #[error(transparent)]
    Virtual(#[from] VirtualBoardError),
}

impl Exits for SelectError {
    fn exit(&self) -> Exit {
        match self {
            Self::Contradiction => Exit::Usage,
            Self::Virtual(_) => Exit::Input,
            _ => Exit::NoTarget,
        }
    }
}

/// Chooses between the probes that are attached and the virtual board.
pub fn choose(
    on: On,
    selector: Option<DebugProbeSelector>,
    board: &Board,
    probes: &[ProbeListItem],
) -> Result<Choice, SelectError> {
    if let Some(selector) = selector {
        if on == On::Virtual {
            return Err(SelectError::Contradiction);
        }
        let name = probes
            .iter()
            .find(|probe| selector.matches_probe(&probe.info))
            .map_or_else(|| selector.to_string(), |probe| name(&probe.info));
        return Ok(Choice::Probe { selector, name });
    }
    if on == On::Virtual {
        return virtual_board(board, "as --on virtual asks".to_owned());
    }
    let usable: Vec<_> = probes
        .iter()
        .filter(|probe| probe.accessibility == Accessibility::Accessible)
        .collect();
    match (usable.as_slice(), probes.first()) {
        ([probe], _) => Ok(Choice::Probe {
            selector: (&probe.info).into(),
            name: name(&probe.info),
        }),
        ([], None) if on == On::Auto => {
            virtual_board(board, "no debug probe is attached".to_owned())
        }
        ([], Some(probe)) if on == On::Auto => {
            virtual_board(board, format!("no permission to use {}", name(&probe.info)))
        }
        ([], None) => Err(SelectError::NoProbe),
        ([], Some(probe)) => Err(SelectError::NoPermission(name(&probe.info))),
        (several, _) => Err(SelectError::Several(
            several
                .iter()
                .map(|probe| {
                    let selector = DebugProbeSelector::from(&probe.info);
                    format!("  --probe {selector}  ({})", probe.info.identifier)
                })
                .collect(),
        )),
    }
}

fn virtual_board(board: &Board, why: String) -> Result<Choice, SelectError> {
    if board.virtual_board.is_none() {
        return Err(SelectError::NoVirtualBoard {
            board: board.name.clone(),
        });
    }
    Ok(Choice::Virtual(why))
}

/// A probe's name and serial number.
fn name(info: &probe_rs::probe::DebugProbeInfo) -> String {
    match &info.serial_number {
        Some(serial) => format!("{} {serial}", info.identifier),
        None => info.identifier.clone(),
    }
}

impl Choice {
    /// Opens the probe, or has a virtual board made and the probe on it opened.
    pub fn open(
        &self,
        board: &Board,
        lister: &Lister,
        open_virtual: OpenVirtual,
    ) -> Result<Probe, SelectError> {
        match self {
            Self::Probe { selector, .. } => {
                let unopened = |reason| SelectError::Open {
                    selector: selector.clone(),
                    reason,
                };
                let relayed =
                    relay::relayed(selector).map_err(|error| unopened(error.to_string()))?;
                lister
                    .open(relayed)
                    .map_err(|error| unopened(describe(&error)))
            }
            Self::Virtual(_) => Ok(open_virtual(board)?),
        }
    }

    /// The probe's name in the record.
    pub fn probe_name(&self, board: &Board) -> String {
        match self {
            // A serial number can hold anything.
            Self::Probe { name, .. } => printable(name).into_owned(),
            Self::Virtual(_) => format!("virtual {}", board.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use probe_rs::probe::{DebugProbeInfo, jlink::JLinkFactory};

    use super::*;

    fn board() -> Board {
        let text = include_str!("../../../../targets/boards/nano33.toml");
        Board::parse(text, Path::new("nano33.toml")).unwrap().board
    }

    fn probe(serial: &str, accessibility: Accessibility) -> ProbeListItem {
        let info = DebugProbeInfo::new(
            "J-Link",
            0x1366,
            0x1051,
            Some(serial.to_owned()),
            &JLinkFactory,
            None,
            false,
        );
        ProbeListItem {
            info,
            accessibility,
        }
    }

    fn usable(serial: &str) -> ProbeListItem {
        probe(serial, Accessibility::Accessible)
    }

    fn name_of(choice: Result<Choice, SelectError>) -> String {
        choice.unwrap().probe_name(&board())
    }

    #[test]
    fn auto_takes_the_probe_that_is_there_and_otherwise_the_virtual_board() {
        assert_eq!(
            name_of(choose(On::Auto, None, &board(), &[usable("1")])),
            "J-Link 1"
        );
        assert_eq!(
            name_of(choose(On::Auto, None, &board(), &[])),
            "virtual nano33"
        );
        let forbidden = [probe("1", Accessibility::PermissionDenied)];
        assert_eq!(
            choose(On::Auto, None, &board(), &forbidden).unwrap(),
            Choice::Virtual("no permission to use J-Link 1".to_owned())
        );
    }

    #[test]
    fn a_probe_can_be_demanded() {
        let error = choose(On::Probe, None, &board(), &[]).unwrap_err();
        assert_eq!(error.exit(), Exit::NoTarget);
        assert!(
            error.to_string().starts_with("no debug probe is attached"),
            "{error}"
        );
        let forbidden = [probe("1", Accessibility::PermissionDenied)];
        let error = choose(On::Probe, None, &board(), &forbidden).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("no permission to use J-Link 1"),
            "{error}"
        );
    }

    #[test]
    fn among_several_probes_the_user_chooses() {
        let probes = [usable("1"), usable("2")];
        let error = choose(On::Auto, None, &board(), &probes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "several debug probes are attached; choose one with --probe:\n  --probe 1366:1051:1  \
             (J-Link)\n  --probe 1366:1051:2  (J-Link)"
        );
        let selector = "1366:1051:2".parse().unwrap();
        assert_eq!(
            name_of(choose(On::Auto, Some(selector), &board(), &probes)),
            "J-Link 2"
        );
    }

    #[test]
    fn a_probe_and_the_virtual_board_exclude_each_other() {
        let selector = Some("1366:1051".parse().unwrap());
        let error = choose(On::Virtual, selector, &board(), &[]).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
    }

    #[test]
    fn a_board_may_have_no_virtual_counterpart() {
        let mut board = board();
        board.virtual_board = None;
        let error = choose(On::Auto, None, &board, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no virtual nano33; connect a board and use --on probe"
        );
    }
}
