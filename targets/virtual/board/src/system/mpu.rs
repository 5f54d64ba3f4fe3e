//! Memory Protection Unit: which code may do what at which address. That of Armv7-M (B3.5), and that of
//! Armv8-M (Armv8-M Architecture Reference Manual, DDI 0553, B9 and D1.2: PMSAv8).

/// MPU_CTRL bits.
const ENABLE: u32 = 1;
const HFNMIENA: u32 = 1 << 1;
const PRIVDEFENA: u32 = 1 << 2;
/// MPU_RBAR.VALID: the write selects the region as well.
const VALID: u32 = 1 << 4;
/// The bits of MPU_RASR that hold something: XN, AP, TEX, S, C, B, SRD, SIZE, ENABLE.
const ATTRIBUTES: u32 = 0x173F_FF3F;
/// The bits of PMSAv8's MPU_RBAR without the base: SH, AP, XN; and of MPU_RLAR without the limit: AttrIndx, EN.
const BASE_ATTRIBUTES: u32 = 0x1F;
const LIMIT_ATTRIBUTES: u32 = 0x0F;
/// Log2 of the smallest region, and of the smallest one with subregions, in bytes.
const SMALLEST: u32 = 5;
const SMALLEST_DIVIDED: u32 = 8;

/// What is done at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    Execute,
}

/// By which rules the accesses of some code are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum View {
    /// The default memory map: the MPU is off, or doesn't apply to fault handlers.
    #[default]
    Unprotected,
    /// The regions, as privileged code.
    Privileged,
    /// The regions, as unprivileged code.
    Unprivileged,
}

impl View {
    /// How many there are.
    pub const COUNT: usize = 3;
}

/// MPU_RBAR without region number, and MPU_RASR; of PMSAv8 MPU_RBAR and MPU_RLAR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Region {
    base: u32,
    attributes: u32,
}

/// The unit.
#[derive(Clone, Debug)]
pub(crate) struct Mpu {
    control: u32,
    /// MPU_RNR.
    number: usize,
    regions: Vec<Region>,
    /// It is that of Armv8-M.
    armv8m: bool,
    /// MPU_MAIR0 and MPU_MAIR1, which only hold what is written: all memory is taken for normal.
    attributes: [u32; 2],
}

impl Mpu {
    pub fn new(regions: u32, armv8m: bool) -> Self {
        Self {
            control: 0,
            number: 0,
            regions: vec![Region::default(); regions as usize],
            armv8m,
            attributes: [0; 2],
        }
    }

    pub fn reset(&mut self) {
        *self = Self::new(self.regions.len() as u32, self.armv8m);
    }

    /// Whether anything is checked at all.
    pub fn enabled(&self) -> bool {
        self.control & ENABLE != 0
    }

    /// The rules for code of this privilege; `negative_priority` is that of HardFault, NMI and
    /// FAULTMASK.
    pub fn view(&self, privileged: bool, negative_priority: bool) -> View {
        if !self.enabled() || (negative_priority && self.control & HFNMIENA == 0) {
            View::Unprotected
        } else if privileged {
            View::Privileged
        } else {
            View::Unprivileged
        }
    }

    /// Reads the register at `offset` from 0xE000_ED90.
    pub fn read(&self, offset: u32) -> u32 {
        let region = self.region_at(offset);
        let region = self.regions.get(region).copied().unwrap_or_default();
        match offset {
            0x30 | 0x34 => self.attributes[(offset >> 2 & 1) as usize],
            _ if offset >= 0x8 + 4 && self.armv8m => {
                if is_rasr(offset) {
                    region.attributes
                } else {
                    region.base
                }
            }
            0x0 => (self.regions.len() as u32) << 8,
            0x4 => self.control,
            0x8 => self.number as u32,
            // RBAR and RASR, and their three aliases.
            _ if is_rasr(offset) => region.attributes,
            _ => region.base | self.number as u32,
        }
    }

    /// Writes the register at `offset` from 0xE000_ED90. True if that may change what is allowed.
    pub fn write(&mut self, offset: u32, value: u32) -> bool {
        match offset {
            0x0 => false,
            0x4 => {
                let control = if self.regions.is_empty() {
                    0
                } else {
                    value & (ENABLE | HFNMIENA | PRIVDEFENA)
                };
                std::mem::replace(&mut self.control, control) != control
            }
            0x8 => {
                self.select(value & 0xFF);
                false
            }
            0x30 | 0x34 => {
                self.attributes[(offset >> 2 & 1) as usize] = value;
                false
            }
            _ if self.armv8m => {
                let number = self.region_at(offset);
                let Some(region) = self.regions.get_mut(number) else {
                    return false;
                };
                let old = *region;
                if is_rasr(offset) {
                    region.attributes = value & (!0x1F | LIMIT_ATTRIBUTES);
                } else {
                    region.base = value & (!0x1F | BASE_ATTRIBUTES);
                }
                *region != old && self.enabled()
            }
            _ => {
                let attributes = is_rasr(offset);
                if !attributes && value & VALID != 0 {
                    self.select(value & 0xF);
                }
                let Some(region) = self.regions.get_mut(self.number) else {
                    return false;
                };
                let old = *region;
                if attributes {
                    region.attributes = value & ATTRIBUTES;
                } else {
                    region.base = value & !0x1F;
                }
                *region != old && self.enabled()
            }
        }
    }

    /// The region that the register at `offset` is of: the aliases of PMSAv8 name one of four.
    fn region_at(&self, offset: u32) -> usize {
        if self.armv8m && offset >= 0x14 {
            self.number & !3 | (offset as usize - 0xC) >> 3 & 3
        } else {
            self.number
        }
    }

    /// Selecting a region that isn't there is UNPREDICTABLE: nothing happens.
    fn select(&mut self, number: u32) {
        if (number as usize) < self.regions.len() {
            self.number = number as usize;
        }
    }

    /// The region of PMSAv8 in which an address lies, if the unit is on: only one may.
    fn only_region(&self, address: u32) -> Result<Option<usize>, TooManyRegions> {
        let mut regions = self.regions.iter().enumerate();
        let mut found = regions.by_ref().filter(|(_, it)| it.spans(address));
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(TooManyRegions),
            (first, None) => Ok(first.map(|(number, _)| number)),
        }
    }

    /// What TT tells of an address to code with this view (TTResp, B9.3): the region, if there is one, and whether it may be
    /// read, and written.
    pub fn test(&self, address: u32, view: View) -> (Option<u8>, [bool; 2]) {
        let region = match view {
            View::Unprotected => None,
            _ => self.only_region(address).ok().flatten(),
        };
        let may = [Access::Read, Access::Write].map(|access| self.allows(address, access, view));
        (region.map(|number| number as u8), may)
    }

    /// Whether an aligned access is allowed (ValidateAddress and CheckPermission, B3.5.3).
    pub fn allows(&self, address: u32, access: Access, view: View) -> bool {
        let execute = access == Access::Execute;
        let system = address >> 29 == 7;
        // Peripherals, devices and the system region are never executable by default.
        let by_default = !execute || !matches!(address >> 29, 2 | 5..=7);
        if view == View::Unprotected || address >> 20 == 0xE00 {
            return by_default;
        }
        let privileged = view == View::Privileged;
        if self.armv8m {
            return match self.only_region(address) {
                Ok(Some(number)) => {
                    self.regions[number].allows_v8(access, privileged) && !(execute && system)
                }
                Ok(None) => privileged && self.control & PRIVDEFENA != 0 && by_default,
                Err(TooManyRegions) => false,
            };
        }
        // The region with the highest number decides.
        let region = self.regions.iter().rev().find(|r| r.contains(address));
        match region {
            Some(region) => region.allows(access, privileged) && !(execute && system),
            None => privileged && self.control & PRIVDEFENA != 0 && by_default,
        }
    }
}

/// An address lies in several regions, which PMSAv8 answers with a fault.
struct TooManyRegions;

/// Whether the offset, from that of MPU_RBAR on, is of MPU_RASR or one of its aliases.
fn is_rasr(offset: u32) -> bool {
    offset & 4 == 0
}

impl Region {
    fn contains(self, address: u32) -> bool {
        let size = (self.attributes >> 1 & 0x1F) + 1;
        if self.attributes & 1 == 0 || size < SMALLEST {
            return false;
        }
        let inside = u32::MAX.checked_shl(size).unwrap_or(0);
        if (address ^ self.base) & inside != 0 {
            return false;
        }
        if size < SMALLEST_DIVIDED {
            return true;
        }
        let subregion = address >> (size - 3) & 7;
        self.attributes >> (8 + subregion) & 1 == 0
    }

    /// Whether a region of PMSAv8 reaches an address.
    fn spans(self, address: u32) -> bool {
        self.attributes & 1 != 0
            && address >= self.base & !0x1F
            && address <= self.attributes | 0x1F
    }

    /// AP and XN of PMSAv8.
    fn allows_v8(self, access: Access, privileged: bool) -> bool {
        let ap = self.base >> 1 & 3;
        let permitted = (privileged || ap & 1 != 0) && (access != Access::Write || ap & 2 == 0);
        permitted && !(access == Access::Execute && self.base & 1 != 0)
    }

    /// The access permissions (table B3-15) and XN. What may be executed has to be readable.
    fn allows(self, access: Access, privileged: bool) -> bool {
        let write = access == Access::Write;
        let permitted = match self.attributes >> 24 & 7 {
            1 => privileged,
            2 => privileged || !write,
            3 => true,
            5 => privileged && !write,
            6 | 7 => !write,
            // 4 is reserved.
            _ => false,
        };
        permitted && !(access == Access::Execute && self.attributes >> 28 & 1 != 0)
    }
}
