//! The bounded memory of samples: features, label and time of each.

use crate::distance::{BLOCK_WORDS, QUERY_WORDS, write_query, write_row};

/// Most samples a memory can hold.
pub const MAX_SAMPLES: usize = 65_535;

/// Bytes of a word.
const WORD: usize = size_of::<u32>();

/// Rows are padded to a multiple of so many bytes.
const ROW_ALIGNMENT: usize = WORD * BLOCK_WORDS;

/// Bytes that the features of one sample take.
pub const fn row_bytes(features: usize) -> usize {
    features.next_multiple_of(ROW_ALIGNMENT)
}

/// Words of the parts of a memory: query, times, rows, order, labels.
const fn parts(features: usize, samples: usize) -> [usize; 5] {
    let row = row_bytes(features) / WORD;
    [
        row * QUERY_WORDS,
        samples,
        samples * row,
        samples.div_ceil(2),
        samples.div_ceil(4),
    ]
}

/// Bytes of memory that `samples` samples take, with everything that is needed to search and to
/// condense them.
pub const fn storage_bytes(features: usize, samples: usize) -> usize {
    let [query, times, rows, order, labels] = parts(features, samples);
    WORD * (query + times + rows + order + labels)
}

/// How many samples there is room for in `bytes` bytes, at most [`MAX_SAMPLES`].
pub const fn capacity(features: usize, bytes: usize) -> usize {
    // Of a sample: its row, four bytes of time, two of order, one of label.
    let estimate = bytes / (row_bytes(features) + 7);
    let mut samples = if estimate < MAX_SAMPLES {
        estimate
    } else {
        MAX_SAMPLES
    };
    while samples > 0 && storage_bytes(features, samples) > bytes {
        samples -= 1;
    }
    samples
}

/// Labelled features, in storage of a fixed size.
pub(crate) struct Memory<'a> {
    /// Words of one row.
    row_words: usize,
    len: usize,
    query: &'a mut [u32],
    times: &'a mut [u32],
    rows: &'a mut [u32],
    order: &'a mut [u16],
    labels: &'a mut [u8],
}

impl<'a> Memory<'a> {
    /// An empty memory for as many samples as there is room for in `storage`.
    pub fn new(features: usize, storage: &'a mut [u32]) -> Self {
        let samples = capacity(features, WORD * storage.len());
        let [query, times, rows, order, labels] = parts(features, samples);
        let (query, storage) = storage.split_at_mut(query);
        let (times, storage) = storage.split_at_mut(times);
        let (rows, storage) = storage.split_at_mut(rows);
        let (order, storage) = storage.split_at_mut(order);
        let (labels, _) = storage.split_at_mut(labels);
        Self {
            row_words: row_bytes(features) / WORD,
            len: 0,
            query,
            times,
            rows,
            order: &mut bytemuck::cast_slice_mut(order)[..samples],
            labels: &mut bytemuck::cast_slice_mut(labels)[..samples],
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn capacity(&self) -> usize {
        self.times.len()
    }

    #[inline(always)]
    pub fn row(&self, index: usize) -> &[u32] {
        &self.rows[index * self.row_words..][..self.row_words]
    }

    /// The rows of `count` samples.
    pub fn rows(&self, from: usize, count: usize) -> &[u32] {
        &self.rows[from * self.row_words..][..count * self.row_words]
    }

    pub fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    pub fn time(&self, index: usize) -> u32 {
        self.times[index]
    }

    pub fn query(&self) -> &[u32] {
        self.query
    }

    /// The samples in the order in which condensing goes through them.
    pub fn order(&self) -> &[u16] {
        &self.order[..self.len]
    }

    pub fn order_mut(&mut self) -> &mut [u16] {
        &mut self.order[..self.len]
    }

    /// Makes `features` what rows are compared with.
    pub fn ask(&mut self, features: &[i8]) {
        let (quads, rest) = features.as_chunks::<4>();
        let mut query = self.query.chunks_exact_mut(QUERY_WORDS);
        let word = |quad: [i8; 4]| u32::from_le_bytes(quad.map(i8::cast_unsigned));
        for (quad, query) in quads.iter().zip(&mut query) {
            write_query(&[word(*quad)], query);
        }
        // Padding is 0 in rows, and 0 here.
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        for query in query {
            write_query(&[word(last)], query);
            last = [0; 4];
        }
    }

    /// Makes a sample what rows are compared with.
    pub fn ask_stored(&mut self, index: usize) {
        let row = &self.rows[index * self.row_words..][..self.row_words];
        write_query(row, self.query);
    }

    /// Remembers a sample. A full memory forgets its oldest.
    pub fn remember(&mut self, features: &[i8], label: u8, time: u32) {
        let index = if self.len < self.capacity() {
            self.len += 1;
            self.len - 1
        } else {
            self.oldest()
        };
        let words = self.row_words;
        write_row(features, &mut self.rows[index * words..][..words]);
        self.labels[index] = label;
        self.times[index] = time;
    }

    fn oldest(&self) -> usize {
        let times = self.times.iter().enumerate();
        times
            .min_by_key(|&(_, time)| time)
            .map_or(0, |(index, _)| index)
    }

    /// Keeps those that `keep` says, in their order.
    pub fn retain(&mut self, keep: impl Fn(&Self, usize) -> bool) {
        let mut kept = 0;
        for index in 0..self.len {
            if keep(self, index) {
                self.relocate(index, kept);
                kept += 1;
            }
        }
        self.len = kept;
    }

    /// Keeps the first `count` of the order, in the order of their places.
    pub fn retain_ordered(&mut self, count: usize) {
        for to in 0..count {
            // The smallest that is left comes next. Beside the distances that condensing has
            // computed these comparisons are few, and the library's sort takes 4 KB of flash.
            for later in to + 1..count {
                if self.order[later] < self.order[to] {
                    self.order.swap(later, to);
                }
            }
            self.relocate(usize::from(self.order[to]), to);
        }
        self.len = count;
    }

    fn relocate(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        let words = self.row_words;
        self.rows
            .copy_within(from * words..(from + 1) * words, to * words);
        self.labels[to] = self.labels[from];
        self.times[to] = self.times[from];
    }
}
