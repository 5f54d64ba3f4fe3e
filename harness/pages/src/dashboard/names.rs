//! What the files of a site are called, and where links lead.

use std::collections::{HashMap, HashSet};

use super::commits::Commit;
use super::history::{Group, History, Series, Step};

/// The page on which two commits are put beside each other.
pub const COMPARISON: &str = "compare.html";

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
    pub fn new(history: &History, options: &Options) -> Self {
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

    /// The same names, for pages from which `root` leads to the root of the site.
    pub fn seen_from(&self, root: &'static str) -> Self {
        Self {
            root,
            ..self.clone()
        }
    }

    /// What leads from the page to the root of the site.
    pub fn root(&self) -> &'static str {
        self.root
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

    /// The place that says what a step of a series is made of: its operators, where they are known.
    pub fn step(&self, group: &Group, series: &Series, step: &Step) -> String {
        let is_of_operators = series.metric.slug == "latency"
            && group
                .operators
                .iter()
                .any(|(commit, _)| *commit == step.commit);
        match is_of_operators {
            true => format!("{}series/{}.html#operators", self.root, self.stem(group)),
            false => self.series(group, series),
        }
    }

    /// The report on the two sides of a step at `commit`.
    pub fn report(&self, group: &Group, commit: &Commit) -> String {
        let (root, stem) = (self.root, self.stem(group));
        format!("{root}reports/{stem}-{}.html", file_name(&commit.id))
    }

    /// The page that puts two commits beside each other, with these chosen.
    pub fn comparison(&self, base: &Commit, new: &Commit) -> String {
        let [base, new] = [base, new].map(|it| in_address(&it.id));
        format!("{}{COMPARISON}?base={base}&new={new}", self.root)
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

/// `text` as a value in the query of an address (RFC 3986, 2.3).
fn in_address(text: &str) -> String {
    let byte = |it: u8| match it {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(it).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Whether `url` can be a link on a page.
pub fn is_web_address(url: &str) -> bool {
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
    fn values_in_addresses_end_nowhere_else() {
        assert_eq!(in_address("v1.0-a_b~"), "v1.0-a_b~");
        assert_eq!(in_address("a&new=\"<é"), "a%26new%3D%22%3C%C3%A9");
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
            release: None,
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
