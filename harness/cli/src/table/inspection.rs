//! The tables of `tinybench inspect`, for terminals of 100 columns and narrower ones. `docs/inspect.md` explains
//! them.

use tinybench_inputs::inspect::{Inspected, lacking};
use tinybench_inputs::runtimes::description::{Arena, Buffer, Content, Operator, Tensor};
use tinybench_inputs::subject::room::MemoryKind;
use tinybench_support::listing::{Fitted, wrapped};
use tinybench_support::number::{all_dimensions, grouped};
use tinybench_support::printable::printable;

use super::NONE;
use super::grid::{Grid, columns};

/// Columns that a table may take.
const WIDTH: usize = 100;

/// Longest name of a tensor, characters, and in how narrow a terminal: its end is what tells it from others.
const LONGEST_NAME: usize = 44;
const SHORTEST_NAME: usize = 12;
/// Columns that stand beside the names of tensors.
const BESIDE_NAMES: usize = 40;

/// Shortest text that the options of an operator are cut to.
const SHORTEST_OPTIONS: usize = 8;

/// A model as tables in a terminal of `width` columns. Where a table is too wide, columns are dropped, which is told,
/// and what is left is wrapped. Ends without a newline.
pub fn render(model: &Inspected, width: usize) -> String {
    let it = &model.description;
    let mut parts = vec![wrapped(&headline(model), width)];
    parts.push(tensors(model, width));
    if !it.operators.is_empty() {
        parts.push(operators(&it.operators, width));
    }
    if let Some(arena) = &it.arena {
        let longest = longest_name(width);
        parts.push(wrapped(
            &arena_in_words(arena, &it.operators, longest),
            width,
        ));
        if !arena.buffers.is_empty() {
            parts.push(lifetimes(arena, it.operators.len(), width));
        }
    }
    parts.push(wrapped(&runtimes(model), width));
    if !model.boards.is_empty() {
        parts.push(boards(model, width));
    }
    parts.join("\n\n")
}

/// Characters that a tensor's name may have in a terminal of `width` columns.
fn longest_name(width: usize) -> usize {
    let room = width.saturating_sub(BESIDE_NAMES);
    room.clamp(SHORTEST_NAME, LONGEST_NAME)
}

fn headline(model: &Inspected) -> String {
    let it = &model.description;
    let kind = match it.format.as_str() {
        "tensorflow-lite" => "TensorFlow Lite model",
        "compressed" => "compressed TensorFlow Lite model",
        _ => "model that isn't a network",
    };
    let operators = match it.operators.len() {
        0 => String::new(),
        1 => "1 operator, ".to_owned(),
        count => format!("{} operators, ", grouped(count as u64)),
    };
    format!(
        "{}: {kind}, {} bytes\n{operators}{} multiply-accumulates, {} weights and biases, {} bytes of \
         constants",
        printable(&model.file),
        grouped(model.bytes),
        grouped(it.macs),
        grouped(it.parameters),
        grouped(it.weight_bytes)
    )
}

/// Inputs, outputs and state.
fn tensors(model: &Inspected, width: usize) -> String {
    let it = &model.description;
    let longest = longest_name(width);
    let rows = [
        ("input", &it.inputs),
        ("output", &it.outputs),
        ("state", &it.state),
    ];
    let rows = rows.iter().flat_map(|(kind, tensors)| {
        tensors.iter().map(move |tensor| {
            vec![
                (*kind).to_owned(),
                name(&tensor.name, longest),
                tensor.element_type.clone(),
                shape(&tensor.shape),
                quantisation(tensor),
                grouped(tensor.bytes),
            ]
        })
    });
    let headings = ["tensor", "name", "type", "shape", "quantised", "bytes"];
    fitting(&headings, 5, rows.collect(), &["quantised"], width)
}

fn quantisation(tensor: &Tensor) -> String {
    match (tensor.scale, tensor.zero_point) {
        (Some(scale), Some(zero_point)) => {
            format!("{scale} × (q - {zero_point})").replace("- -", "+ ")
        }
        _ => NONE.to_owned(),
    }
}

fn operators(operators: &[Operator], width: usize) -> String {
    let number = |value: Option<u64>| value.map_or(NONE.to_owned(), grouped);
    let rows = |longest: usize| {
        let row = |operator: &Operator| {
            let mut index = operator.index.to_string();
            if !operator.runs {
                index.insert(0, '!');
            }
            vec![
                index,
                cut(&printable(&operator.name), 28),
                cut(&options(operator), longest),
                cut(&shapes(operator), 32),
                types(operator),
                number(operator.macs.filter(|&macs| macs > 0)),
                number(Some(operator.weight_bytes).filter(|&bytes| bytes > 0)),
                number(operator.high_water_bytes),
            ]
        };
        operators.iter().map(row).collect()
    };
    let headings = [
        "#",
        "operator",
        "options",
        "shapes",
        "type",
        "MACs",
        "weights B",
        "arena B",
    ];
    let drop = ["options", "type", "weights B"];
    let table = |longest| fitting(&headings, 5, rows(longest), &drop, width);
    let whole = grid(&headings, 5, rows(usize::MAX));
    let over = columns(&whole).saturating_sub(WIDTH);
    let longest = operators.iter().map(|it| options(it).chars().count());
    let longest = longest.max().unwrap_or(0);
    let mut text = match over {
        0 if columns(&whole) <= width => whole,
        over => table(longest.saturating_sub(over).max(SHORTEST_OPTIONS)),
    };
    if operators.iter().any(|operator| !operator.runs) {
        text.push_str("\n! can't run: see below");
    }
    text
}

/// The options, a stride as what follows a slash.
fn options(operator: &Operator) -> String {
    operator.options.join(" ").replace("stride ", "/")
}

/// The shapes of the first input and the first output.
fn shapes(operator: &Operator) -> String {
    let input = operator.inputs.iter().flatten().next();
    let of = |tensor: Option<&[u64]>| tensor.map_or(NONE.to_owned(), shape);
    let from = of(input.map(|it| it.shape.as_slice()));
    let to = of(operator.outputs.first().map(|it| it.shape.as_slice()));
    let more = operator.outputs.len().saturating_sub(1);
    match more {
        0 => format!("{from} → {to}"),
        more => format!("{from} → {to} +{more}"),
    }
}

/// The types of the first input and the first output, once if they are the same.
fn types(operator: &Operator) -> String {
    let input = operator.inputs.iter().flatten().next();
    let from = input.map(|it| it.element_type.as_str());
    let to = operator.outputs.first().map(|it| it.element_type.as_str());
    match (from, to) {
        (Some(from), Some(to)) if from != to => format!("{from}→{to}"),
        (from, to) => from.or(to).unwrap_or(NONE).to_owned(),
    }
}

/// What the arena is made of, and what makes its peak.
fn arena_in_words(arena: &Arena, operators: &[Operator], longest: usize) -> String {
    let parts = &arena.parts;
    let mut text = format!("arena: {} bytes", grouped(arena.bytes));
    if arena.buffers.is_empty() {
        return text;
    }
    let decoding = match parts.decoding {
        0 => String::new(),
        bytes => format!(", decoding {}", grouped(bytes)),
    };
    text.push_str(&format!(
        " = operators {} + constants {} + tensors {}{decoding}",
        grouped(parts.operators),
        grouped(parts.constants),
        grouped(parts.tensors)
    ));
    let run = parts.operators + parts.constants + parts.tensors + parts.decoding;
    if run < arena.bytes {
        text.push_str(&format!(
            "\n  which is less: to plan them takes {} beside the operators",
            grouped(parts.planning)
        ));
    }
    if let Some(&peak) = arena.peak_operators.first() {
        let called = operators
            .get(peak as usize)
            .map_or("", |it| it.name.as_str());
        let more = match arena.peak_operators.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text.push_str(&format!(
            "\npeak: {} bytes of tensors at operator {peak}, {}{more}, of",
            grouped(parts.tensors),
            printable(called)
        ));
        for &position in &arena.peak_buffers {
            if let Some(buffer) = arena.buffers.get(position as usize) {
                text.push_str(&format!(
                    "\n  {:>9} bytes at {:>7}: {}",
                    grouped(buffer.bytes),
                    grouped(buffer.offset),
                    buffer_name(buffer, longest)
                ));
            }
        }
    }
    text
}

fn lifetimes(arena: &Arena, operators: usize, width: usize) -> String {
    let longest = longest_name(width);
    let row = |buffer: &Buffer| {
        let end = match buffer.last as usize {
            last if last >= operators => "end".to_owned(),
            last => last.to_string(),
        };
        vec![
            buffer_name(buffer, longest),
            content(buffer.content).to_owned(),
            format!("{} to {end}", buffer.first),
            grouped(buffer.bytes),
            grouped(buffer.offset),
        ]
    };
    let headings = ["buffer", "what", "operators", "bytes", "at"];
    let rows = arena.buffers.iter().map(row).collect();
    fitting(&headings, 3, rows, &["what"], width)
}

fn content(content: Content) -> &'static str {
    match content {
        Content::Input => "input",
        Content::Output => "output",
        Content::State => "state",
        Content::Intermediate => "tensor",
        Content::Scratch => "scratch",
    }
}

fn buffer_name(buffer: &Buffer, longest: usize) -> String {
    match (buffer.tensor, buffer.operator) {
        (_, Some(operator)) => format!(
            "scratch of operator {operator}, {}",
            printable(&buffer.name)
        ),
        (Some(tensor), _) if buffer.name.is_empty() => format!("tensor {tensor}"),
        _ => name(&buffer.name, longest),
    }
}

fn runtimes(model: &Inspected) -> String {
    let lines = model.runtimes.iter().map(|runtime| {
        let title = format!("{} {}", runtime.name, runtime.version);
        match &runtime.reason {
            None => format!("{title}: runs it"),
            Some(reason) => format!("{title}: no, {}", reason.replace('\n', "\n  ")),
        }
    });
    format!("runtimes\n  {}", lines.collect::<Vec<_>>().join("\n  "))
}

fn boards(model: &Inspected, width: usize) -> String {
    let rows = model.boards.iter().map(|board| {
        let fits = match (board.fits, lacking(board)) {
            (Some(true), _) => "yes".to_owned(),
            (_, Some((MemoryKind::Flash, bytes))) => {
                format!("no, lacks {} bytes of flash", grouped(bytes))
            }
            (_, Some((MemoryKind::Ram, bytes))) => {
                format!("no, lacks {} bytes of RAM", grouped(bytes))
            }
            _ => "by its size, but no runtime runs it".to_owned(),
        };
        let left = |left: i64| match u64::try_from(left) {
            Ok(left) => grouped(left),
            Err(_) => NONE.to_owned(),
        };
        vec![
            board.name.clone(),
            fits,
            left(board.flash_left_bytes),
            board.ram_left_bytes.map_or(NONE.to_owned(), left),
        ]
    });
    let headings = ["board", "fits", "flash left", "RAM left"];
    fitting(&headings, 2, rows.collect(), &[], width)
}

/// A table of at most `width` columns; of those that are named in `drop` so many are left out, in their order, as
/// that takes. The first `left` are texts.
fn fitting(
    headings: &[&str],
    left: usize,
    rows: Vec<Vec<String>>,
    drop: &[&str],
    width: usize,
) -> String {
    let whole = grid(headings, left, rows.clone());
    if columns(&whole) <= width {
        return whole;
    }
    let fitted = Fitted {
        headings: headings.iter().map(|it| (*it).to_owned()).collect(),
        rows,
        numeric: &headings[left..],
        drop,
    };
    fitted.render(width, &str::to_owned)
}

fn grid(headings: &[&str], left: usize, rows: Vec<Vec<String>>) -> String {
    let headings = headings
        .iter()
        .map(|heading| (*heading).to_owned())
        .collect();
    Grid {
        headings,
        rows,
        left,
    }
    .across(str::to_owned)
}

fn shape(shape: &[u64]) -> String {
    if shape.is_empty() {
        return "scalar".to_owned();
    }
    all_dimensions(shape)
}

fn name(name: &str, longest: usize) -> String {
    let name = printable(name);
    let count = name.chars().count();
    if count == 0 {
        return NONE.to_owned();
    }
    if count <= longest {
        return name.into_owned();
    }
    let end: String = name.chars().skip(count - longest + 1).collect();
    format!("…{end}")
}

/// A text of at most `longest` characters.
fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let start: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use tinybench_inputs::board::Boards;
    use tinybench_inputs::inspect::inspect;

    use super::*;

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let boards = Boards::open(&[root.join("targets/boards")])
            .unwrap()
            .readable();
        for file in ["kws/kws.tflite", "ad/ad.tflite", "forest/forest.tbcm"] {
            let path = root.join("workloads/models").join(file);
            let model = inspect(Path::new(file), &fs::read(path).unwrap(), &boards).unwrap();
            let whole = render(&model, usize::MAX);
            assert!(!whole.contains("not shown"), "{whole}");
            for width in [60, 80, 99] {
                let text = render(&model, width);
                assert!(columns(&text) <= width, "{file}, {width}:\n{text}");
                // Every operator is there.
                for operator in &model.description.operators {
                    assert!(text.contains(&operator.name), "{file}, {width}:\n{text}");
                }
            }
        }
    }

    #[test]
    fn what_a_narrow_terminal_does_not_show_is_told() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let path = root.join("workloads/models/kws/kws.tflite");
        let model = inspect(Path::new("kws.tflite"), &fs::read(path).unwrap(), &[]).unwrap();
        let text = render(&model, 60);
        assert!(text.contains("not shown: options"), "{text}");
        assert!(text.contains("--format json has it"), "{text}");
    }
}
