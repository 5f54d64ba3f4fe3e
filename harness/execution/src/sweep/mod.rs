//! Sweeps: one file asks for the cross product of boards, options, runtimes and models. Each board with
//! one set of options is a part, which becomes a run of its own with a record of its own: a record is
//! of one board.

mod file;
mod options;

use std::path::{Path, PathBuf};

use tinybench_support::exits_with;
use tinybench_support::files::{self, ReadError};
use tinybench_support::printable::{printable, printable_lines, printable_path};

use crate::build::Opt;
use crate::run::{Request, What};
use crate::target::select::On;
use file::File;
use options::Options;

/// Largest file of a sweep, bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Most parts: boards times options.
const MAX_PARTS: usize = 1_000;

/// Most models.
const MAX_MODELS: usize = 100_000;

/// What is to be swept.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The file.
    pub path: PathBuf,
    /// The file's name without its extension.
    pub name: String,
    /// The parts, in the order of the boards and then of the options.
    pub parts: Vec<Part>,
}

/// A board with one set of options.
#[derive(Clone, Debug)]
pub struct Part {
    /// Name of the board, and of the options in which parts differ.
    pub label: String,
    /// What is asked of it.
    pub request: Request,
}

impl Part {
    /// The label as the stem of a file's name.
    pub fn stem(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let parts = self.label.split(|c| !plain(c));
        parts
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }
}

/// A sweep can't be done.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The file can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It isn't TOML, or has what there isn't.
    #[error(
        "{} is not a sweep: {}",
        printable_path(path),
        printable_lines(message.trim_end())
    )]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// It contradicts itself, or names what there isn't.
    #[error("{}: {}", printable_path(path), printable(problem))]
    Value {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

exits_with!(SweepError => Input);

impl Sweep {
    /// Reads a sweep's file and finds the models that it names.
    ///
    /// # Errors
    /// It can't be read, is none, or a pattern matches no file.
    pub fn load(path: &Path) -> Result<Self, SweepError> {
        let text = files::read_text(path, MAX_FILE_BYTES)?;
        Self::parse(&text, path)
    }

    /// As [`Self::load`], of the text of the file at `path`.
    ///
    /// # Errors
    /// The text is none, or a pattern matches no file.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SweepError> {
        let file: File = toml::from_str(text).map_err(|error| SweepError::Syntax {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        let value = |problem| SweepError::Value {
            path: path.to_owned(),
            problem,
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let sets = Options::product(&file.options).map_err(value)?;
        let boards = file.boards().map_err(value)?;
        let parts = boards.len().saturating_mul(sets.len());
        if parts > MAX_PARTS {
            return Err(value(format!(
                "boards and options make {parts} parts, and the limit is {MAX_PARTS}"
            )));
        }
        let what = What {
            workloads: file.workloads,
            suite: file.suite,
            from: None,
            data: None,
            inputs: None,
            steps: None,
            labels: None,
            models: file::matching(folder, &file.models).map_err(value)?,
            names: Vec::new(),
            reference: file.reference.map(|path| folder.join(path)),
            stream: None,
            runtimes: file.runtimes,
            image: None,
            function: None,
        };
        if what.reference.is_some() && what.models.is_empty() {
            return Err(value(
                "`reference` is for `models`, and there are none".to_owned(),
            ));
        }
        let mut all = Vec::new();
        for board in boards {
            for options in &sets {
                let label = match options.label.as_str() {
                    "" => board.name.clone(),
                    options => format!("{}, {options}", board.name),
                };
                let request = Request {
                    board: board.name.clone(),
                    power: options.power.clone(),
                    on: if board.probe.is_some() {
                        On::Probe
                    } else {
                        file.on
                    },
                    probe: board.probe.clone(),
                    what: what.clone(),
                    shard: None,
                    runs: options.runs,
                    vectors: options.vectors,
                    timeout: options.timeout,
                    layouts: None,
                    opt: Opt::default(),
                    from_source: false,
                    profile: false,
                    duty_cycle: options.duty_cycle,
                    metering: None,
                    commit: None,
                };
                all.push(Part { label, request });
            }
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self {
            path: path.to_owned(),
            name: printable(&name).into_owned(),
            parts: all,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use proptest::prelude::*;
    use tinybench_inputs::subject::VectorCount;

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "zoo/b.tflite",
            "zoo/deep/c.tflite",
            "zoo/a.tflite",
            "zoo/a.txt",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        folder
    }

    fn parse(text: &str) -> Result<Sweep, String> {
        let folder = folder();
        let path = folder.path().join("small.toml");
        Sweep::parse(text, &path).map_err(|error| {
            let text = error.to_string();
            text.replace(&folder.path().display().to_string(), "")
        })
    }

    #[test]
    fn boards_options_and_models_are_multiplied() {
        let sweep = parse(
            "boards = [\"nano33\", \"nucleo-l4r5zi\"]\n\
             models = [\"zoo/**/*.tflite\", \"zoo/a.tflite\"]\n\
             runtimes = [\"interpreter\"]\n\
             [options]\nvectors = [3, \"all\"]\nruns = 1\ntimeout = \"5s\"\n",
        )
        .unwrap();
        assert_eq!(sweep.name, "small");
        let labels: Vec<_> = sweep.parts.iter().map(|part| part.label.as_str()).collect();
        assert_eq!(
            labels,
            [
                "nano33, vectors 3",
                "nano33, vectors all",
                "nucleo-l4r5zi, vectors 3",
                "nucleo-l4r5zi, vectors all"
            ]
        );
        assert_eq!(sweep.parts[3].stem(), "nucleo-l4r5zi-vectors-all");
        let request = &sweep.parts[1].request;
        assert_eq!(request.board, "nano33");
        assert_eq!((request.vectors, request.runs), (VectorCount::All, 1));
        assert_eq!(request.timeout, Duration::from_secs(5));
        let models: Vec<_> = request
            .what
            .models
            .iter()
            .map(|it| it.file_name().unwrap())
            .collect();
        assert_eq!(models, ["a.tflite", "b.tflite", "c.tflite"]);
    }

    #[test]
    fn a_board_behind_a_probe_says_so() {
        let sweep = parse("boards = [\"nano33\"]\n[probes]\nnano33 = \"1366:1051:123\"\n").unwrap();
        let request = &sweep.parts[0].request;
        assert_eq!(
            (request.on, sweep.parts[0].label.as_str()),
            (On::Probe, "nano33")
        );
        assert_eq!(request.probe.as_ref().unwrap().to_string(), "1366:1051:123");
    }

    #[test]
    fn what_cannot_be_swept_is_refused_with_the_place() {
        let said: Vec<_> = [
            "",
            "boards = []",
            "boards = [\"a\", \"a\"]",
            "boards = [\"a\"]\nbards = 1",
            "boards = [\"a\"]\nmodels = [\"zoo/*.onnx\"]",
            "boards = [\"a\"]\nmodels = [\"zoo/***\"]",
            "boards = [\"a\"]\nreference = \"zoo\"",
            "boards = [\"a\"]\n[options]\nruns = 0",
            "boards = [\"a\"]\n[options]\nruns = [1, 1]",
            "boards = [\"a\"]\n[options]\nvectors = \"some\"",
            "boards = [\"a\"]\n[options]\nvectors = []",
            "boards = [\"a\"]\n[options]\ncell = \"cr2023\"\nevery = \"1s\"",
            "boards = [\"a\"]\n[options]\ncell = \"cr2032\"",
            "boards = [\"a\"]\n[options]\ntimeout = \"soon\"",
            "boards = [\"a\"]\n[probes]\nb = \"1366:1051\"",
            "boards = [\"a\"]\n[probes]\na = \"\u{1b}\"",
        ]
        .map(|text| parse(text).unwrap_err())
        .into();
        insta::assert_snapshot!(said.join("\n--\n"));
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_file_is_told_safely(text in "\\PC*|(boards|models|on|options|=|\\[|\\]|\"a\"|\n|1|[.])*") {
            if let Err(error) = Sweep::parse(&text, Path::new("sweep.toml")) {
                let text = error.to_string();
                prop_assert!(!text.replace('\n', "").contains(tinybench_support::printable::is_hazard));
            }
        }
    }
}
