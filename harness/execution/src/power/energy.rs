//! Energy from the board's current and voltage, where no instrument measures it.

use tinybench_inputs::board::Power;
use tinybench_record::{Energy, Fidelity, Other};

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
        other: Other::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_time_by_current_by_voltage() {
        let power = Power {
            name: Some("battery".to_owned()),
            supply_v: 3.0,
            active_ma: 4.0,
            active_source: String::new(),
            idle_ua: 0.0,
            idle_source: String::new(),
        };
        let energy = model(32_000_000.0, 64_000_000, &power);
        // 0.5 s at 12 mW.
        assert_eq!(energy.uj_per_inference, 6_000.0);
        assert_eq!(energy.mean_mw, 12.0);
        assert_eq!(energy.fidelity, Fidelity::Modelled);
        assert_eq!(energy.supply.as_deref(), Some("battery"));
    }
}
