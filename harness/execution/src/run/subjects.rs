//! The subjects of a run: what is asked for becomes models with their inputs and references, each
//! with the runtime that it is measured on, all checked before anything is built.

use std::time::Duration;

use tinybench_inputs::board::Board;
use tinybench_inputs::fetch::{self, Cache, Origin};
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::{self, HostRuntime, Interpreter, UnknownRuntime};
use tinybench_inputs::subject::{OfDataset, Placed, Subject};
use tinybench_inputs::suite::variants::Variants;
use tinybench_inputs::suite::{Contents, STANDARD, Suite, SuiteError};
use tinybench_inputs::workload::{MAX_DATA_BYTES, Workloads};
use tinybench_record::shard;
use tinybench_record::{LeftOut, Shard, ShardSubject};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::files;
use tinybench_support::progress::Progress;
use tinybench_support::suggest;

use super::request::{Request, What};

/// Folder of reference vectors beside the models in a folder that a suite is taken from.
const GOLDEN: &str = "golden";

/// How long a server may be silent while a suite's models are fetched for a run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Nothing is asked for, and there is nothing to take instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing to run: the project has no workloads, and no --model is given")]
pub struct NothingToRun;

/// A suite's model isn't there yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{file} of the suite `{suite}` isn't in the cache: run `tinybench fetch {suite}`, or name the \
     folder or mirror that has it with --from"
)]
pub struct NotFetched {
    /// The suite.
    pub suite: String,
    /// The model's file.
    pub file: String,
}

exits_with!(NothingToRun => Usage, NotFetched => Input);

/// What is to be measured.
pub struct Selection {
    /// Workloads of the project.
    workloads: Vec<String>,
    /// The suite whose models are fetched, if one was asked for.
    pub suite: Option<Suite>,
    /// Variants of workloads.
    variants: Option<Variants>,
}

impl Selection {
    /// What is asked for; the standard set if nothing is.
    ///
    /// # Errors
    /// Suites and workloads that there aren't, and what doesn't go together.
    pub fn new(what: &What, project: &Project) -> Result<Self, Failure> {
        let workloads = what.workloads.clone();
        let name = match &what.suite {
            Some(name) => name.as_str(),
            None if !workloads.is_empty() || !what.models.is_empty() => {
                return Ok(Self {
                    workloads,
                    suite: None,
                    variants: None,
                });
            }
            None if !project.suites().exists() => return Err(NothingToRun.into()),
            None => STANDARD,
        };
        let suite = Suite::load(&project.suites(), name)?;
        match &suite.contents {
            _ if what.data.is_some() && !matches!(suite.contents, Contents::Models(_)) => {
                Err(SuiteError::NoDatasets(suite.name).into())
            }
            Contents::Models(_) => Ok(Self {
                workloads: Vec::new(),
                suite: Some(suite),
                variants: None,
            }),
            Contents::Variants(_) if what.from.is_some() => {
                Err(SuiteError::NothingToFetch(suite.name).into())
            }
            Contents::Variants(variants) => Ok(Self {
                workloads: Vec::new(),
                suite: None,
                variants: Some(variants.clone()),
            }),
            Contents::Workloads(all) => {
                if what.from.is_some() {
                    return Err(SuiteError::NothingToFetch(suite.name).into());
                }
                if let Some(name) = workloads.iter().find(|name| !all.contains(name)) {
                    return Err(SuiteError::NoSuchModel {
                        suite: suite.name,
                        name: name.clone(),
                        hint: suggest::hint(name, all),
                    }
                    .into());
                }
                let workloads = if workloads.is_empty() {
                    all.clone()
                } else {
                    workloads
                };
                Ok(Self {
                    workloads,
                    suite: None,
                    variants: None,
                })
            }
        }
    }
}

/// A runtime and what is measured on it.
pub type Selected = (&'static dyn HostRuntime, Subject);

/// Everything that a run measures.
pub struct Subjects {
    /// In the order in which they are measured.
    pub subjects: Vec<Selected>,
    /// Variants that don't fit the board.
    pub left_out: Vec<LeftOut>,
    /// Which part of a run they are, if it is split.
    pub shard: Option<Shard>,
}

/// Everything the user named, each with its runtime, read and checked before anything is built.
///
/// # Errors
/// The first subject that can't be read, isn't in the cache or doesn't fit the board.
pub fn subjects(
    request: &Request,
    project: &Project,
    selection: &Selection,
    board: &Board,
    progress: &mut Progress,
) -> Result<Subjects, Failure> {
    let what = &request.what;
    let workloads = Workloads::open(&project.models())?;
    let (mut subjects, mut left_out) = (Vec::new(), Vec::new());
    for named in named_runtimes(&what.runtimes)? {
        let mut unread = Vec::new();
        let chosen = |model: &[u8]| named.unwrap_or_else(|| runtimes::for_model(model));
        for name in &selection.workloads {
            let workload = workloads.load(name)?;
            let runtime = chosen(&workload.model);
            let of_a_set = what.workloads.is_empty() && named.is_some();
            if of_a_set && !runtime.reads(&workload.model) {
                unread.push(name.as_str());
                continue;
            }
            subjects.push((runtime, Subject::from_workload(workload, runtime, board)?));
        }
        if let Some(runtime) = named
            && !unread.is_empty()
        {
            progress.note(&format!(
                "left out, for the runtime {} doesn't read their models: {}",
                runtime.name(),
                unread.join(", ")
            ));
        }
        if let Some(variants) = &selection.variants {
            let runtime = named.unwrap_or(&Interpreter);
            let folder = project.compressed();
            for variant in variants.select(&what.workloads)? {
                let workload = workloads.load(&variant.workload)?;
                let subject =
                    Subject::from_variant(variants, variant, workload, &folder, runtime, board);
                match subject? {
                    Placed::Fits(subject) => subjects.push((runtime, *subject)),
                    // That is a finding of the comparison; who asks for it by name gets an error.
                    Placed::TooBig { left_out: it, .. } if what.workloads.is_empty() => {
                        progress.note(&format!("{} is left out: {}", it.workload, it.reason));
                        left_out.push(*it);
                    }
                    Placed::TooBig { error, .. } => return Err(error.into()),
                }
            }
        }
        if let Some(suite) = &selection.suite {
            let runtime = named.unwrap_or(&Interpreter);
            for subject in fetched(request, suite, runtime, board, progress)? {
                subjects.push((runtime, subject));
            }
        }
        for path in &what.models {
            let model = files::read(path, MAX_DATA_BYTES)?;
            let runtime = chosen(&model);
            let subject = match &what.stream {
                Some(stream) => Subject::from_stream(path, model, stream, runtime, board)?,
                None => {
                    let given = what.given(request.vectors);
                    Subject::from_model(path, model, &given, runtime, board)?
                }
            };
            subjects.push((runtime, subject));
        }
    }
    let (subjects, shard) =
        shard::select(request.shard, subjects, |(runtime, subject)| ShardSubject {
            workload: subject.name.clone(),
            runtime: runtime.name().to_owned(),
        })?;
    Ok(Subjects {
        subjects,
        left_out,
        shard,
    })
}

/// The runtimes of these names; one `None` if each model is for the one that reads it.
fn named_runtimes(
    names: &[String],
) -> Result<Vec<Option<&'static dyn HostRuntime>>, UnknownRuntime> {
    if names.is_empty() {
        return Ok(vec![None]);
    }
    let found = names.iter().map(|name| runtimes::find(name));
    found.map(|it| it.map(Some)).collect()
}

/// The models of a suite, from the cache or from where the user says.
fn fetched(
    request: &Request,
    suite: &Suite,
    runtime: &dyn HostRuntime,
    board: &Board,
    progress: &mut Progress,
) -> Result<Vec<Subject>, Failure> {
    let what = &request.what;
    let models = suite.models()?;
    let cache = Cache::of_the_user()?;
    let origin = what.from.as_deref().map(Origin::from);
    let golden = match &origin {
        Some(Origin::Folder(folder)) => Some(folder.join(GOLDEN)),
        _ => None,
    };
    let mut subjects = Vec::new();
    for model in suite.select(&what.workloads)? {
        let url = models.url_of(model);
        let wanted = suite.wanted(model, &url);
        let path = match &origin {
            Some(origin) => {
                progress.set_subject(model.file());
                fetch::fetch(&cache, &wanted, origin, PATIENCE, progress)?
            }
            None => cache.get(&wanted).ok_or_else(|| NotFetched {
                suite: suite.name.clone(),
                file: model.file().to_owned(),
            })?,
        };
        let golden = golden.as_deref();
        subjects.push(match &what.data {
            None => Subject::from_fetched(models, model, &path, golden, runtime, board)?,
            Some(data) => {
                let set = OfDataset {
                    folder: data,
                    vectors: request.vectors,
                };
                Subject::from_dataset(model, &path, set, runtime, board, progress)?
            }
        });
    }
    Ok(subjects)
}
