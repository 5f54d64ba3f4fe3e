//! JSON Schemas of what tinybench reads and writes, generated from the types.

use schemars::JsonSchema;

/// The JSON Schema of `T` with a title, as JSON text.
pub fn text<T: JsonSchema>(title: &str) -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    format!("{:#}\n", schema.as_value())
}

/// Compares `schema` with the file of this name in `results/`, or writes it there if
/// `TINYBENCH_BLESS` is set.
///
/// # Panics
/// If they differ: this is for tests.
pub fn assert_published(name: &str, schema: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../results")
        .join(name);
    if std::env::var_os("TINYBENCH_BLESS").is_some() {
        std::fs::write(&path, schema).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == schema,
        "{name} is out of date: run the test with TINYBENCH_BLESS=1 to update it"
    );
}
