//! Files that are text.

use tinybench_interpreter::schema::IDENTIFIER;
use tinybench_support::number::grouped;

use super::{DAMAGED, Found, Kind, c_array};

/// What a pointer of Git LFS begins with (its specification, docs/spec.md).
const LFS: &str = "version https://git-lfs.github.com/spec/";

/// Longest pointer of Git LFS, bytes.
const LONGEST_LFS: usize = 1024;

/// What a text is, if the file is one.
pub(super) fn kind(bytes: &[u8]) -> Option<Found> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    let strange = |character: char| character.is_control() && !"\n\r\t\u{c}".contains(character);
    if text.contains(strange) {
        return None;
    }
    if text.starts_with(LFS) && text.len() <= LONGEST_LFS {
        let size = text.lines().find_map(|line| line.strip_prefix("size "));
        let size = size.and_then(|size| size.trim().parse().ok());
        let stands = size.map_or(String::new(), |size| {
            format!(", which stands for a file of {} bytes", grouped(size))
        });
        let advice = "get the file itself with `git lfs pull` in the clone, or download it from the \
                      page of the repository";
        let what = format!("a Git LFS pointer{stands}");
        return Some((Kind::GitLfsPointer, what, advice));
    }
    let start = text.trim_start();
    let begins = |with: &str| {
        let head = start.get(..with.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(with))
    };
    if begins("<!doctype html") || begins("<html") {
        let advice =
            "download the file itself: on the page of a repository that is `Raw` or `Download`";
        return Some((Kind::Html, "a web page".to_owned(), advice));
    }
    if start.starts_with('{') || start.starts_with('[') {
        if text.contains("\"modelTopology\"") || text.contains("\"weightsManifest\"") {
            let advice =
                "convert the Keras model or SavedModel that it was made from (docs/inspect.md)";
            let what = "a model of TensorFlow.js (model.json)".to_owned();
            return Some((Kind::TensorFlowJs, what, advice));
        }
        if start.starts_with('[') || start.contains('"') {
            return Some((Kind::Json, "JSON text".to_owned(), DAMAGED));
        }
    }
    if let Some(array) = c_array(bytes) {
        let holds = match array.get(4..8) == Some(&IDENTIFIER[..]) {
            true => format!(
                "a TensorFlow Lite model of {} bytes",
                grouped(array.len() as u64)
            ),
            false => format!(
                "{} bytes, which are no TensorFlow Lite model",
                grouped(array.len() as u64)
            ),
        };
        let advice = "`tinybench inspect FILE --save-model MODEL.tflite` writes the array as a file, which \
                      runs";
        return Some((
            Kind::CArray,
            format!("source in C whose array holds {holds}"),
            advice,
        ));
    }
    let directive = |line: &str| {
        ["#include", "#ifndef", "#pragma", "extern "]
            .iter()
            .any(|it| line.starts_with(it))
    };
    if text.lines().any(directive) {
        let advice =
            "give the file in which the array of the model is, mostly the .cc or .c beside it";
        return Some((
            Kind::CSource,
            "source in C without a model in it".to_owned(),
            advice,
        ));
    }
    Some((Kind::Text, "text".to_owned(), DAMAGED))
}
