//! Published results of MLPerf Tiny beside ours.

use serde::Deserialize;

use super::results::{Item, Results, mark, metric};
use crate::page::{Block, Cell, Column, Plot, Section, Table, Tone};
use crate::plot::{Strip, strips};
use tinybench_bundle::BundleError;
use tinybench_record::published::is_of_core;
use tinybench_support::number::decimal;

/// The table, as the program brings it.
const TABLE: &str = "results/published/mlperf-tiny.csv";

/// A published result of one system.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Published {
    /// Round of MLPerf Tiny.
    pub round: String,
    /// Submitter and system.
    #[serde(rename = "submitter_system")]
    pub system: String,
    /// Core, clock, software and supply.
    pub conditions: String,
    kws_ms: Option<f64>,
    vww_ms: Option<f64>,
    ic_ms: Option<f64>,
    ad_ms: Option<f64>,
    kws_uj: Option<f64>,
    vww_uj: Option<f64>,
    ic_uj: Option<f64>,
    ad_uj: Option<f64>,
    kws_acc_pct: Option<f64>,
    vww_acc_pct: Option<f64>,
    ic_acc_pct: Option<f64>,
    ad_auc: Option<f64>,
}

/// The table of published results is damaged.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// It isn't what it should be.
    #[error("{TABLE}: {0}")]
    Table(#[from] csv::Error),
    /// The program doesn't have it.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

/// A benchmark of MLPerf Tiny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Benchmark {
    KeywordSpotting,
    VisualWakeWords,
    ImageClassification,
    AnomalyDetection,
}

impl Benchmark {
    const ALL: [Self; 4] = [
        Self::KeywordSpotting,
        Self::VisualWakeWords,
        Self::ImageClassification,
        Self::AnomalyDetection,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::KeywordSpotting => "Keyword spotting",
            Self::VisualWakeWords => "Visual wake words",
            Self::ImageClassification => "Image classification",
            Self::AnomalyDetection => "Anomaly detection",
        }
    }

    /// The word that names it in the names of workloads.
    fn word(self) -> &'static str {
        match self {
            Self::KeywordSpotting => "kws",
            Self::VisualWakeWords => "vww",
            Self::ImageClassification => "ic",
            Self::AnomalyDetection => "ad",
        }
    }

    /// The benchmark of a workload: its name has the word in it.
    fn of(workload: &str) -> Option<Self> {
        let mut words = workload.split(|c: char| !c.is_ascii_alphanumeric());
        words.find_map(|word| Self::ALL.into_iter().find(|it| it.word() == word))
    }

    /// Latency in ms, energy in µJ, quality as text.
    fn figures(self, row: &Published) -> (Option<f64>, Option<f64>, String) {
        let (ms, uj, quality, unit) = match self {
            Self::KeywordSpotting => (row.kws_ms, row.kws_uj, row.kws_acc_pct, " %"),
            Self::VisualWakeWords => (row.vww_ms, row.vww_uj, row.vww_acc_pct, " %"),
            Self::ImageClassification => (row.ic_ms, row.ic_uj, row.ic_acc_pct, " %"),
            Self::AnomalyDetection => (row.ad_ms, row.ad_uj, row.ad_auc, " AUC"),
        };
        let quality = quality.map_or_else(|| "–".to_owned(), |value| format!("{value}{unit}"));
        (ms, uj, quality)
    }
}

/// All published results.
pub fn rows() -> Result<Vec<Published>, PublishedError> {
    let table = tinybench_bundle::file(TABLE)?;
    let mut reader = csv::Reader::from_reader(table.as_slice());
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

/// The published results of the benchmarks that the results are of; `None` if they are of none.
pub fn section(results: &Results) -> Result<Option<Section>, PublishedError> {
    let ours = |benchmark: Benchmark| -> Vec<&Item> {
        results
            .items
            .iter()
            // From raw audio it is another task.
            .filter(|item| item.result.latency.stages.is_none())
            .filter(|item| Benchmark::of(&item.result.workload) == Some(benchmark))
            .collect()
    };
    if Benchmark::ALL.into_iter().all(|it| ours(it).is_empty()) {
        return Ok(None);
    }
    let rows = rows()?;
    let mut section = Section::new("published", "Published results beside these");
    section.text(format!(
        "{} rows of the closed division of MLPerf Tiny, rounds 0.5 to 1.3, as their submitters \
         published them (github.com/mlcommons/tiny_results_v0.5 to _v1.3). They are other boards, \
         clocks, compilers and runtimes; they show the neighbourhood, not a ranking. Results \
         verified by MLCommons are theirs alone: these runs are not MLPerf results. Workloads \
         called mlperf-... are the official models; tinybench's own have the same architecture \
         with weights of their own.",
        rows.len()
    ));
    for benchmark in Benchmark::ALL {
        let ours = ours(benchmark);
        if let Some(plot) = plot(results, benchmark, &ours, &rows) {
            section.blocks.push(Block::Plot(plot));
        }
    }
    Ok(Some(section))
}

fn plot(
    results: &Results,
    benchmark: Benchmark,
    ours: &[&Item],
    rows: &[Published],
) -> Option<Plot> {
    let core = &ours.first()?.record.board.core;
    let kin = |row: &Published| is_of_core(&row.conditions, core);
    let mut columns = ["result", "conditions", "latency", "energy", "quality"]
        .map(Column::text)
        .to_vec();
    columns[2].numeric = true;
    columns[3].numeric = true;
    let mut table = Table::new(
        format!(
            "{}: these results, then the published ones by latency",
            benchmark.title()
        ),
        columns,
    );
    let mut own = Strip {
        label: "these results".to_owned(),
        ..Strip::default()
    };
    for item in ours {
        let shown = |slug| {
            metric(slug)
                .and_then(|metric| item.shown(metric))
                .unwrap_or_else(|| "–".to_owned())
        };
        let name = results.full_label(item);
        let latency = &item.result.latency;
        table.push([
            Cell::from(name.as_str()),
            format!(
                "{} {} MHz; {} {}",
                item.record.board.name,
                item.record.board.clock_hz as f64 / 1e6,
                item.result.runtime.name,
                item.result.runtime.version
            )
            .into(),
            shown("latency").into(),
            shown("energy").into(),
            shown("quality").into(),
        ]);
        let is_modelled = latency.fidelity == tinybench_record::Fidelity::Modelled;
        let class = if is_modelled { "dot modelled" } else { "dot" };
        let tip = format!(
            "{name} on {}: {}{} ms",
            item.record.board.name,
            mark(Some(latency.fidelity)),
            decimal(latency.median_us / 1_000.0)
        );
        own.dots.push((latency.median_us / 1_000.0, class, tip));
    }
    let mut submitted: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let (ms, uj, quality) = benchmark.figures(row);
            Some((row, ms?, uj, quality))
        })
        .collect();
    submitted.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut others = Strip {
        label: "published".to_owned(),
        figure: format!("{} systems", submitted.len()),
        ..Strip::default()
    };
    for (row, ms, uj, quality) in &submitted {
        let name = format!("{} {}", row.round, row.system);
        let tone = if kin(row) { Tone::Plain } else { Tone::Aside };
        table.push([
            Cell::from(name.as_str()),
            Cell::toned(row.conditions.as_str(), tone),
            format!("{} ms", decimal(*ms)).into(),
            uj.map_or_else(|| "–".to_owned(), |uj| format!("{} µJ", decimal(uj)))
                .into(),
            quality.as_str().into(),
        ]);
        let tip = format!("{name} ({}): {} ms", row.conditions, decimal(*ms));
        let class = if kin(row) { "kin" } else { "other" };
        others.dots.push((*ms, class, tip));
    }
    // Those with the same core lie on top.
    others.dots.sort_by_key(|(_, class, _)| *class == "kin");
    let mut legend = vec![("other", "published, other cores".to_owned())];
    if submitted.iter().any(|(row, ..)| kin(row)) {
        legend.insert(0, ("first", format!("published, {core} at its own clock")));
    }
    let id = format!("published-{}", benchmark.word());
    let mut note = "Less is better. The scale is logarithmic.".to_owned();
    if benchmark == Benchmark::VisualWakeWords {
        note += " From round 1.1 on some submitters seem to have removed channels of the model \
                 that are always zero, so rows of different submitters differ by more than speed.";
    }
    Some(Plot {
        title: format!("{}: latency", benchmark.title()),
        note,
        legend,
        svg: strips(
            &[own, others],
            true,
            &|value| format!("{value:.3} ms"),
            &id,
            "Dots on a scale of time: these results above, published ones below.",
        ),
        id,
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_row_is_read() {
        let rows = rows().unwrap();
        assert_eq!(rows.len(), 73);
        assert_eq!(rows[0].system, "reference Nucleo-L4R5ZI");
        assert_eq!(rows[0].kws_ms, Some(181.92));
        assert_eq!(rows[2].kws_uj, None);
        let kin = rows
            .iter()
            .filter(|row| is_of_core(&row.conditions, "cortex-m4f"))
            .count();
        assert!((20..73).contains(&kin), "{kin}");
    }

    #[test]
    fn workloads_find_their_benchmark() {
        assert_eq!(Benchmark::of("kws"), Some(Benchmark::KeywordSpotting));
        assert_eq!(
            Benchmark::of("mlperf-tiny-ad"),
            Some(Benchmark::AnomalyDetection)
        );
        assert_eq!(Benchmark::of("sww"), None);
        assert_eq!(Benchmark::of("adder"), None);
    }
}
