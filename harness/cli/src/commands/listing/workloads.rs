//! `tinybench workloads`

use crate::stdout;
use tinybench_inputs::project::Project;
use tinybench_inputs::suite::{self, Contents, Suite};
use tinybench_inputs::workload::{AUDIO_SUFFIX, CardQuality, Workloads};
use tinybench_support::exit::Failure;
use tinybench_support::listing;

/// Lists the workloads, and what is in the suites.
pub fn list(project: &Project) -> Result<(), Failure> {
    let workloads = Workloads::open(&project.models())?;
    let mut rows = Vec::new();
    for name in workloads.names() {
        let card = workloads.card(&name)?;
        let quality = card.quality.as_ref().map_or("-".to_owned(), quality);
        let row = |name: String, title: String, vectors: usize| {
            let (bytes, macs) = (card.model.bytes, card.model.macs);
            [
                name,
                title,
                format!("{:.1} KiB", bytes as f64 / 1024.0),
                format!("{:.2} M", macs as f64 / 1e6),
                vectors.to_string(),
                quality.clone(),
            ]
        };
        rows.push(row(name.clone(), card.title.clone(), card.vectors.count));
        if let Some(audio) = &card.audio {
            rows.push(row(
                format!("{name}{AUDIO_SUFFIX}"),
                format!("{}, from raw audio", card.title),
                audio.count,
            ));
        }
    }
    let headings = ["workload", "name", "model", "MACs", "vectors", "quality"];
    let mut text = listing::table(headings, rows);
    let mut rows = Vec::new();
    for name in suite::names(&project.suites())? {
        let suite = Suite::load(&project.suites(), &name)?;
        let contents = match &suite.contents {
            Contents::Workloads(names) => names.join(", "),
            Contents::Models(models) => {
                let names: Vec<_> = models.models.iter().map(|it| it.name.as_str()).collect();
                names.join(", ")
            }
            Contents::Variants(it) => {
                let names: Vec<_> = it.variants.iter().map(|it| it.name.as_str()).collect();
                names.join(", ")
            }
        };
        rows.push([suite.name, suite.title, contents]);
    }
    if !rows.is_empty() {
        text = format!(
            "{text}\n\n{}",
            listing::table(["suite", "name", "workloads"], rows)
        );
    }
    stdout::print(&text)
}

/// A model's quality on its whole test set.
fn quality(quality: &CardQuality) -> String {
    let value = match quality.metric.as_str() {
        "auc" => format!("AUC {:.3}", quality.value),
        metric => format!("{metric} {:.1} %", quality.value * 100.0),
    };
    format!("{value} of {}", quality.samples)
}
