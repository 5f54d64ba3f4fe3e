//! The parameters of the rules, each with its source. All are cycles unless the text says otherwise.
//!
//! Sources: *TRM* is the Cortex-M4 Technical Reference Manual r0p1 (DDI 0439D), chapter 3.3;
//! *compendium* the measurements of i-0.nl; *jnk0le* those on STM32F407 and F103.
//!
//! The constants are what holds where nothing else is said. A chip has values of its own for its
//! memory ([`ChipDescription::timing`](crate::chips::ChipDescription::timing)), and
//! [`Machine::set_timing_parameters`](crate::Machine::set_timing_parameters) sets others, such as
//! those fitted to a board.

use std::ops::RangeInclusive;

/// One parameter, as board files and reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name: that of the field of [`TimingParameters`].
    pub name: &'static str,
    /// What a core has unless its chip says otherwise.
    pub default: u32,
    /// What it may be set to.
    pub range: RangeInclusive<u32>,
}

/// A parameter can't be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// There is no such parameter.
    #[error("there is no timing parameter `{name}`; there are: {}", known())]
    Unknown {
        /// The name that was asked for.
        name: String,
    },
    /// The value is outside the parameter's range.
    #[error("the timing parameter `{name}` is {value}, which must be {} to {}", range.start(), range.end())]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it was to be.
        value: u32,
        /// What it may be.
        range: RangeInclusive<u32>,
    },
}

fn known() -> String {
    TimingParameters::ALL
        .map(|parameter| parameter.name)
        .join(", ")
}

macro_rules! parameters {
    ($($(#[$doc:meta])* $constant:ident $field:ident = $default:literal, $range:expr;)*) => {
        $($(#[$doc])* pub const $constant: u32 = $default;)*

        /// The values of all parameters: see the constants of [`rules`](self) for their sources.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct TimingParameters {
            $($(#[$doc])* pub $field: u32,)*
        }

        impl TimingParameters {
            /// The documented defaults.
            pub const DEFAULT: Self = Self { $($field: $constant,)* };

            /// All parameters there are, in the order of the fields.
            pub const ALL: [Parameter; [$($default),*].len()] = [$(Parameter {
                name: stringify!($field),
                default: $default,
                range: $range,
            },)*];

            /// Their names, in the same order.
            pub const NAMES: [&str; [$($default),*].len()] = [$(stringify!($field)),*];

            /// The value of the parameter called `name`, if there is one.
            pub fn get(&self, name: &str) -> Option<u32> {
                match name {
                    $(stringify!($field) => Some(self.$field),)*
                    _ => None,
                }
            }

            fn field(&mut self, name: &str) -> Option<&mut u32> {
                match name {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

impl TimingParameters {
    /// Sets the parameter called `name`.
    ///
    /// # Errors
    /// [`ParameterError`] if there is no such parameter or the value is out of its range.
    pub fn set(&mut self, name: &str, value: u32) -> Result<(), ParameterError> {
        let parameter = Self::ALL.into_iter().find(|known| known.name == name);
        let (Some(parameter), Some(field)) = (parameter, self.field(name)) else {
            return Err(ParameterError::Unknown {
                name: name.to_owned(),
            });
        };
        if !parameter.range.contains(&value) {
            return Err(ParameterError::Value {
                name: parameter.name,
                value,
                range: parameter.range,
            });
        }
        *field = value;
        Ok(())
    }

    /// Names and values, in the order of [`TimingParameters::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let values = *self;
        Self::ALL
            .into_iter()
            .filter_map(move |known| Some((known.name, values.get(known.name)?)))
    }
}

impl Default for TimingParameters {
    fn default() -> Self {
        Self::DEFAULT
    }
}

parameters! {
    /// Pipeline refill of a direct taken branch (compendium: a taken branch to an aligned target in
    /// memory without wait states takes two cycles in all; TRM: P = 1 to 3).
    REFILL refill = 1, 0..=3;

    /// Refill of a branch whose target is known late: BX, BLX, table branches, loads to the PC
    /// (TRM: P = 1 to 3; the larger value where the target can't be speculated).
    LATE_REFILL late_refill = 2, 0..=6;

    /// A load that doesn't follow another load (TRM, table 3-1).
    LOAD load = 2, 1..=4;

    /// A load right behind another load of the same memory: the address phase overlaps the data
    /// phase (TRM, 3.3.3; n loads take n + 1 cycles).
    CHAINED_LOAD chained_load = 1, 1..=4;

    /// A store with an immediate offset: the data goes to the write buffer (TRM, 3.3.3).
    STORE store = 1, 1..=4;

    /// A store with a register offset (TRM, 3.3.3).
    STORE_REGISTER_OFFSET store_register_offset = 2, 1..=4;

    /// A load behind a store: nothing pipelines after a store (TRM, 3.3.3; jnk0le).
    LOAD_AFTER_STORE load_after_store = 1, 0..=4;

    /// An address register was written by the instruction before (TRM, 3.3.3).
    LATE_ADDRESS late_address = 1, 0..=4;

    /// *Dynamic*: a chained load reaches another memory than the one before it (jnk0le).
    LOST_OVERLAP lost_overlap = 1, 0..=4;

    /// *Dynamic*: an access to a half-word or word that isn't aligned is split in two (TRM, 3.3.3).
    UNALIGNED unaligned = 1, 0..=8;

    /// *Dynamic*: a word at an odd address is split in three (TRM, 3.3.3).
    UNALIGNED_ODD_WORD unaligned_odd_word = 2, 0..=8;

    /// The static cycle of a divide. The TRM, table 3-1, gives 2 to 12 in all, and that they depend on
    /// the leading zeros of the operands.
    DIVIDE divide = 1, 1..=12;

    /// *Dynamic*: what a divide adds if the dividend is below the divisor, or the divisor is 0: the
    /// least of the TRM's range.
    DIVIDE_SHORT divide_short = 1, 0..=12;

    /// *Dynamic*: what any other divide adds, before the bits by which the dividend is longer. The
    /// longest divide takes 12 cycles then, as in the TRM and as measured (5 divides of 0xFFFF_FFFF by
    /// 1 in a loop of 64 cycles on an nRF52840: Nordic's DevZone, question 115859).
    DIVIDE_LONG divide_long = 3, 0..=12;

    /// *Dynamic*: bits of the quotient that a divide finds in a cycle. An assumption: no published
    /// figure shows the steps between the shortest divide and the longest.
    DIVIDE_BITS divide_bits = 4, 1..=32;

    /// *Dynamic*: exception entry, with the stacking of eight words (TRM, 3.9.4: 12 cycles without
    /// wait states).
    EXCEPTION_ENTRY exception_entry = 12, 0..=64;

    /// *Dynamic*: exception return, with the unstacking of eight words (TRM, 3.9.4).
    EXCEPTION_RETURN exception_return = 10, 0..=64;

    /// *Dynamic*: from one handler to the next without unstacking and stacking (TRM, 3.9.4).
    TAIL_CHAIN tail_chain = 6, 0..=64;

    /// *Dynamic*: the floating-point context of 17 words, a cycle each, where it is stacked with the
    /// rest or lazily, and where it is unstacked (TRM, 3.9.4: 29 cycles in, 27 out).
    FLOAT_CONTEXT float_context = 17, 0..=64;

    /// A floating-point result used by the next instruction (TRM, 7.2.3).
    FLOAT_RESULT_LATENCY float_result_latency = 1, 0..=8;

    /// VDIV and VSQRT: the next floating-point instruction waits this long, integer instructions go on
    /// (TRM, 7.2.3). What is left of it at the end of a block is waited for there.
    FLOAT_DIVIDE float_divide = 14, 1..=64;

    /// Words that the prefetch unit holds (TRM, 1.2.1: three).
    FETCH_AHEAD fetch_ahead = 3, 2..=16;

    /// A word arrives this many cycles after the decoder took the last of the word whose place in
    /// the prefetch unit it takes.
    FETCH_LATENCY fetch_latency = 2, 0..=16;

    /// What [`FETCH_LATENCY`] is longer by if the prefetch unit was full, so that it had stopped
    /// fetching (compendium: a group of three or more misaligned 32-bit instructions takes one more
    /// cycle, however long it is, and more than one if there are loads in it).
    FETCH_RESTART fetch_restart = 1, 0..=8;

    /// *Dynamic*: cycles that a read of flash takes beyond one and beyond the wait states that the
    /// chip's registers set. For chips whose wait states can't be set it is all of them.
    FLASH_WAIT flash_wait = 0, 0..=16;

    /// *Dynamic*: cycles that an instruction cache miss takes beyond the flash's wait states.
    INSTRUCTION_MISS instruction_miss = 0, 0..=16;

    /// *Dynamic*: cycles that reading data takes beyond the flash's wait states, if it isn't in the
    /// data cache.
    DATA_MISS data_miss = 0, 0..=16;

    /// *Dynamic*: cycles that a read takes longer if it finds a bank of RAM not granted to the core: the
    /// bus matrix rests at another bank, as the chip's description says, and grants this one when it
    /// is asked for. It stays granted as long as one access follows the other: for loads that overlap,
    /// for the words of an LDM, and for a load two instructions behind a store. The value is by
    /// calibration, and so is that the prefetch unit stands still meanwhile.
    BANK_GRANT bank_grant = 1, 0..=4;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read_and_set_by_its_name() {
        let mut parameters = TimingParameters::DEFAULT;
        for known in TimingParameters::ALL {
            assert!(known.range.contains(&known.default), "{}", known.name);
            assert_eq!(parameters.get(known.name), Some(known.default));
            parameters.set(known.name, *known.range.end()).unwrap();
            assert_eq!(parameters.get(known.name), Some(*known.range.end()));
        }
        assert!(parameters.iter().all(|(name, value)| {
            TimingParameters::ALL
                .iter()
                .any(|known| known.name == name && known.range.end() == &value)
        }));
        assert_eq!(parameters.iter().count(), TimingParameters::ALL.len());
    }

    #[test]
    fn an_unknown_parameter_and_a_value_out_of_range_are_refused() {
        let mut parameters = TimingParameters::DEFAULT;
        let unknown = parameters.set("refil", 1).unwrap_err().to_string();
        assert!(
            unknown.starts_with("there is no timing parameter `refil`; there are: refill, "),
            "{unknown}"
        );
        assert_eq!(
            parameters.set("refill", 4).unwrap_err().to_string(),
            "the timing parameter `refill` is 4, which must be 0 to 3"
        );
        assert_eq!(parameters, TimingParameters::DEFAULT);
    }
}
