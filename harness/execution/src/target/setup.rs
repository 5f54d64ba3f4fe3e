//! Clocks, caches and wait states of a chip: set through the debug port as the firmware does it, and read back
//! from the chip's own registers, whoever has set them.

use std::time::{Duration, Instant};

use tinybench_inputs::board::target::{FlashSetup, Setup};
use tinybench_inputs::board::{Board, SetupKind};
use tinybench_record::{Other, Settings};
use tinybench_support::exits_with;
use tinybench_support::progress::Progress;

use super::{Target, TargetError};

/// NVMC.ICACHECNF (nRF52840 Product Specification, NVMC). Bit 0 enables the cache.
const ICACHECNF: u32 = 0x4001_E540;
/// The clock of all nRF52, Hz (the same, CLOCK).
const NRF52_HZ: u64 = 64_000_000;

/// Registers of the STM32L4R5 (RM0432, 3.7, 5.4 and 6.4); the first four are the STM32G0B1's too (RM0444, 3.7
/// and 5.4).
const FLASH_ACR: u32 = 0x4002_2000;
const RCC_CR: u32 = 0x4002_1000;
const RCC_CFGR: u32 = 0x4002_1008;
const RCC_PLLCFGR: u32 = 0x4002_100C;
const FLASH_OPTR: u32 = 0x4002_2020;
const RCC_APB1ENR1: u32 = 0x4002_1058;
const PWR_CR5: u32 = 0x4000_7080;

/// RCC_APB1ENR1.PWREN; PWR_CR5.R1MODE: range 1 without boost.
const PWREN: u32 = 1 << 28;
const R1MODE: u32 = 1 << 8;
/// RCC_CR.PLLON and PLLRDY.
const PLLON: u32 = 1 << 24;
const PLLRDY: u32 = 1 << 25;
/// RCC_PLLCFGR: from the MSI, which runs at 4 MHz after reset, × 60 / 2, output R on.
const PLL_120_MHZ: u32 = 1 | 60 << 8 | 1 << 24;
/// RCC_CFGR: the PLL as the system clock, as chosen and as in use, and the core's divider.
const SW_PLL: u32 = 3;
const SWS_PLL: u32 = 3 << 2;
const HPRE: u32 = 0xF << 4;
const HPRE_2: u32 = 8 << 4;
/// The same of an STM32G0B1: HSI16 × 8 / 2, output R on; SW and SWS.
const G0B1_PLL_64_MHZ: u32 = 2 | 8 << 8 | 1 << 28 | 1 << 29;
const G0B1_SW: u32 = 7;
const G0B1_SW_PLL: u32 = 2;
const G0B1_SWS: u32 = 7 << 3;
const G0B1_SWS_PLL: u32 = 2 << 3;
/// FLASH_ACR.LATENCY of an STM32G0B1.
const G0B1_LATENCY: u32 = 7;
/// Registers of the STM32U575 (RM0456, 7.9, 8.7, 10.10 and 11.8).
const U575_RCC_CR: u32 = 0x4602_0C00;
const U575_RCC_CFGR1: u32 = 0x4602_0C1C;
const U575_RCC_CFGR2: u32 = 0x4602_0C20;
const U575_RCC_PLL1CFGR: u32 = 0x4602_0C28;
const U575_RCC_PLL1DIVR: u32 = 0x4602_0C34;
const U575_RCC_AHB3ENR: u32 = 0x4602_0C94;
const U575_PWR_VOSR: u32 = 0x4602_080C;
const STM32U_ICACHE_CR: u32 = 0x4003_0400;
/// RCC_AHB3ENR.PWREN; PWR_VOSR: range 1 and the booster, and that both are there.
const U575_PWREN: u32 = 1 << 2;
const U575_RANGE_1: u32 = 3 << 16;
const U575_VOSRDY: u32 = 1 << 15;
const U575_BOOSTEN: u32 = 1 << 18;
const U575_BOOSTRDY: u32 = 1 << 14;
/// RCC_PLL1CFGR and RCC_PLL1DIVR: MSIS, which runs at 4 MHz after reset, × 80 / 2, output R on.
const U575_PLL1CFGR: u32 = 1 | 1 << 18;
const U575_PLL1DIVR: u32 = 79 | 1 << 24;
/// RCC_CFGR2.HPRE, and division by 2.
const U575_HPRE: u32 = 0xF;
const U575_HPRE_2: u32 = 8;
/// Registers of the STM32U385 (RM0487, chapters "Power control" and "Reset and clock control"); FLASH_ACR and
/// ICACHE_CR are where the STM32U575 has them.
const U385_RCC_CR: u32 = 0x4003_0C00;
const U385_RCC_ICSCR1: u32 = 0x4003_0C08;
const U385_RCC_CFGR1: u32 = 0x4003_0C1C;
const U385_RCC_CFGR2: u32 = 0x4003_0C20;
const U385_RCC_CFGR4: u32 = 0x4003_0C28;
const U385_RCC_AHB1ENR2: u32 = 0x4003_0C94;
const U385_RCC_CSR: u32 = 0x4003_0D14;
const U385_PWR_VOSR: u32 = 0x4003_080C;
/// RCC_AHB1ENR2.PWREN; RCC_CFGR4: the booster's clock is MSIS.
const U385_PWREN: u32 = 1 << 2;
const U385_BOOSTSEL_MSIS: u32 = 1;
/// PWR_VOSR: the ranges and the booster, and that they are there.
const U385_R1EN: u32 = 1 << 0;
const U385_R2EN: u32 = 1 << 1;
const U385_BOOSTEN: u32 = 1 << 8;
const U385_R1RDY: u32 = 1 << 16;
const U385_BOOSTRDY: u32 = 1 << 24;
/// RCC_ICSCR1: MSIS as this register says; MSIRC1 instead of MSIRC0, which has 96 MHz, and a divider.
const U385_MSIRGSEL: u32 = 1 << 23;
const U385_MSIS_OTHER: u32 = 1 << 31 | 3 << 29;
/// RCC_CR.MSISRDY.
const U385_MSISRDY: u32 = 1 << 2;
/// FLASH_ACR: prefetch, instruction cache, data cache.
const PRFTEN: u32 = 1 << 8;
const ICEN: u32 = 1 << 9;
const DCEN: u32 = 1 << 10;
/// FLASH_OPTR.DBANK.
const DBANK: u32 = 1 << 22;

/// What the clock is called where it differs.
const CLOCK: &str = "clock";

/// How long a register may take to become what it is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is read back isn't what the board file says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the chip isn't set up as the board file of {board} says: {}",
    .differences.join("; ")
)]
pub struct OtherSettings {
    /// The board.
    pub board: String,
    /// Each setting with both values.
    pub differences: Vec<String>,
}

impl OtherSettings {
    /// What becomes of it where a program of the user's set the chip up: the record has the settings as they
    /// are. Another clock makes other times.
    ///
    /// # Errors
    /// The clock is another.
    pub fn of_image(self, progress: &Progress) -> Result<(), Self> {
        if self.differences.iter().any(|it| it.starts_with(CLOCK)) {
            return Err(self);
        }
        progress.note(&format!("warning: {self}; the record has it as it is"));
        Ok(())
    }
}

exits_with!(OtherSettings => Target);

/// Sets a chip up that was reset, as the firmware does.
///
/// # Errors
/// If the target is lost; a register that doesn't become what it should.
pub fn set_up(target: &mut dyn Target, setup: Setup) -> Result<(), TargetError> {
    match setup {
        Setup::Nrf52 { instruction_cache } => {
            target.write_words(ICACHECNF, &[u32::from(instruction_cache)])
        }
        Setup::Stm32g0b1(flash) => {
            let settings = flash_acr(flash) | bit(flash.instruction_cache, ICEN);
            let mask = G0B1_LATENCY | PRFTEN | ICEN;
            // The flash has to be slow enough before the core is fast.
            change(target, FLASH_ACR, mask, settings)?;
            wait_for(target, FLASH_ACR, mask, settings)?;
            target.write_words(RCC_PLLCFGR, &[G0B1_PLL_64_MHZ])?;
            change(target, RCC_CR, 0, PLLON)?;
            wait_for(target, RCC_CR, PLLRDY, PLLRDY)?;
            change(target, RCC_CFGR, G0B1_SW, G0B1_SW_PLL)?;
            wait_for(target, RCC_CFGR, G0B1_SWS, G0B1_SWS_PLL)
        }
        Setup::Stm32u385(flash) => {
            set_up_stm32u_flash(target, flash)?;
            change(target, U385_RCC_AHB1ENR2, 0, U385_PWREN)?;
            target.write_words(U385_RCC_CFGR4, &[U385_BOOSTSEL_MSIS])?;
            change(target, U385_PWR_VOSR, 0, U385_BOOSTEN)?;
            wait_for(target, U385_PWR_VOSR, U385_BOOSTRDY, U385_BOOSTRDY)?;
            change(target, U385_PWR_VOSR, U385_R2EN, U385_R1EN)?;
            wait_for(target, U385_PWR_VOSR, U385_R1RDY, U385_R1RDY)?;
            change(target, U385_RCC_ICSCR1, 0, U385_MSIRGSEL)?;
            change(target, U385_RCC_ICSCR1, U385_MSIS_OTHER, 0)?;
            wait_for(target, U385_RCC_CR, U385_MSISRDY, U385_MSISRDY)
        }
        Setup::Stm32u575(flash) => {
            set_up_stm32u_flash(target, flash)?;
            change(target, U575_RCC_AHB3ENR, 0, U575_PWREN)?;
            change(target, U575_PWR_VOSR, 0, U575_RANGE_1)?;
            wait_for(target, U575_PWR_VOSR, U575_VOSRDY, U575_VOSRDY)?;
            // The booster takes its clock from the source of the PLL.
            target.write_words(U575_RCC_PLL1CFGR, &[U575_PLL1CFGR])?;
            target.write_words(U575_RCC_PLL1DIVR, &[U575_PLL1DIVR])?;
            change(target, U575_PWR_VOSR, 0, U575_BOOSTEN)?;
            wait_for(target, U575_PWR_VOSR, U575_BOOSTRDY, U575_BOOSTRDY)?;
            change(target, U575_RCC_CR, 0, PLLON)?;
            wait_for(target, U575_RCC_CR, PLLRDY, PLLRDY)?;
            // Beyond 80 MHz in two steps at least 1 µs apart, which is less than a probe needs for one.
            change(target, U575_RCC_CFGR2, U575_HPRE, U575_HPRE_2)?;
            change(target, U575_RCC_CFGR1, SW_PLL, SW_PLL)?;
            wait_for(target, U575_RCC_CFGR1, SWS_PLL, SWS_PLL)?;
            change(target, U575_RCC_CFGR2, U575_HPRE, 0)
        }
        Setup::Stm32l4r5 { flash, data_cache } => {
            let acr = flash_acr(flash) | bit(flash.instruction_cache, ICEN) | bit(data_cache, DCEN);
            // The flash has to be slow enough before the core is fast.
            target.write_words(FLASH_ACR, &[acr])?;
            wait_for(target, FLASH_ACR, u32::MAX, acr)?;
            change(target, RCC_APB1ENR1, 0, PWREN)?;
            change(target, PWR_CR5, R1MODE, 0)?;
            target.write_words(RCC_PLLCFGR, &[PLL_120_MHZ])?;
            change(target, RCC_CR, 0, PLLON)?;
            wait_for(target, RCC_CR, PLLRDY, PLLRDY)?;
            // Beyond 80 MHz in two steps at least 1 µs apart, which is less than a probe needs for one.
            change(target, RCC_CFGR, HPRE | SW_PLL, HPRE_2 | SW_PLL)?;
            wait_for(target, RCC_CFGR, SWS_PLL, SWS_PLL)?;
            change(target, RCC_CFGR, HPRE, 0)
        }
    }
}

/// Wait states and prefetch as the FLASH_ACR of any STM32 has them.
fn flash_acr(flash: FlashSetup) -> u32 {
    u32::from(flash.wait_states) | bit(flash.prefetch, PRFTEN)
}

/// Has the flash of an STM32U5 or U3 be slow enough before the core is fast.
fn set_up_stm32u_flash(target: &mut dyn Target, flash: FlashSetup) -> Result<(), TargetError> {
    let acr = flash_acr(flash);
    target.write_words(FLASH_ACR, &[acr])?;
    wait_for(target, FLASH_ACR, u32::MAX, acr)?;
    target.write_words(STM32U_ICACHE_CR, &[0])?;
    target.write_words(STM32U_ICACHE_CR, &[u32::from(flash.instruction_cache)])
}

/// A bit of a register, if it is on.
fn bit(on: bool, bit: u32) -> u32 {
    if on { bit } else { 0 }
}

fn read(target: &mut dyn Target, register: u32) -> Result<u32, TargetError> {
    let mut word = [0];
    target.read_words(register, &mut word)?;
    Ok(word[0])
}

fn change(target: &mut dyn Target, register: u32, clear: u32, set: u32) -> Result<(), TargetError> {
    let value = read(target, register)? & !clear | set;
    target.write_words(register, &[value])
}

fn wait_for(
    target: &mut dyn Target,
    register: u32,
    mask: u32,
    value: u32,
) -> Result<(), TargetError> {
    let begin = Instant::now();
    loop {
        let found = read(target, register)?;
        if found & mask == value {
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            return Err(TargetError::Protocol(format!(
                "the chip's register {register:#010x} stays at {found:#010x} while it is set up"
            )));
        }
    }
}

/// What the FLASH_ACR of an STM32 says, whose wait states are the bits of `latency`.
fn of_flash(clock_hz: Option<u64>, acr: u32, latency: u32, cache: bool) -> Settings {
    Settings {
        clock_hz,
        instruction_cache: Some(cache),
        data_cache: None,
        prefetch: Some(acr & PRFTEN != 0),
        wait_states: Some((acr & latency) as u8),
        dual_bank: None,
        other: Other::new(),
    }
}

/// Reads back how a halted chip is set up; none of a chip whose registers aren't known, or are another's.
///
/// # Errors
/// If the target is lost.
pub fn read_back(target: &mut dyn Target, board: &Board) -> Result<Option<Settings>, TargetError> {
    Ok(match board.setup {
        None => None,
        Some(SetupKind::Nrf52) => Some(Settings {
            clock_hz: Some(NRF52_HZ),
            instruction_cache: Some(read(target, ICACHECNF)? & 1 != 0),
            data_cache: None,
            prefetch: None,
            wait_states: None,
            dual_bank: None,
            other: Other::new(),
        }),
        Some(SetupKind::Stm32g0b1) => {
            let acr = read(target, FLASH_ACR)?;
            let clock = [RCC_CR, RCC_CFGR, RCC_PLLCFGR].map(|register| read(target, register));
            let [cr, cfgr, pllcfgr] = clock;
            let clock_hz = g0b1_clock(cr?, cfgr?, pllcfgr?);
            let cache = acr & ICEN != 0;
            Some(of_flash(clock_hz, acr, G0B1_LATENCY, cache))
        }
        Some(SetupKind::Stm32u385) => {
            let acr = read(target, FLASH_ACR)?;
            let [cfgr1, cfgr2] = [U385_RCC_CFGR1, U385_RCC_CFGR2].map(|at| read(target, at));
            let [icscr1, csr] = [U385_RCC_ICSCR1, U385_RCC_CSR].map(|at| read(target, at));
            let clock_hz = u385_clock([cfgr1?, cfgr2?], icscr1?, csr?);
            let cache = read(target, STM32U_ICACHE_CR)? & 1 != 0;
            Some(of_flash(clock_hz, acr, 0xF, cache))
        }
        Some(SetupKind::Stm32u575) => {
            let acr = read(target, FLASH_ACR)?;
            let [cfgr1, cfgr2] = [U575_RCC_CFGR1, U575_RCC_CFGR2].map(|at| read(target, at));
            let pll = [U575_RCC_PLL1CFGR, U575_RCC_PLL1DIVR].map(|at| read(target, at));
            let [pll1cfgr, pll1divr] = pll;
            let clock_hz = u575_clock([cfgr1?, cfgr2?], pll1cfgr?, pll1divr?);
            let cache = read(target, STM32U_ICACHE_CR)? & 1 != 0;
            Some(of_flash(clock_hz, acr, 0xF, cache))
        }
        Some(SetupKind::Stm32l4r5) => {
            let acr = read(target, FLASH_ACR)?;
            let clock = [RCC_CR, RCC_CFGR, RCC_PLLCFGR].map(|register| read(target, register));
            let [cr, cfgr, pllcfgr] = clock;
            let clock_hz = l4r5_clock(cr?, cfgr?, pllcfgr?);
            Some(Settings {
                data_cache: Some(acr & DCEN != 0),
                dual_bank: Some(read(target, FLASH_OPTR)? & DBANK != 0),
                ..of_flash(clock_hz, acr, 0xF, acr & ICEN != 0)
            })
        }
    })
}

/// The clock of the core of an STM32G0B1, Hz; none where it is from a crystal, whose frequency no register
/// tells (RM0444, 5.4.1 to 5.4.4).
fn g0b1_clock(cr: u32, cfgr: u32, pllcfgr: u32) -> Option<u64> {
    const HSI: u64 = 16_000_000;
    let source = match cfgr >> 3 & 7 {
        0 => HSI >> (cr >> 11 & 7),
        2 if pllcfgr & 3 == 2 => {
            let field = |shift: u32, mask: u32| u64::from(pllcfgr >> shift & mask);
            HSI / (field(4, 7) + 1) * field(8, 0x7F) / (field(29, 7) + 1)
        }
        _ => return None,
    };
    Some(source / divider(cfgr >> 8))
}

/// The clock of the core of an STM32U575, Hz, whose MSIS has the 4 MHz of after reset; none where it is from a
/// crystal, whose frequency no register tells (RM0456, 11.8).
fn u575_clock([cfgr1, cfgr2]: [u32; 2], pll1cfgr: u32, pll1divr: u32) -> Option<u64> {
    const MSI: u64 = 4_000_000;
    const HSI: u64 = 16_000_000;
    let source = match cfgr1 >> 2 & 3 {
        0 => MSI,
        1 => HSI,
        3 => {
            let from = match pll1cfgr & 3 {
                1 => MSI,
                2 => HSI,
                _ => return None,
            };
            let field = |word: u32, shift: u32, mask: u32| u64::from(word >> shift & mask);
            from / (field(pll1cfgr, 8, 0xF) + 1) * (field(pll1divr, 0, 0x1FF) + 1)
                / (field(pll1divr, 24, 0x7F) + 1)
        }
        _ => return None,
    };
    Some(source / divider(cfgr2))
}

/// The clock of the core of an STM32U385, Hz; none where it is from a crystal, whose frequency no register tells
/// (RM0487, chapter "Reset and clock control").
fn u385_clock([cfgr1, cfgr2]: [u32; 2], icscr1: u32, csr: u32) -> Option<u64> {
    const MSIRC: [u64; 2] = [96_000_000, 24_000_000];
    const HSI: u64 = 16_000_000;
    let source = match cfgr1 >> 2 & 3 {
        0 if icscr1 & U385_MSIRGSEL != 0 => MSIRC[(icscr1 >> 31) as usize] >> (icscr1 >> 29 & 3),
        0 => MSIRC[1] >> (csr >> 12 & 3),
        1 => HSI,
        _ => return None,
    };
    Some(source / divider(cfgr2))
}

/// By what HPRE divides.
fn divider(hpre: u32) -> u64 {
    match hpre & 0xF {
        it @ 8..=11 => 1 << (it - 7),
        it @ 12..=15 => 1 << (it - 6),
        _ => 1,
    }
}

/// The clock of the core of an STM32L4R5, Hz; none where it is from a crystal, whose frequency no register
/// tells (RM0432, 6.4.1 to 6.4.4).
fn l4r5_clock(cr: u32, cfgr: u32, pllcfgr: u32) -> Option<u64> {
    const MSI: [u64; 12] = [
        100_000, 200_000, 400_000, 800_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000,
        24_000_000, 32_000_000, 48_000_000,
    ];
    const HSI: u64 = 16_000_000;
    /// MSIRGSEL: the range is that of this register, and not the one after reset, 4 MHz.
    const MSIRGSEL: u32 = 1 << 3;
    let msi = match cr & MSIRGSEL {
        0 => Some(4_000_000),
        _ => MSI.get((cr >> 4 & 0xF) as usize).copied(),
    };
    let source = match cfgr >> 2 & 3 {
        0 => msi?,
        1 => HSI,
        3 => {
            let from = match pllcfgr & 3 {
                1 => msi?,
                2 => HSI,
                _ => return None,
            };
            let field = |shift: u32, mask: u32| u64::from(pllcfgr >> shift & mask);
            from / (field(4, 0xF) + 1) * field(8, 0x7F) / (2 * (field(25, 3) + 1))
        }
        _ => return None,
    };
    Some(source / divider(cfgr >> 4))
}

/// In what settings that were read back differ from those of the board file.
///
/// # Errors
/// All of them.
pub fn check(settings: &Settings, board: &Board) -> Result<(), OtherSettings> {
    let wanted = &board.memory_system;
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    let banks = |dual: bool| if dual { "2" } else { "1" }.to_owned();
    let text = |found: Option<bool>, told: &dyn Fn(bool) -> String| found.map(told);
    let rows = [
        (
            CLOCK,
            settings.clock_hz.map(|it| format!("{it} Hz")),
            Some(format!("{} Hz", board.clock_hz)),
        ),
        (
            "instruction_cache",
            text(settings.instruction_cache, &switch),
            text(wanted.instruction_cache, &switch),
        ),
        (
            "data_cache",
            text(settings.data_cache, &switch),
            text(wanted.data_cache, &switch),
        ),
        (
            "prefetch",
            text(settings.prefetch, &switch),
            text(wanted.prefetch, &switch),
        ),
        (
            "wait_states",
            settings.wait_states.map(|it| it.to_string()),
            wanted.wait_states.map(|it| it.to_string()),
        ),
        (
            "flash banks",
            text(settings.dual_bank, &banks),
            text(wanted.dual_bank, &banks),
        ),
    ];
    let differences: Vec<_> = rows
        .into_iter()
        .filter_map(|(name, found, wanted)| {
            let (found, wanted) = found.zip(wanted)?;
            (found != wanted).then(|| format!("{name} is {found}, and not {wanted}"))
        })
        .collect();
    match differences.is_empty() {
        true => Ok(()),
        false => Err(OtherSettings {
            board: board.name.clone(),
            differences,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_an_stm32l4r5_follows_from_its_registers() {
        let pll = PLL_120_MHZ;
        assert_eq!(l4r5_clock(0x63, SWS_PLL, pll), Some(120_000_000));
        assert_eq!(l4r5_clock(0x63, SWS_PLL | HPRE_2, pll), Some(60_000_000));
        // After reset, and from the oscillators at other ranges.
        assert_eq!(l4r5_clock(0x63, 0, 0x1000), Some(4_000_000));
        assert_eq!(l4r5_clock(0xB8, 0, 0), Some(48_000_000));
        assert_eq!(l4r5_clock(0x63, 1 << 2, 0), Some(16_000_000));
        // From a crystal.
        assert_eq!(l4r5_clock(0x63, 2 << 2, 0), None);
    }

    #[test]
    fn the_clock_of_an_stm32g0b1_follows_from_its_registers() {
        let pll = G0B1_PLL_64_MHZ;
        let by_pll = G0B1_SW_PLL | G0B1_SWS_PLL;
        assert_eq!(g0b1_clock(0x500, by_pll, pll), Some(64_000_000));
        assert_eq!(g0b1_clock(0x500, by_pll | 8 << 8, pll), Some(32_000_000));
        // After reset, and with HSIDIV.
        assert_eq!(g0b1_clock(0x500, 0, 0x1000), Some(16_000_000));
        assert_eq!(g0b1_clock(0x500 | 2 << 11, 0, 0x1000), Some(4_000_000));
        // From a crystal, at once and through the PLL.
        assert_eq!(g0b1_clock(0x500, 1 << 3, pll), None);
        assert_eq!(g0b1_clock(0x500, by_pll, pll | 1), None);
    }

    #[test]
    fn the_clock_of_an_stm32u385_follows_from_its_registers() {
        let csr = 0x1100;
        let by_msi = |icscr1, cfgr2| u385_clock([0, cfgr2], icscr1, csr);
        // As the set-up leaves it, halved, and MSIRC1.
        assert_eq!(by_msi(0x1480_0000, 0), Some(96_000_000));
        assert_eq!(by_msi(0x1480_0000, 8), Some(48_000_000));
        assert_eq!(by_msi(0xB480_0000, 0), Some(12_000_000));
        // After reset, from HSI16, and from a crystal.
        assert_eq!(by_msi(0xB400_0000, 0), Some(12_000_000));
        assert_eq!(u385_clock([1 << 2, 0], 0, csr), Some(16_000_000));
        assert_eq!(u385_clock([2 << 2, 0], 0, csr), None);
    }

    #[test]
    fn the_clock_of_an_stm32u575_follows_from_its_registers() {
        let pll = |cfgr| u575_clock(cfgr, U575_PLL1CFGR, U575_PLL1DIVR);
        assert_eq!(pll([SW_PLL | SWS_PLL, 0]), Some(160_000_000));
        assert_eq!(pll([SW_PLL | SWS_PLL, U575_HPRE_2]), Some(80_000_000));
        // After reset, and from HSI16.
        assert_eq!(u575_clock([0, 0], 0, 0x0101_0280), Some(4_000_000));
        assert_eq!(pll([1 << 2, 0]), Some(16_000_000));
        // From a crystal.
        assert_eq!(pll([2 << 2, 0]), None);
        assert_eq!(u575_clock([SW_PLL | SWS_PLL, 0], 3, 0), None);
    }
}
