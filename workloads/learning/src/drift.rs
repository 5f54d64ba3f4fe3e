//! Tells concept drift from chance: a generalised likelihood ratio test on the number of right
//! predictions in batches, as TML-CD does it, with the normal approximation of the binomial
//! distribution.

use crate::configuration::DriftParameters;

/// Batches that the test looks back on.
pub const WINDOW_BATCHES: usize = 32;

/// How far below the accuracy without drift one with drift is at least, hundredths.
const LEAST_DROP: u32 = 3;

/// The accuracy without drift is taken to be between these, hundredths: at 0 and 100 the
/// approximation has no variance.
const BASELINES: [u32; 2] = [10, 97];

/// One half of the natural logarithm of p (100 - p) for p = 1 to 50, in 1/65,536, rounded.
const HALF_LOG_VARIANCE: [i32; 50] = [
    150_573, 172_953, 185_903, 194_991, 201_959, 207_587, 212_288, 216_309, 219_810, 222_901,
    225_658, 228_139, 230_387, 232_437, 234_314, 236_041, 237_635, 239_111, 240_481, 241_754,
    242_941, 244_048, 245_082, 246_048, 246_952, 247_797, 248_588, 249_327, 250_019, 250_665,
    251_268, 251_830, 252_353, 252_838, 253_288, 253_703, 254_085, 254_434, 254_753, 255_041,
    255_299, 255_529, 255_730, 255_903, 256_049, 256_168, 256_260, 256_326, 256_365, 256_378,
];

/// One half of the natural logarithm of p (100 - p), in 1/65,536, for an accuracy of p hundredths,
/// 1 to 99.
pub fn half_log_variance(hundredths: u32) -> i32 {
    let p = hundredths.clamp(1, 99);
    HALF_LOG_VARIANCE[p.min(100 - p) as usize - 1]
}

/// The test says that the concept has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Time of the first sample that belongs to the new concept.
    pub since: u32,
}

/// The test, told of one outcome after the other.
#[derive(Clone, Debug)]
pub struct DriftTest {
    parameters: DriftParameters,
    /// Outcomes since the start or the last alarm.
    seen: u32,
    /// Right ones among those of the baseline.
    baseline_right: u32,
    /// Right ones of the batch that is being filled, and its first sample.
    right: u32,
    batch_since: u32,
    /// Right ones of each batch, and its first sample; the latest last.
    batches: [u8; WINDOW_BATCHES],
    since: [u32; WINDOW_BATCHES],
    len: usize,
}

impl DriftTest {
    /// A test that has seen nothing.
    pub const fn new(parameters: DriftParameters) -> Self {
        Self {
            parameters,
            seen: 0,
            baseline_right: 0,
            right: 0,
            batch_since: 0,
            batches: [0; WINDOW_BATCHES],
            since: [0; WINDOW_BATCHES],
            len: 0,
        }
    }

    /// Takes note of whether the prediction for the sample of `time` was right. After an alarm the
    /// test begins anew.
    pub fn record(&mut self, right: bool, time: u32) -> Option<Alarm> {
        let DriftParameters {
            skip,
            baseline,
            batch,
            threshold,
        } = self.parameters;
        let number = self.seen;
        self.seen = self.seen.saturating_add(1);
        let number = number.checked_sub(skip)?;
        let Some(number) = number.checked_sub(baseline) else {
            self.baseline_right += u32::from(right);
            return None;
        };
        if number.is_multiple_of(batch) {
            self.right = 0;
            self.batch_since = time;
        }
        self.right += u32::from(right);
        if !(number + 1).is_multiple_of(batch) {
            return None;
        }
        self.close_batch();
        let (ratio, since) = self.largest_ratio();
        if ratio < i64::from(threshold) {
            return None;
        }
        *self = Self::new(self.parameters);
        Some(Alarm { since })
    }

    /// Adds the batch to the window, which forgets its first if it is full.
    fn close_batch(&mut self) {
        if self.len == WINDOW_BATCHES {
            self.batches.copy_within(1.., 0);
            self.since.copy_within(1.., 0);
            self.len -= 1;
        }
        self.batches[self.len] = self.right as u8;
        self.since[self.len] = self.batch_since;
        self.len += 1;
    }

    /// The accuracy without drift, hundredths.
    fn baseline(&self) -> u32 {
        let baseline = self.parameters.baseline;
        let accuracy = (100 * self.baseline_right + baseline / 2) / baseline;
        accuracy.clamp(BASELINES[0], BASELINES[1])
    }

    /// The largest logarithm of the likelihood ratio, in 1/65,536, over all accuracies with drift
    /// and all batches it may have begun with; and the first sample of that batch.
    ///
    /// With n outcomes in a batch, y of them right, the logarithm of the density of a normal
    /// distribution of mean n p and variance n p q is, in hundredths and but for a constant,
    /// -1/2 ln(p q) - (100 y - n p)² / (2 n p q). The ratio is the difference of two such.
    fn largest_ratio(&self) -> (i64, u32) {
        let without = self.baseline();
        let mut best = (i64::MIN, 0);
        let mut quotients = [0; WINDOW_BATCHES];
        self.each_window(without, |index, quotient| quotients[index] = quotient);
        for with in (1..=without - LEAST_DROP).rev() {
            let logarithm = i64::from(half_log_variance(without) - half_log_variance(with));
            self.each_window(with, |index, quotient| {
                let batches = (self.len - index) as i64;
                let ratio = batches * logarithm + quotients[index] - quotient;
                if ratio > best.0 {
                    best = (ratio, self.since[index]);
                }
            });
        }
        best
    }

    /// Calls `each` for every batch from the latest to the first with the sum of
    /// (100 y - n p)² / (2 n p q) from there on, in 1/65,536, for an accuracy of p hundredths.
    #[inline(always)]
    fn each_window(&self, p: u32, mut each: impl FnMut(usize, i64)) {
        let n = self.parameters.batch;
        // One division instead of one for each sum.
        let reciprocal = u64::from(u32::MAX / (2 * n * p * (100 - p)));
        let expected = (n * p).cast_signed();
        let mut sum = 0_u32;
        for index in (0..self.len).rev() {
            let difference = 100 * i32::from(self.batches[index]) - expected;
            sum += (difference * difference).cast_unsigned();
            each(index, ((u64::from(sum) * reciprocal) >> 16).cast_signed());
        }
    }
}
