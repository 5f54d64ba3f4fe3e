//! Which operators make up a change of an inference's cycles.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use tinybench_record::{Fidelity, OperatorProfile, Profile};

/// Where the cycles of an inference changed, where both sides were profiled.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct OperatorChanges {
    /// Cycles of the base's profiled inference.
    pub base: u64,
    /// Cycles of the new one.
    pub new: u64,
    /// Whether those of the base were measured or modelled.
    pub base_fidelity: Fidelity,
    /// The same of the new one.
    pub new_fidelity: Fidelity,
    /// The operators whose cycles differ, and what is between them, those first that make up most of
    /// the difference.
    pub changes: Vec<OperatorChange>,
    /// Operators of the base that the other side hasn't got.
    pub only_base: Vec<String>,
    /// Operators that the base hasn't got.
    pub only_new: Vec<String>,
}

/// An operator whose cycles changed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct OperatorChange {
    /// Its name, with its index in the base's model, or `between operators`.
    pub name: String,
    /// Cycles in the base.
    pub base: u64,
    /// Cycles in the new one.
    pub new: u64,
    /// Which share of the whole difference it makes up; negative against the direction of the whole.
    /// None if the whole doesn't differ.
    pub share: Option<f64>,
}

/// The changes between two profiles.
pub fn changes(base: &Profile, new: &Profile) -> OperatorChanges {
    let mut others: BTreeMap<Vec<String>, Vec<&OperatorProfile>> = BTreeMap::new();
    for operator in new.operators.iter().rev() {
        others.entry(identity(operator)).or_default().push(operator);
    }
    let whole = new.cycles as f64 - base.cycles as f64;
    let change = |name: String, base: u64, new: u64| OperatorChange {
        name,
        base,
        new,
        share: (whole != 0.0).then(|| (new as f64 - base as f64) / whole),
    };
    let between = [&base.between, &new.between].map(|it| it.cycles);
    let mut all = vec![change(Profile::BETWEEN.to_owned(), between[0], between[1])];
    let mut only_base = Vec::new();
    for operator in &base.operators {
        // The n-th of several that are alike is that of the other side.
        let same = others.get_mut(&identity(operator)).and_then(Vec::pop);
        match same {
            Some(same) => all.push(change(
                operator.label(),
                operator.cost.cycles,
                same.cost.cycles,
            )),
            None => only_base.push(operator.label()),
        }
    }
    let mut only_new: Vec<&OperatorProfile> = others.into_values().flatten().collect();
    only_new.sort_by_key(|operator| operator.index);
    all.retain(|change| change.base != change.new);
    all.sort_by_key(|change| Reverse(change.base.abs_diff(change.new)));
    OperatorChanges {
        base: base.cycles,
        new: new.cycles,
        base_fidelity: base.fidelity,
        new_fidelity: new.fidelity,
        changes: all,
        only_base,
        only_new: only_new.into_iter().map(OperatorProfile::label).collect(),
    }
}

/// What makes an operator the same on both sides.
fn identity(operator: &OperatorProfile) -> Vec<String> {
    let shapes = [&operator.input_shape, &operator.output_shape];
    let shapes = shapes.map(|shape| format!("{shape:?}"));
    let mut identity = vec![operator.name.clone()];
    identity.extend(shapes);
    identity.extend(operator.options.iter().cloned());
    identity
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(operators: &[(&str, u64)], between: u64) -> Profile {
        let cycles = operators.iter().map(|(_, cycles)| cycles).sum::<u64>() + between;
        let operators: Vec<_> = operators
            .iter()
            .enumerate()
            .map(|(index, (name, cycles))| {
                json!({
                    "index": index, "name": name, "weight_bytes": 0, "activation_bytes": 0,
                    "cost": { "cycles": cycles },
                })
            })
            .collect();
        serde_json::from_value(json!({
            "fidelity": "modelled", "cycles": cycles, "operators": operators,
            "between": { "cycles": between },
        }))
        .unwrap()
    }

    #[test]
    fn the_operators_that_make_up_a_change_come_first() {
        let base = profile(&[("CONV_2D", 100), ("SOFTMAX", 20), ("CONV_2D", 100)], 5);
        let new = profile(&[("CONV_2D", 100), ("SOFTMAX", 16), ("CONV_2D", 140)], 9);
        let found = changes(&base, &new);
        let told: Vec<_> = found
            .changes
            .iter()
            .map(|it| (it.name.as_str(), it.base, it.new, it.share))
            .collect();
        assert_eq!(
            told,
            [
                ("CONV_2D 2", 100, 140, Some(1.0)),
                (Profile::BETWEEN, 5, 9, Some(0.1)),
                ("SOFTMAX 1", 20, 16, Some(-0.1)),
            ]
        );
        assert_eq!((found.base, found.new), (225, 265));
    }

    #[test]
    fn what_is_not_in_both_is_told() {
        let base = profile(&[("CONV_2D", 100), ("SOFTMAX", 20)], 5);
        let new = profile(&[("RESHAPE", 1), ("CONV_2D", 100)], 5);
        let found = changes(&base, &new);
        assert!(found.changes.is_empty());
        assert_eq!(found.only_base, ["SOFTMAX 1"]);
        assert_eq!(found.only_new, ["RESHAPE 0"]);
        assert!(changes(&base, &base).changes.is_empty());
    }
}
