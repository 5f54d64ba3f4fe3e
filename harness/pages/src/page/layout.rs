//! The frame of an HTML page.
//!
//! A page is one file: style and script are in it, and its content security policy allows nothing
//! else, so that no request can leave and nothing that slipped into a text could run.

use std::collections::BTreeSet;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::document::{Block, Document};
use super::table::Table;

/// Style of all pages.
const STYLE: &str = include_str!("../../templates/page.css");

/// Style of a table in a window that is too narrow for it: a row is a list of its cells, each behind the
/// heading of its column. Behind the style of all pages.
const ROWS_AS_LISTS: &str = include_str!("../../templates/rows-as-lists.css");

/// Script of all pages: values on hover and filters.
const SCRIPT: &str = include_str!("../../templates/page.js");

/// What frames a page: links to its siblings.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// Names and paths of the pages beside it; the path of the page itself is empty.
    pub links: Vec<(String, String)>,
    /// The path of an Atom feed.
    pub feed: Option<String>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: &'a str,
    layout: &'a Layout,
    policy: String,
    style: &'a str,
    script: &'a str,
    body: &'a str,
}

#[derive(Template)]
#[template(path = "document.html")]
struct Body<'a> {
    document: &'a Document,
}

/// The style of a page with these tables.
fn style(document: &Document) -> String {
    let windows: BTreeSet<u32> = document.tables().filter_map(Table::fits_from).collect();
    let rules = windows.into_iter().map(|window| {
        let rules = ROWS_AS_LISTS.replace(".table", &format!(".fit-{window}"));
        // Wider ones have room from the next step on.
        format!(
            "@media screen and (max-width: {}.99rem) {{\n{rules}}}\n",
            window - 1
        )
    });
    rules.fold(STYLE.to_owned(), |style, rules| style + &rules)
}

/// `body`, which is HTML, as a whole page.
fn frame(layout: &Layout, title: &str, style: &str, body: &str) -> Result<String, askama::Error> {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    Page {
        title,
        layout,
        policy: format!(
            "default-src 'none'; style-src {}; script-src {}; img-src 'self' data:; base-uri \
             'none'; form-action 'none'",
            hash(style),
            hash(SCRIPT)
        ),
        style,
        script: SCRIPT,
        body,
    }
    .render()
}

/// The document as a page.
pub fn html(document: &Document, layout: &Layout) -> Result<String, askama::Error> {
    frame(
        layout,
        &document.title,
        &style(document),
        &Body { document }.render()?,
    )
}

/// JSON that nothing in it can end as a script: `<` and `&` are in strings alone.
pub fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('&', "\\u0026")
}
