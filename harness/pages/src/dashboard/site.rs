//! The files of the site.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;

use super::badge::badge;
use super::feed::feed;
use super::history::{Commit, Group, History, Series};
use super::{overview, series, status};
use crate::page::{self, Document, Layout, PageError, write_folder};

/// What the user decides about the site.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The project's name.
    pub title: String,
    /// Where a commit can be seen, `{commit}` standing for it.
    pub commit_url: Option<String>,
    /// Where the site will be.
    pub site_url: Option<String>,
}

/// Names of files, and where links lead.
#[derive(Clone, Debug)]
pub struct Names {
    options: Options,
    stems: HashMap<String, String>,
    /// What leads from the page to the root of the site.
    root: &'static str,
}

impl Names {
    fn new(history: &History, options: &Options) -> Self {
        let mut taken = HashSet::new();
        let mut stems = HashMap::new();
        for group in &history.groups {
            let wanted = file_name(&group.title());
            let mut stem = wanted.clone();
            for number in 2.. {
                if taken.insert(stem.clone()) {
                    break;
                }
                stem = format!("{wanted}-{number}");
            }
            stems.insert(group.title(), stem);
        }
        Self {
            options: options.clone(),
            stems,
            root: "",
        }
    }

    /// The file name of a group, without its ending.
    pub fn stem(&self, group: &Group) -> &str {
        self.stems.get(&group.title()).map_or("", String::as_str)
    }

    /// The place of a series.
    pub fn series(&self, group: &Group, series: &Series) -> String {
        let (root, stem, slug) = (self.root, self.stem(group), series.metric.slug);
        if series.is_constant() {
            format!("{root}series/{stem}.html")
        } else {
            format!("{root}series/{stem}.html#{slug}")
        }
    }

    /// Where a commit can be seen, if that is known and a web address.
    pub fn commit(&self, commit: &Commit) -> Option<String> {
        let url = match &self.options.commit_url {
            Some(pattern) => {
                // What isn't part of a commit's id in any system could lead elsewhere.
                let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                let id = commit.id.trim_end_matches("-dirty");
                id.chars()
                    .all(plain)
                    .then(|| pattern.replace("{commit}", id))
            }
            None => commit.url.clone(),
        };
        url.filter(|url| is_web_address(url))
    }

    /// A path of the site as an address, if the user said where the site will be.
    pub fn absolute(&self, path: &str) -> String {
        match &self.options.site_url {
            Some(url) => format!("{}/{path}", url.trim_end_matches('/')),
            None => path.to_owned(),
        }
    }
}

/// Whether `url` can be a link on a page.
fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// `text` as the name of a file on any system and in any address.
fn file_name(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars().take(100) {
        match character.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9') => name.push(letter),
            _ if name.ends_with('-') || name.is_empty() => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() {
        "series".to_owned()
    } else {
        name.to_owned()
    }
}

/// Writes the site to `folder`, whole or not at all.
pub fn write(history: &History, options: &Options, folder: &Path) -> Result<(), PageError> {
    for (option, url) in [
        ("--commit-url", &options.commit_url),
        ("--site-url", &options.site_url),
    ] {
        if let Some(url) = url.as_ref().filter(|url| !is_web_address(url)) {
            let url = url.clone();
            return Err(PageError::Url { option, url });
        }
    }
    let names = Names::new(history, options);
    let inner = Names {
        root: "../",
        ..names.clone()
    };
    // All is made before the first file is written: what fails, fails early.
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut page = |path: &str, document: &Document, names: &Names| {
        let html = page::html(document, &layout(path, names.root, options))?;
        files.push((path.to_owned(), html.into_bytes()));
        Ok::<_, PageError>(())
    };
    page(
        "index.html",
        &overview::overview(history, &options.title, &names),
        &names,
    )?;
    page("steps.html", &overview::all_steps(history, &names), &names)?;
    page("status.html", &status::page(history, &names), &names)?;
    for group in &history.groups {
        let path = format!("series/{}.html", names.stem(group));
        page(&path, &series::page(history, group, &inner), &inner)?;
    }
    for group in &history.groups {
        let csv = series::csv(history, group).map_err(PageError::Feed)?;
        files.push((format!("series/{}.csv", names.stem(group)), csv));
        files.extend(badges(group, names.stem(group)));
    }
    let (verdict, is_bad) = status::verdict(history);
    let status = badge("benchmarks", &verdict, is_bad).into_bytes();
    files.push(("badges/status.svg".to_owned(), status));
    let feed = feed(history, options, &names).map_err(PageError::Feed)?;
    files.push(("feed.xml".to_owned(), feed));
    write_folder(folder, |new| put(new, &files))?;
    Ok(())
}

fn layout(path: &str, root: &str, options: &Options) -> Layout {
    let link = |name: &str, target: &str| {
        let target = if target == path {
            String::new()
        } else {
            format!("{root}{target}")
        };
        (name.to_owned(), target)
    };
    Layout {
        links: vec![
            link(&options.title, "index.html"),
            link("Status", "status.html"),
            link("All steps", "steps.html"),
        ],
        feed: Some(format!("{root}feed.xml")),
    }
}

/// A badge for each headline figure of a group.
fn badges(group: &Group, stem: &str) -> Vec<(String, Vec<u8>)> {
    group
        .headline()
        .filter_map(|shown| {
            let last = shown.samples.last()?;
            let name = format!("{} {}", group.workload, shown.metric.title);
            let text = series::value(shown, last.value, last.is_modelled);
            let is_bad = shown
                .steps
                .last()
                .is_some_and(|step| step.is_worse && step.commit == last.commit);
            Some((
                format!("badges/{stem}-{}.svg", shown.metric.slug),
                badge(&name, &text, is_bad).into_bytes(),
            ))
        })
        .collect()
}

fn put(folder: &Path, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir(folder.join("series"))?;
    fs::create_dir(folder.join("badges"))?;
    files
        .iter()
        .try_for_each(|(path, bytes)| fs::write(folder.join(path), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_harmless() {
        assert_eq!(
            file_name("kws on virtual nano33, interpreter"),
            "kws-on-virtual-nano33-interpreter"
        );
        assert_eq!(file_name("../../etc/passwd"), "etc-passwd");
        assert_eq!(file_name("関数"), "series");
    }

    #[test]
    fn only_web_addresses_become_links() {
        let names = |commit_url: Option<&str>| Names {
            options: Options {
                commit_url: commit_url.map(str::to_owned),
                ..Options::default()
            },
            stems: HashMap::new(),
            root: "",
        };
        let commit = |id: &str, url: &str| Commit {
            id: id.to_owned(),
            time: Default::default(),
            url: Some(url.to_owned()),
        };
        let link = |pattern, id, url| names(pattern).commit(&commit(id, url));
        assert_eq!(link(None, "a", "javascript:alert(1)"), None);
        assert_eq!(
            link(None, "a", "https://x/a"),
            Some("https://x/a".to_owned())
        );
        let pattern = Some("https://x/{commit}");
        assert_eq!(
            link(pattern, "a1-dirty", "").as_deref(),
            Some("https://x/a1")
        );
        assert_eq!(link(pattern, "a\" onclick", ""), None);
    }
}
