//! What a target was doing when it faulted or hung, in words.

use std::fmt;

use tinybench_interface::Fault;

/// Bits of the Configurable Fault Status Register (Armv7-M Architecture Reference Manual,
/// B3.2.15).
const CFSR_BITS: [(u32, &str); 17] = [
    (0, "instruction fetch from a forbidden address"),
    (1, "data access to a forbidden address"),
    (3, "memory protection fault on return from an exception"),
    (4, "memory protection fault on entry to an exception"),
    (
        5,
        "memory protection fault while saving floating-point state",
    ),
    (8, "bus error on instruction fetch"),
    (9, "precise bus error on data access"),
    (10, "imprecise bus error on data access"),
    (11, "bus error on return from an exception"),
    (12, "bus error on entry to an exception"),
    (13, "bus error while saving floating-point state"),
    (16, "undefined instruction"),
    (17, "invalid state (not Thumb)"),
    (18, "invalid return from an exception"),
    (19, "coprocessor or floating-point unit not enabled"),
    (24, "unaligned access"),
    (25, "division by zero"),
];

const MMARVALID: u32 = 1 << 7;
const BFARVALID: u32 = 1 << 15;

/// An address in the image and the function it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeAddress {
    /// The address.
    pub address: u32,
    /// Function, file and line, if the image's debug information knows them.
    pub location: Option<String>,
}

impl fmt::Display for CodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:#010x}", self.address)?;
        match &self.location {
            Some(location) => write!(f, "  {location}"),
            None => Ok(()),
        }
    }
}

/// A processor exception that the image caught, or a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// The fault record of the block.
    pub fault: Fault,
    /// Where it happened.
    pub pc: CodeAddress,
    /// Where that was called from.
    pub lr: CodeAddress,
    /// File, line and column of a panic.
    pub panic: Option<String>,
}

impl FaultReport {
    /// What kind of exception it was and why.
    fn cause(&self) -> String {
        let Fault {
            exception,
            cfsr,
            mmfar,
            bfar,
            ..
        } = self.fault;
        let name = match exception {
            0 => {
                let place = self.panic.as_deref().unwrap_or("an unknown place");
                return format!("panic at {place}");
            }
            2 => "NMI",
            3 => "HardFault",
            4 => "MemManage fault",
            5 => "BusFault",
            6 => "UsageFault",
            _ => "exception",
        };
        let mut text = match exception {
            2..=6 => name.to_owned(),
            _ => format!("{name} {exception}"),
        };
        let reasons: Vec<_> = CFSR_BITS
            .iter()
            .filter(|(bit, _)| cfsr & (1 << bit) != 0)
            .map(|(_, reason)| *reason)
            .collect();
        if !reasons.is_empty() {
            text += &format!(": {}", reasons.join(", "));
        }
        if cfsr & BFARVALID != 0 {
            text += &format!(" at {bfar:#010x}");
        } else if cfsr & MMARVALID != 0 {
            text += &format!(" at {mmfar:#010x}");
        }
        text
    }
}

impl fmt::Display for FaultReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Fault {
            exception,
            r,
            sp,
            xpsr,
            cfsr,
            hfsr,
            ..
        } = &self.fault;
        // A panic records no registers.
        if *exception == 0 {
            return f.write_str(&self.cause());
        }
        writeln!(f, "{}", self.cause())?;
        writeln!(f, "  pc   {}", self.pc)?;
        writeln!(f, "  lr   {}", self.lr)?;
        writeln!(
            f,
            "  sp   {sp:#010x}  xpsr {xpsr:#010x}  cfsr {cfsr:#010x}  hfsr {hfsr:#010x}"
        )?;
        for (row, registers) in r.chunks(4).enumerate() {
            for (column, value) in registers.iter().enumerate() {
                let name = format!("r{}", 4 * row + column);
                write!(f, "  {name:<4} {value:#010x}")?;
            }
            if row < 3 {
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// Where a core was when it was stopped from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Program counter.
    pub pc: CodeAddress,
    /// Link register.
    pub lr: CodeAddress,
    /// Stack pointer.
    pub sp: u32,
    /// Program status register.
    pub xpsr: u32,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "  pc   {}", self.pc)?;
        writeln!(f, "  lr   {}", self.lr)?;
        write!(f, "  sp   {:#010x}  xpsr {:#010x}", self.sp, self.xpsr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(fault: Fault) -> FaultReport {
        FaultReport {
            pc: CodeAddress {
                address: fault.pc,
                location: Some("conv (kernels.rs:12)".into()),
            },
            lr: CodeAddress {
                address: fault.lr,
                location: None,
            },
            panic: None,
            fault,
        }
    }

    #[test]
    fn a_fault_is_told_with_its_registers() {
        let mut fault = Fault {
            exception: 5,
            sp: 0x2003_FF00,
            lr: 0x0000_1235,
            pc: 0x0000_0ABC,
            xpsr: 0x6100_0000,
            cfsr: BFARVALID | 1 << 9,
            bfar: 0x5000_0000,
            ..Fault::default()
        };
        for (i, r) in fault.r.iter_mut().enumerate() {
            *r = i as u32 * 0x1111_1111;
        }
        insta::assert_snapshot!(report(fault), @r"
        BusFault: precise bus error on data access at 0x50000000
          pc   0x00000abc  conv (kernels.rs:12)
          lr   0x00001235
          sp   0x2003ff00  xpsr 0x61000000  cfsr 0x00008200  hfsr 0x00000000
          r0   0x00000000  r1   0x11111111  r2   0x22222222  r3   0x33333333
          r4   0x44444444  r5   0x55555555  r6   0x66666666  r7   0x77777777
          r8   0x88888888  r9   0x99999999  r10  0xaaaaaaaa  r11  0xbbbbbbbb
          r12  0xcccccccc
        ");
    }

    #[test]
    fn a_panic_is_told_with_its_place_alone() {
        let mut report = report(Fault::default());
        assert_eq!(report.to_string(), "panic at an unknown place");
        report.panic = Some("src/plan.rs:7:9".to_owned());
        assert_eq!(report.to_string(), "panic at src/plan.rs:7:9");
    }

    #[test]
    fn each_exception_has_its_name() {
        let cause = |exception, cfsr| {
            report(Fault {
                exception,
                cfsr,
                mmfar: 0x10,
                ..Fault::default()
            })
            .cause()
        };
        assert_eq!(cause(3, 0), "HardFault");
        assert_eq!(cause(6, 1 << 25), "UsageFault: division by zero");
        assert_eq!(cause(6, 1 << 16), "UsageFault: undefined instruction");
        assert_eq!(
            cause(4, MMARVALID | 2),
            "MemManage fault: data access to a forbidden address at 0x00000010"
        );
        assert_eq!(cause(11, 0), "exception 11");
    }
}
