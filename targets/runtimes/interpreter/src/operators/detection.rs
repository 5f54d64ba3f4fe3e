//! TFLite_Detection_PostProcess: boxes around objects, of which those that overlap a better one are
//! left out.
//!
//! Box encodings say how far a box is from its anchor. "Regular" suppression looks at each class by
//! itself, the fast one at the best class of each box. Elements of outputs for which there is no
//! detection are 0.

use super::{Needs, Registration, Typed, registration};
use crate::error::Fault;
use crate::file::flexbuffer::Map;
use crate::file::schema::builtin;
use crate::file::schema::tensor_type::FLOAT32;
use crate::model::operator::Operator;
use crate::run::{Inputs, Place, Run};

pub(super) const fn float32() -> Registration {
    const TYPES: &[Typed] = &[
        Typed::Input(0, FLOAT32),
        Typed::Input(1, FLOAT32),
        Typed::Input(2, FLOAT32),
        Typed::Output(0, FLOAT32),
        Typed::Output(1, FLOAT32),
        Typed::Output(2, FLOAT32),
        Typed::Output(3, FLOAT32),
    ];
    Registration {
        custom: "TFLite_Detection_PostProcess",
        needs,
        ..registration(builtin::CUSTOM, 1, TYPES, check, run)
    }
}

/// Inputs.
const ENCODINGS: usize = 0;
const SCORES: usize = 1;
const ANCHORS: usize = 2;

/// Numbers of a box.
const BOX: usize = 4;
/// Words of a [`Detection`].
const DETECTION: usize = 3;

/// The operator's options and sizes.
#[derive(Clone, Copy)]
struct Settings {
    boxes: usize,
    /// Numbers of a box encoding, of which the first four count.
    encoding: usize,
    /// Scores of a box: one for each class, and perhaps one for the background before them.
    scores: usize,
    classes: usize,
    max_detections: usize,
    /// Classes of a box that the fast suppression gives.
    classes_per_detection: usize,
    detections_per_class: usize,
    regular: bool,
    score_threshold: f32,
    overlap_threshold: f32,
    /// Of y, x, height and width.
    scales: [f32; BOX],
}

impl Settings {
    fn of(operator: &Operator) -> Option<Self> {
        let map = Map::root(operator.custom_options())?;
        let number = |key| map.get(key).unwrap_or(0.0);
        let count = |key| number(key) as i32 as usize;
        let [_, boxes, encoding] = operator.input(ENCODINGS).shape().exactly()?;
        let [_, _, scores] = operator.input(SCORES).shape().exactly()?;
        let classes = count("num_classes");
        Some(Self {
            boxes,
            encoding,
            scores,
            classes,
            max_detections: count("max_detections"),
            classes_per_detection: count("max_classes_per_detection").min(classes),
            detections_per_class: map
                .get("detections_per_class")
                .map_or(100, |it| it as usize),
            regular: number("use_regular_nms") != 0.0,
            score_threshold: number("nms_score_threshold") as f32,
            overlap_threshold: number("nms_iou_threshold") as f32,
            scales: ["y_scale", "x_scale", "h_scale", "w_scale"].map(|key| number(key) as f32),
        })
    }

    /// Most detections, those of different classes of a box apart.
    fn capacity(&self) -> usize {
        if self.regular {
            return self.max_detections;
        }
        self.max_detections
            .saturating_mul(self.classes_per_detection)
    }

    /// Words of scratch: boxes, their order, and detections.
    fn words(&self) -> usize {
        let boxes = self.boxes.saturating_mul(BOX + 1);
        boxes.saturating_add(self.capacity().saturating_mul(DETECTION))
    }
}

/// A box, its class, and the bits of its score.
type Detection = [u32; DETECTION];

fn check(operator: &Operator) -> Result<(), Fault> {
    /// Keeps products of sizes within 32 bits.
    const MOST: usize = 1 << 14;
    operator.expect_arity(3..=3, 4)?;
    operator.input(ENCODINGS).expect_arena()?;
    operator.input(SCORES).expect_arena()?;
    let anchors = operator.input(ANCHORS);
    if anchors.is_constant() {
        anchors.expect_constant(FLOAT32)?;
    }
    let settings = Settings::of(operator).ok_or(operator.option_error("options"))?;
    let encodings = operator.input(ENCODINGS).shape();
    if encodings.get(0) != Some(1) || settings.encoding < BOX || settings.boxes > 1 << 20 {
        return Err(operator.shape_error("box encodings"));
    }
    let scores = [1, settings.boxes, settings.scores];
    let background = settings.scores.checked_sub(settings.classes);
    if operator.input(SCORES).shape().exactly() != Some(scores) || background > Some(1) {
        return Err(operator.shape_error("scores"));
    }
    if background.is_none() || settings.classes == 0 {
        return Err(operator.option_error("number of classes"));
    }
    if anchors.shape().rank() != 2 || anchors.shape().elements() < BOX * settings.boxes {
        return Err(operator.shape_error("anchors"));
    }
    let overlap = settings.overlap_threshold;
    if !(overlap > 0.0 && overlap <= 1.0) {
        return Err(operator.option_error("threshold of the overlap"));
    }
    let counts = [
        settings.classes_per_detection,
        settings.detections_per_class,
    ];
    let count = if settings.regular {
        counts[1]
    } else {
        counts[0]
    };
    if count == 0 || count > i32::MAX as usize || settings.max_detections > MOST {
        return Err(operator.option_error("number of detections"));
    }
    if settings.words() >= 1 << 29 {
        return Err(operator.option_error("number of detections"));
    }
    let least = [BOX * settings.max_detections, settings.max_detections];
    let least = [least[0], least[1], least[1], 1];
    for (position, least) in least.into_iter().enumerate() {
        if operator.output(position).shape().elements() < least {
            return Err(operator.shape_error("output"));
        }
    }
    Ok(())
}

fn needs(operator: &Operator) -> Needs {
    Needs {
        scratch: Settings::of(operator).map_or(0, |it| it.words().saturating_mul(4)),
        ..Needs::default()
    }
}

fn run(run: &mut Run) -> Option<()> {
    let settings = Settings::of(run.operator)?;
    let scratch = Place::Scratch(settings.words().checked_mul(4)?);
    let (inputs, [boxes_output, scratch_bytes]) = run.borrow([Place::Output(0), scratch])?;
    let words = bytemuck::try_cast_slice_mut::<u8, u32>(scratch_bytes).ok()?;
    let (boxes, words) = words.split_at_mut_checked(settings.boxes * BOX)?;
    let (order, detections) = words.split_at_mut_checked(settings.boxes)?;
    let boxes = bytemuck::try_cast_slice_mut::<u32, f32>(boxes).ok()?;
    let boxes = boxes.as_chunks_mut::<BOX>().0;
    decode(&settings, &inputs, boxes)?;
    let detections = detections.as_chunks_mut::<DETECTION>().0;
    let scores = inputs.get::<f32>(SCORES)?;
    let count = if settings.regular {
        by_class(&settings, boxes, order, scores, detections)?
    } else {
        by_best_class(&settings, boxes, order, scores, detections)?
    };
    let output = bytemuck::try_cast_slice_mut::<u8, f32>(boxes_output).ok()?;
    output.fill(0.0);
    let outputs = output.as_chunks_mut::<BOX>().0;
    for (index, [of, ..]) in detections.get(..count)?.iter().enumerate() {
        if let Some(to) = outputs.get_mut(settings.slot(index)) {
            *to = *boxes.get(*of as usize)?;
        }
    }
    write_rest(run, &settings, count)
}

impl Settings {
    /// Where the detection at `index` goes in the outputs. With several classes the reference leaves
    /// elements between them out.
    fn slot(&self, index: usize) -> usize {
        let classes = if self.regular {
            1
        } else {
            self.classes_per_detection
        };
        let class = index.checked_rem(classes).unwrap_or(0);
        index.wrapping_mul(classes).wrapping_add(class)
    }
}

/// Writes the outputs behind the boxes from the detections in the scratch.
fn write_rest(run: &mut Run, settings: &Settings, count: usize) -> Option<()> {
    let places = [
        Place::Output(1),
        Place::Output(2),
        Place::Output(3),
        Place::Scratch(settings.words().checked_mul(4)?),
    ];
    let (_, [classes, scores, number, scratch]) = run.borrow(places)?;
    let words = bytemuck::try_cast_slice_mut::<u8, u32>(scratch).ok()?;
    let (detections, _) = words.get(settings.boxes * (BOX + 1)..)?.as_chunks();
    let [classes, scores, number] = [classes, scores, number].map(|output| {
        let output = bytemuck::try_cast_slice_mut::<u8, f32>(output).unwrap_or(&mut []);
        output.fill(0.0);
        output
    });
    for (index, &detection) in detections.get(..count)?.iter().enumerate() {
        let [_, class, score]: Detection = detection;
        let slot = settings.slot(index);
        if let Some(to) = classes.get_mut(slot) {
            *to = class as f32;
        }
        if let Some(to) = scores.get_mut(slot) {
            *to = f32::from_bits(score);
        }
    }
    *number.first_mut()? = count as f32;
    Some(())
}

/// Computes the corners of all boxes, least y first, in double precision. [`None`] if a box has no
/// area: the reference fails as well.
fn decode(settings: &Settings, inputs: &Inputs, boxes: &mut [[f32; BOX]]) -> Option<()> {
    let mut encodings = inputs
        .get::<f32>(ENCODINGS)?
        .chunks_exact(settings.encoding.max(1));
    let anchors = inputs.get::<f32>(ANCHORS)?.as_chunks::<BOX>().0;
    let [y_scale, x_scale, h_scale, w_scale] = settings.scales.map(f64::from);
    for (corners, anchor) in boxes.iter_mut().zip(anchors) {
        let Some(encoding) = encodings.next() else {
            break;
        };
        let [y, x, height, width] = encoding.first_chunk::<BOX>()?.map(f64::from);
        let anchor = anchor.map(f64::from);
        let centre = [
            (y / y_scale * anchor[2] + anchor[0]) as f32,
            (x / x_scale * anchor[3] + anchor[1]) as f32,
        ];
        let half = [
            (0.5 * libm::exp(height / h_scale) * anchor[2]) as f32,
            (0.5 * libm::exp(width / w_scale) * anchor[3]) as f32,
        ];
        let [least_y, least_x] = [centre[0] - half[0], centre[1] - half[1]];
        let [most_y, most_x] = [centre[0] + half[0], centre[1] + half[1]];
        if least_y >= most_y || least_x >= most_x {
            return None;
        }
        *corners = [least_y, least_x, most_y, most_x];
    }
    Some(())
}

/// The score of each class of a box.
fn scores_of<'t>(settings: &Settings, scores: &'t [f32], of: u32) -> Option<&'t [f32]> {
    let first = (of as usize).checked_mul(settings.scores)?;
    let background = settings.scores.checked_sub(settings.classes)?;
    scores.get(first + background..)?.get(..settings.classes)
}

/// Suppression in each class by itself. The best detections of all classes, best first.
fn by_class(
    settings: &Settings,
    boxes: &[[f32; BOX]],
    order: &mut [u32],
    scores: &[f32],
    detections: &mut [Detection],
) -> Option<usize> {
    let mut count = 0;
    for class in 0..settings.classes {
        let score = |of| {
            let scores = scores_of(settings, scores, of);
            scores.and_then(|scores| scores.get(class)).copied()
        };
        suppress(
            settings,
            boxes,
            order,
            score,
            settings.detections_per_class,
            |of, score| {
                // Behind those that are as good.
                let found = detections.get(..count).unwrap_or(&[]);
                let better = |it: &Detection| f32::from_bits(it[2]) >= score;
                let place = found.iter().position(|it| !better(it)).unwrap_or(count);
                let mut next = [of, class as u32, score.to_bits()];
                for detection in detections.iter_mut().take(count).skip(place) {
                    core::mem::swap(detection, &mut next);
                }
                if let Some(last) = detections.get_mut(count) {
                    *last = next;
                    count += 1;
                }
            },
        )?;
    }
    Some(count)
}

/// Suppression by the best class of each box. The detections, several classes of each, best first.
fn by_best_class(
    settings: &Settings,
    boxes: &[[f32; BOX]],
    order: &mut [u32],
    scores: &[f32],
    detections: &mut [Detection],
) -> Option<usize> {
    let mut count = 0;
    let best = |of| {
        let scores = scores_of(settings, scores, of)?;
        scores
            .iter()
            .copied()
            .reduce(|best, score| if score > best { score } else { best })
    };
    suppress(
        settings,
        boxes,
        order,
        best,
        settings.max_detections,
        |of, _| {
            let scores = scores_of(settings, scores, of).unwrap_or(&[]);
            let mut last: Option<(usize, f32)> = None;
            for _ in 0..settings.classes_per_detection {
                // The next after the last, in the order of scores and then of classes.
                let after = |&(class, score): &(usize, f32)| {
                    last.is_none_or(|(other, than)| score < than || score == than && class > other)
                };
                let others = scores.iter().copied().enumerate().filter(after);
                let next = others.reduce(|best, it| if it.1 > best.1 { it } else { best });
                if let (Some(to), Some((class, score))) = (detections.get_mut(count), next) {
                    *to = [of, class as u32, score.to_bits()];
                    count += 1;
                }
                last = next;
            }
        },
    )?;
    Some(count)
}

/// Calls `found` with up to `most` boxes and their scores, best first, that don't overlap a better
/// one too much. `order` has room for the numbers of all boxes.
fn suppress(
    settings: &Settings,
    boxes: &[[f32; BOX]],
    order: &mut [u32],
    score: impl Fn(u32) -> Option<f32>,
    most: usize,
    mut found: impl FnMut(u32, f32),
) -> Option<()> {
    const SUPPRESSED: u32 = u32::MAX;
    let mut kept = 0;
    for of in 0..boxes.len() as u32 {
        if score(of)? >= settings.score_threshold {
            *order.get_mut(kept)? = of;
            kept += 1;
        }
    }
    let order = order.get_mut(..kept)?;
    sort(order, |a, b| {
        let (a_score, b_score) = (score(a).unwrap_or(0.0), score(b).unwrap_or(0.0));
        a_score > b_score || a_score == b_score && a < b
    });
    let mut rest = order;
    let mut selected = 0;
    while let Some((&mut best, others)) = rest.split_first_mut() {
        rest = others;
        if best == SUPPRESSED {
            continue;
        }
        if selected >= most {
            break;
        }
        found(best, score(best)?);
        selected += 1;
        let corners = boxes.get(best as usize)?;
        for other in rest.iter_mut().filter(|other| **other != SUPPRESSED) {
            if overlap(corners, boxes.get(*other as usize)?) > settings.overlap_threshold {
                *other = SUPPRESSED;
            }
        }
    }
    Some(())
}

/// Intersection over union.
fn overlap(a: &[f32; BOX], b: &[f32; BOX]) -> f32 {
    let area = |it: &[f32; BOX]| (it[2] - it[0]) * (it[3] - it[1]);
    let (a_area, b_area) = (area(a), area(b));
    if a_area <= 0.0 || b_area <= 0.0 {
        return 0.0;
    }
    let height = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let width = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let both = height * width;
    both / (a_area + b_area - both)
}

/// Sorts by `before`, an order in which no two are equal: a heap, of which the last is taken until
/// there is none.
fn sort(values: &mut [u32], before: impl Fn(u32, u32) -> bool) {
    let sift = |values: &mut [u32], mut at: usize, length: usize| {
        loop {
            let mut last = at;
            for child in [2 * at + 1, 2 * at + 2] {
                let pair = values.get(last).zip(values.get(child));
                if child < length && pair.is_some_and(|(&last, &child)| before(last, child)) {
                    last = child;
                }
            }
            if last == at {
                return;
            }
            swap(values, at, last);
            at = last;
        }
    };
    for at in (0..values.len() / 2).rev() {
        sift(values, at, values.len());
    }
    for length in (1..values.len()).rev() {
        swap(values, 0, length);
        sift(values, 0, length);
    }
}

/// Swaps the value at `first` with the one at `second`, which is behind it.
fn swap(values: &mut [u32], first: usize, second: usize) {
    if let Some((before, [other, ..])) = values.split_at_mut_checked(second)
        && let Some(one) = before.get_mut(first)
    {
        core::mem::swap(one, other);
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn sorting_gives_the_order() {
        for length in 0..40_u32 {
            let mut values: Vec<_> = (0..length).map(|it| it * 7919 % 41).collect();
            let mut expected = values.clone();
            expected.sort_unstable();
            sort(&mut values, |a, b| a < b);
            assert_eq!(values, expected);
        }
    }

    #[test]
    fn overlaps_are_shares_of_the_union() {
        let square = [0.0, 0.0, 2.0, 2.0];
        assert_eq!(overlap(&square, &square), 1.0);
        assert_eq!(overlap(&square, &[0.0, 1.0, 2.0, 3.0]), 1.0 / 3.0);
        assert_eq!(overlap(&square, &[2.0, 0.0, 4.0, 2.0]), 0.0);
        assert_eq!(overlap(&square, &[1.0, 1.0, 1.0, 3.0]), 0.0);
    }
}
