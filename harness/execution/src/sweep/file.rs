//! The file of a sweep.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use probe_rs::probe::DebugProbeSelector;
use serde::Deserialize;
use tinybench_support::suggest;

use super::MAX_MODELS;
use super::options::FileOptions;
use crate::target::select::On;

/// What can be in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    boards: Vec<String>,
    #[serde(default)]
    pub models: Vec<String>,
    #[serde(default)]
    pub workloads: Vec<String>,
    pub suite: Option<String>,
    #[serde(default)]
    pub runtimes: Vec<String>,
    pub reference: Option<PathBuf>,
    #[serde(default)]
    pub on: On,
    #[serde(default)]
    probes: BTreeMap<String, String>,
    #[serde(default)]
    pub options: FileOptions,
}

/// A board, and the probe that it is behind, if one is named.
pub(super) struct SweptBoard {
    pub name: String,
    pub probe: Option<DebugProbeSelector>,
}

impl File {
    /// The boards, each once.
    pub fn boards(&self) -> Result<Vec<SweptBoard>, String> {
        let mut seen = HashSet::new();
        if let Some(twice) = self.boards.iter().find(|name| !seen.insert(*name)) {
            return Err(format!("`boards` has `{twice}` twice"));
        }
        if self.boards.is_empty() {
            return Err("`boards` names none".to_owned());
        }
        if let Some(name) = self.probes.keys().find(|name| !self.boards.contains(name)) {
            let hint = suggest::hint(name, &self.boards);
            return Err(format!("`probes` has `{name}`, which isn't among the boards; {hint}"));
        }
        let board = |name: &String| {
            let text = self.probes.get(name);
            let probe = text.map(|text| {
                text.parse().map_err(|_| {
                    format!("`{text}` is no probe: it must be VID:PID or VID:PID:SERIAL")
                })
            });
            Ok(SweptBoard {
                name: name.clone(),
                probe: probe.transpose()?,
            })
        };
        self.boards.iter().map(board).collect()
    }
}

/// The files in `folder` that the patterns match, each once, those of a pattern in the order of their
/// paths.
pub(super) fn matching(folder: &Path, patterns: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut seen = HashSet::new();
    let mut models = Vec::new();
    for pattern in patterns {
        let place = folder.to_string_lossy();
        let whole = match Path::new(pattern).is_absolute() || place.is_empty() {
            true => pattern.clone(),
            false => format!("{}/{pattern}", glob::Pattern::escape(&place)),
        };
        let found = glob::glob(&whole).map_err(|error| format!("`{pattern}`: {}", error.msg))?;
        let mut any = false;
        for path in found {
            let path = path.map_err(|error| format!("`{pattern}`: {error}"))?;
            if path.is_dir() {
                continue;
            }
            any = true;
            if seen.insert(path.clone()) {
                models.push(path);
            }
            if models.len() > MAX_MODELS {
                return Err(format!("`models` are more than {MAX_MODELS}"));
            }
        }
        if !any {
            return Err(format!("`models` has `{pattern}`, which matches no file"));
        }
    }
    Ok(models)
}
