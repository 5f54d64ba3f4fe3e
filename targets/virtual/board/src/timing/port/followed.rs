//! The flash as a running program uses it.
//!
//! How long an access waits depends on what came before it. A program comes to the same few situations again
//! and again, so what an access does in one of them is worked out once and then known.

use std::collections::HashMap;

use super::hash::Mixed;
use super::{Held, InFlash, Pending, Port, Reading};

/// Situations, and accesses that aren't the first of theirs, kept before all but the last situation are forgotten.
const KEPT: usize = 1 << 16;
/// Accesses that aren't the first of their situation and are found at once, as a power of two.
const RECENT_BITS: u32 = 12;
/// Later than anything.
const NEVER: i64 = i64::MAX / 2;

/// How the flash is set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setting {
    /// How it reads instructions.
    pub reading: Reading,
    /// Whether the cache for instructions is on.
    pub cached: bool,
    /// Cycles beyond one for which it reads data.
    pub data_wait: u32,
}

/// The sectors in the cache, the one filled first in front.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lines {
    room: usize,
    sectors: Vec<u32>,
}

impl Held for Lines {
    fn holds(&self, sector: u32) -> bool {
        self.sectors.contains(&sector)
    }

    fn fill(&mut self, sector: u32) {
        if self.sectors.len() == self.room {
            self.sectors.remove(0);
        }
        self.sectors.push(sector);
    }
}

/// All that decides how long the next access waits, with times since the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Situation {
    port: Port,
    cache: Lines,
    pending: Pending,
}

impl Situation {
    /// [`Pending::fetch`].
    fn fetch(&mut self, setting: &Setting, at: (i64, i64)) -> i64 {
        let cache = &mut setting.cached.then_some(&mut self.cache);
        (self.pending).fetch(&mut self.port, cache, setting.reading, at)
    }

    /// A run begins at the cycle `now`. What is left of the run before is fetched, and the first sector of
    /// this one: the cycles that it waits.
    fn enter(&mut self, setting: &Setting, run: &InFlash, jumped: bool, now: i64) -> i64 {
        let extra = if jumped { run.jump_extra } else { 0 };
        let delayed = self.pending.delayed(now - i64::from(extra), jumped);
        let left = self.fetch(setting, (NEVER, delayed));
        let begin = now + left;
        self.pending = Pending::new(run, begin);
        let waited = self.fetch(setting, (begin, 0));
        self.pending.delay(waited);
        left + waited
    }

    /// A load begins at the cycle `now` of a run that has waited `delayed` cycles so far: the cycles that it
    /// waits, and those up to it.
    fn load(&mut self, setting: &Setting, now: i64, delayed: i64) -> i64 {
        self.fetch(setting, (now, delayed)) + i64::from(setting.data_wait)
    }

    fn since(self, origin: i64) -> Self {
        Self {
            port: self.port.since(origin),
            cache: self.cache,
            pending: self.pending.since(origin),
        }
    }
}

/// What happens: with the cycles since the access before, all that an access depends on besides the situation.
type Event = u64;

/// What an access waits, and the number of the situation behind it.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    waits: u32,
    behind: u32,
}

/// An access that is known; 0 is no event.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    event: Event,
    outcome: Outcome,
}

const _: () = assert!(size_of::<Known>() == 16);

/// The flash, access by access.
#[derive(Debug)]
pub(crate) struct Followed {
    setting: Setting,
    situations: Vec<Situation>,
    numbers: HashMap<Situation, u32>,
    /// Of each situation the first known access, which mostly is the only one, and all other known ones.
    first: Vec<Known>,
    others: HashMap<(u32, Event), Outcome, Mixed>,
    /// Of those the latest with the situation that each belongs to, by a hash; empty before the first.
    recent: Vec<(u32, Known)>,
    /// The number of the situation, and the time of the access that led to it.
    now_in: u32,
    since: u64,
}

impl Followed {
    /// A flash that has read nothing, with a cache of so many sectors.
    pub fn new(setting: Setting, room: u32) -> Self {
        Self::with(
            setting,
            Lines {
                room: room as usize,
                sectors: Vec::new(),
            },
        )
    }

    fn with(setting: Setting, cache: Lines) -> Self {
        let mut followed = Self {
            setting,
            situations: Vec::new(),
            numbers: HashMap::new(),
            first: Vec::new(),
            others: HashMap::default(),
            recent: Vec::new(),
            now_in: 0,
            since: 0,
        };
        followed.now_in = followed.number(Situation {
            port: Port::NEW,
            cache,
            pending: Pending::default(),
        });
        followed
    }

    /// Sets how it reads; what it has read is forgotten, but for what the cache holds if that stays on or off.
    pub fn set(&mut self, setting: Setting) {
        let mut cache = self.situation().cache.clone();
        if setting.cached != self.setting.cached {
            cache.sectors.clear();
        }
        *self = Self::with(setting, cache);
    }

    /// Forgets what it has read.
    pub fn clear(&mut self) {
        let room = self.situation().cache.room;
        *self = Self::new(self.setting, room as u32);
    }

    /// The number of the situation that the latest access led to: the same one goes on in the same way.
    pub fn situation_number(&self) -> u32 {
        self.now_in
    }

    /// So many cycles pass at whose end everything is as it was.
    pub fn pass(&mut self, cycles: u64) {
        self.since += cycles;
    }

    fn situation(&self) -> &Situation {
        &self.situations[self.now_in as usize]
    }

    /// Forgets what is known of accesses, of runs that may have changed too.
    pub fn forget(&mut self) {
        let situation = self.situation().clone();
        self.situations.clear();
        self.numbers.clear();
        self.first.clear();
        self.others.clear();
        self.recent.clear();
        self.now_in = self.number(situation);
    }

    /// The number of a situation.
    fn number(&mut self, situation: Situation) -> u32 {
        if let Some(&number) = self.numbers.get(&situation) {
            return number;
        }
        let number = self.situations.len() as u32;
        self.situations.push(situation.clone());
        self.first.push(Known::default());
        self.numbers.insert(situation, number);
        number
    }

    /// The run of instructions in the bytes `start..end` begins at the cycle `now`, jumped to or not: the cycle
    /// up to which it waits.
    #[inline(always)]
    pub fn enter(
        &mut self,
        (start, end): (u32, u32),
        run: &InFlash,
        jumped: bool,
        now: u64,
    ) -> u64 {
        // After so long a time it makes no difference how long.
        let passed = now.wrapping_sub(self.since).min(0x7FFF);
        // The upper half of where it ends, which the start and the lower half tell, has room for what else
        // matters. Where a run starts is even.
        let bytes = u64::from(end) << 32 | u64::from(start);
        let event = bytes ^ u64::from(jumped) << 63 ^ passed << 48;
        let waits = match self.known(event) {
            Some(waits) => waits,
            None => self.find(event, move |situation, setting| {
                let waits = situation.enter(setting, run, jumped, passed as i64);
                (waits, passed as i64 + waits)
            }),
        };
        self.since = now + waits;
        self.since
    }

    /// A load begins at the cycle `now` of a run that has waited `delayed` cycles so far: the cycles that it
    /// waits, and those up to it. `None` if that has to be worked out and `S` keeps it from that.
    #[inline(always)]
    pub fn load<const S: bool>(&mut self, now: u64, delayed: u64) -> Option<u64> {
        let passed = now.wrapping_sub(self.since).min(u32::MAX.into());
        let event = delayed << 33 | passed << 1 | 1;
        let waits = match self.known(event) {
            Some(waits) => waits,
            None if S => return None,
            None => self.find(event, move |situation, setting| {
                let waits = situation.load(setting, passed as i64, delayed as i64);
                (waits, passed as i64)
            }),
        };
        self.since = now;
        Some(waits)
    }

    /// What an access waits that is found at once, and goes on to the situation behind it.
    #[inline(always)]
    fn known(&mut self, event: Event) -> Option<u64> {
        let mut known = self.first.get(self.now_in as usize)?;
        if known.event != event {
            let (situation, recent) = self.recent.get(self.slot(event))?;
            if (*situation, recent.event) != (self.now_in, event) {
                return None;
            }
            known = recent;
        }
        let Outcome { waits, behind } = known.outcome;
        self.now_in = behind;
        Some(waits.into())
    }

    /// Where in `recent` an access of this situation is.
    #[inline(always)]
    fn slot(&self, event: Event) -> usize {
        // The golden ratio: neighbours come to lie far apart.
        let mixed = (event ^ u64::from(self.now_in) << 20).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (u64::BITS - RECENT_BITS)) as usize
    }

    /// What any other access waits, and goes on to the situation behind it. `does` has the access happen, if it
    /// isn't known yet: the cycles that it waits, and those until the time from which the next one counts.
    #[cold]
    #[inline(never)]
    fn find(
        &mut self,
        event: Event,
        does: impl FnOnce(&mut Situation, &Setting) -> (i64, i64),
    ) -> u64 {
        let known = self.others.get(&(self.now_in, event)).copied();
        let outcome = match known {
            Some(outcome) => {
                self.recent.resize(1 << RECENT_BITS, Default::default());
                let slot = self.slot(event);
                self.recent[slot] = (self.now_in, Known { event, outcome });
                outcome
            }
            None => self.work_out(event, does),
        };
        self.now_in = outcome.behind;
        outcome.waits.into()
    }

    fn work_out(
        &mut self,
        event: Event,
        does: impl FnOnce(&mut Situation, &Setting) -> (i64, i64),
    ) -> Outcome {
        if self.situations.len().max(self.others.len()) >= KEPT {
            self.forget();
        }
        let mut situation = self.situation().clone();
        let (waits, origin) = does(&mut situation, &self.setting);
        let outcome = Outcome {
            waits: waits as u32,
            behind: self.number(situation.since(origin)),
        };
        let first = &mut self.first[self.now_in as usize];
        if first.event == 0 {
            *first = Known { event, outcome };
        } else {
            self.others.insert((self.now_in, event), outcome);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::port::{Fetched, wanted};

    const SETTING: Setting = Setting {
        reading: Reading {
            wait_states: 2,
            prefetch: true,
        },
        cached: true,
        data_wait: 3,
    };

    /// Runs of different lengths in the same and in different sectors.
    fn runs() -> Vec<InFlash> {
        let run = |(start, count): (u32, u32)| {
            // Each third instruction accesses memory.
            let fetched = (0..count).map(|at| Fetched {
                size: 2,
                before: at + at.div_ceil(3),
                cycles: 1 + u32::from(at % 3 == 0),
                accesses: at % 3 == 0,
            });
            InFlash {
                start,
                first_sector: start / 8,
                sectors: wanted(start, 8, &fetched.collect::<Vec<_>>()),
                cycles: count + count.div_ceil(3),
                jump_extra: u32::from(count == 4),
                taken_extra: 1,
            }
        };
        let places = [
            (0x80, 3),
            (0x86, 9),
            (0x86, 1),
            (0x98, 12),
            (0x1A2, 2),
            (0x1A6, 30),
            (0x200, 4),
        ];
        places.into_iter().map(run).collect()
    }

    /// The same random program, whose accesses are each known or worked out, and all worked out with the time
    /// since it began.
    fn both_ways(seed: u32, setting: Setting) {
        let mut followed = Followed::new(SETTING, 2);
        followed.set(setting);
        let mut all = followed.situation().clone();
        let mut random = seed;
        let mut below = |limit: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 16) % limit
        };
        let (runs, mut now) = (runs(), 0);
        for number in 0..20_000 {
            let run = &runs[below(runs.len() as u32) as usize];
            let end = run.start + 2 * run.cycles;
            let jumped = below(3) != 0;
            let waits = followed.enter((run.start, end), run, jumped, now) - now;
            assert_eq!(
                waits as i64,
                all.enter(&setting, run, jumped, now as i64),
                "{number}"
            );
            let (begin, mut delayed) = (now + waits, 0);
            // Loads at places that most passes have in common.
            for at in (0..run.cycles)
                .step_by(4)
                .filter(|at| at % 3 == below(8) % 2)
            {
                let now = begin + u64::from(at) + delayed;
                let short = followed.load::<true>(now, delayed);
                let waits = short
                    .or_else(|| followed.load::<false>(now, delayed))
                    .unwrap();
                let expected = all.load(&setting, now as i64, delayed as i64);
                assert_eq!(waits as i64, expected, "{number}");
                delayed += waits;
            }
            // A jump, an exception, or the core has slept.
            let between = [0, 1, 2, 30, 1_000_000][below(40).saturating_sub(35) as usize];
            now = begin + u64::from(run.cycles) + delayed + between;
        }
        assert!(
            !followed.recent.is_empty(),
            "some are known that aren't the first"
        );
    }

    #[test]
    fn what_is_known_is_what_would_be_worked_out() {
        both_ways(1, SETTING);
        both_ways(
            2,
            Setting {
                cached: false,
                ..SETTING
            },
        );
        let without = Reading {
            prefetch: false,
            ..SETTING.reading
        };
        both_ways(
            3,
            Setting {
                reading: without,
                ..SETTING
            },
        );
        let slow = Reading {
            wait_states: 7,
            ..SETTING.reading
        };
        both_ways(
            4,
            Setting {
                reading: slow,
                ..SETTING
            },
        );
    }

    #[test]
    fn it_goes_on_in_the_same_way_when_what_is_known_is_forgotten() {
        let run = &runs()[1];
        let waits = |forgets: bool| -> Vec<u64> {
            let mut followed = Followed::new(SETTING, 2);
            let mut now = 0;
            let mut pass = || {
                let waits = followed.enter((run.start, run.start + 18), run, true, now) - now;
                now += waits + 14;
                if forgets {
                    followed.forget();
                }
                waits
            };
            (0..4).map(|_| pass()).collect()
        };
        assert_eq!(waits(true), waits(false));
        // For the last instruction of a sector, and for the next one, which is wanted at once.
        assert_eq!(waits(false)[0], 4);
    }
}
