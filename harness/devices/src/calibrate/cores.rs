//! What calibration must know of a core: how to recognise it, what counts its cycles, and which parameters of
//! the cycle model act on it.

use tinybench_interface::calibration::SYSTICK_BITS;
use tinybench_virtual_board::CoreModel;
use tinybench_virtual_board::timing::TimingParameters;

/// A core with a table of benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Core {
    /// Which one.
    pub model: CoreModel,
    /// What it is called.
    pub name: &'static str,
    /// Its part number in CPUID.
    pub part: u32,
    /// What its cycles are counted by.
    pub counter: CycleCounter,
    /// Names of the parameters that its rules have. The others change nothing on it.
    pub parameters: &'static [&'static str],
}

/// What counts cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CycleCounter {
    /// DWT_CYCCNT, with the event counters beside it.
    Dwt,
    /// SysTick, which counts down.
    SysTick,
}

impl CycleCounter {
    /// What a counter has counted from one reading to another: this one, number 0, or one of the event counters,
    /// which have 8 bits.
    pub fn elapsed(self, counter: usize, from: u32, to: u32) -> u32 {
        match (self, counter) {
            (Self::SysTick, _) => from.wrapping_sub(to) & ((1 << SYSTICK_BITS) - 1),
            (Self::Dwt, 0) => to.wrapping_sub(from),
            (Self::Dwt, _) => to.wrapping_sub(from) & 0xFF,
        }
    }
}

/// The cores whose benchmarks there are.
pub static CORES: [Core; 3] = [
    Core {
        model: CoreModel::CortexM0Plus,
        name: "Cortex-M0+",
        part: 0xC60,
        counter: CycleCounter::SysTick,
        parameters: &[
            "refill",
            "late_refill",
            "late_address",
            "exception_entry",
            "exception_return",
            "tail_chain",
            "fetch_ahead",
            "fetch_latency",
            "fetch_restart",
            "flash_wait",
            "instruction_miss",
            "data_miss",
        ],
    },
    Core {
        model: CoreModel::CortexM4F,
        name: "Cortex-M4",
        part: 0xC24,
        counter: CycleCounter::Dwt,
        parameters: &TimingParameters::NAMES,
    },
    Core {
        model: CoreModel::CortexM33F,
        name: "Cortex-M33",
        part: 0xD21,
        counter: CycleCounter::Dwt,
        parameters: &[
            "refill",
            "late_refill",
            "unaligned",
            "unaligned_odd_word",
            "divide",
            "divide_short",
            "divide_long",
            "divide_bits",
            "exception_entry",
            "exception_return",
            "tail_chain",
            "float_context",
            "float_divide",
            "fetch_ahead",
            "fetch_latency",
            "fetch_restart",
            "flash_wait",
            "instruction_miss",
            "data_miss",
        ],
    },
];

impl Core {
    /// The core that board files call so, if there are benchmarks for it.
    pub fn named(name: &str) -> Option<&'static Self> {
        CORES.iter().find(|core| core.model.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_come_round_and_systick_counts_down() {
        let of = |counter: CycleCounter, number, from, to| counter.elapsed(number, from, to);
        assert_eq!(of(CycleCounter::Dwt, 0, u32::MAX - 4, 5), 10);
        assert_eq!(of(CycleCounter::Dwt, 1, 250, 4), 10);
        assert_eq!(of(CycleCounter::SysTick, 0, 30, 20), 10);
        assert_eq!(of(CycleCounter::SysTick, 0, 4, 0xFF_FFFA), 10);
    }

    #[test]
    fn parameters_are_those_of_the_cycle_model() {
        for core in &CORES {
            for name in core.parameters {
                assert!(
                    TimingParameters::DEFAULT.get(name).is_some(),
                    "{}: {name}",
                    core.name
                );
            }
        }
        assert_eq!(Core::named("cortex-m7"), None);
    }
}
