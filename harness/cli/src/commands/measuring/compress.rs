//! `tinybench compress`

use crate::args::CompressArgs;
use crate::stdout;
use tinybench_inputs::compress::{Compressed, compress};
use tinybench_inputs::subject::SubjectError;
use tinybench_inputs::workload::MAX_DATA_BYTES;
use tinybench_support::exit::Failure;
use tinybench_support::files;
use tinybench_support::listing;
use tinybench_support::number::grouped;

/// Codes the weights of a model and says what that gives.
pub fn run(args: &CompressArgs) -> Result<(), Failure> {
    let model = files::read(&args.model, MAX_DATA_BYTES)?;
    let compressed = compress(&model).map_err(|source| SubjectError::Compress {
        path: args.model.clone(),
        source,
    })?;
    files::write(&args.out, &compressed.file)?;
    stdout::print(&table(&model, &compressed))?;
    eprintln!("compressed model: {}", args.out.display());
    Ok(())
}

/// One line a layer, and the file.
fn table(model: &[u8], compressed: &Compressed) -> String {
    let row = |name: String, zeros: String, before: usize, after: usize| {
        let share = 100.0 * after as f64 / before as f64;
        let bytes = |bytes: usize| grouped(bytes as u64);
        [
            name,
            zeros,
            bytes(before),
            bytes(after),
            format!("{share:.1}"),
        ]
    };
    let mut rows: Vec<_> = (compressed.layers.iter())
        .map(|layer| {
            let name = format!("operator {}", layer.operator);
            let zeros = format!("{:.1}", 100.0 * layer.zeros);
            row(name, zeros, layer.weights, layer.coded)
        })
        .collect();
    let (before, after) = (model.len(), compressed.file.len());
    rows.push(row("the file".to_owned(), String::new(), before, after));
    listing::table(["weights of", "zeros %", "bytes", "coded", "%"], rows)
}
