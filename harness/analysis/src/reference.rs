//! What outputs were verified against and how closely, in words: that says what it is worth.

use tinybench_record::{AgreementKind, InputSource, Outputs, RunResult};
use tinybench_support::OWN_REFERENCE;

/// What the outputs of a result were compared with, without versions: another implementation, what the
/// user gave, or tinybench's own kernels on the host. None if they weren't compared.
pub fn against(result: &RunResult) -> Option<String> {
    let reference = &result.outputs.as_ref()?.reference;
    // Behind a semicolon is what holds for some of the vectors, in brackets a version.
    let whole = reference.split(';').next().unwrap_or_default();
    let first = whole.split(" (").next().unwrap_or_default().trim();
    Some(match result.inputs.source {
        _ if first.starts_with(OWN_REFERENCE) => "tinybench's own kernels on the host".to_owned(),
        InputSource::Reference => format!("the given {first}"),
        _ => first.to_owned(),
    })
}

/// In what verified outputs agree with their reference, where that isn't every bit: within so many steps
/// of the output's scale, or a tolerance of float32, or in the answers alone.
pub fn agreement(outputs: &Outputs) -> Option<String> {
    let agreement = outputs.agreement.as_ref();
    Some(match agreement.map(|it| it.kind) {
        Some(AgreementKind::Answer) => "answers agree".to_owned(),
        Some(AgreementKind::Auc) => "AUC agrees".to_owned(),
        Some(AgreementKind::Steps) => {
            let steps = agreement.and_then(|it| it.steps).unwrap_or(0);
            format!("±{steps} {}", if steps == 1 { "step" } else { "steps" })
        }
        None if outputs.float.is_some() => "within the tolerance".to_owned(),
        None => return None,
    })
}

/// What came of comparing outputs, in a few words: verified and how closely, or that they differ.
pub fn verdict(outputs: &Outputs) -> String {
    match (outputs.verified, agreement(outputs)) {
        (false, _) => "differ".to_owned(),
        (true, None) => "verified".to_owned(),
        (true, Some(agreement)) => format!("verified, {agreement}"),
    }
}

/// What the outputs of all results were compared with, in a sentence; none if none were.
pub fn sentence<'a>(results: impl IntoIterator<Item = &'a RunResult>) -> Option<String> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for result in results {
        let Some(reference) = against(result) else {
            continue;
        };
        let workload = result.workload.as_str();
        match found.iter_mut().find(|(known, _)| *known == reference) {
            Some((_, workloads)) => workloads.push(workload),
            None => found.push((reference, vec![workload])),
        }
    }
    for (_, workloads) in &mut found {
        workloads.dedup();
    }
    let parts: Vec<String> = match found.as_slice() {
        [] => return None,
        [(reference, _)] => vec![reference.clone()],
        several => several
            .iter()
            .map(|(reference, workloads)| format!("{reference} ({})", workloads.join(", ")))
            .collect(),
    };
    Some(format!(
        "Outputs are verified against {}.",
        parts.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    fn result(workload: &str, source: InputSource, reference: &str) -> RunResult {
        let mut result = example().results.remove(0);
        result.workload = workload.to_owned();
        result.inputs.source = source;
        let outputs = result.outputs.as_mut().unwrap();
        outputs.reference = reference.to_owned();
        result
    }

    #[test]
    fn how_closely_outputs_agree_is_told() {
        let mut outputs = example().results.remove(0).outputs.unwrap();
        assert_eq!(agreement(&outputs), None);
        assert_eq!(verdict(&outputs), "verified");
        let of = |kind: &str, steps: Option<u32>| {
            let fields = serde_json::json!({ "kind": kind, "steps": steps });
            serde_json::from_value(fields).unwrap()
        };
        outputs.agreement = of("steps", Some(2));
        assert_eq!(verdict(&outputs), "verified, ±2 steps");
        outputs.agreement = of("steps", Some(1));
        assert_eq!(verdict(&outputs), "verified, ±1 step");
        outputs.agreement = of("answer", None);
        assert_eq!(verdict(&outputs), "verified, answers agree");
        outputs.agreement = of("auc", None);
        assert_eq!(verdict(&outputs), "verified, AUC agrees");
        outputs.verified = false;
        assert_eq!(verdict(&outputs), "differ");
    }

    #[test]
    fn who_computed_the_reference_is_told() {
        let workload = InputSource::Workload;
        let kws = result("kws", workload, "TensorFlow Lite Micro (PyPI 0.1)");
        let audio = "TensorFlow Lite Micro (1); where features differ, portable kernels of x";
        let audio = result("kws-audio", workload, audio);
        assert_eq!(
            sentence([&kws, &audio]).unwrap(),
            "Outputs are verified against TensorFlow Lite Micro."
        );
        let mine = result("mine", InputSource::Reference, "mine.outputs.npy");
        let own = "portable kernels of interpreter 0.1.0 on the host";
        let own = result("other", InputSource::Seeded, own);
        assert_eq!(
            sentence([&kws, &mine, &own]).unwrap(),
            "Outputs are verified against TensorFlow Lite Micro (kws); the given mine.outputs.npy \
             (mine); tinybench's own kernels on the host (other)."
        );
        let mut none = kws.clone();
        none.outputs = None;
        assert_eq!(sentence([&none]), None);
    }
}
