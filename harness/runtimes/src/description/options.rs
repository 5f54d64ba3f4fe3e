//! The options of an operator, as far as they matter to its cost or its result.

use tinybench_interpreter::schema::{self, builtin};
use tinybench_interpreter::{Model, Operator, RawTensor};

/// The options of an operator, each a few characters.
pub(super) fn of(model: &Model, operator: &Operator) -> Vec<String> {
    let mut options = match model.code(operator).builtin {
        builtin::CONV_2D => {
            use schema::conv_2d as field;
            let mut options = vec![window(&operator.input(1), 1)];
            options.extend(stride(operator, field::STRIDE_H, field::STRIDE_W));
            options.extend(dilation(operator, field::DILATION_H, field::DILATION_W));
            options.extend(padding(operator, field::PADDING));
            options.extend(groups(operator));
            options.extend(activation(operator, field::ACTIVATION));
            options
        }
        builtin::DEPTHWISE_CONV_2D => {
            use schema::depthwise_conv_2d as field;
            let mut options = vec![window(&operator.input(1), 1)];
            options.extend(stride(operator, field::STRIDE_H, field::STRIDE_W));
            options.extend(dilation(operator, field::DILATION_H, field::DILATION_W));
            options.extend(padding(operator, field::PADDING));
            let multiplier = operator.size_option(field::DEPTH_MULTIPLIER, 0);
            if multiplier > 1 {
                options.push(format!("multiplier {multiplier}"));
            }
            options.extend(activation(operator, field::ACTIVATION));
            options
        }
        builtin::TRANSPOSE_CONV => {
            use schema::transpose_conv as field;
            let mut options = vec![window(&operator.input(1), 1)];
            options.extend(stride(operator, field::STRIDE_H, field::STRIDE_W));
            options.extend(padding(operator, field::PADDING));
            options.extend(activation(operator, field::ACTIVATION));
            options
        }
        builtin::AVERAGE_POOL_2D | builtin::MAX_POOL_2D | builtin::L2_POOL_2D => {
            use schema::pool_2d as field;
            let size = |id| operator.size_option(id, 0);
            let (height, width) = (size(field::FILTER_HEIGHT), size(field::FILTER_WIDTH));
            let mut options = vec![format!("{height}x{width}")];
            options.extend(stride(operator, field::STRIDE_H, field::STRIDE_W));
            options.extend(padding(operator, field::PADDING));
            options.extend(activation(operator, field::ACTIVATION));
            options
        }
        builtin::FULLY_CONNECTED => activation(operator, schema::fully_connected::ACTIVATION)
            .into_iter()
            .collect(),
        builtin::ADD | builtin::SUB | builtin::MUL | builtin::DIV => {
            activation(operator, schema::add::ACTIVATION)
                .into_iter()
                .collect()
        }
        builtin::SOFTMAX => {
            let beta = operator.option(schema::softmax::BETA, 0.0_f32);
            if beta == 1.0 {
                vec![]
            } else {
                vec![format!("beta {beta}")]
            }
        }
        builtin::LEAKY_RELU => {
            vec![format!(
                "alpha {}",
                operator.option(schema::leaky_relu::ALPHA, 0.0_f32)
            )]
        }
        builtin::CONCATENATION => {
            use schema::concatenation as field;
            let axis = format!("axis {}", operator.option(field::AXIS, 0_i32));
            std::iter::once(axis)
                .chain(activation(operator, field::ACTIVATION))
                .collect()
        }
        builtin::PACK => vec![format!(
            "axis {}",
            operator.option(schema::pack::AXIS, 0_i32)
        )],
        builtin::UNPACK => vec![format!(
            "axis {}",
            operator.option(schema::unpack::AXIS, 0_i32)
        )],
        builtin::GATHER => vec![format!(
            "axis {}",
            operator.option(schema::gather::AXIS, 0_i32)
        )],
        builtin::MEAN
        | builtin::SUM
        | builtin::REDUCE_MAX
        | builtin::REDUCE_MIN
        | builtin::REDUCE_ALL => axes(operator).into_iter().collect(),
        builtin::BATCH_MATMUL => {
            use schema::batch_matmul as field;
            flags(
                operator,
                &[(field::ADJ_X, "transpose a"), (field::ADJ_Y, "transpose b")],
            )
        }
        builtin::RESIZE_BILINEAR => {
            use schema::resize_bilinear as field;
            let all = [
                (field::ALIGN_CORNERS, "align corners"),
                (field::HALF_PIXEL_CENTERS, "half-pixel centres"),
            ];
            flags(operator, &all)
        }
        builtin::RESIZE_NEAREST_NEIGHBOR => {
            use schema::resize_nearest_neighbor as field;
            let all = [
                (field::ALIGN_CORNERS, "align corners"),
                (field::HALF_PIXEL_CENTERS, "half-pixel centres"),
            ];
            flags(operator, &all)
        }
        builtin::SPACE_TO_DEPTH => block(operator, schema::space_to_depth::BLOCK_SIZE),
        builtin::DEPTH_TO_SPACE => block(operator, schema::depth_to_space::BLOCK_SIZE),
        builtin::CUMSUM => {
            use schema::cumsum as field;
            flags(
                operator,
                &[(field::EXCLUSIVE, "exclusive"), (field::REVERSE, "reverse")],
            )
        }
        builtin::SVDF => {
            use schema::svdf as field;
            let rank = format!("rank {}", operator.option(field::RANK, 0_i32));
            std::iter::once(rank)
                .chain(activation(operator, field::ACTIVATION))
                .collect()
        }
        builtin::UNIDIRECTIONAL_SEQUENCE_LSTM => {
            use schema::unidirectional_sequence_lstm as field;
            flags(operator, &[(field::TIME_MAJOR, "time outermost")])
        }
        builtin::CALL_ONCE => {
            vec![subgraph(operator, schema::call_once::INIT_SUBGRAPH)]
        }
        builtin::IF => {
            use schema::if_else as field;
            vec![
                format!("then {}", subgraph(operator, field::THEN_SUBGRAPH)),
                format!("else {}", subgraph(operator, field::ELSE_SUBGRAPH)),
            ]
        }
        builtin::WHILE => {
            use schema::while_loop as field;
            vec![
                format!("while {}", subgraph(operator, field::CONDITION_SUBGRAPH)),
                format!("do {}", subgraph(operator, field::BODY_SUBGRAPH)),
            ]
        }
        _ => vec![],
    };
    options.retain(|option| !option.is_empty());
    options
}

/// Height and width of a filter, the first of which is dimension `at`.
fn window(filter: &RawTensor, at: usize) -> String {
    match (filter.shape().get(at), filter.shape().get(at + 1)) {
        (Some(height), Some(width)) => format!("{height}x{width}"),
        _ => String::new(),
    }
}

/// Height and width, or one number if they are equal; none if both are 1.
fn pair(name: &str, height: usize, width: usize) -> Option<String> {
    match (height, width) {
        (1, 1) => None,
        (height, width) if height == width => Some(format!("{name} {height}")),
        (height, width) => Some(format!("{name} {height}x{width}")),
    }
}

fn stride(operator: &Operator, height: usize, width: usize) -> Option<String> {
    pair(
        "stride",
        operator.size_option(height, 0),
        operator.size_option(width, 0),
    )
}

fn dilation(operator: &Operator, height: usize, width: usize) -> Option<String> {
    pair(
        "dilation",
        operator.size_option(height, 1),
        operator.size_option(width, 1),
    )
}

fn padding(operator: &Operator, id: usize) -> Option<String> {
    let name = match operator.option(id, 0_i8) {
        0 => "same",
        1 => "valid",
        _ => return None,
    };
    Some(name.to_owned())
}

/// How many groups a convolution has, if there are several.
fn groups(operator: &Operator) -> Option<String> {
    let channels = operator.input(0).shape().last();
    let groups = channels.checked_div(operator.input(1).shape().last())?;
    (groups > 1).then(|| format!("{groups} groups"))
}

/// The fused activation, by the values of `ActivationFunctionType`.
fn activation(operator: &Operator, id: usize) -> Option<String> {
    let name = match operator.option(id, 0_i8) {
        0 => return None,
        1 => "relu",
        2 => "relu-n1-to-1",
        3 => "relu6",
        4 => "tanh",
        5 => "sign-bit",
        _ => "unknown activation",
    };
    Some(name.to_owned())
}

/// The axes of a reduction, if they are constants.
fn axes(operator: &Operator) -> Option<String> {
    let axes = operator.optional_input(1)?;
    let axes: Vec<_> = axes
        .integers()
        .iter()
        .take(8)
        .map(|it| it.to_string())
        .collect();
    (!axes.is_empty()).then(|| format!("axes {}", axes.join(",")))
}

fn flags(operator: &Operator, all: &[(usize, &str)]) -> Vec<String> {
    all.iter()
        .filter(|(id, _)| operator.option(*id, 0_u8) != 0)
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

fn block(operator: &Operator, id: usize) -> Vec<String> {
    vec![format!("block {}", operator.option(id, 0_i32))]
}

fn subgraph(operator: &Operator, id: usize) -> String {
    format!("subgraph {}", operator.option(id, 0_i32))
}
