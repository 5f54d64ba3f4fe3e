//! The steps as an Atom feed (RFC 4287).

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use sha2::{Digest, Sha256};

use super::history::{Group, History, Series, Step};
use super::names::{Names, Options};
use super::series::{changed, value};
use crate::plot::visible;

/// Most entries: readers want news.
const MOST: usize = 50;

/// The feed.
pub fn feed(history: &History, options: &Options, names: &Names) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let updated = history
        .commits
        .last()
        .map_or_else(String::new, |commit| commit.time.to_string());
    writer
        .create_element("feed")
        .with_attribute(("xmlns", "http://www.w3.org/2005/Atom"))
        .write_inner_content(|writer| {
            text(writer, "title", &format!("{}: steps", options.title))?;
            text(writer, "id", &id(&["feed", &options.title]))?;
            text(writer, "updated", &updated)?;
            writer
                .create_element("author")
                .write_inner_content(|writer| text(writer, "name", "tinybench"))?;
            link(writer, "self", &names.absolute("feed.xml"))?;
            link(writer, "alternate", &names.absolute("index.html"))?;
            for (group, series, step) in history.steps().into_iter().take(MOST) {
                writer
                    .create_element("entry")
                    .write_inner_content(|writer| {
                        entry(writer, history, names, (group, series, step))
                    })?;
            }
            Ok(())
        })?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn entry(
    writer: &mut Writer<Vec<u8>>,
    history: &History,
    names: &Names,
    (group, series, step): (&Group, &Series, &Step),
) -> io::Result<()> {
    let commit = &history.commits[step.commit];
    let is_modelled = series
        .samples
        .iter()
        .any(|sample| sample.commit == step.commit && sample.is_modelled);
    let size = changed(step).0;
    let title = format!("{}: {} {size}", group.title(), series.metric.title);
    text(writer, "title", &title)?;
    let key = [&commit.id, &group.title(), series.metric.slug];
    text(writer, "id", &id(&key))?;
    text(writer, "updated", &commit.time.to_string())?;
    link(
        writer,
        "alternate",
        &names.absolute(&names.series(group, series)),
    )?;
    if let Some(url) = names.commit(commit) {
        link(writer, "related", &url)?;
    }
    text(
        writer,
        "summary",
        &format!(
            "{} at commit {}: {} before, {} since.",
            series.metric.title,
            commit.short(),
            value(series, step.before, is_modelled),
            value(series, step.after, is_modelled)
        ),
    )
}

fn text(writer: &mut Writer<Vec<u8>>, name: &str, text: &str) -> io::Result<()> {
    let text: String = text.chars().map(visible).collect();
    writer
        .create_element(name)
        .write_text_content(BytesText::new(&text))
        .map(drop)
}

fn link(writer: &mut Writer<Vec<u8>>, relation: &str, address: &str) -> io::Result<()> {
    writer
        .create_element("link")
        .with_attribute(("rel", relation))
        .with_attribute(("href", address))
        .write_empty()
        .map(drop)
}

/// A name of the thing that `parts` identify, the same in every feed: a UUID of version 8
/// (RFC 9562) from their hash.
fn id(parts: &[&str]) -> String {
    let hash = Sha256::digest(parts.join("\u{1f}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
