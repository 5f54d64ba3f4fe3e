//! The subjects of a run: what is asked for becomes a list of models, each with the runtime that it is
//! measured on. They are read when their turn comes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tinybench_inputs::board::Board;
use tinybench_inputs::fetch::{self, Cache, Origin};
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::{Runtime, Runtimes, UnknownRuntime, engine_for};
use tinybench_inputs::subject::{Placed, Subject};
use tinybench_inputs::suite::variants::Variants;
use tinybench_inputs::suite::{Contents, STANDARD, Suite, SuiteError};
use tinybench_inputs::workload::Workloads;
use tinybench_record::shard;
use tinybench_record::{LeftOut, Shard};
use tinybench_support::exit::Failure;
use tinybench_support::exits_with;
use tinybench_support::files::ReadError;
use tinybench_support::progress::Progress;
use tinybench_support::suggest;

use super::planned::{Fetched, Planned, Source, known_boards};
use super::request::{Request, What};

/// Folder of reference vectors beside the models in a folder that a suite is taken from.
const GOLDEN: &str = "golden";

/// How long a server may be silent while a suite's models are fetched for a run.
const PATIENCE: Duration = Duration::from_secs(30);

/// The beginning of a TensorFlow Lite model, as far as its runtime is told by it.
const TENSORFLOW_LITE: [u8; 8] = *b"\0\0\0\0TFL3";

/// Bytes of a model's beginning that tell which runtime reads it.
const HEAD_BYTES: u64 = 64;

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

/// Two runtimes couldn't be told apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "two runtimes are called `{name}`, in {} and {}: give one of them another name in its runtime.toml",
    folders[0],
    folders[1]
)]
pub struct SameName {
    /// The name of both.
    pub name: String,
    /// Their folders.
    pub folders: [String; 2],
}

exits_with!(NothingToRun => Usage, NotFetched => Input, SameName => Usage);

/// What is to be measured.
pub struct Selection {
    /// Workloads of the project.
    workloads: Vec<String>,
    /// The suite whose models are fetched, if one was asked for.
    pub suite: Option<Arc<Suite>>,
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
            None if !workloads.is_empty() || !what.models.is_empty() || what.function.is_some() => {
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
                suite: Some(Arc::new(suite)),
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

/// Everything that a run measures.
pub struct Subjects {
    /// In the order of the record.
    pub planned: Vec<Planned>,
    /// Variants that don't fit the board.
    pub left_out: Vec<LeftOut>,
    /// Which part of a run they are, if it is split.
    pub shard: Option<Shard>,
}

/// Everything the user named, each with its runtime.
///
/// # Errors
/// What there isn't: a workload, a file, a fetched model that isn't in the cache.
pub fn subjects(
    request: &Request,
    project: &Project,
    selection: &Selection,
    board: &Board,
    progress: &mut Progress,
) -> Result<Subjects, Failure> {
    let what = &request.what;
    let mut taken = selection.workloads.clone();
    taken.extend(what.workloads.iter().cloned());
    let names = what.model_names(&taken)?;
    let workloads = Arc::new(Workloads::open(&project.models())?);
    let (mut planned, mut left_out) = (Vec::new(), Vec::new());
    let runtimes = project.runtimes();
    let named = match &what.image {
        Some(image) => vec![Some(Arc::new(Runtime::of_image(image)))],
        None => named_runtimes(&runtimes, &what.runtimes)?,
    };
    // Of a thousand models most have the same one.
    let mut known: Vec<Arc<Runtime>> = Vec::new();
    for named in named {
        let mut unread = Vec::new();
        let mut chosen = |head: &[u8]| {
            if let Some(runtime) = &named {
                return Ok(Arc::clone(runtime));
            }
            let name = engine_for(head).name();
            if let Some(runtime) = known.iter().find(|it| it.name() == name) {
                return Ok(Arc::clone(runtime));
            }
            let runtime = Arc::new(runtimes.for_model(head)?);
            known.push(Arc::clone(&runtime));
            Ok::<_, UnknownRuntime>(runtime)
        };
        for name in &selection.workloads {
            let card = workloads.card_path(name)?;
            // A card that can't be read is told when its turn comes.
            let head = match workloads.card(name) {
                Ok(it) => head(&card.with_file_name(it.model.file)).unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            let runtime = chosen(&head)?;
            let of_a_set = what.workloads.is_empty() && named.is_some();
            if of_a_set && runtime.manifest.is_ok() && !runtime.host().reads(&head) {
                unread.push(name.as_str());
                continue;
            }
            planned.push(Planned {
                name: name.clone(),
                runtime,
                source: Source::Workload(Arc::clone(&workloads)),
            });
        }
        if let Some(runtime) = &named
            && !unread.is_empty()
        {
            progress.note(&format!(
                "left out, for the runtime {} doesn't read their models: {}",
                runtime.name(),
                unread.join(", ")
            ));
        }
        if let Some(variants) = &selection.variants {
            // Variants of workloads, and models of suites, are TensorFlow Lite models.
            let runtime = chosen(&TENSORFLOW_LITE)?;
            runtime.manifest()?;
            let folder = project.compressed();
            for variant in variants.select(&what.workloads)? {
                let workload = workloads.load(&variant.workload)?;
                let host = runtime.host();
                let subject =
                    Subject::from_variant(variants, variant, workload, &folder, host, board);
                match subject? {
                    Placed::Fits(subject) => planned.push(Planned {
                        name: subject.name.clone(),
                        runtime: Arc::clone(&runtime),
                        source: Source::Ready(subject),
                    }),
                    // That is a finding of the comparison; who asks for it by name gets an error.
                    Placed::TooBig { left_out: it, .. } if what.workloads.is_empty() => {
                        progress.note(&format!("{} is left out: {}", it.workload, it.reason));
                        left_out.push(*it);
                    }
                    Placed::TooBig { error, .. } => {
                        return Err(error.advised(|| known_boards(project)).into());
                    }
                }
            }
        }
        if let Some(suite) = &selection.suite {
            let runtime = chosen(&TENSORFLOW_LITE)?;
            planned.extend(fetched(what, suite, &runtime, progress)?);
        }
        for (path, name) in what.models.iter().zip(&names) {
            planned.push(Planned {
                name: name.clone(),
                runtime: chosen(&head(path)?)?,
                source: Source::Model(path.clone()),
            });
        }
    }
    if let Some((image, asked)) = what.image.as_ref().zip(what.function.as_ref()) {
        planned.push(Planned {
            name: asked.entry.clone(),
            runtime: Arc::new(Runtime::of_image(image)),
            source: Source::Function(image.clone(), asked.clone()),
        });
    }
    let (planned, shard) = shard::select(request.shard, planned, Planned::names)?;
    Ok(Subjects {
        planned,
        left_out,
        shard,
    })
}

/// The beginning of a file, by which its runtime is told.
fn head(path: &Path) -> Result<Vec<u8>, ReadError> {
    let error = |error: io::Error| ReadError {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(error)?;
    let mut head = Vec::new();
    // A folder, for example, is told when its turn comes.
    let _ = file.take(HEAD_BYTES).read_to_end(&mut head);
    Ok(head)
}

/// The runtimes of these names; one `None` if each model is for the one that reads it.
fn named_runtimes(
    runtimes: &Runtimes,
    names: &[String],
) -> Result<Vec<Option<Arc<Runtime>>>, Failure> {
    if names.is_empty() {
        return Ok(vec![None]);
    }
    let mut found: Vec<Option<Arc<Runtime>>> = Vec::new();
    for name in names {
        let runtime = runtimes.find(name)?;
        let mut others = found.iter().flatten();
        if let Some(other) = others.find(|it| it.name() == runtime.name()) {
            return Err(SameName {
                name: runtime.name().to_owned(),
                folders: [&other.folder, &runtime.folder].map(|it| it.display().to_string()),
            }
            .into());
        }
        found.push(Some(Arc::new(runtime)));
    }
    Ok(found)
}

/// The models of a suite, from the cache or from where the user says.
fn fetched(
    what: &What,
    suite: &Arc<Suite>,
    runtime: &Arc<Runtime>,
    progress: &mut Progress,
) -> Result<Vec<Planned>, Failure> {
    let models = suite.models()?;
    let cache = Cache::of_the_user()?;
    let origin = what.from.as_deref().map(Origin::from);
    let golden = match &origin {
        Some(Origin::Folder(folder)) => Some(folder.join(GOLDEN)),
        _ => None,
    };
    let mut planned = Vec::new();
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
        let index = models.models.iter().position(|it| it == model);
        planned.push(Planned {
            name: model.name.clone(),
            runtime: Arc::clone(runtime),
            source: Source::Fetched(Fetched {
                suite: Arc::clone(suite),
                index: index.unwrap_or_default(),
                path,
                golden: golden.clone(),
            }),
        });
    }
    Ok(planned)
}
