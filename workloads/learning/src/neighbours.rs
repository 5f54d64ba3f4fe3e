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

/// A sample that may be among the nearest.
#[derive(Clone, Copy, Default)]
struct Neighbour {
    distance: u32,
    time: u32,
    label: u8,
}

/// The nearest so far, the nearest first. Of two at the same distance the later one is nearer.
struct Nearest {
    list: [Neighbour; MAX_NEIGHBOURS],
    len: usize,
    wanted: usize,
    /// A neighbour further than this is not wanted any more.
    limit: u32,
}

impl Nearest {
    fn new(wanted: usize) -> Self {
        Self {
            list: [Neighbour::default(); MAX_NEIGHBOURS],
            len: 0,
            wanted: wanted.min(MAX_NEIGHBOURS),
            limit: u32::MAX,
        }
    }

    #[inline(always)]
    fn offer(&mut self, distance: u32, memory: &Memory, index: usize) {
        if distance <= self.limit {
            self.insert(Neighbour {
                distance,
                time: memory.time(index),
                label: memory.label(index),
            });
        }
    }

    #[inline(never)]
    fn insert(&mut self, new: Neighbour) {
        let nearer = |a: &Neighbour| (a.distance, !a.time) < (new.distance, !new.time);
        let at = self.list[..self.len].partition_point(nearer);
        if at >= self.wanted {
            return;
        }
        self.len = (self.len + 1).min(self.wanted);
        self.list.copy_within(at..self.len - 1, at + 1);
        self.list[at] = new;
        if self.len == self.wanted {
            self.limit = self.list[self.len - 1].distance;
        }
    }

    /// The class with the most weight; of equals that of the nearest neighbour.
    fn vote(&self) -> Option<Prediction> {
        let list = &self.list[..self.len];
        let mut weights = [0; MAX_NEIGHBOURS];
        for (weight_of, neighbour) in weights.iter_mut().zip(list) {
            *weight_of = weight(neighbour.distance);
        }
        let mut best: Option<Prediction> = None;
        for neighbour in list {
            let all = list.iter().zip(weights);
            let same = all.filter(|(it, _)| it.label == neighbour.label);
            let votes = same.map(|(_, weight)| weight).sum();
            if best.is_none_or(|best| votes > best.votes) {
                best = Some(Prediction {
                    label: neighbour.label,
                    nearest: list[0].distance,
                    votes,
                });
            }
        }
        best
    }
}

/// What the nearest `neighbours` of all samples predict for the memory's query; `None` of an empty
/// memory.
pub(crate) fn predict<D: Distances>(memory: &Memory, neighbours: usize) -> Option<Prediction> {
    search::<D>(memory, neighbours, memory.len(), |position| position)
}

/// What those of the first `count` samples of the memory's order predict.
pub(crate) fn predict_among<D: Distances>(
    memory: &Memory,
    neighbours: usize,
    count: usize,
) -> Option<Prediction> {
    let order = &memory.order()[..count];
    search::<D>(memory, neighbours, count, |position| {
        usize::from(order[position])
    })
}

#[inline(always)]
fn search<D: Distances>(
    memory: &Memory,
    neighbours: usize,
    count: usize,
    sample: impl Fn(usize) -> usize,
) -> Option<Prediction> {
    let mut nearest = Nearest::new(neighbours);
    let mut position = 0;
    while position < count {
        let first = sample(position);
        // The last of an odd number is compared twice and offered once.
        let second = sample((position + 1).min(count - 1));
        let rows = [memory.row(first), memory.row(second)];
        let distances = D::two(memory.query(), rows);
        nearest.offer(distances[0], memory, first);
        if position + 1 < count {
            nearest.offer(distances[1], memory, second);
        }
        position += 2;
    }
    nearest.vote()
}
