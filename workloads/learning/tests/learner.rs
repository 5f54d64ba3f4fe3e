//! What a learner predicts, remembers and forgets.

use tinybench_learning::distance::{Dsp, Portable};
use tinybench_learning::{
    Configuration, ConfigurationError, DriftParameters, Learned, Learner, Policy, Prediction,
    capacity, storage_bytes, weight,
};

const DRIFT: DriftParameters = DriftParameters {
    skip: 10,
    baseline: 20,
    batch: 5,
    threshold: 6 << 16,
};

const CONFIGURATION: Configuration = Configuration {
    features: 3,
    classes: 3,
    neighbours: 1,
    policy: Policy::Incremental,
    drift: DRIFT,
    seed: 1,
};

/// Storage for so many samples of three features.
fn storage(samples: usize) -> Vec<u32> {
    vec![0xdead_beef; storage_bytes(3, samples) / 4]
}

fn times(learner: &Learner<'_, Portable>) -> Vec<u32> {
    (0..learner.samples())
        .filter_map(|index| Some(learner.sample(index)?.0))
        .collect()
}

/// Predicts and learns; returns the predicted class.
fn step(learner: &mut Learner<'_, Portable>, features: [i8; 3], label: u8) -> Option<u8> {
    let prediction = learner.predict(&features);
    learner.learn(&features, label, prediction);
    prediction.map(|it| it.label)
}

#[test]
fn nothing_is_predicted_before_anything_is_learnt() {
    let mut storage = storage(4);
    let mut learner = Learner::<Portable>::new(CONFIGURATION, &mut storage).unwrap();
    assert_eq!(learner.predict(&[1, 2, 3]), None);
    assert_eq!(step(&mut learner, [1, 2, 3], 2), None);
    assert_eq!(
        learner.predict(&[-128, 2, 7]),
        Some(Prediction {
            label: 2,
            nearest: 129 * 129 + 16,
            votes: weight(129 * 129 + 16),
        })
    );
}

#[test]
fn nearer_neighbours_weigh_more() {
    let mut storage = storage(8);
    let configuration = Configuration {
        neighbours: 3,
        ..CONFIGURATION
    };
    let mut learner = Learner::<Portable>::new(configuration, &mut storage).unwrap();
    step(&mut learner, [0, 0, 1], 0);
    step(&mut learner, [9, 0, 0], 1);
    step(&mut learner, [0, 9, 0], 1);
    step(&mut learner, [90, 90, 90], 2);
    // One vote at distance 1, two at 9: 1/2 against 2/10.
    assert_eq!(learner.predict(&[0, 0, 0]).unwrap().label, 0);
    // Further away the two outvote the one: all are at much the same distance.
    assert_eq!(learner.predict(&[40, 40, -40]).unwrap().label, 1);
}

#[test]
fn of_two_at_the_same_distance_the_later_is_nearer_and_of_equal_votes_the_nearest_counts() {
    let mut memory = storage(8);
    let mut learner = Learner::<Portable>::new(CONFIGURATION, &mut memory).unwrap();
    step(&mut learner, [1, 0, 0], 0);
    step(&mut learner, [-1, 0, 0], 1);
    assert_eq!(learner.predict(&[0, 0, 0]).unwrap().label, 1);
    let two = Configuration {
        neighbours: 2,
        ..CONFIGURATION
    };
    let mut memory = storage(8);
    let mut learner = Learner::<Portable>::new(two, &mut memory).unwrap();
    step(&mut learner, [1, 0, 0], 0);
    step(&mut learner, [-1, 0, 0], 1);
    assert_eq!(learner.predict(&[0, 0, 0]).unwrap().label, 1);
}

#[test]
fn a_full_memory_forgets_its_oldest() {
    let mut storage = storage(4);
    let mut learner = Learner::<Portable>::new(CONFIGURATION, &mut storage).unwrap();
    assert_eq!(learner.capacity(), 4);
    for value in 0..6 {
        step(&mut learner, [value, 0, 0], 0);
    }
    let mut kept = times(&learner);
    kept.sort_unstable();
    assert_eq!(kept, [2, 3, 4, 5]);
}

#[test]
fn condensing_in_time_remembers_mistakes_alone() {
    let mut storage = storage(8);
    let configuration = Configuration {
        policy: Policy::CondensingInTime,
        ..CONFIGURATION
    };
    let mut learner = Learner::<Portable>::new(configuration, &mut storage).unwrap();
    for (features, label) in [
        ([0, 0, 0], 0),
        ([1, 0, 0], 0),
        ([9, 0, 0], 1),
        ([8, 0, 0], 1),
    ] {
        step(&mut learner, features, label);
    }
    assert_eq!(times(&learner), [0, 2]);
}

#[test]
fn condensing_keeps_what_predicts_the_rest() {
    let mut storage = storage(64);
    let mut learner = Learner::<Portable>::new(CONFIGURATION, &mut storage).unwrap();
    let samples: Vec<([i8; 3], u8)> = (0..60_i8)
        .map(|i| ([i % 3 * 40, i % 5, i % 7], (i % 3).cast_unsigned()))
        .collect();
    for (features, label) in &samples {
        step(&mut learner, *features, *label);
    }
    learner.condense();
    assert!(
        (3..10).contains(&learner.samples()),
        "{}",
        learner.samples()
    );
    for (features, label) in &samples {
        assert_eq!(learner.predict(features).unwrap().label, *label);
    }
    // What is kept stays in the order of time.
    assert!(times(&learner).is_sorted());
}

#[test]
fn the_hybrid_forgets_what_was_learnt_before_a_change() {
    let mut storage = storage(64);
    let configuration = Configuration {
        policy: Policy::Hybrid,
        ..CONFIGURATION
    };
    let mut learner = Learner::<Portable>::new(configuration, &mut storage).unwrap();
    let mut alarms = Vec::new();
    for time in 0..200_u32 {
        let kind = time % 3;
        let features = [kind as i8 * 40, (time % 5) as i8, 0];
        // From sample 120 on the classes have each other's names.
        let label = if time < 120 { kind } else { (kind + 1) % 3 } as u8;
        let prediction = learner.predict(&features);
        let Learned { alarm, .. } = learner.learn(&features, label, prediction);
        if let Some(alarm) = alarm {
            alarms.push((time, alarm.since));
            learner.adapt(alarm);
            assert!(times(&learner).iter().all(|&kept| kept >= alarm.since));
        }
    }
    assert_eq!(alarms, [(124, 120)]);
    for kind in 0..3_u8 {
        let prediction = learner.predict(&[kind.cast_signed() * 40, 2, 0]);
        assert_eq!(prediction.unwrap().label, (kind + 1) % 3);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |configuration: Configuration, words: usize| {
        let mut storage = vec![0; words];
        Learner::<Portable>::new(configuration, &mut storage)
            .err()
            .unwrap()
    };
    let one = storage_bytes(3, 1) / 4;
    assert_eq!(
        refused(CONFIGURATION, one - 1),
        ConfigurationError::Memory {
            bytes: 4 * one - 4,
            features: 3,
            needed: 4 * one
        }
    );
    assert!(Learner::<Portable>::new(CONFIGURATION, &mut vec![0; one]).is_ok());
    let configuration = Configuration {
        neighbours: 2,
        ..CONFIGURATION
    };
    assert_eq!(
        refused(configuration, one),
        ConfigurationError::Neighbours {
            neighbours: 2,
            samples: 1
        }
    );
    for (configuration, expected) in [
        (
            Configuration {
                features: 0,
                ..CONFIGURATION
            },
            ConfigurationError::Features(0),
        ),
        (
            Configuration {
                classes: 257,
                ..CONFIGURATION
            },
            ConfigurationError::Classes(257),
        ),
        (
            Configuration {
                neighbours: 0,
                ..CONFIGURATION
            },
            ConfigurationError::NeighbourCount(0),
        ),
        (
            Configuration {
                seed: 0,
                ..CONFIGURATION
            },
            ConfigurationError::Seed,
        ),
        (
            Configuration {
                drift: DriftParameters { batch: 51, ..DRIFT },
                ..CONFIGURATION
            },
            ConfigurationError::Drift {
                batch: 51,
                baseline: 20,
            },
        ),
    ] {
        assert_eq!(refused(configuration, 100), expected);
    }
}

#[test]
fn the_capacity_is_what_fits() {
    for features in [1, 7, 8, 64, 65] {
        for samples in [1, 2, 3, 100, 1_000] {
            let bytes = storage_bytes(features, samples);
            assert_eq!(capacity(features, bytes), samples);
            assert_eq!(capacity(features, bytes - 1), samples - 1);
        }
    }
}

#[test]
fn both_kinds_of_distances_learn_the_same() {
    let configuration = Configuration {
        features: 13,
        classes: 4,
        neighbours: 5,
        policy: Policy::Hybrid,
        ..CONFIGURATION
    };
    let mut first = vec![0; 300];
    let mut second = vec![0; 300];
    let mut portable = Learner::<Portable>::new(configuration, &mut first).unwrap();
    let mut dsp = Learner::<Dsp>::new(configuration, &mut second).unwrap();
    let mut state = 1_u32;
    let mut alarms = 0;
    for _ in 0..2_000 {
        let features: [i8; 13] = std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as i8
        });
        let label = (state >> 13) as u8 % 4;
        let prediction = portable.predict(&features);
        assert_eq!(prediction, dsp.predict(&features));
        let learned = portable.learn(&features, label, prediction);
        assert_eq!(learned, dsp.learn(&features, label, prediction));
        if let Some(alarm) = learned.alarm {
            alarms += 1;
            portable.adapt(alarm);
            dsp.adapt(alarm);
        }
        assert_eq!(portable.samples(), dsp.samples());
        for index in 0..portable.samples() {
            assert_eq!(portable.sample(index), dsp.sample(index));
        }
    }
    // Labels without rhyme or reason are predicted as well as guessed, before and after.
    assert!(alarms < 20, "{alarms}");
}
