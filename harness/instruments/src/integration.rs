//! From samples to energies: sums between the marks of the firmware, as the samples come.
//!
//! The firmware pulls a pin low where a window begins and where it ends, so that falling edges begin and
//! end windows by turns. The energy of a window is the sum of current times voltage (that which the
//! instrument measured last, where it does, or else that to which it was set) times the interval
//! between two samples, over the samples from the one that shows its first edge to the last before that
//! which shows its second.

use std::fmt;

use crate::instrument::{Event, Sample};

/// How far a window may last longer or shorter than the device says, as a share: internal oscillators
/// are off by some 1 %.
const DURATION_TOLERANCE: f64 = 0.02;
/// How far the voltage at the board may be from what the instrument was set to, as a share.
const VOLTAGE_TOLERANCE: f64 = 0.02;
/// Steps of an overview at most.
const MOST_STEPS: usize = 1_024;

/// What is to be added up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Samples a second.
    pub sample_rate_hz: f64,
    /// Voltage of the supply, V.
    pub supply_v: f64,
    /// The logic input with the marks, from 0.
    pub mark_input: u32,
    /// How many windows there are.
    pub windows: u32,
    /// How long behind a window the board needs to come to rest, s: not part of the idle baseline.
    pub settle_s: f64,
    /// How long after a loss the instrument may tell of it, s.
    pub late_s: f64,
}

/// A window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// When it began, s behind the first sample.
    pub start_s: f64,
    /// How long it took, s.
    pub duration_s: f64,
    /// Its energy, µJ.
    pub energy_uj: f64,
    /// The highest power of a sample, mW.
    pub peak_mw: f64,
}

impl Window {
    /// Mean power, mW.
    pub fn mean_mw(&self) -> f64 {
        self.energy_uj / self.duration_s / 1_000.0
    }
}

/// What makes a measurement worthless.
#[derive(Clone, Debug, PartialEq)]
pub enum Flaw {
    /// Samples are missing.
    Lost {
        /// How many at least.
        samples: u64,
    },
    /// The current was beyond what the instrument can tell.
    Saturated {
        /// In how many samples.
        samples: u64,
    },
    /// The stream had bytes that are no sample.
    Damaged {
        /// How often.
        times: u64,
        /// What it was first.
        first: String,
    },
    /// The instrument said that something is wrong.
    Fault(String),
    /// There were too few or too many edges.
    Marks {
        /// Edges that there should have been.
        expected: u64,
        /// Edges that there were.
        found: u64,
    },
    /// A window took longer or shorter than by the device's clock.
    Duration {
        /// Its number, from 1.
        window: usize,
        /// How long it took by the device's clock, s.
        expected_s: f64,
        /// How long by the instrument's, s.
        found_s: f64,
    },
    /// The voltage at the board wasn't what the instrument was set to.
    Voltage {
        /// What it was set to, V.
        set_v: f64,
        /// What it measured, V.
        measured_v: f64,
    },
    /// The instrument ended before the last window did.
    Ended,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { samples } => write!(
                f,
                "{samples} samples were lost: use another USB port, without a hub, and less load on \
                 this machine"
            ),
            Self::Saturated { samples } => write!(
                f,
                "the current was beyond what the instrument can tell in {samples} samples"
            ),
            Self::Damaged { times, first } => {
                write!(f, "the stream was damaged {times} times, first by {first}")
            }
            Self::Fault(text) => write!(f, "the instrument says: {text}"),
            Self::Marks { expected, found } => write!(
                f,
                "there were {found} edges of the {expected} that mark the windows: check the wire from \
                 the pin in the board file to the instrument's logic input, and that the logic port has \
                 its supply"
            ),
            Self::Duration {
                window,
                expected_s,
                found_s,
            } => write!(
                f,
                "window {window} took {found_s:.4} s by the instrument and {expected_s:.4} s by the \
                 device"
            ),
            Self::Voltage { set_v, measured_v } => write!(
                f,
                "the board has {measured_v:.3} V and not the {set_v:.3} V of the supply: another supply \
                 may be connected"
            ),
            Self::Ended => write!(f, "the instrument ended before the last window"),
        }
    }
}

/// The course of the power, in equal steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// How long a step is, s.
    pub step_s: f64,
    /// Mean power of each step, mW.
    pub mean_mw: Vec<f64>,
    /// The highest power of a sample in each, mW.
    pub peak_mw: Vec<f64>,
}

/// What the samples added up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Integral {
    /// The windows that were whole.
    pub windows: Vec<Window>,
    /// Mean power between windows, mW.
    pub idle_mw: Option<f64>,
    /// The course of the power from the first sample on.
    pub overview: Overview,
    /// How many samples there were.
    pub samples: u64,
    /// What makes it worthless; nothing if it is good.
    pub flaws: Vec<Flaw>,
}

/// A sum of powers.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    samples: u64,
    mw: f64,
    peak_mw: f64,
}

impl Sum {
    fn add(&mut self, mw: f64) {
        self.samples += 1;
        self.mw += mw;
        self.peak_mw = self.peak_mw.max(mw);
    }

    fn join(&mut self, other: &Self) {
        self.samples += other.samples;
        self.mw += other.mw;
        self.peak_mw = self.peak_mw.max(other.peak_mw);
    }

    fn mean_mw(&self) -> f64 {
        self.mw / self.samples as f64
    }
}

/// Adds samples up as they come.
#[derive(Clone, Debug)]
pub struct Integration {
    plan: Plan,
    /// Samples that came and those known to be lost: the time.
    time: u64,
    samples: u64,
    high: bool,
    marks: u64,
    mark_time: u64,
    window: Sum,
    windows: Vec<Window>,
    rest: Sum,
    steps: Vec<Sum>,
    step_samples: u64,
    lost: u64,
    saturated: u64,
    damaged: u64,
    first_damage: Option<String>,
    fault: Option<String>,
    /// The voltage between the first mark and the last that is farthest from what was set, V.
    farthest_v: f64,
    /// The voltage by which currents are multiplied, V.
    volts: f64,
    ended: bool,
}

impl Integration {
    /// Of a plan.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            time: 0,
            samples: 0,
            high: false,
            marks: 0,
            mark_time: 0,
            window: Sum::default(),
            windows: Vec::new(),
            rest: Sum::default(),
            steps: vec![Sum::default()],
            step_samples: 1,
            lost: 0,
            saturated: 0,
            damaged: 0,
            first_damage: None,
            fault: None,
            farthest_v: plan.supply_v,
            volts: plan.supply_v,
            ended: false,
        }
    }

    /// Edges that all windows have.
    fn all_marks(&self) -> u64 {
        2 * u64::from(self.plan.windows)
    }

    /// Whether the last window has ended.
    pub fn is_complete(&self) -> bool {
        self.marks >= self.all_marks()
    }

    /// Whether the first window has begun and the last hasn't ended.
    fn is_under_way(&self) -> bool {
        self.marks > 0 && !self.is_complete()
    }

    /// Whether the last window has ended, and what was lost in it would have been told.
    pub fn is_settled(&self) -> bool {
        let late = self.plan.late_s * self.plan.sample_rate_hz;
        self.is_complete() && (self.time - self.mark_time) as f64 >= late
    }

    /// Whether nothing more can come of it.
    pub fn has_ended(&self) -> bool {
        self.ended || self.fault.is_some()
    }

    /// How many windows have ended.
    pub fn windows_done(&self) -> u64 {
        self.marks / 2
    }

    /// How many samples there were.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Adds what came out of the instrument.
    pub fn feed(&mut self, events: &[Event]) {
        for event in events {
            // What happens before the first and behind the last window does it no harm.
            let matters = self.is_under_way();
            let may_be_of_a_window = self.marks > 0 && !self.is_settled();
            match event {
                Event::Sample(sample) => self.sample(sample),
                Event::Lost(samples) => {
                    // So many that time makes no sense any more are damage as well.
                    self.time = self.time.saturating_add(*samples);
                    if may_be_of_a_window {
                        self.lost = self.lost.saturating_add(*samples);
                    }
                }
                Event::Damaged(text) => {
                    if matters {
                        self.damaged += 1;
                        self.first_damage.get_or_insert_with(|| text.clone());
                    }
                }
                Event::Fault(text) => {
                    if !self.is_complete() {
                        self.fault.get_or_insert_with(|| text.clone());
                    }
                }
                Event::Voltage(volts) => self.volts = *volts,
                Event::End => self.ended |= !self.is_complete(),
            }
        }
    }

    /// As [`Self::feed`], but no longer than until the last window has ended and settled. Gives how many events
    /// that were: how much more there is by then is chance.
    pub fn feed_until_settled(&mut self, events: &[Event]) -> usize {
        let taken = events.iter().take_while(|event| {
            let goes_on = !self.is_settled();
            if goes_on {
                self.feed(std::slice::from_ref(event));
            }
            goes_on
        });
        taken.count()
    }

    fn sample(&mut self, sample: &Sample) {
        let mw = f64::from(sample.ma) * self.volts;
        let level = sample.logic >> self.plan.mark_input & 1 != 0;
        if self.high && !level {
            self.mark();
        }
        self.high = level;
        let inside = !self.marks.is_multiple_of(2);
        if inside {
            self.window.add(mw);
        } else if self.is_under_way() {
            let settled = self.plan.settle_s * self.plan.sample_rate_hz;
            if (self.time - self.mark_time) as f64 >= settled {
                self.rest.add(mw);
            }
        }
        if self.is_under_way() {
            self.saturated += u64::from(sample.saturated);
            if self.off(self.volts) > self.off(self.farthest_v) {
                self.farthest_v = self.volts;
            }
        }
        self.overview(mw);
        self.samples += 1;
        self.time = self.time.saturating_add(1);
    }

    /// How far a voltage is from what was set, V: infinitely, if it is no number.
    fn off(&self, volts: f64) -> f64 {
        match (volts - self.plan.supply_v).abs() {
            off if off.is_nan() => f64::INFINITY,
            off => off,
        }
    }

    fn mark(&mut self) {
        self.marks += 1;
        if self.marks.is_multiple_of(2) {
            let window = std::mem::take(&mut self.window);
            let rate = self.plan.sample_rate_hz;
            self.windows.push(Window {
                start_s: self.mark_time as f64 / rate,
                duration_s: (self.time - self.mark_time) as f64 / rate,
                energy_uj: window.mw / rate * 1_000.0,
                peak_mw: window.peak_mw,
            });
        }
        self.mark_time = self.time;
    }

    fn overview(&mut self, mw: f64) {
        if self
            .steps
            .last()
            .is_some_and(|it| it.samples >= self.step_samples)
        {
            if self.steps.len() == MOST_STEPS {
                let pairs = self.steps.chunks(2).map(|pair| {
                    let mut both = pair[0];
                    pair[1..].iter().for_each(|it| both.join(it));
                    both
                });
                self.steps = pairs.collect();
                self.step_samples *= 2;
            }
            self.steps.push(Sum::default());
        }
        if let Some(step) = self.steps.last_mut() {
            step.add(mw);
        }
    }

    /// What it all adds up to. Windows take `expected_s` by the device's own clock, the first of these the
    /// first window, and so on, and from the first again; nothing if the device doesn't tell.
    pub fn finish(self, expected_s: &[f64]) -> Integral {
        let mut flaws = Vec::new();
        if let Some(text) = &self.fault {
            flaws.push(Flaw::Fault(text.clone()));
        }
        let (set_v, measured_v) = (self.plan.supply_v, self.farthest_v);
        if self.off(measured_v) > VOLTAGE_TOLERANCE * set_v {
            flaws.push(Flaw::Voltage { set_v, measured_v });
        }
        if self.lost > 0 {
            flaws.push(Flaw::Lost { samples: self.lost });
        }
        if self.saturated > 0 {
            flaws.push(Flaw::Saturated {
                samples: self.saturated,
            });
        }
        if let Some(first) = self.first_damage.clone() {
            flaws.push(Flaw::Damaged {
                times: self.damaged,
                first,
            });
        }
        if self.ended {
            flaws.push(Flaw::Ended);
        }
        let expected = self.all_marks();
        if self.marks != expected {
            flaws.push(Flaw::Marks {
                expected,
                found: self.marks,
            });
        }
        let windows = self.windows.iter().zip(expected_s.iter().cycle());
        let wrong = windows.enumerate().find(|(_, (window, expected_s))| {
            (window.duration_s - *expected_s).abs() > DURATION_TOLERANCE * *expected_s
        });
        if let Some((index, (window, &expected_s))) = wrong {
            flaws.push(Flaw::Duration {
                window: index + 1,
                expected_s,
                found_s: window.duration_s,
            });
        }
        let steps = || self.steps.iter().filter(|step| step.samples > 0);
        Integral {
            idle_mw: (self.rest.samples > 0).then(|| self.rest.mean_mw()),
            overview: Overview {
                step_s: self.step_samples as f64 / self.plan.sample_rate_hz,
                mean_mw: steps().map(Sum::mean_mw).collect(),
                peak_mw: steps().map(|step| step.peak_mw).collect(),
            },
            windows: self.windows,
            samples: self.samples,
            flaws,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAN: Plan = Plan {
        sample_rate_hz: 1_000.0,
        supply_v: 2.0,
        mark_input: 3,
        windows: 2,
        settle_s: 0.01,
        late_s: 0.0,
    };

    fn sample(ma: f32, low: bool) -> Event {
        Event::Sample(Sample {
            ma,
            logic: if low { !(1 << 3) } else { u8::MAX },
            saturated: false,
        })
    }

    /// 50 samples at rest, 100 in a window, and so on, and 50 at the end.
    fn stream() -> Vec<Event> {
        let mut events = vec![sample(0.5, false); 50];
        for _ in 0..2 {
            events.extend(vec![sample(4.0, true); 5]);
            events.extend(vec![sample(4.0, false); 94]);
            events.push(sample(6.0, false));
            // Not settled yet.
            events.push(sample(1.0, true));
            events.extend(vec![sample(1.0, false); 9]);
            events.extend(vec![sample(0.5, false); 40]);
        }
        events
    }

    #[test]
    fn a_loss_that_is_told_late_is_one_of_the_last_window() {
        let lost = |behind: usize| {
            let mut integration = Integration::new(Plan {
                late_s: 0.02,
                ..PLAN
            });
            let mut events = stream();
            // 50 samples stand behind the last mark.
            events.insert(events.len() - 50 + behind, Event::Lost(3));
            integration.feed(&events);
            assert!(integration.is_settled());
            integration.finish(&[0.1]).flaws
        };
        assert_eq!(lost(10), [Flaw::Lost { samples: 3 }]);
        assert_eq!(lost(30), []);
    }

    fn integral(events: &[Event]) -> Integral {
        let mut integration = Integration::new(PLAN);
        integration.feed(events);
        integration.finish(&[0.1])
    }

    #[test]
    fn energy_is_power_by_time_between_two_marks() {
        let found = integral(&stream());
        assert_eq!(found.flaws, []);
        // 99 ms at 8 mW and 1 ms at 12 mW.
        let expected = 99.0 * 8.0 + 12.0;
        assert_eq!(found.windows.len(), 2);
        for (window, start_s) in found.windows.iter().zip([0.05, 0.2]) {
            assert!((window.energy_uj - expected).abs() < 1e-9, "{window:?}");
            assert!((window.duration_s - 0.1).abs() < 1e-12);
            assert!((window.start_s - start_s).abs() < 1e-12);
            assert!((window.mean_mw() - expected / 100.0).abs() < 1e-9);
            assert_eq!(window.peak_mw, 12.0);
        }
        // Between the windows, behind the time to settle.
        assert_eq!(found.idle_mw, Some(1.0));
        assert_eq!(found.samples, 350);
        let energy: f64 = found.overview.mean_mw.iter().sum();
        assert!(
            (energy - (2.0 * (expected + 10.0 * 2.0) + 130.0)).abs() < 1e-9,
            "{energy}"
        );
    }

    #[test]
    fn what_comes_behind_the_last_window_changes_nothing() {
        let mut events = stream();
        let mut longer = events.clone();
        longer.extend(vec![sample(9.0, false); 30]);
        let whole = |events: &[Event]| {
            let mut integration = Integration::new(PLAN);
            let taken = integration.feed_until_settled(events);
            (taken, integration.finish(&[0.1]))
        };
        let (taken, found) = whole(&events);
        assert_eq!((taken, found.flaws.len()), (301, 0));
        assert_eq!(whole(&longer), (taken, found));
        events.truncate(100);
        assert_eq!(whole(&events).0, 100);
    }

    #[test]
    fn what_makes_it_worthless_is_named() {
        let flaws = |change: &dyn Fn(&mut Vec<Event>)| {
            let mut events = stream();
            change(&mut events);
            let flaws = integral(&events).flaws;
            flaws
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ")
        };
        for (change, told) in [
            (
                &(|events: &mut Vec<Event>| events.insert(60, Event::Lost(1)))
                    as &dyn Fn(&mut Vec<Event>),
                "1 samples were lost",
            ),
            (
                &|events| {
                    events[70] = Event::Sample(Sample {
                        ma: 9.0,
                        logic: u8::MAX,
                        saturated: true,
                    });
                },
                "beyond what the instrument can tell in 1 samples",
            ),
            (
                &|events| events.insert(60, Event::Damaged("a byte".to_owned())),
                "damaged 1 times, first by a byte",
            ),
            (
                &|events| events.insert(60, Event::Fault("overcurrent".to_owned())),
                "the instrument says: overcurrent",
            ),
            (&|events| events.truncate(120), "1 edges of the 4"),
            (
                &|events| events.iter_mut().for_each(|it| *it = sample(1.0, false)),
                "0 edges of the 4",
            ),
            (
                &|events| {
                    events.drain(60..65);
                },
                "window 1 took 0.0950 s by the instrument and 0.1000 s by the device",
            ),
            (
                &|events| events.insert(60, Event::Voltage(1.8)),
                "1.800 V and not the 2.000 V",
            ),
            (
                &|events| events.insert(60, Event::End),
                "ended before the last window",
            ),
        ] {
            let found = flaws(change);
            assert!(found.contains(told), "{found} for {told}");
        }
        // Before the first window and behind the last it does no harm.
        assert_eq!(flaws(&|events| events.insert(10, Event::Lost(7))), "");
        assert_eq!(flaws(&|events| events.push(Event::End)), "");
        assert_eq!(flaws(&|events| events.insert(0, Event::Voltage(2.01))), "");
        let no_number = flaws(&|events| events.insert(0, Event::Voltage(f64::NAN)));
        assert!(no_number.starts_with("the board has NaN V"), "{no_number}");
    }

    #[test]
    fn a_voltage_is_off_only_between_the_first_mark_and_the_last() {
        let mut events = stream();
        let last = events.len();
        events.insert(last, Event::Voltage(0.0));
        events.push(sample(0.0, false));
        events.insert(40, Event::Voltage(2.0));
        events.insert(0, Event::Voltage(0.1));
        assert_eq!(integral(&events).flaws, []);
        // Without the right one, the wrong one is that of the first window.
        events.remove(41);
        let flaws = integral(&events).flaws;
        assert!(matches!(flaws[..], [Flaw::Voltage { .. }]), "{flaws:?}");
    }

    #[test]
    fn a_voltage_that_is_measured_counts_from_there_on() {
        let mut events = stream();
        events.insert(0, Event::Voltage(1.98));
        // In the second window, behind its first five samples.
        events.insert(206, Event::Voltage(2.02));
        let found = integral(&events);
        assert_eq!(found.flaws, []);
        let expected = [
            1.98 * (99.0 * 4.0 + 6.0),
            1.98 * 5.0 * 4.0 + 2.02 * (94.0 * 4.0 + 6.0),
        ];
        for (window, expected) in found.windows.iter().zip(expected) {
            assert!(
                (window.energy_uj - expected).abs() < 1e-9,
                "{window:?} {expected}"
            );
        }
    }

    #[test]
    fn windows_of_several_stages_take_their_own_time() {
        let mut integration = Integration::new(PLAN);
        integration.feed(&stream());
        assert_eq!(integration.clone().finish(&[0.1, 0.1]).flaws, []);
        assert_eq!(integration.clone().finish(&[]).flaws, []);
        let flaws = integration.finish(&[0.1, 0.2]).flaws;
        assert!(
            matches!(flaws[..], [Flaw::Duration { window: 2, .. }]),
            "{flaws:?}"
        );
    }

    #[test]
    fn an_overview_stays_small_and_keeps_the_energy() {
        let mut integration = Integration::new(PLAN);
        let count = 1_000_000;
        for index in 0..count {
            integration.feed(&[sample(index as f32 / 1e6, false)]);
        }
        let overview = integration.finish(&[0.1]).overview;
        assert!(overview.mean_mw.len() <= MOST_STEPS);
        assert!(overview.mean_mw.len() > MOST_STEPS / 4);
        let last = overview.peak_mw.last().unwrap();
        assert!((last - 2.0).abs() < 1e-3, "{last}");
    }

    proptest! {
        #[test]
        fn no_stream_is_too_strange(
            events in prop::collection::vec(
                prop_oneof![
                    6 => (any::<f32>(), any::<u8>(), any::<bool>()).prop_map(
                        |(ma, logic, saturated)| Event::Sample(Sample { ma, logic, saturated })
                    ),
                    1 => any::<u64>().prop_map(Event::Lost),
                    1 => any::<f64>().prop_map(Event::Voltage),
                    1 => Just(Event::Damaged("x".to_owned())),
                    1 => Just(Event::End),
                ],
                0..200,
            ),
        ) {
            let found = integral(&events);
            let samples = events.iter().filter(|it| matches!(it, Event::Sample(_)));
            prop_assert_eq!(found.samples, samples.count() as u64);
            // What isn't flawed is whole.
            let windows = found.windows.len() as u32;
            prop_assert!(!found.flaws.is_empty() || windows == PLAN.windows, "{:?}", found);
            let told = found.flaws.iter().any(|it| matches!(it, Flaw::Marks { .. }));
            prop_assert!(told || windows == PLAN.windows, "{:?}", found);
        }
    }
}
