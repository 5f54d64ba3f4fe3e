//! The objects that the program brings: those that the project's boards and workloads need, and what else its
//! interpreter can be asked for.

use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::Runtime;
use tinybench_inputs::subject::Subject;
use tinybench_inputs::workload::{AUDIO_SUFFIX, Workloads};
use tinybench_support::exit::Failure;
use tinybench_support::progress::Progress;

use crate::build::{Opt, Store};
use crate::run::images::Parts;

/// Compiles the objects for the `boards` and `workloads` of the project that are named, all if none is.
///
/// # Errors
/// A board or workload that can't be read, or no compiler.
pub fn pin(
    project: &Project,
    [boards, workloads]: [&[&str]; 2],
    progress: &mut Progress,
) -> Result<Store, Failure> {
    let asked = |names: &[&str], name: &str| names.is_empty() || names.contains(&name);
    let all = Boards::open(&project.boards())?.readable();
    let known = Workloads::open(&project.models())?;
    // A model need not fit the board that its objects are compiled for.
    let roomy = all.iter().max_by_key(|it| it.memory.all_ram().length);
    let mut store = Store::default();
    let mut names = known.names();
    let mut from_audio = Vec::new();
    for name in &names {
        let audio = known.card(name)?.audio;
        from_audio.extend(audio.map(|_| format!("{name}{AUDIO_SUFFIX}")));
    }
    names.extend(from_audio);
    // Cargo compiles everything anew for another core.
    let mut boards: Vec<&Board> = all.iter().filter(|it| asked(boards, &it.name)).collect();
    boards.sort_by_key(|board| &board.core);
    let names: Vec<_> = names.iter().filter(|it| asked(workloads, it)).collect();
    progress.begin(
        "compiling objects",
        Some((2 * boards.len() * names.len()) as u64),
    );
    for board in boards {
        for opt in [Opt::Speed, Opt::Size] {
            for name in &names {
                let workload = known.load(name)?;
                let runtime = project.runtimes().for_model(&workload.model)?;
                let roomy = roomy.unwrap_or(board);
                let subject = Subject::from_workload(workload, runtime.host(), roomy)?;
                for subject in &demanding(subject, &runtime) {
                    let parts = Parts {
                        project,
                        board,
                        runtime: &runtime,
                        subject,
                        opt,
                        from_source: true,
                    };
                    parts.pin(&mut store)?;
                }
                progress.advance(1);
            }
        }
    }
    Ok(store)
}

/// A subject, and the same with what else a model may demand of its runtime.
fn demanding(subject: Subject, runtime: &Runtime) -> Vec<Subject> {
    let interpreted = !runtime.host().operators(&subject.model).is_empty();
    let mut all = vec![subject.clone()];
    if interpreted && subject.audio.is_none() && subject.learning.is_none() {
        for (compressed, stateful) in [(true, false), (false, true)] {
            let mut subject = subject.clone();
            (subject.facts.compressed, subject.facts.stateful) = (compressed, stateful);
            all.push(subject);
        }
    }
    all
}
