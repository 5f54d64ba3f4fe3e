//! How good the answers are, how sure that is, and what it costs.

use crate::page::{Block, Column, Plot, Section, Table};
use crate::plot::{Dot, scatter};
use crate::report::results::{Item, Results, mark, metric};
use tinybench_analysis::metrics::{Metric, Unit};
use tinybench_analysis::quality;
use tinybench_record::Quality;
use tinybench_support::number::grouped;

/// A section on quality; none where there are no labels and no card says how good a model is.
pub fn section(results: &Results) -> Option<Section> {
    let latency = metric("latency")?;
    let judged: Vec<&Item> = results
        .items
        .iter()
        .filter(|item| item.result.quality.is_some() || item.result.test_set().is_some())
        .collect();
    if judged.is_empty() {
        return None;
    }
    let mut section = Section::new("quality", "Quality of the answers");
    section.text(methods(&judged));
    section.blocks.push(Block::Table(table(results, &judged)));
    let plot = plot(results, &judged, latency).map(Block::Plot);
    section.blocks.extend(plot);
    Some(section)
}

/// What the intervals are.
fn methods(judged: &[&Item]) -> String {
    let mut names: Vec<String> = Vec::new();
    for item in judged {
        let known = item.result.quality.as_ref();
        let known = known.into_iter().chain(item.result.test_set());
        for interval in known.filter_map(Quality::interval) {
            let name = format!(
                "{}, {} %",
                quality::method(&interval),
                interval.confidence * 100.0
            );
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let computed = match names.as_slice() {
        [] => String::new(),
        names => format!(" ({})", names.join("; ")),
    };
    format!(
        "A figure of a few vectors is a sample of what a figure of all would be. The interval says \
         where that may lie{computed}. Results whose intervals overlap can't be ranked by these \
         vectors. The figure of the whole test set is the card's, from when the model was made, not \
         of this run."
    )
}

fn table(results: &Results, judged: &[&Item]) -> Table {
    let mut table = Table::new(
        "Quality on the vectors that were run, and on the whole test set where that is known",
        vec![
            Column::text("result"),
            Column::text("metric"),
            Column::number("quality"),
            Column::number("interval"),
            Column::number("vectors"),
            Column::number("whole test set"),
            Column::number("interval"),
            Column::number("samples"),
        ],
    );
    for item in judged {
        let (run, whole) = (item.result.quality.as_ref(), item.result.test_set());
        let Some(either) = run.or(whole) else {
            continue;
        };
        let whole = whole.filter(|whole| whole.metric == either.metric);
        let mut cells = vec![results.full_label(item), quality::name(either)];
        for figure in [run, whole] {
            let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
            cells.push(or_none(figure.map(quality::value)));
            cells.push(or_none(figure.and_then(quality::interval)));
            cells.push(or_none(figure.map(|it| grouped(it.samples))));
        }
        table.push(cells);
    }
    table
}

/// Quality against latency, of the whole test set if that is known of all; none of errors, whose units
/// differ.
fn plot(results: &Results, judged: &[&Item], latency: &Metric) -> Option<Plot> {
    let shares: Vec<&Item> = judged
        .iter()
        .copied()
        .filter(|item| {
            let known = item.result.quality.as_ref().or(item.result.test_set());
            known.is_some_and(|quality| !quality.is_error())
        })
        .collect();
    let is_whole = shares.iter().all(|item| item.result.test_set().is_some());
    let figure = |item: &'_ Item| match is_whole {
        true => item.result.test_set().cloned(),
        false => item.result.quality.clone(),
    };
    let mut table = Table::new(
        "Quality and latency",
        vec![
            Column::text("result"),
            Column::number("latency"),
            Column::text("quality"),
        ],
    );
    let mut dots = Vec::new();
    let mut shown = Vec::new();
    for item in shares {
        let (Some(found), Some(x)) = (figure(item), item.reading(latency)) else {
            continue;
        };
        let label = results.full_label(item);
        let time = format!("{}{}", mark(x.fidelity), latency.unit.show(x.value));
        let words = quality::figure(&found);
        table.push([label.clone(), time.clone(), words.clone()]);
        dots.push(Dot {
            x: x.value,
            y: found.value,
            range: found.interval().map(|it| (it.low, it.high)),
            class: match (results.has_several_runs() && item.run == 0, x.is_modelled()) {
                (true, true) => "dot first modelled",
                (true, false) => "dot first",
                (false, true) => "dot modelled",
                (false, false) => "dot",
            },
            tip: format!("{label}: {words} in {time}"),
            label,
        });
        shown.push(found);
    }
    if dots.is_empty() {
        return None;
    }
    let of = match is_whole {
        true => "Of the whole test set.",
        false => "Of the vectors that were run.",
    };
    let in_percent = shown.iter().all(|it| it.metric == "top1");
    let unit = if in_percent { Unit::Share } else { Unit::Area };
    let id = "quality-plot";
    Some(Plot {
        id: id.to_owned(),
        title: "Quality and latency".to_owned(),
        note: format!(
            "{of} Up and to the left is better; a stroke is the interval, where it is known. The \
             scale of time is logarithmic. Different workloads have different measures of quality."
        ),
        legend: Vec::new(),
        svg: scatter(
            &dots,
            &|value| latency.unit.show(value),
            &|value| unit.show(value),
            id,
            "A dot for each result: quality upwards, latency across.",
        ),
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;
    use tinybench_record::example::example;
    use tinybench_record::{Compression, Other};

    /// A run of two variants: few samples rank them the other way round than the whole test set.
    fn variants(knows_whole: bool) -> Run {
        let mut record = example();
        let mut other = record.results[0].clone();
        other.workload = "pruned".to_owned();
        record.results.push(other);
        for (result, run, whole) in record
            .results
            .iter_mut()
            .zip([0.875, 0.9375])
            .zip([0.913, 0.874])
            .map(|((result, run), whole)| (result, run, whole))
        {
            result.quality = Some(Quality::new("top1", run, 48));
            result.test_set = None;
            result.compression = knows_whole.then(|| Compression {
                workload: "kws".to_owned(),
                weights: "int8".to_owned(),
                sparsity: 0.8,
                coding: "none".to_owned(),
                test_set: Some(Quality::new("top1", whole, 1_800)),
                other: Other::new(),
            });
        }
        Run {
            label: "run".to_owned(),
            record,
        }
    }

    fn blocks(run: Run) -> Vec<Block> {
        let runs = [run];
        section(&Results::new(&runs)).unwrap().blocks
    }

    #[test]
    fn figures_carry_their_samples_and_intervals() {
        let blocks = blocks(variants(true));
        let Block::Table(table) = &blocks[1] else {
            panic!("{blocks:?}");
        };
        let cells: Vec<_> = table.rows[0].cells.iter().map(|it| &*it.text).collect();
        assert_eq!(
            cells,
            [
                "kws",
                "top-1",
                "87.5 %",
                "75.3 to 94.1 %",
                "48",
                "91.3 %",
                "89.9 to 92.5 %",
                "1,800"
            ]
        );
    }

    #[test]
    fn the_plot_ranks_by_the_whole_test_set_where_it_is_known() {
        let places = |knows: bool| {
            let blocks = blocks(variants(knows));
            let Some(Block::Plot(plot)) = blocks.last() else {
                panic!("{blocks:?}");
            };
            let words = |row: usize| plot.table.rows[row].cells[2].text.clone();
            (
                words(0),
                words(1),
                plot.svg.matches("class=\"range\"").count(),
            )
        };
        let (first, second, ranges) = places(true);
        assert!(first.starts_with("top-1 91.3 %"), "{first}");
        assert!(second.starts_with("top-1 87.4 %"), "{second}");
        assert_eq!(ranges, 2);
        let (first, ..) = places(false);
        assert!(first.starts_with("top-1 87.5 % of 48"), "{first}");
    }
}
