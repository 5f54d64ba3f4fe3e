//! Everything that keeps a model from running, operator by operator, and what would help.

mod advice;

use std::fmt;

pub(super) use advice::CONVERT_AGAIN;

use tinybench_interpreter::operators::{Registration, Resolver, Typed};
use tinybench_interpreter::schema::{builtin, builtin_name, tensor_type_name};
use tinybench_interpreter::{Model, ModelError, Operator, RawTensor};

/// Longest name of a tensor in a message, characters; converters write names of several hundred.
const LONGEST_NAME: usize = 60;

/// What keeps a model from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacles {
    /// The runtime that can't run it.
    pub runtime: &'static str,
    /// How many operators the model has.
    pub operators: usize,
    /// How many of them are in the way.
    pub refused: usize,
    /// What is in the way, in the order of the operators.
    pub list: Vec<Obstacle>,
}

/// One thing that is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The operator, unless it is the model as a whole.
    pub operator: Option<Place>,
    /// The tensor, by its index in the subgraph and its name.
    pub tensor: Option<(u32, String)>,
    /// What is wrong, with the tensor.
    pub problem: String,
    /// What would help.
    pub help: String,
}

/// Which operator of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index among the operators of all subgraphs.
    pub index: u32,
    /// Index of the subgraph.
    pub graph: u32,
    /// Name of the operator, that of a custom one in quotes.
    pub name: String,
    /// Name of the tensor that it writes.
    pub writes: String,
}

impl Place {
    fn of(model: &Model, operator: &Operator) -> Self {
        let output = operator.outputs().next();
        let output = output.map(|tensor| operator.graph.tensor(tensor));
        Self {
            index: operator.index,
            graph: operator.graph.number,
            name: operator_name(model, operator),
            writes: output.map_or(String::new(), |tensor| tensor.name().to_owned()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "operator {}", self.index)?;
        if self.graph > 0 {
            write!(f, " (of subgraph {})", self.graph)?;
        }
        write!(f, ", {}", self.name)?;
        if !self.writes.is_empty() {
            write!(f, ", which writes `{}`", shortened(&self.writes))?;
        }
        Ok(())
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operator {
            Some(place) => write!(f, "{place}")?,
            None => write!(f, "the model")?,
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for Obstacles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runtime,
            operators,
            refused,
            ..
        } = self;
        match (refused, operators - refused) {
            (0, _) => write!(f, "the runtime {runtime} can't run the model")?,
            (1, 0) => write!(f, "the runtime {runtime} can't run its only operator")?,
            (_, 0) => write!(
                f,
                "the runtime {runtime} can run none of its {operators} operators"
            )?,
            (_, fine) => write!(
                f,
                "the runtime {runtime} can't run {refused} of its {operators} operators; {fine} are fine"
            )?,
        }
        for obstacle in &self.list {
            write!(f, "\n  {obstacle}")?;
        }
        // What helps several of them is said once.
        let mut said: Vec<&str> = Vec::new();
        for obstacle in &self.list {
            let help = obstacle.help.as_str();
            if said.contains(&help) {
                continue;
            }
            said.push(help);
            let of: Vec<_> = self
                .list
                .iter()
                .filter(|it| it.help == help)
                .filter_map(|it| Some(it.operator.as_ref()?.index.to_string()))
                .collect();
            match of.as_slice() {
                _ if self.list.len() == 1 => write!(f, "\n  help: {help}")?,
                [] => write!(f, "\n  help with the model: {help}")?,
                [one] => write!(f, "\n  help with operator {one}: {help}")?,
                several => write!(f, "\n  help with operators {}: {help}", several.join(", "))?,
            }
        }
        Ok(())
    }
}

/// Everything that keeps `model` from running with the operators of `resolver`, for a file that
/// could be read.
pub(super) fn of(model: &Model, resolver: Resolver, runtime: &'static str) -> Obstacles {
    let mut found = Obstacles {
        runtime,
        operators: model.operator_count(),
        refused: 0,
        list: Vec::new(),
    };
    let mut errors = Vec::new();
    for graph in model.graphs() {
        for operator in graph.operators() {
            if let Err(error) = check(model, &operator) {
                errors.push(error);
                found.refused += 1;
                found.list.push(obstacle(model, resolver, &operator, error));
            }
        }
    }
    if let Err(error) = model.check_ends()
        && !errors.contains(&error)
    {
        found.list.push(of_the_model(model, error));
    }
    found
}

/// What keeps an operator from running, its scales included.
fn check(model: &Model, operator: &Operator) -> Result<(), ModelError> {
    model.check_operator(operator)?;
    let (_, needs) = model.needs(operator)?;
    model.check_scales(operator, &mut vec![0; needs.constants])
}

fn obstacle(model: &Model, resolver: Resolver, operator: &Operator, error: ModelError) -> Obstacle {
    let known = known(model, resolver, operator);
    let tensor = tensor(&error).map(|index| {
        let name = operator.graph.tensor(index).name();
        (index, name.to_owned())
    });
    Obstacle {
        operator: Some(Place::of(model, operator)),
        tensor,
        problem: problem(model, &known, operator, &error),
        help: advice::advice(model, operator, &error),
    }
}

/// An obstacle that isn't one operator's.
fn of_the_model(model: &Model, error: ModelError) -> Obstacle {
    let graph = model.graphs().next();
    let name = |index: u32| {
        graph
            .map_or("", |graph| graph.tensor(index).name())
            .to_owned()
    };
    let problem = match error {
        ModelError::OutputNotWritten { .. } => "no operator writes this output".to_owned(),
        ModelError::TensorType { found, .. } => {
            format!(
                "inputs and outputs of type {} are not supported",
                tensor_type_name(found)
            )
        }
        ModelError::Constant { .. } => "an input or output may not be a constant".to_owned(),
        other => without_place(&other),
    };
    let tensor = tensor(&error).map(|index| (index, name(index)));
    Obstacle {
        operator: None,
        problem: match &tensor {
            Some((index, name)) => format!("{}: {problem}", label(*index, name)),
            None => problem,
        },
        tensor,
        help: CONVERT_AGAIN.to_owned(),
    }
}

/// The registrations of an operator, whatever its tensors are.
fn known(model: &Model, resolver: Resolver, operator: &Operator) -> Vec<&'static Registration> {
    let code = model.code(operator);
    let custom = match code.builtin {
        builtin::CUSTOM => code.custom,
        _ => &[],
    };
    let of_it =
        |it: &&&'static Registration| it.builtin == code.builtin && it.custom.as_bytes() == custom;
    resolver.iter().filter(of_it).copied().collect()
}

/// What an operator is called: its builtin's name, or that of a custom operator in quotes.
pub(crate) fn operator_name(model: &Model, operator: &Operator) -> String {
    let code = model.code(operator);
    match code.builtin {
        builtin::CUSTOM => format!("`{}`", String::from_utf8_lossy(code.custom)),
        number if builtin_name(number) == "unknown" => format!("builtin {number}"),
        number => builtin_name(number).to_owned(),
    }
}

/// The types and shapes of an operator's tensors, such as `INT8[1,490], INT8[12,490] -> INT8[1,12]`.
fn signature(operator: &Operator) -> String {
    let one = |tensor: RawTensor| {
        let shape: Vec<_> = tensor.shape().iter().map(|it| it.to_string()).collect();
        format!(
            "{}[{}]",
            tensor_type_name(tensor.type_number()),
            shape.join(",")
        )
    };
    let inputs: Vec<_> = operator
        .inputs()
        .map(|input| input.map_or("none".to_owned(), |it| one(operator.graph.tensor(it))))
        .collect();
    let outputs: Vec<_> = operator
        .outputs()
        .map(|output| one(operator.graph.tensor(output)))
        .collect();
    format!("{} -> {}", inputs.join(", "), outputs.join(", "))
}

/// The tensor that an error is about.
fn tensor(error: &ModelError) -> Option<u32> {
    match *error {
        ModelError::Coding { tensor, .. }
        | ModelError::Alignment { tensor }
        | ModelError::ReadBeforeWrite { tensor, .. }
        | ModelError::WriteConflict { tensor, .. }
        | ModelError::NoSuchTensor { tensor }
        | ModelError::OutputNotWritten { tensor }
        | ModelError::TensorType { tensor, .. }
        | ModelError::TensorShape { tensor }
        | ModelError::TensorQuantisation { tensor }
        | ModelError::BufferLength { tensor, .. }
        | ModelError::NoSuchBuffer { tensor }
        | ModelError::Constant { tensor, .. }
        | ModelError::TensorKind { tensor } => Some(tensor),
        _ => None,
    }
}

/// What is wrong with an operator, without saying which.
fn problem(
    model: &Model,
    known: &[&Registration],
    operator: &Operator,
    error: &ModelError,
) -> String {
    match error {
        ModelError::UnsupportedOperator { .. } => "the runtime has no such operator".to_owned(),
        ModelError::OperatorVersion { version, .. } => {
            let newest = known.iter().map(|it| it.newest).max().unwrap_or(0);
            format!("its version is {version}, known are those up to {newest}")
        }
        ModelError::TensorType {
            found,
            tensor,
            expected,
        } => {
            let role = role(operator, *tensor);
            let types = types_at(known, role);
            let name = tensor_type_name(*found);
            let which = named(operator, *tensor);
            match types.is_empty() || types.contains(&name) {
                true => format!(
                    "{role}, {which}, is {name}, and has to be {} beside the others: {}",
                    tensor_type_name(*expected),
                    signature(operator)
                ),
                false => format!(
                    "{role}, {which}, is {name}; supported there: {}",
                    types.join(", ")
                ),
            }
        }
        ModelError::Arity { .. } => format!(
            "its number of inputs or outputs can't be: {}",
            signature(operator)
        ),
        ModelError::Shape { tensor, .. } => format!(
            "the shape of its {tensor} doesn't match the other tensors and the options, or is beyond \
             what is supported: {}",
            signature(operator)
        ),
        ModelError::UnsupportedOption { option, .. } => {
            format!("unsupported {option}: {}", signature(operator))
        }
        ModelError::Constant { constant, tensor } => {
            let (role, which) = (role(operator, *tensor), named(operator, *tensor));
            match constant {
                true => format!("{role}, {which}, is a constant, which is not supported here"),
                false => format!("{role}, {which}, is computed, and has to be a constant"),
            }
        }
        ModelError::Malformed { .. } => {
            let code = model.code(operator);
            format!("{error} (builtin {})", code.builtin)
        }
        other => match tensor(other) {
            Some(index) => format!("{}: {}", named(operator, index), without_place(other)),
            None => without_place(other),
        },
    }
}

/// A tensor of an operator, as messages call it.
fn named(operator: &Operator, index: u32) -> String {
    label(index, operator.graph.tensor(index).name())
}

fn label(index: u32, name: &str) -> String {
    match name {
        "" => format!("tensor {index}"),
        name => format!("tensor {index} `{}`", shortened(name)),
    }
}

/// The text of an error without the operator or tensor that it begins with.
fn without_place(error: &ModelError) -> String {
    let mut text = error.to_string();
    for place in ["operator ", "tensor "] {
        let rest = text.strip_prefix(place).and_then(|rest| {
            let rest = rest.trim_start_matches(|it: char| it.is_ascii_digit());
            rest.strip_prefix(": ").or(rest.strip_prefix(' '))
        });
        if let Some(rest) = rest {
            text = rest.to_owned();
        }
    }
    text
}

/// What a tensor is to its operator.
#[derive(Clone, Copy)]
enum Role {
    Input(usize),
    Output(usize),
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(at) => write!(f, "its input {at}"),
            Self::Output(at) => write!(f, "its output {at}"),
        }
    }
}

fn role(operator: &Operator, tensor: u32) -> Role {
    let input = operator.inputs().position(|input| input == Some(tensor));
    let output = operator.outputs().position(|output| output == tensor);
    match (input, output) {
        (Some(at), _) => Role::Input(at),
        (None, at) => Role::Output(at.unwrap_or(0)),
    }
}

/// The types that any of an operator's registrations asks for in a place.
fn types_at(known: &[&Registration], role: Role) -> Vec<&'static str> {
    let mut types = Vec::new();
    for typed in known.iter().flat_map(|registration| registration.types) {
        let name = match (*typed, role) {
            (Typed::Input(at, wanted), Role::Input(place)) if usize::from(at) == place => wanted,
            (Typed::Output(at, wanted), Role::Output(place)) if usize::from(at) == place => wanted,
            _ => continue,
        };
        let name = tensor_type_name(name);
        if !types.contains(&name) {
            types.push(name);
        }
    }
    types
}

/// A name that isn't longer than a message can bear; its end is what tells it from others.
fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= LONGEST_NAME {
        return name.to_owned();
    }
    let end: String = name.chars().skip(count - LONGEST_NAME + 1).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests;
