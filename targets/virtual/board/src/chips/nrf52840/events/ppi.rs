//! PPI: connects events to tasks without the core (Product Specification, 6.16).

/// Channels that software sets up; behind them are the fixed ones.
const PROGRAMMABLE: usize = 20;
const CHANNELS: usize = 32;
const GROUPS: usize = 6;

/// Page and number of an event or a task.
type Endpoint = (u32, u32);

/// The fixed channels (Product Specification, table "Pre-programmed channels"), with their event
/// and task. The events of the others are RADIO's, which isn't modelled; nor are its tasks, but
/// their channels have forks.
const FIXED: [(usize, Endpoint, Option<Endpoint>); 7] = [
    // TIMER0 COMPARE[0] to RADIO TXEN and RXEN, COMPARE[1] to DISABLE.
    (20, (0x08, 16), None),
    (21, (0x08, 16), None),
    (22, (0x08, 17), None),
    // RTC0 COMPARE[0] to RADIO TXEN and RXEN, TIMER0 CLEAR and START.
    (28, (0x0B, 16), None),
    (29, (0x0B, 16), None),
    (30, (0x0B, 16), Some((0x08, 3))),
    (31, (0x0B, 16), Some((0x08, 0))),
];

/// The channels.
#[derive(Clone, Debug, Default)]
pub(in crate::chips::nrf52840) struct Ppi {
    enabled: u32,
    events: [u32; PROGRAMMABLE],
    tasks: [u32; PROGRAMMABLE],
    forks: [u32; CHANNELS],
    groups: [u32; GROUPS],
}

impl Ppi {
    /// The tasks that event `number` of page `page` triggers.
    pub fn route(&self, page: u32, number: u32) -> Vec<Endpoint> {
        let address = 0x4000_0000 + (page << 12) + 0x100 + 4 * number;
        let mut tasks = Vec::new();
        for channel in (0..CHANNELS).filter(|channel| self.enabled & 1 << channel != 0) {
            let mut hit = false;
            if channel < PROGRAMMABLE && self.events[channel] == address {
                hit = true;
                tasks.extend(split(self.tasks[channel]));
            }
            for (fixed, event, task) in FIXED {
                if fixed == channel && event == (page, number) {
                    hit = true;
                    tasks.extend(task);
                }
            }
            if hit {
                tasks.extend(split(self.forks[channel]));
            }
        }
        tasks
    }

    /// Whether any channel is enabled.
    pub fn is_active(&self) -> bool {
        self.enabled != 0
    }

    /// Triggers CHG[n].EN or CHG[n].DIS.
    pub fn task(&mut self, number: u32) {
        if let Some(&group) = self.groups.get(number as usize / 2) {
            if number & 1 == 0 {
                self.enabled |= group;
            } else {
                self.enabled &= !group;
            }
        }
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        let word = offset as usize / 4;
        Some(match offset {
            0x000..0x030 => 0,
            0x500 | 0x504 | 0x508 => self.enabled,
            0x510..0x5B0 => {
                let channel = (word - 0x510 / 4) / 2;
                if word.is_multiple_of(2) {
                    self.events[channel]
                } else {
                    self.tasks[channel]
                }
            }
            0x800..0x818 => self.groups[word - 0x800 / 4],
            0x910..0x990 => self.forks[word - 0x910 / 4],
            _ => return None,
        })
    }

    pub fn write(&mut self, offset: u32, value: u32) -> Option<()> {
        let word = offset as usize / 4;
        match offset {
            0x000..0x030 => {
                if value & 1 != 0 {
                    self.task(offset / 4);
                }
            }
            0x500 => self.enabled = value,
            0x504 => self.enabled |= value,
            0x508 => self.enabled &= !value,
            0x510..0x5B0 => {
                let channel = (word - 0x510 / 4) / 2;
                if word.is_multiple_of(2) {
                    self.events[channel] = value;
                } else {
                    self.tasks[channel] = value;
                }
            }
            0x800..0x818 => self.groups[word - 0x800 / 4] = value,
            0x910..0x990 => self.forks[word - 0x910 / 4] = value,
            _ => return None,
        }
        Some(())
    }
}

/// The task at an address; `None` if no task can be there.
fn split(address: u32) -> Option<Endpoint> {
    (address >> 20 == 0x400 && address & 0xFFF < 0x100)
        .then_some((address >> 12 & 0xFF, (address & 0xFFF) >> 2))
}
