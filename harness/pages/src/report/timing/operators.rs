//! Where the cycles of an inference go, operator by operator, and which operators make up a change.

use crate::page::{Block, Cell, Column, Plot, Section, Table, Tone};
use crate::plot::{Bar, BarGroup, Part, bars};
use crate::report::results::{Item, Results, mark};
use tinybench_analysis::compare::{OperatorChanges, text};
use tinybench_analysis::profile::{causes, share, stalls, worst_first};
use tinybench_record::{Fidelity, OperatorProfile, PartProfile, Profile, Stalls};
use tinybench_support::number::{dimensions, grouped};

/// How many operators are drawn.
const DRAWN: usize = 10;
/// How many changes of operators are listed.
const LISTED: usize = 10;
/// Stands where there is no figure.
const NONE: &str = "–";

/// The operators of each result that was profiled; none if there is no such.
pub fn section(results: &Results) -> Option<Section> {
    let profiled: Vec<(&Item, &Profile)> = results
        .items
        .iter()
        .filter_map(|item| Some((item, item.result.profile.as_ref()?)))
        .filter(|(_, profile)| !profile.operators.is_empty())
        .collect();
    if profiled.is_empty() {
        return None;
    }
    let mut section = Section::new("operators", "Operators");
    section.text(
        "Where the cycles of one inference go. docs/profile.md explains the figures and what the \
         core's bound is.",
    );
    for (index, (item, profile)) in profiled.into_iter().enumerate() {
        let name = results.full_label(item);
        let id = format!("operators-{index}");
        section.blocks.push(Block::Plot(plot(
            &id,
            &format!("{name}: operators"),
            profile,
        )));
        explain(profile, &mut section);
    }
    Some(section)
}

/// Adds what is known of why a profile's operators take what they take.
pub fn explain(profile: &Profile, section: &mut Section) {
    if let Some(stalls) = stalls(profile) {
        section.text(stalls);
    }
    let causes = causes(profile);
    if !causes.is_empty() {
        let words =
            "The known causes of what could be less, with their cycles where they were counted.";
        let mut table = Table::new(words, vec![Column::text("cause")]);
        causes.into_iter().for_each(|cause| table.push([cause]));
        section.blocks.push(Block::Table(table));
    }
    for note in &profile.notes {
        section.text(format!("Note: {note}."));
    }
}

/// The worst operators as bars, the instructions' own cycles and stalls apart, and all in its table.
pub fn plot(id: &str, title: &str, profile: &Profile) -> Plot {
    let operators = worst_first(profile);
    let mut rows: Vec<Bar> = operators
        .iter()
        .take(DRAWN)
        .map(|operator| bar(&operator.label(), &operator.cost, profile))
        .collect();
    let rest = &operators[rows.len()..];
    let cycles: u64 = rest.iter().map(|it| it.cost.cycles).sum();
    let more = match rest.len() {
        0 => String::new(),
        more => format!(
            " The {more} that aren't drawn take {}{} cycles, {:.1} %.",
            mark(Some(profile.fidelity)),
            grouped(cycles),
            100.0 * share(cycles, profile)
        ),
    };
    rows.push(bar(Profile::BETWEEN, &profile.between, profile));
    let has_stalls = operators.iter().any(|it| it.cost.stalls.is_some());
    let group = BarGroup {
        name: String::new(),
        bars: rows,
    };
    let description = format!(
        "Cycles of the {} worst operators.",
        operators.len().min(DRAWN)
    );
    Plot {
        title: title.to_owned(),
        note: format!(
            "Cycles of each operator and their share of the inference, the worst first.{more}"
        ),
        legend: match has_stalls {
            true => vec![
                ("part1", "the instructions' own cycles".to_owned()),
                ("part3", "stalls".to_owned()),
            ],
            false => Vec::new(),
        },
        svg: bars(&[group], false, id, &description),
        id: id.to_owned(),
        table: table(&format!("{title}, the worst first"), profile),
    }
}

fn bar(name: &str, cost: &PartProfile, profile: &Profile) -> Bar {
    let mark = mark(Some(profile.fidelity));
    let part = |cycles: u64, class: &'static str, what: &str| Part {
        value: cycles as f64,
        class,
        tip: format!("{name}: {mark}{} cycles, {what}", grouped(cycles)),
    };
    let parts = match &cost.stalls {
        None => vec![part(cost.cycles, "bar", "all")],
        Some(stalls) => {
            let mut named: Vec<_> = stalls.named().into_iter().filter(|it| it.1 > 0).collect();
            named.sort_by_key(|&(_, cycles)| std::cmp::Reverse(cycles));
            let told: Vec<_> = named
                .iter()
                .take(3)
                .map(|(what, cycles)| format!("{what} {}", grouped(*cycles)))
                .collect();
            let stalled = stalls.total().min(cost.cycles);
            let own = cost.cycles - stalled;
            vec![
                part(own, "part1", "the instructions' own"),
                part(stalled, "part3", &format!("stalls: {}", told.join(", "))),
            ]
        }
    };
    Bar {
        label: name.to_owned(),
        figure: format!(
            "{mark}{}, {:.1} %",
            grouped(cost.cycles),
            100.0 * share(cost.cycles, profile)
        ),
        parts,
    }
}

/// All operators of a profile and what is between them, the worst first.
pub fn table(caption: &str, profile: &Profile) -> Table {
    let mut table = Table::new(
        caption,
        vec![
            Column::text("operator"),
            Column::text("options"),
            Column::text("output"),
            Column::number("cycles"),
            Column::number("%"),
            Column::number("MACs"),
            Column::number("cycles / MAC"),
            Column::number("times bound"),
            Column::number("stalls, %"),
            Column::number("weights, bytes"),
            Column::number("arena, bytes"),
            Column::number("energy, µJ"),
        ],
    );
    let has_energy = profile
        .operators
        .iter()
        .any(|it| it.cost.energy_uj.is_some());
    if !has_energy {
        table.columns.pop();
    }
    let mut row = |operator: Option<&OperatorProfile>, cost: &PartProfile| {
        let number = |value: Option<u64>| value.map_or(NONE.to_owned(), grouped);
        let macs = operator.and_then(|it| it.macs).filter(|&it| it > 0);
        let ratio = |by: Option<u64>| match by.filter(|&it| it > 0) {
            Some(by) => format!("{:.2}", cost.cycles as f64 / by as f64),
            None => NONE.to_owned(),
        };
        let percent =
            |part: u64, whole: u64| format!("{:.1}", 100.0 * part as f64 / whole.max(1) as f64);
        let stalls = cost.stalls.as_ref().map(Stalls::total);
        let output = operator.map_or(&[][..], |it| &it.output_shape);
        let mut cells = vec![
            operator.map_or(Profile::BETWEEN.to_owned(), OperatorProfile::label),
            operator.map_or(String::new(), |it| it.options.join(" ")),
            dimensions(output),
            format!("{}{}", mark(Some(profile.fidelity)), grouped(cost.cycles)),
            percent(cost.cycles, profile.cycles),
            number(macs),
            ratio(macs),
            ratio(operator.and_then(|it| it.bound_cycles)),
            stalls.map_or(NONE.to_owned(), |it| percent(it, cost.cycles)),
            number(operator.map(|it| it.weight_bytes).filter(|&it| it > 0)),
            number(operator.and_then(|it| it.arena_bytes)),
        ];
        if has_energy {
            let energy = cost
                .energy_uj
                .map(|it| format!("{}{it:.2}", mark(Some(Fidelity::Modelled))));
            cells.push(energy.unwrap_or(NONE.to_owned()));
        }
        table.push(cells);
    };
    for operator in worst_first(profile) {
        row(Some(operator), &operator.cost);
    }
    row(None, &profile.between);
    table
}

/// Which operators make up a change, those first that make up most of it; none if none changed.
pub fn changes(caption: &str, found: &OperatorChanges) -> Option<Table> {
    let mut table = Table::new(
        caption,
        vec![
            Column::text("operator"),
            Column::number("before, cycles"),
            Column::number("after, cycles"),
            Column::number("change"),
            Column::number("share of the whole change"),
        ],
    );
    for (place, change) in found.changes.iter().take(LISTED).enumerate() {
        let tone = match change.new > change.base {
            true if place == 0 => Tone::Worse,
            _ => Tone::Plain,
        };
        let share = change.share.map_or(NONE.to_owned(), text::share);
        table.push([
            Cell::toned(change.name.as_str(), tone),
            text::cycles(change.base, found.base_fidelity).into(),
            text::cycles(change.new, found.new_fidelity).into(),
            text::signed(change.base, change.new).into(),
            share.into(),
        ]);
    }
    for (operators, what) in [
        (&found.only_base, "only before"),
        (&found.only_new, "only after"),
    ] {
        for operator in operators {
            let mut cells = vec![Cell::from(operator.as_str())];
            cells.resize(table.columns.len() - 1, NONE.into());
            cells.push(what.into());
            table.push(cells);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Run;
    use tinybench_analysis::compare::operator_changes;
    use tinybench_record::example::example;

    fn run() -> Run {
        let mut record = example();
        let profile: Profile = serde_json::from_value(serde_json::json!({
            "fidelity": "modelled", "cycles": 1_500,
            "operators": [
                { "index": 0, "name": "CONV_2D", "options": ["3x3"], "output_shape": [1, 4, 4, 8],
                  "macs": 100, "weight_bytes": 72, "activation_bytes": 200, "bound_cycles": 118,
                  "cost": { "cycles": 400, "stalls": { "load_use": 40, "flash_data": 60,
                    "memory_change": 0, "unaligned": 0, "fetch": 0, "alignment": 0, "refill": 0,
                    "divide": 0, "float": 0 } } },
                { "index": 1, "name": "CONV_2D", "weight_bytes": 0, "activation_bytes": 10,
                  "cost": { "cycles": 1_000 },
                  "causes": [{ "what": "divides", "cycles": 100 }] },
            ],
            "between": { "cycles": 100 },
        }))
        .unwrap();
        record.results[0].profile = Some(profile);
        Run {
            label: "run".to_owned(),
            record,
        }
    }

    #[test]
    fn operators_are_listed_worst_first_and_add_up() {
        let runs = [run()];
        let section = section(&Results::new(&runs)).unwrap();
        let Block::Plot(plot) = &section.blocks[1] else {
            panic!("{section:?}");
        };
        let cells = |row: usize| -> Vec<&str> {
            plot.table.rows[row]
                .cells
                .iter()
                .map(|it| &*it.text)
                .collect()
        };
        assert_eq!(cells(0)[..5], ["CONV_2D 1", "", "", "≈ 1,000", "66.7"]);
        assert_eq!(
            cells(1),
            [
                "CONV_2D 0",
                "3x3",
                "4x4x8",
                "≈ 400",
                "26.7",
                "100",
                "4.00",
                "3.39",
                "25.0",
                "72",
                "–"
            ]
        );
        assert_eq!(cells(2)[..5], ["between operators", "", "", "≈ 100", "6.7"]);
        assert!(
            plot.svg.contains("stalls: flash data 60, load use 40"),
            "{}",
            plot.svg
        );
        let shown = format!("{:?}", section.blocks);
        assert!(shown.contains("divides, 100 cycles: CONV_2D 1"), "{shown}");
    }

    #[test]
    fn a_change_is_told_by_operator() {
        let run = run();
        let base = run.record.results[0].profile.as_ref().unwrap();
        let mut new = base.clone();
        new.operators[0].cost.cycles += 120;
        new.cycles += 120;
        let found = operator_changes(base, &new);
        let table = changes("c", &found).unwrap();
        let cells: Vec<_> = table.rows[0].cells.iter().map(|it| &*it.text).collect();
        assert_eq!(cells, ["CONV_2D 0", "≈ 400", "≈ 520", "+120", "100.0 %"]);
        let same = operator_changes(base, base);
        assert_eq!(changes("c", &same), None);
    }
}
