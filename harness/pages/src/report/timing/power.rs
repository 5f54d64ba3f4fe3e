//! Power with a duty cycle, and the course of the power that an instrument measured.

use crate::page::{Block, Column, Plot, Table};
use crate::plot::{Course, course};
use crate::report::results::{Results, mark};
use tinybench_record::{Energy, Metered};
use tinybench_support::number::{decimal, lifetime_range, milliwatts};

/// Power of the results that have it, if there are such.
pub fn table(results: &Results) -> Option<Block> {
    let mut table = Table::new(
        "Power of a board that runs the workload at regular intervals and sleeps in between",
        vec![
            Column::text("result"),
            Column::number("every"),
            Column::number("duty"),
            Column::number("in use"),
            Column::number("at rest"),
            Column::number("mean"),
            Column::text("below 1 mW"),
            Column::text("cell"),
            Column::number("it lasts"),
        ],
    );
    for item in &results.items {
        let Some(power) = &item.result.power else {
            continue;
        };
        let modelled = mark(Some(power.fidelity));
        let mw = |value: f64| format!("{modelled}{} mW", milliwatts(value));
        let cell = power.cell.as_ref();
        table.push([
            results.full_label(item),
            format!("{} s", power.interval_s),
            format!(
                "{}{} %",
                mark(Some(item.result.latency.fidelity)),
                decimal(power.duty_cycle * 100.0)
            ),
            mw(power.active_mw),
            mw(power.idle_mw),
            mw(power.mean_mw),
            if power.below_1_mw { "yes" } else { "no" }.to_owned(),
            cell.map_or("–".to_owned(), |cell| cell.title()),
            cell.map_or("–".to_owned(), |cell| {
                format!("{modelled}{}", lifetime_range(cell.range_hours()))
            }),
        ]);
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

/// The energies that instruments measured, each with the course of its power.
pub fn metered(results: &Results) -> Vec<Block> {
    let items = results.items.iter().filter_map(|item| {
        let energy = item.result.energy.as_ref()?;
        let metered = energy.metered.as_ref()?;
        Some((results.full_label(item), energy, metered))
    });
    let plots = items.enumerate().map(|(index, (label, energy, metered))| {
        Block::Plot(course_of(
            &format!("course-{index}"),
            &label,
            energy,
            metered,
        ))
    });
    plots.collect()
}

fn course_of(id: &str, label: &str, energy: &Energy, metered: &Metered) -> Plot {
    let modelled = mark(Some(energy.fidelity));
    let mw = |value: f64| format!("{modelled}{} mW", milliwatts(value));
    let uj = |value: f64| format!("{modelled}{} µJ", decimal(value));
    // Windows of stages come by turns, each with the energy of its own stage.
    let windows: Vec<(&str, f64)> = match &metered.stages {
        None => metered.windows_uj.iter().map(|&uj| ("", uj)).collect(),
        Some(stages) => (0..metered.windows_uj.len())
            .flat_map(|round| {
                let stages = stages.named();
                stages.map(|(name, stage)| (name, stage.windows_uj.get(round).copied()))
            })
            .filter_map(|(name, uj)| Some((name, uj?)))
            .collect(),
    };
    let mut columns = vec![
        Column::text("window"),
        Column::number("begins"),
        Column::number("lasts"),
        Column::number("energy"),
    ];
    if metered.stages.is_some() {
        columns.push(Column::text("stage"));
    }
    let title = format!("{label}: energy of an inference by {}", metered.instrument);
    let mut table = Table::new(title, columns);
    let mut marked = Vec::new();
    let windows = metered.course.windows.iter().zip(windows);
    for (number, (&[from, to], (stage, energy))) in (1..).zip(windows) {
        let of = match stage {
            "" => "an inference",
            stage => stage,
        };
        marked.push(([from, to], format!("window {number}: {} {of}", uj(energy))));
        let mut cells = vec![
            number.to_string(),
            format!("{} s", decimal(from)),
            format!("{} s", decimal(to - from)),
            uj(energy),
        ];
        if metered.stages.is_some() {
            cells.push(stage.to_owned());
        }
        table.push(cells);
    }
    let interval = metered.interval_uj.map_or(String::new(), |[low, high]| {
        format!(", 95 % confidence {} to {}", uj(low), uj(high))
    });
    let idle = metered.idle_mw.map_or(String::new(), |idle| {
        format!(", {} between the windows", mw(idle))
    });
    let stages = metered.stages.as_ref().map_or(String::new(), |stages| {
        let stages = stages.named().map(|(name, stage)| {
            let interval = stage.interval_uj.map_or(String::new(), |[low, high]| {
                format!(" (95 % confidence {} to {})", uj(low), uj(high))
            });
            format!("{name} {}{interval}", uj(stage.uj))
        });
        format!(
            "By stage, each in windows of its own: {}. ",
            stages.join(", ")
        )
    });
    let note = format!(
        "{stages}{} an inference{interval}: the mean of {} windows of {} inferences. {} on average in them, {} \
         at most{idle}. Supplied with {} V by {}. What is shaded is a window; the line is the mean of \
         {} ms each.",
        uj(energy.uj_per_inference),
        metered.windows_uj.len(),
        metered.inferences,
        mw(energy.mean_mw),
        mw(metered.peak_mw),
        metered.supply_v,
        metered.instrument,
        decimal(metered.course.step_s * 1_000.0),
    );
    let shown = Course {
        step_s: metered.course.step_s,
        values: metered.course.mean_mw.clone(),
        marked,
    };
    let description = format!(
        "The power over {} s, in which {} windows are shaded.",
        decimal(metered.course.step_s * metered.course.mean_mw.len() as f64),
        metered.windows_uj.len()
    );
    Plot {
        title: format!("{label}: the course of the power"),
        note,
        legend: Vec::new(),
        svg: course(&shown, &|value| format!("{value} mW"), id, &description),
        id: id.to_owned(),
        table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;
    use tinybench_record::example::{example, with_metered, with_stages};

    #[test]
    fn a_measured_energy_has_its_course_with_windows() {
        let runs = |record| {
            [Run {
                label: "new".to_owned(),
                record,
            }]
        };
        assert!(metered(&Results::new(&runs(example()))).is_empty());
        let runs = runs(with_metered());
        let blocks = metered(&Results::new(&runs));
        let [Block::Plot(plot)] = &blocks[..] else {
            panic!("one plot: {blocks:?}");
        };
        let interval = "1,320 µJ an inference, 95 % confidence 1,193 µJ to 1,447 µJ";
        assert!(plot.note.starts_with(interval), "{}", plot.note);
        assert_eq!(plot.svg.matches("class=\"window\"").count(), 2);
        assert_eq!(plot.table.rows.len(), 2);
    }

    #[test]
    fn windows_of_stages_are_marked_with_their_energies() {
        let runs = [Run {
            label: "new".to_owned(),
            record: with_stages(),
        }];
        let blocks = metered(&Results::new(&runs));
        let [Block::Plot(plot)] = &blocks[..] else {
            panic!("one plot: {blocks:?}");
        };
        let told = "By stage, each in windows of its own: preprocess 310.0 µJ (95 % confidence 297.3 µJ \
                    to 322.7 µJ), inference 1,000 µJ";
        assert!(plot.note.starts_with(told), "{}", plot.note);
        assert_eq!(plot.svg.matches("class=\"window\"").count(), 6);
        assert_eq!(plot.table.rows.len(), 6);
    }
}
