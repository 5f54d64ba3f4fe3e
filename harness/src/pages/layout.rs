//! The frame of an HTML page.
//!
//! A page is one file: style and script are in it, and its content security policy allows nothing
//! else, so that no request can leave and nothing that slipped into a text could run.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::document::{Block, Document};

/// Style of all pages.
const STYLE: &str = include_str!("../../templates/page.css");

/// Script of all pages: values on hover and filters.
const SCRIPT: &str = include_str!("../../templates/page.js");

/// What frames a page: its title, and links to its siblings.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The page's title.
    pub title: String,
    /// Names and paths of the pages beside it; the path of the page itself is empty.
    pub links: Vec<(String, String)>,
    /// The path of an Atom feed.
    pub feed: Option<String>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
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

/// `body`, which is HTML, as a whole page.
pub fn frame(layout: &Layout, body: &str) -> Result<String, askama::Error> {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    Page {
        layout,
        policy: format!(
            "default-src 'none'; style-src {}; script-src {}; img-src 'self' data:; base-uri \
             'none'; form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        ),
        style: STYLE,
        script: SCRIPT,
        body,
    }
    .render()
}

/// The document as a page.
pub fn html(document: &Document) -> Result<String, askama::Error> {
    let layout = Layout {
        title: document.title.clone(),
        ..Layout::default()
    };
    frame(&layout, &Body { document }.render()?)
}
