//! The nearest neighbours, and what they vote for.

use crate::configuration::MAX_NEIGHBOURS;
use crate::distance::Distances;
use crate::memory::Memory;

/// What a single neighbour's vote weighs at distance 0.
const FULL_WEIGHT: u32 = 1 << 24;

/// What the vote of a neighbour at this squared distance weighs: 2^24 / (1 + ⌊√distance⌋), rounded
/// down.
pub const fn weight(squared_distance: u32) -> u32 {
    FULL_WEIGHT / (1 + squared_distance.isqrt())
}

/// What the neighbours say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The class.
    pub label: u8,
    /// Squared distance of the nearest neighbour.
    pub nearest: u32,
    /// Sum of the weights of the votes for the class.
    pub votes: u32,
}

/// The nearest so far, the nearest first. Of two at the same distance the later is nearer.
struct Nearest {
    distances: [u32; MAX_NEIGHBOURS],
    times: [u32; MAX_NEIGHBOURS],
    labels: [u8; MAX_NEIGHBOURS],
    len: usize,
    wanted: usize,
}

impl Nearest {
    fn new(wanted: usize) -> Self {
        Self {
            distances: [0; MAX_NEIGHBOURS],
            times: [0; MAX_NEIGHBOURS],
            labels: [0; MAX_NEIGHBOURS],
            len: 0,
            wanted: wanted.min(MAX_NEIGHBOURS),
        }
    }

    /// Puts a sample in its place, if it has one. Returns the distance beyond which no sample has.
    #[inline(never)]
    fn insert(&mut self, distance: u32, time: u32, label: u8) -> u32 {
        let mut at = self.len;
        if at < self.wanted {
            self.len += 1;
        } else {
            // The furthest makes room, if the new one is nearer.
            at = self.wanted - 1;
            if !self.is_further(at, distance, time) {
                return self.distances[at];
            }
        }
        while at > 0 && self.is_further(at - 1, distance, time) {
            self.distances[at] = self.distances[at - 1];
            self.times[at] = self.times[at - 1];
            self.labels[at] = self.labels[at - 1];
            at -= 1;
        }
        self.distances[at] = distance;
        self.times[at] = time;
        self.labels[at] = label;
        if self.len < self.wanted {
            return u32::MAX;
        }
        self.distances[self.len - 1]
    }

    #[inline(always)]
    fn is_further(&self, at: usize, distance: u32, time: u32) -> bool {
        self.distances[at] > distance || self.distances[at] == distance && self.times[at] < time
    }

    /// The class with the most weight; of equals that of the nearest neighbour.
    fn vote(&self) -> Option<Prediction> {
        let labels = &self.labels[..self.len];
        let mut weights = [0; MAX_NEIGHBOURS];
        let weights = &mut weights[..self.len];
        for (weight_of, &distance) in weights.iter_mut().zip(&self.distances) {
            *weight_of = weight(distance);
        }
        let mut best: Option<Prediction> = None;
        for &label in labels {
            let all = labels.iter().zip(&*weights);
            let same = all.filter(|(it, _)| **it == label);
            let votes = same.map(|(_, weight)| weight).sum();
            if best.is_none_or(|best| votes > best.votes) {
                best = Some(Prediction {
                    label,
                    nearest: self.distances[0],
                    votes,
                });
            }
        }
        best
    }
}

/// How many distances are computed before the nearest are looked for among them.
const BATCH: usize = 32;

/// What the nearest `neighbours` of all samples predict for the memory's query; `None` of an empty
/// memory.
pub(crate) fn predict<D: Distances>(memory: &Memory, neighbours: usize) -> Option<Prediction> {
    let mut nearest = Nearest::new(neighbours);
    let mut limit = u32::MAX;
    let mut distances = [0; BATCH];
    for from in (0..memory.len()).step_by(BATCH) {
        let count = BATCH.min(memory.len() - from);
        let distances = &mut distances[..count];
        D::each(memory.query(), memory.rows(from, count), distances);
        for (index, &distance) in (from..).zip(&*distances) {
            if distance <= limit {
                limit = nearest.insert(distance, memory.time(index), memory.label(index));
            }
        }
    }
    nearest.vote()
}

/// What those of the first `count` samples of the memory's order predict.
pub(crate) fn predict_among<D: Distances>(
    memory: &Memory,
    neighbours: usize,
    count: usize,
) -> Option<Prediction> {
    let mut nearest = Nearest::new(neighbours);
    let mut limit = u32::MAX;
    for pair in memory.order()[..count].chunks(2) {
        let first = usize::from(pair[0]);
        let second = pair.get(1).map_or(first, |&second| usize::from(second));
        let rows = [memory.row(first), memory.row(second)];
        let distances = D::two(memory.query(), rows);
        // The last of an odd number is offered once.
        for (&sample, distance) in pair.iter().zip(distances) {
            if distance <= limit {
                let sample = usize::from(sample);
                limit = nearest.insert(distance, memory.time(sample), memory.label(sample));
            }
        }
    }
    nearest.vote()
}
