//! The commit of the user's project: the one around the current folder, which in CI is what is
//! tested. It gives a record its place in a history.

use crate::{Commit, MAX_NAME, Other};
use jiff::Timestamp;
use std::path::Path;
use std::process::Command;
use tinybench_support::exits_with;
use tinybench_support::printable::{is_hazard, printable};

/// Longest address that goes into a record, bytes.
const MAX_URL: usize = 2_000;

/// What was named as the commit can't stand in a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is no name of a commit: it has up to {MAX_NAME} bytes, and no line breaks or control \
     characters (--commit, or TINYBENCH_COMMIT)",
    printable(.0).chars().take(60).collect::<String>()
)]
pub struct InvalidCommit(String);

exits_with!(InvalidCommit => Usage);

/// Whether a text can stand in a record.
fn is_plain(text: &str, longest: usize) -> bool {
    text.len() <= longest && !text.contains(is_hazard)
}

/// Refuses what the user calls a commit where no record can hold it.
pub fn check(explicit: Option<&str>) -> Result<(), InvalidCommit> {
    match explicit {
        Some(id) if !is_plain(id, MAX_NAME) => Err(InvalidCommit(id.to_owned())),
        _ => Ok(()),
    }
}

/// A CI system, as its environment variables describe a commit.
struct Ci {
    /// Holds the commit.
    id: &'static str,
    /// Holds the time, where there is such a variable.
    time: Option<&'static str>,
    /// Hold the parts of the address of the project.
    project: &'static [&'static str],
    /// What follows the project's address and precedes the commit.
    path: &'static str,
    /// Holds the tag that the job runs for.
    tag: &'static str,
    /// Says whether that is one, and what then, where the tag's variable may hold a branch.
    is_tag: Option<(&'static str, &'static str)>,
}

/// GitHub ("Variables reference" of GitHub Actions) and GitLab ("Predefined CI/CD variables").
const SYSTEMS: [Ci; 2] = [
    Ci {
        id: "GITHUB_SHA",
        time: None,
        project: &["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"],
        path: "/commit/",
        tag: "GITHUB_REF_NAME",
        is_tag: Some(("GITHUB_REF_TYPE", "tag")),
    },
    Ci {
        id: "CI_COMMIT_SHA",
        time: Some("CI_COMMIT_TIMESTAMP"),
        project: &["CI_PROJECT_URL"],
        path: "/-/commit/",
        tag: "CI_COMMIT_TAG",
        is_tag: None,
    },
];

/// The commit called `explicit`, or the one that CI names, or the one that is checked out around
/// `folder`; `None` where there is none. Time and address are filled in where CI or git know them.
pub fn find(explicit: Option<&str>, folder: &Path) -> Option<Commit> {
    resolve(explicit, &|name| std::env::var(name).ok(), &|arguments| {
        git(folder, arguments)
    })
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;
type Git<'a> = &'a dyn Fn(&[&str]) -> Option<String>;

fn resolve(explicit: Option<&str>, variable: Variable, git: Git) -> Option<Commit> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let system = SYSTEMS.iter().find(|system| variable(system.id).is_some());
    let in_ci = system
        .and_then(|system| variable(system.id))
        .filter(|id| is_plain(id, MAX_NAME));
    let id = explicit
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .or_else(|| in_ci.clone())
        .or_else(|| {
            git(&[
                "describe",
                "--always",
                "--dirty",
                "--abbrev=40",
                "--exclude=*",
            ])
        })?;
    let clean = id.trim_end_matches("-dirty").to_owned();
    let system = system.filter(|_| in_ci.as_deref() == Some(&clean));
    let time = system
        .and_then(|system| variable(system.time?))
        .or_else(|| git(&["show", "-s", "--format=%cI", "--end-of-options", &clean]));
    let url = system.and_then(|system| {
        let parts: Option<Vec<String>> = system.project.iter().map(|part| variable(part)).collect();
        Some(format!("{}{}{clean}", parts?.join("/"), system.path))
    });
    let release = system
        .filter(|it| {
            it.is_tag
                .is_none_or(|(name, value)| variable(name).as_deref() == Some(value))
        })
        .and_then(|it| variable(it.tag))
        .or_else(|| {
            // Of a commit with changes there is no release.
            let of_commit = || git(&["tag", "--sort=-version:refname", "--points-at", &clean]);
            let tags = (clean == id && !clean.starts_with('-')).then(of_commit)??;
            tags.lines().next().map(str::to_owned)
        });
    Some(Commit {
        release: release.filter(|it| is_plain(it, MAX_NAME)),
        id,
        time: time
            .and_then(|time| time.parse::<Timestamp>().ok())
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        url: url
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .filter(|url| is_plain(url, MAX_URL)),
        other: Other::new(),
    })
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(explicit: Option<&str>, variables: &[(&str, &str)], git: Git) -> Option<Commit> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        resolve(explicit, &variable, git)
    }

    fn checkout(arguments: &[&str]) -> Option<String> {
        Some(match arguments[0] {
            "describe" => "c0ffee-dirty".to_owned(),
            _ => "2026-03-01T12:00:00+02:00".to_owned(),
        })
    }

    #[test]
    fn git_says_what_is_checked_out() {
        let commit = with(None, &[], &checkout).unwrap();
        assert_eq!(commit.id, "c0ffee-dirty");
        assert_eq!(commit.time.as_deref(), Some("2026-03-01T10:00:00Z"));
        assert_eq!((commit.url, commit.release), (None, None));
        assert_eq!(with(None, &[], &|_| None), None);
    }

    #[test]
    fn what_no_record_can_hold_is_refused_or_left_out() {
        for bad in ["a\nb", "\u{1b}[31m", "\u{202e}x", &"c".repeat(MAX_NAME + 1)] {
            let error = check(Some(bad)).unwrap_err().to_string();
            assert!(!error.contains(is_hazard) && error.len() < 300, "{error}");
            assert_eq!(with(None, &[("GITHUB_SHA", bad)], &|_| None), None);
        }
        check(Some(&"c".repeat(MAX_NAME))).unwrap();
        check(None).unwrap();
        let strange = [
            ("GITHUB_SHA", "abc"),
            ("GITHUB_SERVER_URL", "https://example.org"),
            ("GITHUB_REPOSITORY", "a\u{1b}[2J"),
        ];
        assert_eq!(with(None, &strange, &checkout).unwrap().url, None);
    }

    #[test]
    fn a_tag_is_a_release() {
        let tagged = |arguments: &[&str]| {
            Some(match arguments[0] {
                "describe" => "c0ffee".to_owned(),
                "tag" => "v1.10\nv1.9".to_owned(),
                _ => return None,
            })
        };
        let release = |variables: &[(&str, &str)], git: Git| with(None, variables, git)?.release;
        assert_eq!(release(&[], &tagged).as_deref(), Some("v1.10"));
        assert_eq!(release(&[], &checkout), None);
        let nothing = |_: &[&str]| None;
        let mut github = vec![("GITHUB_SHA", "abc"), ("GITHUB_REF_NAME", "v2.0")];
        assert_eq!(release(&github, &nothing), None);
        github.push(("GITHUB_REF_TYPE", "tag"));
        assert_eq!(release(&github, &nothing).as_deref(), Some("v2.0"));
        let gitlab = [("CI_COMMIT_SHA", "abc"), ("CI_COMMIT_TAG", "v3.0")];
        assert_eq!(release(&gitlab, &nothing).as_deref(), Some("v3.0"));
    }

    #[test]
    fn ci_knows_the_address() {
        let github = [
            ("GITHUB_SHA", "abc"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "me/model"),
        ];
        let commit = with(None, &github, &checkout).unwrap();
        assert_eq!(commit.id, "abc");
        assert_eq!(
            commit.url.as_deref(),
            Some("https://github.com/me/model/commit/abc")
        );
        let gitlab = [
            ("CI_COMMIT_SHA", "abc"),
            ("CI_COMMIT_TIMESTAMP", "2026-03-01T12:00:00Z"),
            ("CI_PROJECT_URL", "https://gitlab.com/me/model"),
        ];
        let commit = with(None, &gitlab, &|_| None).unwrap();
        assert_eq!(commit.time.as_deref(), Some("2026-03-01T12:00:00Z"));
        assert_eq!(
            commit.url.as_deref(),
            Some("https://gitlab.com/me/model/-/commit/abc")
        );
        // Another commit than the one CI runs for has another address.
        assert_eq!(with(Some("def"), &gitlab, &|_| None).unwrap().url, None);
    }
}
