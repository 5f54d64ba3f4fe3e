//! The arena of a model: what lies where, and when.

use schemars::JsonSchema;
use serde::Serialize;
use tinybench_interpreter::description::{self, Owner};
use tinybench_interpreter::{Model, planning_words};

use crate::obstacles::operator_name;

/// The arena of a model.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Arena {
    /// Bytes that are enough, and of which none is too many: `memory.arena_min_bytes` of a run's
    /// record.
    pub bytes: u64,
    /// What they are for.
    pub parts: Parts,
    /// Everything in the tensor area, in the order of the plan.
    pub buffers: Vec<Buffer>,
    /// The operators at which the tensor area is used up to its end.
    pub peak_operators: Vec<u32>,
    /// The tensors and scratch that are needed at the first of them, as positions in `buffers`.
    pub peak_buffers: Vec<u32>,
    /// High-water mark and bytes that are needed, for each operator of the subgraph that is run.
    #[serde(skip)]
    over_time: Vec<(u64, u64)>,
}

/// The parts of an arena, bytes. All but `planning` add up to what an inference needs; `bytes` of the
/// arena is that, or what planning needs, whichever is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Parts {
    /// Who runs each operator, and where its tensors lie.
    pub operators: u64,
    /// What is computed once: multipliers, tables.
    pub constants: u64,
    /// Tensors and scratch.
    pub tensors: u64,
    /// Where coded weights are decoded.
    pub decoding: u64,
    /// What planning needs, in place of constants, tensors and decoding.
    pub planning: u64,
}

/// A tensor or scratch in the arena.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Buffer {
    /// What it is.
    pub content: Content,
    /// Index of the subgraph.
    pub subgraph: u32,
    /// Index of the tensor in the subgraph; none for scratch.
    pub tensor: Option<u32>,
    /// Index of the operator whose scratch it is.
    pub operator: Option<u32>,
    /// The tensor's name in the file, or that of the operator.
    pub name: String,
    /// Bytes, a multiple of 4.
    pub bytes: u64,
    /// Where it lies in the tensor area, bytes.
    pub offset: u64,
    /// The first operator that needs it, counted in the subgraph that is run.
    pub first: u32,
    /// The last operator that needs it; the number of operators for what is needed behind the last
    /// one: outputs, and what is kept.
    pub last: u32,
}

/// What a buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// An input of the model.
    Input,
    /// An output of the model.
    Output,
    /// What is kept from one inference to the next.
    State,
    /// What one operator writes for others.
    Intermediate,
    /// What an operator needs while it runs.
    Scratch,
}

impl Arena {
    /// An arena of which no more is known than its size.
    pub(crate) fn of_one_piece(bytes: u64) -> Self {
        Self {
            bytes,
            parts: Parts {
                operators: 0,
                constants: 0,
                tensors: bytes,
                decoding: 0,
                planning: 0,
            },
            buffers: Vec::new(),
            peak_operators: Vec::new(),
            peak_buffers: Vec::new(),
            over_time: Vec::new(),
        }
    }

    /// High-water mark in the tensor area and bytes that are needed while an operator of the subgraph
    /// that is run does, which is `time` in the order.
    pub(super) fn at(&self, time: usize) -> Option<(u64, u64)> {
        self.over_time.get(time).copied()
    }
}

/// The arena of a model that can run; none if it is too large to be planned.
pub(super) fn of(model: &Model) -> Option<Arena> {
    let graphs: Vec<_> = model.graphs().collect();
    let operators: Vec<_> = graphs.iter().flat_map(|graph| graph.operators()).collect();
    let mut buffers = Vec::new();
    let mut work = vec![0; planning_words(model)];
    let parts = description::arena(model, &mut work, &mut |buffer| {
        let (content, graph, tensor, operator, name);
        match buffer.owner {
            Owner::Tensor {
                graph: number,
                tensor: index,
            } => {
                let Some(of) = graphs.get(number as usize) else {
                    return;
                };
                let main = number == 0;
                content = match () {
                    () if of.tensor(index).is_variable() => Content::State,
                    () if main && of.outputs().any(|it| it == index) => Content::Output,
                    () if main && of.inputs().any(|it| it == index) => Content::Input,
                    () => Content::Intermediate,
                };
                (graph, tensor, operator) = (number, Some(index), None);
                name = of.tensor(index).name().to_owned();
            }
            Owner::Scratch { operator: index } => {
                let Some(of) = operators.get(index as usize) else {
                    return;
                };
                let kept = model.needs(of).is_ok_and(|(_, needs)| needs.kept.is_some());
                content = if kept {
                    Content::State
                } else {
                    Content::Scratch
                };
                (graph, tensor, operator) = (of.graph.number, None, Some(index));
                name = operator_name(model, of);
            }
        }
        buffers.push(Buffer {
            content,
            subgraph: graph,
            tensor,
            operator,
            name,
            bytes: buffer.bytes.into(),
            offset: buffer.offset.into(),
            first: buffer.life[0].into(),
            last: buffer.life[1].into(),
        });
    })
    .ok()?;
    let count = graphs.first()?.operator_count();
    let over_time = over_time(&buffers, count);
    let end = parts.tensors as u64;
    let peaks = over_time
        .iter()
        .zip(0_u32..)
        .filter(|((high_water, _), _)| *high_water == end);
    let peak_operators: Vec<u32> = peaks.map(|(_, time)| time).collect();
    let peak = peak_operators.first();
    let needed =
        |buffer: &Buffer| peak.is_some_and(|time| (buffer.first..=buffer.last).contains(time));
    let peak_buffers = buffers.iter().zip(0..).filter(|(buffer, _)| needed(buffer));
    Some(Arena {
        bytes: parts.total as u64,
        parts: Parts {
            operators: (parts.nodes + parts.slots) as u64,
            constants: parts.constants as u64,
            tensors: parts.tensors as u64,
            decoding: parts.decoding as u64,
            planning: parts.planning as u64,
        },
        peak_buffers: peak_buffers.map(|(_, position)| position).collect(),
        peak_operators,
        buffers,
        over_time,
    })
}

/// For each of `count` operators the end of the highest buffer that is needed while it runs, and the
/// bytes of all that are.
fn over_time(buffers: &[Buffer], count: usize) -> Vec<(u64, u64)> {
    let mut over_time = vec![(0_u64, 0_u64); count];
    for buffer in buffers {
        let last = (buffer.last as usize + 1).min(count);
        let needed = over_time.get_mut(buffer.first as usize..last);
        for (high_water, live) in needed.into_iter().flatten() {
            *high_water = (*high_water).max(buffer.offset + buffer.bytes);
            *live += buffer.bytes;
        }
    }
    over_time
}
