//! `tinybench workloads`

use crate::error::Error;
use crate::listing;
use crate::project::Project;
use crate::stdout;
use crate::workload::Workloads;

/// Lists the workloads.
pub fn list(project: &Project) -> Result<(), Error> {
    let workloads = Workloads::open(&project.models())?;
    let mut rows = Vec::new();
    for name in workloads.names() {
        let card = workloads.card(&name)?;
        let quality = card.quality.map_or("-".to_owned(), |quality| {
            format!(
                "{} {:.1} % of {}",
                quality.metric,
                quality.value * 100.0,
                quality.samples
            )
        });
        rows.push([
            card.name,
            card.title,
            format!("{:.1} KiB", card.model.bytes as f64 / 1024.0),
            format!("{:.2} M", card.model.macs as f64 / 1e6),
            card.vectors.count.to_string(),
            quality,
        ]);
    }
    let headings = ["workload", "name", "model", "MACs", "vectors", "quality"];
    stdout::print(&listing::table(headings, rows))
}
