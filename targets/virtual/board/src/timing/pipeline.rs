//! The pipeline simulator: static cycles of a straight run of instructions.

use super::dual::Dual;
use super::scoreboard::{self, Scoreboard};
use super::{Class, Shape, TimingParameters};

/// One instruction as the simulator sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub address: u32,
    /// Bytes: 2 or 4.
    pub size: u32,
    pub shape: Shape,
}

/// Where the instructions are fetched from: says when each word is there.
pub(crate) trait Source {
    /// The time at which the word at `address` is there if it is requested at `requested`.
    /// `first`: nothing was fetched before it.
    fn read(&mut self, address: u32, requested: u32, first: bool) -> u32;
}

/// A memory without a cache between it and the core.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetch {
    /// Cycles a fetch takes beyond one when it reads a new sector. 0 behind a cache.
    pub wait_states: u32,
    /// Bytes of one sector: one flash read.
    pub sector_bytes: u32,
    /// The flash reads on by itself: a sector is there its wait states after the one before it.
    pub prefetch: bool,
    /// When the latest sector was read.
    pub sector_read: u32,
}

impl Fetch {
    /// Memory that keeps up with the core.
    pub const AT_ONCE: Self = Self {
        wait_states: 0,
        sector_bytes: 4,
        prefetch: false,
        sector_read: 0,
    };
}

impl Source for Fetch {
    fn read(&mut self, address: u32, requested: u32, first: bool) -> u32 {
        if !first && !address.is_multiple_of(self.sector_bytes) {
            return requested;
        }
        self.sector_read = if self.prefetch && !first {
            requested.max(self.sector_read + 1 + self.wait_states)
        } else {
            requested + self.wait_states
        };
        self.sector_read
    }
}

/// How the run is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// By a branch: nothing has been fetched.
    Jump,
    /// From the instruction before: the prefetch unit is full.
    Fall,
}

/// Cycles of one instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// From the start of the run to the start of this instruction.
    pub before: u32,
    /// Of the instruction itself, stalls included.
    pub cycles: u32,
    /// How many of these it waited for its own fetch or for the floating-point unit.
    pub stalls: u32,
    /// It is a load or store whose overlap with the load before is counted on.
    pub chained: bool,
}

/// What the next instruction needs to know of the one before.
#[derive(Clone, Copy, Debug)]
struct Previous {
    load: bool,
    store: bool,
    narrow: bool,
    writes: u16,
    float_result: u8,
}

/// Before the first instruction.
const NOTHING: Previous = Previous {
    load: false,
    store: false,
    narrow: false,
    writes: 0,
    float_result: 32,
};

/// The fetch side: when each word of the run is there.
struct FetchQueue<S> {
    source: S,
    ahead: usize,
    latency: u32,
    restart: u32,
    first_word: u32,
    /// Arrival of each word so far.
    arrivals: Vec<u32>,
    /// Time at which each word was used up.
    used: Vec<u32>,
    entry: Entry,
}

impl<S: Source> FetchQueue<S> {
    /// Time at which word `index` of the run is there.
    fn arrival(&mut self, index: usize) -> u32 {
        while self.arrivals.len() <= index {
            let word = self.arrivals.len();
            let arrival = if self.entry == Entry::Fall && word < self.ahead {
                0
            } else {
                let after_previous = match word.checked_sub(1) {
                    Some(previous) => self.arrivals[previous] + 1,
                    None => 0,
                };
                let room = match word.checked_sub(self.ahead) {
                    Some(old) => self.used.get(old).map_or(0, |used| used + self.latency),
                    None => 0,
                };
                let requested = if room > after_previous {
                    // It was full, and begins to fetch anew.
                    room + self.restart
                } else {
                    after_previous
                };
                let address = self.first_word + 4 * word as u32;
                self.source.read(address, requested, word == 0)
            };
            self.arrivals.push(arrival);
        }
        self.arrivals[index]
    }

    /// Marks all words before `index` as used up at `time`.
    fn use_up(&mut self, index: usize, time: u32) {
        while self.used.len() < index {
            self.used.push(time);
        }
    }
}

/// The pipeline on its way through a run of instructions.
pub(crate) struct Pipeline<S> {
    rules: TimingParameters,
    queue: FetchQueue<S>,
    previous: Previous,
    /// Since the start of the run.
    time: u32,
    /// A cycle after the instruction before began to execute.
    decodes_from: u32,
    /// When the floating-point unit takes its next instruction.
    float_free: u32,
    /// Of a Cortex-M33.
    scoreboard: Scoreboard,
}

impl<S: Source> Pipeline<S> {
    /// Before the instruction at `address`.
    pub fn new(rules: &TimingParameters, address: u32, source: S, entry: Entry) -> Self {
        Self {
            rules: *rules,
            queue: FetchQueue {
                source,
                ahead: rules.fetch_ahead as usize,
                latency: rules.fetch_latency,
                restart: rules.fetch_restart,
                first_word: address & !3,
                arrivals: Vec::new(),
                used: Vec::new(),
                entry,
            },
            previous: NOTHING,
            time: 0,
            decodes_from: 0,
            float_free: 0,
            scoreboard: Scoreboard::default(),
        }
    }

    /// Executes the next instruction of the run.
    pub fn step(&mut self, step: &Step) -> Cost {
        let start = self.time;
        let last_byte = step.address + step.size - 1;
        let last_word = ((last_byte - self.queue.first_word) >> 2) as usize;
        let arrival = self.queue.arrival(last_word);
        self.time = start.max(arrival);
        // It is decoded while the instruction before it executes, and so makes room for words
        // behind it: those that the next instruction doesn't begin in are used up.
        let decoded = arrival.max(self.decodes_from);
        let next_word = ((last_byte + 1 - self.queue.first_word) >> 2) as usize;
        self.queue.use_up(next_word, decoded);
        if step.shape.float {
            self.time = self.time.max(self.float_free);
        }
        if step.shape.class == Class::FloatDivide {
            self.float_free = self.time + self.rules.float_divide;
        }
        let stalls = self.time - start;
        if let Some(dual) = &step.shape.dual {
            return self.issue(step, dual, start, stalls);
        }
        self.decodes_from = self.time + 1;
        let (cycles, chained) = execute(&self.rules, step, &self.previous);
        self.time += cycles;
        self.previous = Previous {
            load: matches!(step.shape.class, Class::Load | Class::FloatLoad),
            store: matches!(
                step.shape.class,
                Class::Store | Class::StoreRegisterOffset | Class::FloatStore
            ),
            narrow: step.size == 2,
            writes: step.shape.writes,
            float_result: step.shape.float_result,
        };
        Cost {
            before: start,
            cycles: self.time - start,
            stalls,
            chained,
        }
    }

    /// Issues the next instruction of a run on a Cortex-M33, whose words are there.
    fn issue(&mut self, step: &Step, dual: &Dual, start: u32, stalls: u32) -> Cost {
        let shape = &step.shape;
        let narrow = step.size == 2;
        let ready = self.scoreboard.ready(shape, dual);
        let paired = self.scoreboard.pairs(narrow, dual) && ready <= self.time && stalls == 0;
        let at = self.time.max(ready);
        let cycles = match shape.class {
            _ if paired => 0,
            Class::Several(cycles)
            | Class::LoadMultiple(cycles)
            | Class::StoreMultiple(cycles)
            | Class::LoadBranch(cycles)
            | Class::Float(cycles) => cycles,
            Class::Divide => self.rules.divide,
            _ => 1,
        };
        if shape.float {
            let busy = match shape.class {
                Class::FloatDivide => self.rules.float_divide,
                _ => dual.float_busy,
            };
            self.float_free = at + busy;
        }
        self.scoreboard
            .issue(at, cycles, narrow, paired, shape, dual);
        self.time = at + cycles;
        self.decodes_from = self.time;
        Cost {
            before: start,
            cycles: self.time - start,
            stalls,
            chained: false,
        }
    }

    /// Goes on at `address`, with the time at 0 again.
    pub fn restart(&mut self, address: u32, entry: Entry) {
        self.queue.first_word = address & !3;
        self.queue.entry = entry;
        self.queue.arrivals.clear();
        self.queue.used.clear();
        self.previous = NOTHING;
        self.time = 0;
        self.decodes_from = 0;
        self.float_free = 0;
        self.scoreboard = Scoreboard::default();
    }

    /// The instruction executed last takes so many cycles more.
    pub fn wait(&mut self, cycles: u32) {
        self.scoreboard.wait(self.time, cycles);
        self.time += cycles;
    }

    /// Where the words come from.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.queue.source
    }

    /// Cycles of the run, if it ends here. The next one knows nothing of a floating-point divide
    /// that is under way.
    pub fn total(&self) -> u32 {
        self.time.max(self.float_free)
    }
}

/// Costs of a run of instructions, and their sum.
pub(crate) fn simulate(
    rules: &TimingParameters,
    steps: &[Step],
    fetch: Fetch,
    entry: Entry,
) -> (Vec<Cost>, u32) {
    let Some(first) = steps.first() else {
        return (Vec::new(), 0);
    };
    let mut pipeline = Pipeline::new(rules, first.address, fetch, entry);
    let costs = steps.iter().map(|step| pipeline.step(step)).collect();
    (costs, pipeline.total())
}

/// What the last instruction of a run adds if it is a branch and taken.
pub(crate) fn refill(rules: &TimingParameters, steps: &[Step]) -> u32 {
    let of = |step: &Step| (step.size, step.shape);
    let mut backwards = steps.iter().rev();
    let (last, before) = (backwards.next().map(of), backwards.next().map(of));
    last.map_or(0, |last| {
        let before = before.as_ref().map(|(size, shape)| (*size, shape));
        scoreboard::refill(rules, (last.0, &last.1), before)
    })
}

/// What the fetch of later instructions makes of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchEffect {
    /// Nothing.
    None,
    /// The first cycle makes the run no longer: the word that a later instruction would have waited
    /// for comes meanwhile.
    Absorbs,
    /// The run gets one cycle longer than the wait: the prefetch unit fills up meanwhile, stops, and
    /// has to begin anew.
    Restarts,
}

/// What comes of it if an instruction of a run waits a cycle longer. Of those before it, the ones are
/// taken to wait too that were to overlap with a load on another base: most likely the two reach
/// different memories, turn by turn. `may_wait` says which can wait at all.
pub(crate) fn fetch_effects(
    rules: &TimingParameters,
    steps: &[Step],
    fetch: Fetch,
    may_wait: impl Fn(&Step) -> bool,
) -> Vec<FetchEffect> {
    let mut effects = vec![FetchEffect::None; steps.len()];
    // Only a 32-bit instruction that isn't word-aligned can wait for its fetch.
    let misaligned = |step: &Step| step.size == 4 && !step.address.is_multiple_of(4);
    let (Some(first), Some(last)) = (steps.first(), steps.iter().rposition(misaligned)) else {
        return effects;
    };
    let total = |waits: &[bool]| {
        let mut pipeline = Pipeline::new(rules, first.address, fetch, Entry::Fall);
        for (step, &waits) in steps.iter().zip(waits) {
            pipeline.step(step);
            pipeline.wait(waits.into());
        }
        pipeline.total()
    };
    let (costs, mut so_far) = simulate(rules, steps, fetch, Entry::Fall);
    let mut waits = vec![false; steps.len()];
    for (at, step) in steps.iter().enumerate().take(last) {
        if !may_wait(step) {
            continue;
        }
        waits[at] = true;
        let with = total(&waits);
        // A wait can even save a cycle, where it spares the prefetch unit a stop.
        effects[at] = match with.saturating_sub(so_far) {
            0 => FetchEffect::Absorbs,
            1 => FetchEffect::None,
            _ => FetchEffect::Restarts,
        };
        let before = at.checked_sub(1).and_then(|before| steps.get(before));
        let turns = before.is_some_and(|before| before.shape.address != step.shape.address);
        if costs[at].chained && turns {
            so_far = with;
        } else {
            waits[at] = false;
        }
    }
    effects
}

/// Cycles of one instruction behind another, without fetch stalls; whether its overlap with a load
/// before it is counted on.
fn execute(rules: &TimingParameters, step: &Step, previous: &Previous) -> (u32, bool) {
    let shape = &step.shape;
    let late = shape.address & previous.writes != 0;
    let late_cycles = if late { rules.late_address } else { 0 };
    let after_store = if previous.store {
        rules.load_after_store
    } else {
        0
    };
    match shape.class {
        Class::Single | Class::Nop | Class::Branch | Class::LateBranch => (1, false),
        Class::Several(cycles) => (cycles, false),
        Class::Divide => (rules.divide, false),
        // Folded behind a 16-bit instruction (TRM, 3.3.1).
        Class::It => (u32::from(!previous.narrow), false),
        Class::Load | Class::FloatLoad => {
            if previous.load && !late {
                return (rules.chained_load, true);
            }
            (rules.load + after_store + late_cycles, false)
        }
        Class::Store | Class::StoreRegisterOffset | Class::FloatStore => {
            let base = if shape.class == Class::StoreRegisterOffset {
                rules.store_register_offset
            } else {
                rules.store
            };
            // A store fills the second cycle of a load before it.
            let hidden = previous.load && !late && base == rules.store;
            (base - u32::from(hidden) + late_cycles, hidden)
        }
        Class::LoadMultiple(cycles) | Class::LoadBranch(cycles) => {
            (cycles + after_store + late_cycles, false)
        }
        Class::StoreMultiple(cycles) => (cycles + late_cycles, false),
        Class::Float(_) | Class::FloatDivide => {
            let cycles = match shape.class {
                Class::Float(cycles) => cycles,
                _ => 1,
            };
            let waits =
                previous.float_result < 32 && shape.float_operands.contains(&previous.float_result);
            (
                cycles + if waits { rules.float_result_latency } else { 0 },
                false,
            )
        }
    }
}
