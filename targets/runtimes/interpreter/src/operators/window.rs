//! The geometry of operators whose window slides over an image.

use crate::error::ModelError;
use crate::kernels::Window;
use crate::operator::Operator;
use crate::shape::Shape;

/// Largest stride, dilation, and extent of an image or window along one axis.
pub(super) const MAX_EXTENT: usize = 65_535;

/// Options that say how a window slides: fields of an operator's options.
pub(super) struct Fields {
    pub padding: usize,
    /// Rows and columns.
    pub stride: [usize; 2],
    /// Rows and columns.
    pub dilation: Option<[usize; 2]>,
}

/// The geometry of a sliding window of `filter` rows and columns, from the first input to the first
/// output; checked against the output's shape except for its channels.
#[inline(never)]
pub(super) fn window(
    operator: &Operator,
    fields: &Fields,
    filter: [usize; 2],
) -> Result<Window, ModelError> {
    let image =
        |shape: Shape, name: &'static str| shape.exactly::<4>().ok_or(operator.shape_error(name));
    let [batches, input @ ..] = image(operator.input(0)?.shape(), "input")?;
    let [output_batches, output @ ..] = image(operator.output(0)?.shape(), "output")?;
    let padding = operator.option(fields.padding, 0_i8)?;
    let (mut stride, mut dilation, mut before) = ([1; 2], [1; 2], [0; 2]);
    for axis in 0..2 {
        stride[axis] = operator.extent(fields.stride[axis], 0, MAX_EXTENT, "stride")?;
        if let Some(fields) = fields.dilation {
            dilation[axis] = operator.extent(fields[axis], 1, MAX_EXTENT, "dilation")?;
        }
        // Filters come from shapes and can be larger than strides and dilations.
        let (length, step) = (input[axis], stride[axis]);
        let span = (filter[axis] as u64).saturating_sub(1) * dilation[axis] as u64 + 1;
        let extent = 1..=MAX_EXTENT;
        if !extent.contains(&filter[axis]) || !extent.contains(&length) || span > MAX_EXTENT as u64
        {
            return Err(operator.option_error("extent of image or window"));
        }
        let span = span as usize;
        let reach = match padding {
            0 => length + step - 1,
            1 => (length + step).saturating_sub(span),
            _ => return Err(operator.option_error("padding")),
        };
        let positions = reach.checked_div(step).unwrap_or(0);
        if positions < 1 || positions != output[axis] {
            return Err(operator.shape_error("output"));
        }
        before[axis] = ((positions - 1) * step + span).saturating_sub(length) / 2;
    }
    if output_batches != batches || batches == 0 || input[2] == 0 || output[2] == 0 {
        return Err(operator.shape_error("output"));
    }
    Ok(Window {
        batches,
        input,
        output,
        filter,
        stride,
        dilation,
        padding: before,
    })
}
