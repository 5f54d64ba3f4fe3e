//! The quantities of a result that can be compared: one place that says of each what it is called,
//! its unit, which way is better, how noisy it is, and where a record has it.

mod aspect;
mod limits;
mod unit;

pub use aspect::Aspect;
pub use limits::{Gate, Limit, LimitError, NamedLimit, percentage, show as show_limit};
pub use unit::Unit;

use tinybench_record::{Board, Fidelity, RunResult, Stage, Stages};
use tinybench_support::suggest;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Less is better, as of a cost.
    SmallerIsBetter,
    /// More is better, as of accuracy.
    BiggerIsBetter,
}

/// How much a metric matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Shown in every table; a regression of it fails a comparison.
    Headline,
    /// A part or another view of a headline figure; it fails a comparison only if a limit for it is
    /// given.
    Detail,
    /// A headline figure in another unit: shown and judged only if a limit for it is given.
    View,
}

/// A quantity.
pub struct Metric {
    /// Its name in options, configuration and exports.
    pub slug: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// How much it matters.
    pub rank: Rank,
    /// Changes of a measured or modelled value up to this share are taken for noise: 0.01 is 1 %. What is
    /// counted is exact and has none.
    pub noise_floor: f64,
    /// Whether it is a time, or follows from one, which the place of the code alone changes.
    pub moves_with_layout: bool,
    /// How to read it out of a result, if it is there.
    read: fn(&Board, &RunResult) -> Option<Reading>,
}

/// The value of a metric in one result.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value; of several samples their median.
    pub value: f64,
    /// Measured or modelled; `None` if it was counted, which is exact on any target.
    pub fidelity: Option<Fidelity>,
    /// The single values, if there are several.
    pub samples: Vec<f64>,
    /// Whether repeating the run would give another value: it was measured, or computed from what
    /// was.
    pub noisy: bool,
}

impl Reading {
    fn counted(value: impl Into<f64>) -> Option<Self> {
        Some(Self {
            value: value.into(),
            fidelity: None,
            samples: Vec::new(),
            noisy: false,
        })
    }

    /// Whether it comes from a model of the hardware.
    pub fn is_modelled(&self) -> bool {
        self.fidelity == Some(Fidelity::Modelled)
    }
}

impl Metric {
    /// The metric's value in `result`, which was obtained on `board`.
    pub fn read(&self, board: &Board, result: &RunResult) -> Option<Reading> {
        (self.read)(board, result)
    }

    /// The unit in which its value in `result` is shown: a share of right answers in percent, an area
    /// under a curve not.
    pub fn unit_in(&self, result: &RunResult) -> Unit {
        let is_area = result.quality.as_ref().is_some_and(|it| it.metric == "auc");
        match self.unit {
            Unit::Share if is_area => Unit::Area,
            unit => unit,
        }
    }

    /// The noise floor among these results, a share: of what moves with the layout at least the spread that
    /// was measured in one of them.
    pub fn noise_floor_of<'a>(&self, results: impl IntoIterator<Item = &'a RunResult>) -> f64 {
        let layouts = results
            .into_iter()
            .filter_map(|it| it.latency.layouts.as_ref());
        let spreads = layouts
            .filter(|_| self.moves_with_layout)
            .map(|it| it.spread_percent / 100.0);
        spreads.fold(self.noise_floor, f64::max)
    }

    /// The metric with this slug.
    pub fn find(slug: &str) -> Result<&'static Self, UnknownMetric> {
        METRICS
            .iter()
            .find(|metric| metric.slug == slug)
            .ok_or_else(|| UnknownMetric {
                hint: suggest::hint(slug, &METRICS.each_ref().map(|m| m.slug.to_owned())),
                slug: slug.to_owned(),
            })
    }
}

impl std::fmt::Debug for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.slug)
    }
}

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.slug == other.slug
    }
}

impl Eq for Metric {}

/// A metric that doesn't exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no metric `{}`: {hint}",
    tinybench_support::printable::printable(slug)
)]
pub struct UnknownMetric {
    slug: String,
    hint: String,
}

/// How far two powers may be apart and still be one: they are written by programs.
const SAME_POWER: f64 = 1e-6;

/// Whether the energy of all of these is their latency times one and the same modelled power, so that it
/// says nothing that the latency doesn't.
pub fn energy_follows_latency<'a>(results: impl IntoIterator<Item = &'a RunResult>) -> bool {
    let mut powers = results.into_iter().map(|result| {
        let energy = result.energy.as_ref()?;
        (energy.fidelity == Fidelity::Modelled).then_some(energy.mean_mw)
    });
    let Some(Some(first)) = powers.next() else {
        return false;
    };
    powers.all(|power| power.is_some_and(|it| (it - first).abs() <= SAME_POWER * first.abs()))
}

/// The noise floor of time. Repeats of one image on one board differ by much less, and so does what the place
/// of the code alone changes in the standard set: `docs/statistics.md#layouts` has the table.
const TIME_FLOOR: f64 = 0.005;

/// The noise floor of energy: the gain error of the instruments in use is about 1 %.
const ENERGY_FLOOR: f64 = 0.01;

/// A metric of which less is better, counted exactly.
const fn count(
    slug: &'static str,
    title: &'static str,
    unit: Unit,
    rank: Rank,
    read: fn(&Board, &RunResult) -> Option<Reading>,
) -> Metric {
    Metric {
        slug,
        title,
        unit,
        direction: Direction::SmallerIsBetter,
        rank,
        noise_floor: 0.0,
        moves_with_layout: false,
        read,
    }
}

/// Every metric, in the order in which they are shown.
pub static METRICS: [Metric; 26] = [
    Metric {
        noise_floor: TIME_FLOOR,
        moves_with_layout: true,
        ..count(
            "latency",
            "latency",
            Unit::Microseconds,
            Rank::Headline,
            |board, result| {
                let microseconds = 1e6 / board.clock_hz as f64;
                let latency = &result.latency;
                Some(Reading {
                    value: latency.median_us,
                    fidelity: Some(latency.fidelity),
                    samples: samples(&latency.cycles, microseconds),
                    noisy: latency.fidelity == Fidelity::Measured,
                })
            },
        )
    },
    Metric {
        noise_floor: TIME_FLOOR,
        moves_with_layout: true,
        ..count("cycles", "cycles", Unit::Cycles, Rank::View, |_, result| {
            let latency = &result.latency;
            Some(Reading {
                value: latency.median_cycles,
                fidelity: Some(latency.fidelity),
                samples: samples(&latency.cycles, 1.0),
                noisy: latency.fidelity == Fidelity::Measured,
            })
        })
    },
    Metric {
        noise_floor: TIME_FLOOR,
        moves_with_layout: true,
        ..count(
            "preprocess",
            "preprocessing",
            Unit::Microseconds,
            Rank::Detail,
            |board, result| stage(board, result, |stages| &stages.preprocess),
        )
    },
    Metric {
        noise_floor: TIME_FLOOR,
        moves_with_layout: true,
        ..count(
            "inference",
            "inference alone",
            Unit::Microseconds,
            Rank::Detail,
            |board, result| stage(board, result, |stages| &stages.inference),
        )
    },
    Metric {
        noise_floor: TIME_FLOOR,
        moves_with_layout: true,
        ..count(
            "postprocess",
            "postprocessing",
            Unit::Microseconds,
            Rank::Detail,
            |board, result| stage(board, result, |stages| &stages.postprocess),
        )
    },
    Metric {
        noise_floor: TIME_FLOOR,
        moves_with_layout: true,
        ..count(
            "decode",
            "decoding weights",
            Unit::Microseconds,
            Rank::Detail,
            |board, result| {
                let decode = result.latency.decode.as_ref()?;
                Some(reading(board, result, decode))
            },
        )
    },
    count(
        "instructions",
        "instructions",
        Unit::Instructions,
        Rank::Headline,
        |_, result| Reading::counted(result.instructions? as f64),
    ),
    count(
        "arena",
        "arena",
        Unit::Bytes,
        Rank::Headline,
        |_, result| Reading::counted(result.memory.as_ref()?.arena_bytes),
    ),
    count(
        "arena-min",
        "smallest arena",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.memory.as_ref()?.arena_min_bytes),
    ),
    count("stack", "stack", Unit::Bytes, Rank::Detail, |_, result| {
        Reading::counted(result.memory.as_ref()?.stack_peak_bytes)
    }),
    count(
        "static",
        "static RAM",
        Unit::Bytes,
        Rank::Detail,
        |_, result| {
            let memory = result.memory.as_ref()?;
            Reading::counted(memory.static_bytes.saturating_sub(memory.harness_bytes))
        },
    ),
    count("ram", "RAM", Unit::Bytes, Rank::Headline, |_, result| {
        let memory = result.memory.as_ref()?;
        Reading::counted(memory.ram_total_bytes.saturating_sub(memory.harness_bytes))
    }),
    count(
        "ram-system",
        "RAM: system",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.memory.as_ref()?.system_bytes?),
    ),
    count(
        "ram-runtime",
        "RAM: runtime",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.memory.as_ref()?.runtime_bytes?),
    ),
    count(
        "ram-model",
        "RAM: model",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.memory.as_ref()?.model_bytes?),
    ),
    count(
        "ram-intermediate",
        "RAM: intermediate results",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.memory.as_ref()?.intermediate_bytes?),
    ),
    count(
        "flash",
        "flash",
        Unit::Bytes,
        Rank::Headline,
        |_, result| {
            let flash = result.flash.as_ref()?;
            Reading::counted(flash.total_bytes.saturating_sub(flash.harness_bytes))
        },
    ),
    count(
        "flash-model",
        "flash: model",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.flash.as_ref()?.model_bytes),
    ),
    count(
        "flash-runtime",
        "flash: runtime",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.flash.as_ref()?.runtime_bytes),
    ),
    count(
        "flash-system",
        "flash: system",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.flash.as_ref()?.system_bytes),
    ),
    count(
        "flash-pipeline",
        "flash: pipeline",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.flash.as_ref()?.pipeline_bytes?),
    ),
    Metric {
        noise_floor: ENERGY_FLOOR,
        moves_with_layout: true,
        ..count(
            "energy",
            "energy",
            Unit::Microjoules,
            Rank::Headline,
            |_, result| {
                let energy = result.energy.as_ref()?;
                // Modelled energy is proportional to the time, so it is as noisy as that.
                let latency = &result.latency;
                let follows = energy.fidelity == Fidelity::Modelled;
                let windows = || energy.metered.as_ref().map(|it| it.windows_uj.clone());
                let uj_per_cycle = energy.uj_per_inference / latency.median_cycles;
                Some(Reading {
                    value: energy.uj_per_inference,
                    fidelity: Some(energy.fidelity),
                    samples: match follows {
                        true => samples(&latency.cycles, uj_per_cycle),
                        false => windows().unwrap_or_default(),
                    },
                    noisy: !follows || latency.fidelity == Fidelity::Measured,
                })
            },
        )
    },
    Metric {
        noise_floor: ENERGY_FLOOR,
        ..count(
            "power",
            "mean power",
            Unit::Milliwatts,
            Rank::Detail,
            |_, result| {
                let energy = result.energy.as_ref()?;
                Some(Reading {
                    value: energy.mean_mw,
                    fidelity: Some(energy.fidelity),
                    samples: Vec::new(),
                    noisy: energy.fidelity == Fidelity::Measured,
                })
            },
        )
    },
    Metric {
        direction: Direction::BiggerIsBetter,
        ..count(
            "quality",
            "quality",
            Unit::Share,
            Rank::Headline,
            |_, result| judged(result, false),
        )
    },
    count(
        "error",
        "error of the outputs",
        Unit::Number,
        Rank::Headline,
        |_, result| judged(result, true),
    ),
    count(
        "mismatches",
        "output bytes that differ",
        Unit::Bytes,
        Rank::Detail,
        |_, result| Reading::counted(result.outputs.as_ref()?.mismatches as f64),
    ),
];

/// The figure of quality, if it is an error or if it is none.
fn judged(result: &RunResult, error: bool) -> Option<Reading> {
    let quality = result.quality.as_ref();
    let quality = quality.filter(|it| it.is_error() == error)?;
    Reading::counted(quality.value)
}

/// The time of one stage, where stages are timed apart.
fn stage(board: &Board, result: &RunResult, choose: fn(&Stages) -> &Stage) -> Option<Reading> {
    let stage = choose(result.latency.stages.as_ref()?);
    Some(reading(board, result, stage))
}

fn reading(board: &Board, result: &RunResult, stage: &Stage) -> Reading {
    let fidelity = result.latency.fidelity;
    Reading {
        value: stage.median_us,
        fidelity: Some(fidelity),
        samples: samples(&stage.cycles, 1e6 / board.clock_hz as f64),
        noisy: fidelity == Fidelity::Measured,
    }
}

fn samples(cycles: &[u32], unit: f64) -> Vec<f64> {
    cycles
        .iter()
        .map(|&count| f64::from(count) * unit)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::{example, with_metered};

    #[test]
    fn every_metric_reads_what_the_record_says() {
        let text = include_bytes!("../../cli/tests/data/record.json");
        let record = tinybench_record::RunRecord::parse(text).unwrap();
        let values: Vec<_> = METRICS
            .iter()
            .filter_map(|metric| {
                let reading = metric.read(&record.board, &record.results[0])?;
                Some(format!(
                    "{}: {} ({:?})",
                    metric.slug,
                    metric.unit.show(reading.value),
                    reading.fidelity
                ))
            })
            .collect();
        insta::assert_snapshot!(values.join("\n"));
    }

    #[test]
    fn stages_and_parts_are_read_where_a_record_has_them() {
        let record = example();
        let read = |slug: &str| {
            Metric::find(slug)
                .unwrap()
                .read(&record.board, &record.results[0])
                .unwrap()
        };
        let inference = read("inference");
        assert_eq!((inference.value, inference.samples.len()), (78_125.0, 3));
        assert_eq!(read("preprocess").value, 62_501.562_5);
        assert_eq!(read("postprocess").value, 1.5625);
        let parts = ["ram-system", "ram-runtime", "ram-model", "ram-intermediate"];
        let values = parts.map(|slug| read(slug).value);
        assert_eq!(values, [1_512.0, 2_528.0, 0.0, 16_000.0]);
        assert_eq!(read("flash-pipeline").value, 1_000.0);
    }

    #[test]
    fn slugs_are_unique_and_fit_for_options_and_exports() {
        let mut slugs: Vec<_> = METRICS.iter().map(|metric| metric.slug).collect();
        assert!(slugs.iter().all(|slug| {
            slug.len() <= 64 && slug.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        }));
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), METRICS.len());
    }

    #[test]
    fn what_a_record_does_not_have_is_not_read() {
        let mut record = example();
        let result = &mut record.results[0];
        (result.energy, result.instructions, result.quality) = (None, None, None);
        let read = |slug| {
            Metric::find(slug)
                .unwrap()
                .read(&record.board, &record.results[0])
        };
        for slug in ["energy", "power", "instructions", "quality"] {
            assert_eq!(read(slug), None, "{slug}");
        }
        assert_eq!(
            Metric::find("latncy").unwrap_err().to_string(),
            "there is no metric `latncy`: did you mean `latency`?"
        );
    }

    #[test]
    fn energy_of_an_instrument_has_its_windows_as_samples() {
        let record = with_metered();
        let metric = Metric::find("energy").unwrap();
        let reading = metric.read(&record.board, &record.results[0]).unwrap();
        assert_eq!(reading.samples, [1_310.0, 1_330.0]);
        assert!(reading.noisy);
        assert_eq!(metric.noise_floor, ENERGY_FLOOR);
        assert!(!energy_follows_latency(&record.results));
    }

    #[test]
    fn only_what_was_measured_is_noisy() {
        let mut record = example();
        let noisy = |record: &tinybench_record::RunRecord, slug| {
            Metric::find(slug)
                .unwrap()
                .read(&record.board, &record.results[0])
                .unwrap()
                .noisy
        };
        assert!(!noisy(&record, "latency") && !noisy(&record, "energy"));
        record.results[0].latency.fidelity = Fidelity::Measured;
        assert!(noisy(&record, "latency") && noisy(&record, "cycles"));
        assert!(noisy(&record, "energy"), "it follows from the latency");
        assert!(!noisy(&record, "flash") && !noisy(&record, "power"));
    }
}
