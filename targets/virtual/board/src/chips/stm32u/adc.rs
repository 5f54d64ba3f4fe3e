//! ADC1 and ADC4: what a program waits for while it sets them up (RM0456, chapters 33 and 34).
//!
//! Simplified: regulator, calibration and converter are ready at once, and nothing is converted.

use crate::chips::stm32::Write;

const ISR: u32 = 0x00;
const CR: u32 = 0x08;
const WORDS: usize = 0x400 / 4;

/// ISR: ADRDY, EOCAL and LDORDY.
const ADRDY: u32 = 1 << 0;
const EOCAL: u32 = 1 << 11;
const LDORDY: u32 = 1 << 12;
/// CR: ADEN, ADDIS, ADVREGEN, DEEPPWD and ADCAL.
const ADEN: u32 = 1 << 0;
const ADDIS: u32 = 1 << 1;
const ADVREGEN: u32 = 1 << 28;
const DEEPPWD: u32 = 1 << 29;
const ADCAL: u32 = 1 << 31;

/// One converter, or two with what they have in common.
#[derive(Clone, Debug)]
pub(super) struct Adc {
    control_reset: u32,
    registers: [u32; WORDS],
}

impl Adc {
    /// ADC1, which is in deep power-down after a reset.
    pub fn fast() -> Self {
        Self::new(DEEPPWD)
    }

    /// ADC4.
    pub fn slow() -> Self {
        Self::new(0)
    }

    fn new(control_reset: u32) -> Self {
        let mut registers = [0; WORDS];
        registers[CR as usize / 4] = control_reset;
        Self {
            control_reset,
            registers,
        }
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        self.registers.get(offset as usize / 4).copied()
    }

    pub fn write(&mut self, offset: u32, write: Write) -> Option<()> {
        let register = self.registers.get_mut(offset as usize / 4)?;
        let value = write.over(*register);
        match offset {
            // Flags are cleared by writing ones; that of the regulator can't be.
            ISR => *register &= !(write.bits() & !LDORDY),
            CR => {
                let stop = if value & ADDIS != 0 { ADEN | ADDIS } else { 0 };
                *register = value & !(ADCAL | stop);
                let flags = &mut self.registers[ISR as usize / 4];
                *flags &= !LDORDY;
                for (bit, flag) in [(ADEN, ADRDY), (ADCAL, EOCAL), (ADVREGEN, LDORDY)] {
                    if value & !stop & bit != 0 {
                        *flags |= flag;
                    }
                }
            }
            _ => *register = value,
        }
        Some(())
    }

    pub fn reset(&mut self) {
        *self = Self::new(self.control_reset);
    }
}
