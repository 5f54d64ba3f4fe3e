//! Constants that can be merged, in pieces, so that each is kept only where it is referred to (ELF,
//! `SHF_MERGE` and `SHF_STRINGS`).

use super::objects::Section;

/// Where the entries of `bytes` begin: one every `entry` bytes, or, of strings, one behind each zero of so many
/// bytes. There is at least one.
pub(crate) fn starts(bytes: &[u8], entry: u32, strings: bool) -> Vec<u32> {
    let mut starts = vec![0];
    let size = entry.max(1) as usize;
    let mut at = 0;
    for unit in bytes.chunks(size) {
        at += unit.len();
        let ends = !strings || unit.iter().all(|&byte| byte == 0);
        if ends && at < bytes.len() {
            starts.push(at as u32);
        }
    }
    starts
}

/// The pieces of a section that begin at `starts`.
pub(crate) fn split(section: &Section, starts: &[u32]) -> impl Iterator<Item = Section> {
    let ends = starts.iter().skip(1).copied().chain([section.size]);
    starts.iter().zip(ends).map(|(&start, end)| {
        let bytes = section.bytes.get(start as usize..end as usize);
        Section {
            bytes: bytes.unwrap_or_default().to_vec(),
            size: end - start,
            ..section.clone()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_begin_behind_each_other_and_strings_behind_zeros() {
        assert_eq!(starts(&[0; 12], 4, false), [0, 4, 8]);
        assert_eq!(starts(b"ab\0\0c\0", 1, true), [0, 3, 4]);
        assert_eq!(starts(b"a\0b\0\0\0c\0\0\0", 2, true), [0, 6]);
        assert_eq!(starts(b"", 1, true), [0]);
    }
}
