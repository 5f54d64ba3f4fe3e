//! A subject before it is read. Of a thousand models only those are in memory that are being measured.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::dataset::LABELS;
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::Runtime;
use tinybench_inputs::subject::{self, OfDataset, Subject, read_model};
use tinybench_inputs::suite::Suite;
use tinybench_inputs::workload::{AUDIO_SUFFIX, MAX_DATA_BYTES, Workloads};
use tinybench_record::{self as record, Other, ShardSubject};
use tinybench_support::exit::Failure;
use tinybench_support::files;
use tinybench_support::hash::sha256_hex;
use tinybench_support::progress::Progress;

use super::setting::Setting;
use crate::build;
use crate::function;

/// What is to be measured, by its names.
pub struct Planned {
    /// Name of the workload, or what a model of the user's own is called.
    pub name: String,
    /// What it is measured on.
    pub runtime: Arc<Runtime>,
    pub(super) source: Source,
}

/// Where a subject comes from.
pub(super) enum Source {
    /// A workload of the project.
    Workload(Arc<Workloads>),
    /// One that had to be made to see whether it fits.
    Ready(Box<Subject>),
    /// A model of a suite.
    Fetched(Fetched),
    /// The user's own model.
    Model(PathBuf),
    /// A function of the program at this path, and not a model.
    Function(PathBuf, function::Asked),
}

/// A model of a suite that was fetched to `path`.
pub(super) struct Fetched {
    pub suite: Arc<Suite>,
    /// Its place in the suite.
    pub index: usize,
    pub path: PathBuf,
    /// Folder of its reference vectors, unless those of the suite are taken.
    pub golden: Option<PathBuf>,
}

impl Planned {
    /// Its names in a record.
    pub fn names(&self) -> ShardSubject {
        ShardSubject {
            workload: self.name.clone(),
            runtime: self.runtime.name().to_owned(),
        }
    }

    /// Orders workloads by how long they take: without a floating-point unit a front end takes longer than any model,
    /// and a stream to learn from has more samples than others have vectors.
    pub(super) fn length(&self) -> (bool, bool, u64) {
        let Source::Workload(workloads) = &self.source else {
            return Default::default();
        };
        let card = workloads.card(&self.name).ok();
        let learns = card.as_ref().is_some_and(|it| it.learning.is_some());
        let macs = card.map_or(0, |it| it.model.macs);
        (self.name.ends_with(AUDIO_SUFFIX), learns, macs)
    }

    /// Reads and checks it.
    ///
    /// # Errors
    /// It can't be read, isn't supported or doesn't fit the board.
    pub fn load(
        &self,
        setting: &Setting,
        progress: &mut Progress,
    ) -> Result<Cow<'_, Subject>, Failure> {
        let (what, board, runtime) = (&setting.request.what, &setting.board, self.runtime.host());
        self.runtime.manifest()?;
        let subject = match &self.source {
            Source::Ready(subject) => return Ok(Cow::Borrowed(subject.as_ref())),
            Source::Workload(workloads) => {
                Subject::from_workload(workloads.load(&self.name)?, runtime, board)
            }
            Source::Fetched(it) => {
                let (models, path) = (it.suite.models()?, &it.path);
                let model = &models.models[it.index];
                match &what.data {
                    None => {
                        let golden = it.golden.as_deref();
                        Subject::from_fetched(models, model, path, golden, runtime, board)
                    }
                    Some(folder) => {
                        let vectors = setting.request.vectors;
                        let set = OfDataset { folder, vectors };
                        Subject::from_dataset(model, path, set, runtime, board, progress)
                    }
                }
            }
            Source::Function(..) => unreachable!("a function is called, and no model loaded"),
            Source::Model(path) => {
                let model = read_model(path)?;
                let read = match &what.stream {
                    Some(stream) => Subject::from_stream(path, model, stream, runtime, board),
                    None => {
                        let given = what.given(setting.request.vectors);
                        Subject::from_model(path, model, &given, runtime, board)
                    }
                };
                read.map(|subject| Subject {
                    name: self.name.clone(),
                    ..subject
                })
            }
        };
        let boards = || known_boards(setting.project);
        Ok(Cow::Owned(subject.map_err(|error| error.advised(boards))?))
    }

    /// Its model, as a failure names it: as far as it can be read.
    pub fn model(&self) -> Option<record::Model> {
        let path = match &self.source {
            Source::Workload(workloads) => {
                let card = workloads.card(&self.name).ok()?;
                workloads
                    .card_path(&self.name)
                    .ok()?
                    .with_file_name(card.model.file)
            }
            Source::Ready(subject) => subject.model_path.clone(),
            Source::Fetched(Fetched { path, .. }) | Source::Model(path) => path.clone(),
            Source::Function(..) => return None,
        };
        let bytes = files::read(&path, MAX_DATA_BYTES).ok()?;
        Some(record::Model {
            name: subject::name_of(&path),
            sha256: Some(sha256_hex(&bytes)),
            bytes: Some(bytes.len() as u64),
            macs: None,
            parameters: None,
            other: Other::new(),
        })
    }

    /// A hash of everything that it is read from, hexadecimal: of a workload the files that hold the
    /// hashes of all others.
    pub fn fingerprint(&self, setting: &Setting) -> String {
        let what = &setting.request.what;
        let mut files = Vec::new();
        let mut text = String::new();
        match &self.source {
            Source::Workload(workloads) => {
                if let Ok(card) = workloads.card_path(&self.name) {
                    let folder = card.parent().unwrap_or(Path::new("."));
                    files.extend(named(folder, |name| name.ends_with(".toml")));
                }
            }
            Source::Ready(subject) => {
                for bytes in [&subject.model, &subject.inputs, &subject.outputs] {
                    text += &sha256_hex(bytes);
                }
            }
            Source::Fetched(it) => {
                if let Ok(models) = it.suite.models() {
                    text = format!("{:?} {:?}", models.models.get(it.index), models.vectors);
                }
                files.push(it.path.clone());
                files.extend(references(it.golden.as_deref(), &it.path));
                // Of a data set its labels stand for all of it: a benchmark's is fixed.
                files.extend(what.data.iter().flat_map(|folder| labels_of(folder)));
            }
            Source::Function(_, asked) => {
                text = format!("{asked:?}");
                files.extend(asked.result.as_ref().map(|(_, path)| path.clone()));
            }
            Source::Model(path) => {
                files.push(path.clone());
                files.extend(what.stream.clone());
                for folder in [&what.reference, &what.inputs] {
                    files.extend(references(folder.as_deref(), path));
                }
                files.extend(what.labels.as_ref().map(|(path, _)| path.clone()));
            }
        }
        // The project's own runtimes are part of what a journal's question names.
        if self
            .runtime
            .manifest
            .as_ref()
            .is_ok_and(|it| it.host.is_none())
        {
            match &self.runtime.image {
                Some(image) => files.push(image.clone()),
                None => text += &build::hash_of(&self.runtime.folder).unwrap_or_default(),
            }
        }
        for file in files {
            // What can't be read has no hash, and is another thing once it can be.
            let hash = files::read(&file, MAX_DATA_BYTES).map(|bytes| sha256_hex(&bytes));
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            text += &format!("\n{name} {}", hash.unwrap_or_default());
        }
        sha256_hex(text.as_bytes())
    }
}

/// All boards of the project, for who looks for a larger one.
pub(super) fn known_boards(project: &Project) -> Vec<Board> {
    let boards = Boards::open(&project.boards());
    boards.map_or(Vec::new(), |boards| boards.readable())
}

/// The files of a folder of reference vectors that belong to a model, sorted.
fn references(folder: Option<&Path>, model: &Path) -> Vec<PathBuf> {
    let prefix = format!("{}.", subject::stem(model));
    folder.map_or_else(Vec::new, |folder| {
        named(folder, |name| name.starts_with(&prefix))
    })
}

/// The lists of labels of a data set, or of a folder of data sets.
fn labels_of(folder: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = inside
        .map(|entry| entry.path())
        .chain([folder.to_owned()])
        .map(|folder| folder.join(LABELS))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// The regular files of `folder` whose names are as asked for, sorted.
fn named(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries
        .filter(|entry| wanted(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths
}
