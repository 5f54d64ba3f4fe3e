//! The commits that records are of, and their order.

use std::collections::HashMap;

use jiff::Timestamp;
use tinybench_record::RunRecord;

/// A commit that was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id; of a record without one the time of the run.
    pub id: String,
    /// When it was committed; where that isn't known, when it was first measured.
    pub time: Timestamp,
    /// Where it can be seen.
    pub url: Option<String>,
    /// The release that it is.
    pub release: Option<String>,
}

impl Commit {
    /// Enough of the id to tell commits apart.
    pub fn short(&self) -> &str {
        let is_hash = self.id.len() >= 32 && self.id.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hash { &self.id[..8] } else { &self.id }
    }

    /// The day.
    pub fn day(&self) -> String {
        self.time.strftime("%Y-%m-%d").to_string()
    }
}

/// The id under which a record's commit is known.
pub fn id_of(record: &RunRecord) -> &str {
    let own = record.commit.as_ref().map(|commit| commit.id.as_str());
    own.or(record.tinybench.commit.as_deref())
        .unwrap_or(&record.started_at)
}

/// A time of a record.
pub fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The commits of records that are in order of their start, the oldest commit first.
pub fn commits(records: &[(Timestamp, &RunRecord)]) -> Vec<Commit> {
    // With the number of the record that names it first: commits of one second are in that order.
    let mut commits: HashMap<&str, (usize, Commit)> = HashMap::new();
    for (number, (started, record)) in records.iter().enumerate() {
        let known = record.commit.as_ref();
        let id = id_of(record);
        let (_, commit) = commits.entry(id).or_insert_with(|| {
            let commit = Commit {
                id: id.to_owned(),
                time: *started,
                url: None,
                release: None,
            };
            (number, commit)
        });
        if let Some(time) = known.and_then(|known| time(known.time.as_deref()?)) {
            commit.time = time;
        }
        if let Some(url) = known.and_then(|known| known.url.clone()) {
            commit.url = Some(url);
        }
        if let Some(release) = known.and_then(|known| known.release.clone()) {
            commit.release = Some(release);
        }
    }
    let mut commits: Vec<_> = commits.into_values().collect();
    commits.sort_by_key(|(number, commit)| (commit.time, *number));
    commits.into_iter().map(|(_, commit)| commit).collect()
}
