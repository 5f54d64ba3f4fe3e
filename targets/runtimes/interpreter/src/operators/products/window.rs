//! The geometry of operators whose window slides over an image.

use crate::error::Fault;
use crate::kernels::Window;
use crate::model::operator::Operator;
use crate::model::tensor::RawTensor;

/// Largest stride, dilation, and extent of an image or window along one axis.
pub(in crate::operators) const MAX_EXTENT: usize = 65_535;

/// Options that say how a window slides: fields of an operator's options.
pub(in crate::operators) struct Fields {
    pub padding: usize,
    /// Rows and columns.
    pub stride: [usize; 2],
    /// Rows and columns.
    pub dilation: Option<[usize; 2]>,
}

/// Elements from the first to the last that a window covers along an axis.
fn span(filter: usize, dilation: usize) -> usize {
    filter
        .wrapping_sub(1)
        .wrapping_mul(dilation)
        .wrapping_add(1)
}

/// The geometry of a sliding window of `filter` rows and columns between two images.
#[inline(never)]
pub(in crate::operators) fn window(
    operator: &Operator,
    [from, to]: &[RawTensor; 2],
    fields: &Fields,
    filter: [usize; 2],
) -> Window {
    let [batches, input @ ..] = from.shape().exactly::<4>().unwrap_or([0; 4]);
    let [_, output @ ..] = to.shape().exactly::<4>().unwrap_or([0; 4]);
    let (mut stride, mut dilation, mut padding) = ([0; 2], [1; 2], [0; 2]);
    for axis in 0..2 {
        stride[axis] = operator.size_option(fields.stride[axis], 0);
        if let Some(fields) = fields.dilation {
            dilation[axis] = operator.size_option(fields[axis], 1);
        }
        let steps = output[axis].wrapping_sub(1).wrapping_mul(stride[axis]);
        let reach = steps.wrapping_add(span(filter[axis], dilation[axis]));
        padding[axis] = reach.saturating_sub(input[axis]) / 2;
    }
    Window {
        batches,
        input,
        output,
        filter,
        stride,
        dilation,
        padding,
    }
}

/// Checks the geometry except for the channels of input and output.
pub(in crate::operators) fn check(
    operator: &Operator,
    fields: &Fields,
    window: &Window,
) -> Result<(), Fault> {
    let [from, to] = operator.ends();
    from.shape()
        .exactly::<4>()
        .ok_or(operator.shape_error("input"))?;
    let [batches, ..] = to
        .shape()
        .exactly::<4>()
        .ok_or(operator.shape_error("output"))?;
    for axis in 0..2 {
        operator.expect_extent(fields.stride[axis], 0, MAX_EXTENT, "stride")?;
        if let Some(fields) = fields.dilation {
            operator.expect_extent(fields[axis], 1, MAX_EXTENT, "dilation")?;
        }
        let (length, step) = (window.input[axis], window.stride[axis]);
        let extent = 1..=MAX_EXTENT;
        // Neither factor of the span is above 2^16.
        let span = |filter| span(filter, window.dilation[axis]);
        if !extent.contains(&window.filter[axis])
            || !extent.contains(&length)
            || !extent.contains(&span(window.filter[axis]))
        {
            return Err(operator.option_error("extent of image or window"));
        }
        let reach = match operator.option(fields.padding, 0_i8) {
            0 => length + step - 1,
            1 => (length + step).saturating_sub(span(window.filter[axis])),
            _ => return Err(operator.option_error("padding")),
        };
        let positions = reach / step;
        if positions < 1 || positions != window.output[axis] {
            return Err(operator.shape_error("output"));
        }
    }
    if window.batches != batches {
        return Err(operator.shape_error("output"));
    }
    Ok(())
}
