//! What makes the book of `docs/`.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::pages::python_is_there;
use crate::support::project_root;

#[test]
fn links_out_of_the_book_lead_to_the_repository() {
    if !python_is_there() {
        return;
    }
    // What mdBook hands to a preprocessor, as far as it is read.
    let context =
        r#"{"config": {"output": {"html": {"git-repository-url": "https://example.org/it"}}}}"#;
    let page = "[outside](../README.md#try-it), [in it](suites.md) and [further](../../a.rs)";
    let book = format!(r#"{{"items": [{{"Chapter": {{"content": "{page}", "sub_items": []}}}}]}}"#);
    let mut preprocessor = Command::new("python3")
        .arg(project_root().join("docs/outside.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = preprocessor.stdin.take().unwrap();
    write!(input, "[{context}, {book}]").unwrap();
    drop(input);
    let ended = preprocessor.wait_with_output().unwrap();
    assert!(ended.status.success());
    let expected = "[outside](https://example.org/it/blob/main/README.md#try-it), [in it](suites.md) and \
                    [further](https://example.org/it/blob/main/a.rs)";
    let mended = String::from_utf8(ended.stdout).unwrap();
    assert!(mended.contains(expected), "{mended}");
}
