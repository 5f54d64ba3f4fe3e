//! Where the files of the user are, in a form that can be published: nobody else's business is what the
//! folders above them are called.

use std::collections::HashSet;
use std::path::Path;

use super::Asked;

/// What the absolute paths among the arguments of commands become: paths from the current folder, if
/// they lead into it, otherwise as much of their end as tells them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Whole paths, the longest first, with what stands for them.
    shortened: Vec<(String, String)>,
}

impl Places {
    /// Of `commands`, which were given in the folder `current`, if that is known.
    pub fn of(commands: &[Asked], current: Option<&str>) -> Self {
        let words = || commands.iter().flat_map(|it| &it.arguments);
        let mut paths: Vec<&str> = words().filter_map(|word| absolute(word)).collect();
        paths.sort_unstable_by_key(|path| (std::cmp::Reverse(path.len()), *path));
        paths.dedup();
        let mut taken: HashSet<String> = words().cloned().collect();
        let shortened = paths.into_iter().map(|path| {
            let short = inside(path, current).unwrap_or_else(|| end(path, &taken));
            taken.insert(short.clone());
            (path.to_owned(), short)
        });
        Self {
            shortened: shortened.collect(),
        }
    }

    /// Of `commands`, which were given in this process's current folder.
    pub fn here(commands: &[Asked]) -> Self {
        let current = std::env::current_dir().ok();
        Self::of(commands, current.as_deref().and_then(Path::to_str))
    }

    /// A command without absolute paths.
    pub fn command(&self, asked: &Asked) -> Asked {
        let mut asked = asked.clone();
        for word in &mut asked.arguments {
            let path = absolute(word).map(str::to_owned);
            let known = path.and_then(|path| self.shortened.iter().find(|(it, _)| *it == path));
            if let Some((path, short)) = known {
                *word = format!("{}{short}", word.strip_suffix(path).unwrap_or_default());
            }
        }
        asked
    }

    /// A text, such as an error, in which the same paths are named, or paths below them.
    pub fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let named = |(path, short): &'_ (String, String)| {
                let path = path.trim_end_matches(is_separator);
                let behind = rest.strip_prefix(path)?;
                // A root is the beginning of every path, and tells nothing of anybody.
                (!path.is_empty() && ends(behind)).then(|| (short.clone(), behind))
            };
            let found = match begins(&out) {
                true => self.shortened.iter().find_map(named),
                false => None,
            };
            match found {
                Some((short, behind)) => {
                    out.push_str(&short);
                    rest = behind;
                }
                None => {
                    out.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        out
    }
}

/// The absolute path that an argument is, or that is joined to an option. Devices are nobody's own.
fn absolute(word: &str) -> Option<&str> {
    let value = match word.strip_prefix("--") {
        Some(option) => option.split_once('=')?.1,
        None => word,
    };
    let drive = value.as_bytes().first_chunk::<3>();
    let has_drive = drive.is_some_and(|it| {
        it[0].is_ascii_alphabetic() && it[1] == b':' && (it[2] == b'\\' || it[2] == b'/')
    });
    let is_path = value.starts_with('/') || value.starts_with("\\\\") || has_drive;
    (is_path && !value.starts_with("/dev/")).then_some(value)
}

/// The way from the folder `current` to what is in it.
fn inside(path: &str, current: Option<&str>) -> Option<String> {
    let rest = path.strip_prefix(current?.trim_end_matches(is_separator))?;
    match rest.trim_matches(is_separator) {
        "" => Some(".".to_owned()),
        inner if rest.starts_with(is_separator) => Some(inner.to_owned()),
        _ => None,
    }
}

/// As much of a path's end as no other has.
fn end(path: &str, taken: &HashSet<String>) -> String {
    let parts: Vec<&str> = path
        .split(is_separator)
        .filter(|it| !it.is_empty())
        .collect();
    let ends = (0..parts.len()).rev().map(|from| parts[from..].join("/"));
    let mut ends: Vec<String> = ends.collect();
    match ends.iter().position(|it| !taken.contains(it)) {
        Some(at) => ends.swap_remove(at),
        None => "path".to_owned(),
    }
}

/// Whether an absolute path may begin behind a text: it isn't in the middle of another. It may stand behind
/// the letter of an option, or the scheme of an address.
fn begins(before: &str) -> bool {
    let word = before.rsplit(|it| !is_of_path(it)).next();
    let word = word.unwrap_or_default();
    let is_option = word.len() == 2 && word.starts_with('-');
    word.is_empty() || is_option || before.ends_with("://")
}

/// Whether a component ends where `behind` begins. What ends a sentence isn't part of it.
fn ends(behind: &str) -> bool {
    if behind.starts_with(is_separator) {
        return true;
    }
    let first = behind.trim_start_matches('.').chars().next();
    first.is_none_or(|it| !is_of_path(it))
}

/// Whether a character may be part of a path in a text.
fn is_of_path(character: char) -> bool {
    character.is_alphanumeric() || is_separator(character) || "-_.~+@%#$&".contains(character)
}

fn is_separator(character: char) -> bool {
    matches!(character, '/' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Asked {
        let mut asked = Asked::new("run");
        asked.arguments = words.iter().map(|it| (*it).to_owned()).collect();
        asked
    }

    fn shortened(words: &[&str], current: Option<&str>) -> Vec<String> {
        let asked = asked(words);
        Places::of(std::slice::from_ref(&asked), current)
            .command(&asked)
            .arguments
    }

    #[test]
    fn paths_begin_in_the_current_folder_or_are_cut_to_their_end() {
        let words = [
            "--model",
            "/home/me/work/a/model.tflite",
            "--reference=/home/me/secret/vectors",
            "--from",
            "https://example.org/models",
            "--port",
            "/dev/ttyACM0",
            "--labels",
            "y.csv",
            "--stream",
            r"C:\Users\me\stream.toml",
        ];
        assert_eq!(
            shortened(&words, Some("/home/me/work")),
            [
                "--model",
                "a/model.tflite",
                "--reference=vectors",
                "--from",
                "https://example.org/models",
                "--port",
                "/dev/ttyACM0",
                "--labels",
                "y.csv",
                "--stream",
                "stream.toml"
            ]
        );
        let inside = shortened(&["/home/me", "/home/me2/x"], Some("/home/me/"));
        assert_eq!(inside, [".", "x"]);
    }

    #[test]
    fn paths_with_the_same_end_stay_apart() {
        let words = ["/a/one/m.tflite", "/a/two/m.tflite", "m.tflite", "/"];
        let short = shortened(&words, None);
        assert_eq!(short[2], "m.tflite");
        assert_eq!(short[0], "one/m.tflite");
        assert_eq!(short[1], "two/m.tflite");
        assert_eq!(short[3], "path");
    }

    #[test]
    fn texts_name_the_same() {
        let asked = asked(&["--reference", "/home/me/v", "/home/me/v/deep/m.tflite"]);
        let places = Places::of(&[asked], Some("/elsewhere"));
        assert_eq!(
            places.text("/home/me/v/m.inputs.npy and /home/me/v/deep/m.tflite: broken"),
            "v/m.inputs.npy and m.tflite: broken"
        );
    }

    #[test]
    fn only_whole_components_are_replaced() {
        let asked = asked(&[
            "--reference",
            "/home/me/v",
            "--data",
            "/data/",
            "--from",
            "/",
        ]);
        let places = Places::of(&[asked], Some("/elsewhere"));
        for (text, expected) in [
            (
                "/home/me/v2/x and /home/me/v.npy",
                "/home/me/v2/x and /home/me/v.npy",
            ),
            ("/home/me/v/x, `/home/me/v`: no", "v/x, `v`: no"),
            ("it isn't in /home/me/v.", "it isn't in v."),
            ("file:///home/me/v", "file://v"),
            (
                "cc -I/home/me/v --sysroot=/home/me/v/s",
                "cc -Iv --sysroot=v/s",
            ),
            ("/srv/data/y and /data/y", "/srv/data/y and data/y"),
            ("/database/y", "/database/y"),
            ("1 / 2 of a/b", "1 / 2 of a/b"),
            ("é/data", "é/data"),
        ] {
            assert_eq!(places.text(text), expected, "{text}");
        }
    }
}
