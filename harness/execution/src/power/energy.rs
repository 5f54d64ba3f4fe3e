//! Energy from the board's current and voltage, where no instrument measures it.

use tinybench_inputs::board::Power;
use tinybench_record::{Energy, Fidelity, Other, StatedError};

/// Name of the model in the record.
pub const SOURCE: &str = "model:active-current";

/// Energy of an inference of `cycles` at `clock_hz`, during which the board draws its active
/// current all the time: E = cycles / clock × current × voltage.
pub fn model(cycles: f64, clock_hz: u64, power: &Power) -> Energy {
    let seconds = cycles / clock_hz as f64;
    let mean_mw = power.active_ma * power.supply_v;
    Energy {
        uj_per_inference: seconds * mean_mw * 1_000.0,
        mean_mw,
        source: SOURCE.to_owned(),
        supply: power.name.clone(),
        fidelity: Fidelity::Modelled,
        stated_error: power.error.as_ref().map(|error| StatedError {
            mean_percent: error.mean_percent,
            worst_percent: error.worst_percent,
            source: error.source.clone(),
            outside: Vec::new(),
            other: Other::new(),
        }),
        metered: None,
        other: Other::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_inputs::board::Board;

    #[test]
    fn energy_is_time_by_current_by_voltage() {
        let power = Power {
            name: Some("battery".to_owned()),
            supply_v: 3.0,
            active_ma: 4.0,
            active_source: String::new(),
            idle_ua: 0.0,
            idle_source: String::new(),
            wake_us: None,
            wake_source: None,
            error: None,
        };
        let energy = model(32_000_000.0, 64_000_000, &power);
        // 0.5 s at 12 mW.
        assert_eq!(energy.uj_per_inference, 6_000.0);
        assert_eq!(energy.mean_mw, 12.0);
        assert_eq!(energy.fidelity, Fidelity::Modelled);
        assert_eq!(energy.supply.as_deref(), Some("battery"));
    }
    /// Mean powers in mW that others have published of a chip supplied in one of its ways.
    fn published(chip: &str, supply: &str) -> Vec<f64> {
        let text = include_str!("../../../../results/published/mlperf-tiny.csv");
        let mut lines = text.lines();
        let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
        // Only conditions have commas, in quotes, and none of these boards has any.
        let rows = lines.filter(|line| line.contains(chip) && line.contains(supply));
        let rows = rows.map(|line| line.split(',').collect::<Vec<_>>());
        let powers = rows.flat_map(|row| {
            let value = |column: String| {
                let index = columns.iter().position(|it| *it == column).unwrap();
                row[index].parse::<f64>().ok()
            };
            ["kws", "vww", "ic", "ad"]
                .map(|task| Some(value(format!("{task}_uj"))? / value(format!("{task}_ms"))?))
        });
        powers.flatten().collect()
    }

    #[test]
    fn how_far_the_constants_are_off_is_what_others_published() {
        let board = |name: &str, text: &str| {
            let path = std::path::Path::new(name).with_extension("toml");
            Board::parse(text, &path).unwrap().board
        };
        let l4r5 = include_str!("../../../../targets/boards/nucleo-l4r5zi.toml");
        let u575 = include_str!("../../../../targets/boards/nucleo-u575zi-q.toml");
        let [l4r5, u575] = [board("nucleo-l4r5zi", l4r5), board("nucleo-u575zi-q", u575)];
        let of = |board: &Board, option: &str| match board.power_options.get(option) {
            Some(power) => power.clone(),
            None => board.power.clone().unwrap(),
        };
        for (chip, supply, power, count) in [
            ("L4R5", "; 3.0 V;", of(&l4r5, "ldo-3v0"), 8),
            ("L4R5", "; 1.8 V;", of(&l4r5, "ldo-1v8"), 20),
            ("L4R5", "external SMPS", of(&l4r5, "smps-3v0"), 4),
            // That of round 1.2, on results of round 1.3.
            ("U575", "X-CUBE-AI 10.2", of(&u575, "smps-1v8"), 4),
        ] {
            let constant = power.active_ma * power.supply_v;
            let errors = published(chip, supply).into_iter();
            let errors: Vec<f64> = errors
                .map(|it| (constant / it - 1.0).abs() * 100.0)
                .collect();
            assert_eq!(errors.len(), count, "{chip} {supply}");
            let error = power.error.as_ref().unwrap();
            let tenths = |it: f64| (it * 10.0).round() / 10.0;
            assert_eq!(
                error.mean_percent,
                tenths(errors.iter().sum::<f64>() / count as f64)
            );
            assert_eq!(
                error.worst_percent,
                tenths(errors.into_iter().fold(0.0, f64::max))
            );
        }
    }
}
