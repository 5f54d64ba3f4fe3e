//! Reading FlexBuffers in place: the options of custom operators, maps whose values lie in the
//! alphabetical order of their keys.
//!
//! The format is described in "FlexBuffers" of the FlatBuffers documentation. The root is read from
//! the end: the bytes of its value, its type, and how many bytes those are. A map's values are a
//! vector; before it lie its length, the bytes of a key's offset, and the offset of the keys. Types
//! follow the vector, a byte each: two bits of width, six of type.

/// Types of values.
mod value_type {
    pub const INT: u8 = 1;
    pub const UINT: u8 = 2;
    pub const FLOAT: u8 = 3;
    pub const INDIRECT_INT: u8 = 6;
    pub const INDIRECT_UINT: u8 = 7;
    pub const INDIRECT_FLOAT: u8 = 8;
    pub const MAP: u8 = 9;
    pub const VECTOR: u8 = 10;
    pub const BOOL: u8 = 26;
}

/// A map, or the vector of its values.
#[derive(Clone, Copy, Debug)]
pub struct Map<'b> {
    bytes: &'b [u8],
    /// Position of the first value.
    first: usize,
    /// Bytes of a value.
    width: usize,
    length: usize,
    keyed: bool,
}

impl<'b> Map<'b> {
    /// The root of a buffer; [`None`] if it isn't a map or a vector, or if it is damaged.
    pub fn root(bytes: &'b [u8]) -> Option<Self> {
        let [before @ .., kind, width] = bytes else {
            return None;
        };
        let (kind, own) = (kind >> 2, 1 << (kind & 3));
        let at = before.len().checked_sub((*width).into())?;
        let first = at.checked_sub(unsigned(bytes, at, (*width).into())? as usize)?;
        let keyed = kind == value_type::MAP;
        let length = unsigned(bytes, first.checked_sub(own)?, own)? as usize;
        let found = Self {
            bytes,
            first,
            width: own,
            length,
            keyed,
        };
        let whole = length.checked_mul(own + 1)?;
        bytes.get(first..)?.get(..whole)?;
        (keyed || kind == value_type::VECTOR).then_some(found)
    }

    /// The bits of the value at `index`, as an integer, whatever its type; 0 past the last.
    /// TensorFlow Lite Micro reads the options of its signal library like this.
    #[inline(never)]
    pub fn integer(&self, index: usize) -> i32 {
        let found = self
            .position(index)
            .and_then(|at| signed(self.bytes, at, self.width));
        found.unwrap_or(0) as i32
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The number with a key, [`None`] if there is none.
    #[inline(never)]
    pub fn get(&self, key: &str) -> Option<f64> {
        let index = (0..self.length).find(|&index| self.key(index) == Some(key.as_bytes()))?;
        let kind = self
            .first
            .checked_add(self.length.checked_mul(self.width)?)?;
        let kind = *self.bytes.get(kind.checked_add(index)?)?;
        let (kind, own) = (kind >> 2, 1 << (kind & 3));
        let at = self.position(index)?;
        let direct = (at, self.width);
        let indirect = || {
            let back = unsigned(self.bytes, at, self.width)? as usize;
            Some((at.checked_sub(back)?, own))
        };
        match kind {
            value_type::INT => signed(self.bytes, direct.0, direct.1).map(|it| it as f64),
            value_type::UINT | value_type::BOOL => {
                unsigned(self.bytes, direct.0, direct.1).map(|it| it as f64)
            }
            value_type::FLOAT => float(self.bytes, direct),
            value_type::INDIRECT_INT => {
                let (at, width) = indirect()?;
                signed(self.bytes, at, width).map(|it| it as f64)
            }
            value_type::INDIRECT_UINT => {
                let (at, width) = indirect()?;
                unsigned(self.bytes, at, width).map(|it| it as f64)
            }
            value_type::INDIRECT_FLOAT => float(self.bytes, indirect()?),
            _ => None,
        }
    }

    fn position(&self, index: usize) -> Option<usize> {
        let inside = index < self.length;
        inside.then(|| self.first + index * self.width)
    }

    /// The key at `index`, without the 0 at its end.
    fn key(&self, index: usize) -> Option<&'b [u8]> {
        if !self.keyed {
            return None;
        }
        let before = |words: usize| self.first.checked_sub(words * self.width);
        let keys = before(3)?;
        let keys = keys.checked_sub(unsigned(self.bytes, keys, self.width)? as usize)?;
        let width = unsigned(self.bytes, before(2)?, self.width)? as usize;
        let at = keys.checked_add(index.checked_mul(width)?)?;
        let text = at.checked_sub(unsigned(self.bytes, at, width)? as usize)?;
        self.bytes.get(text..)?.split(|&byte| byte == 0).next()
    }
}

/// The integer of `width` bytes at a position.
fn unsigned(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let raw = bytes.get(at..)?.get(..width)?;
    if !matches!(width, 1 | 2 | 4 | 8) {
        return None;
    }
    Some(
        raw.iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
    )
}

fn signed(bytes: &[u8], at: usize, width: usize) -> Option<i64> {
    let free = 64_usize.checked_sub(8 * width)? as u32;
    let value = unsigned(bytes, at, width)?;
    Some((value << free) as i64 >> free)
}

fn float(bytes: &[u8], (at, width): (usize, usize)) -> Option<f64> {
    let bits = unsigned(bytes, at, width)?;
    match width {
        4 => Some(f32::from_bits(bits as u32).into()),
        8 => Some(f64::from_bits(bits)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// {"fft_length": 512, "scale": 0.5, "shift": -3}, made by the `flatbuffers` package.
    #[rustfmt::skip]
    const FILE: &[u8] = &[
        b'f', b'f', b't', b'_', b'l', b'e', b'n', b'g', b't', b'h', 0,
        b's', b'c', b'a', b'l', b'e', 0, b's', b'h', b'i', b'f', b't', 0,
        3, 24, 14, 9, // the keys: how many, and how far before
        0, 4, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, // their offset, its width, how many values
        0, 2, 0, 0, 0, 0, 0, 63, 253, 255, 255, 255, // the values
        6, 14, 6, // their types
        15, 38, 1, // the root: its offset, its type, the bytes of the offset
    ];

    #[test]
    fn values_are_found_by_index_and_key() {
        let map = Map::root(FILE).unwrap();
        assert_eq!((map.len(), map.is_empty()), (3, false));
        assert_eq!([0, 2, 3].map(|index| map.integer(index)), [512, -3, 0]);
        assert_eq!(map.get("fft_length"), Some(512.0));
        assert_eq!(map.get("scale"), Some(0.5));
        assert_eq!(map.get("shift"), Some(-3.0));
        assert_eq!(map.get("shif"), None);
    }

    #[test]
    fn damage_is_never_read_past() {
        let mut damaged = FILE.to_vec();
        for at in 0..FILE.len() {
            for value in 0..=255 {
                damaged[at] = value;
                if let Some(map) = Map::root(&damaged) {
                    map.integer(1);
                    map.get("shift");
                }
            }
            damaged[at] = FILE[at];
            assert!(Map::root(&FILE[..at]).is_none_or(|map| map.get("scale").is_none()));
        }
    }
}
