//! `tinybench workloads`

use crate::args::{Format, ListArgs};
use crate::stdout;
use serde::Serialize;
use tinybench_inputs::project::Project;
use tinybench_inputs::suite::{self, Contents, Suite};
use tinybench_inputs::workload::{AUDIO_SUFFIX, Workloads};
use tinybench_record::Quality;
use tinybench_support::exit::Failure;
use tinybench_support::{json, listing};

/// The workloads, as a document.
#[derive(Serialize)]
struct Listed {
    schema: &'static str,
    workloads: Vec<ListedWorkload>,
    suites: Vec<ListedSuite>,
}

/// A workload.
#[derive(Serialize)]
struct ListedWorkload {
    name: String,
    title: String,
    model_bytes: u64,
    macs: u64,
    parameters: u64,
    vectors: usize,
    /// On the whole test set.
    quality: Option<Quality>,
}

/// A suite.
#[derive(Serialize)]
struct ListedSuite {
    name: String,
    title: String,
    workloads: Vec<String>,
}

/// Lists the workloads, and what is in the suites.
pub fn list(args: &ListArgs, project: &Project) -> Result<(), Failure> {
    let document = Listed {
        schema: "tinybench.workloads/1",
        workloads: workloads(project)?,
        suites: suites(project)?,
    };
    match args.format {
        Format::Table => stdout::print(&table(document, stdout::width(), stdout::terminal_width())),
        Format::Json => stdout::print(json::text(&document)?.trim_end()),
    }
}

fn workloads(project: &Project) -> Result<Vec<ListedWorkload>, Failure> {
    let workloads = Workloads::open(&project.models())?;
    let mut listed = Vec::new();
    for name in workloads.names() {
        let card = workloads.card(&name)?;
        let of = |name: String, title: String, vectors: usize| ListedWorkload {
            name,
            title,
            model_bytes: card.model.bytes,
            macs: card.model.macs,
            parameters: card.model.parameters,
            vectors,
            quality: card
                .quality
                .as_ref()
                .map(|it| Quality::new(it.metric.as_str(), it.value, it.samples)),
        };
        listed.push(of(name.clone(), card.title.clone(), card.vectors.count));
        if let Some(audio) = &card.audio {
            listed.push(of(
                format!("{name}{AUDIO_SUFFIX}"),
                format!("{}, from raw audio", card.title),
                audio.count,
            ));
        }
    }
    Ok(listed)
}

fn suites(project: &Project) -> Result<Vec<ListedSuite>, Failure> {
    let mut listed = Vec::new();
    for name in suite::names(&project.suites())? {
        let suite = Suite::load(&project.suites(), &name)?;
        let workloads = match &suite.contents {
            Contents::Workloads(names) => names.clone(),
            Contents::Models(it) => it.models.iter().map(|it| it.name.clone()).collect(),
            Contents::Variants(it) => it.variants.iter().map(|it| it.name.clone()).collect(),
        };
        listed.push(ListedSuite {
            name: suite.name,
            title: suite.title,
            workloads,
        });
    }
    Ok(listed)
}

/// The workloads as a table that fits the terminal, and below it each suite with what is in it, in lines of
/// at most `width` columns.
fn table(document: Listed, width: usize, terminal: usize) -> String {
    let rows = document.workloads.into_iter().map(|it| {
        let quality = it.quality.map(|it| {
            let value = tinybench_analysis::quality::value(&it);
            let name = tinybench_analysis::quality::name(&it);
            format!("{name} {value} of {}", it.samples)
        });
        [
            it.name,
            it.title,
            format!("{:.1} KiB", it.model_bytes as f64 / 1024.0),
            format!("{:.2} M", it.macs as f64 / 1e6),
            it.vectors.to_string(),
            quality.unwrap_or("-".to_owned()),
        ]
    });
    let headings = ["workload", "name", "model", "MACs", "vectors", "quality"];
    let drop = ["MACs", "model", "vectors", "quality"];
    let mut parts = vec![listing::fitting(headings, rows, &drop, terminal)];
    for suite in document.suites {
        let title = format!("suite {}: {}", suite.name, suite.title);
        let names = format!("  {}", suite.workloads.join(", "));
        parts.push(format!(
            "{}\n{}",
            listing::wrapped(&title, width),
            listing::wrapped_with(&names, width, 0)
        ));
    }
    parts.join("\n\n")
}
