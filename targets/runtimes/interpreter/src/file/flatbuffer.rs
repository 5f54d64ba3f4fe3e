//! Reading FlatBuffers in place, without trusting them.
//!
//! Every access is checked against the end of the file, so that a damaged or hostile file gives
//! [`Malformed`] and nothing worse. Alignment is not required. The format is described in
//! "FlatBuffer Internals" of the FlatBuffers documentation: all integers are little-endian,
//! offsets are unsigned 32-bit and count from where they are stored, except that of a table to
//! its vtable, which is signed and counts downwards.

use core::marker::PhantomData;

/// The file is not a well-formed FlatBuffer: `at` is the byte position of what can't be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Byte position in the file.
    pub at: u32,
}

impl Malformed {
    fn new(at: usize) -> Self {
        Self {
            at: u32::try_from(at).unwrap_or(u32::MAX),
        }
    }
}

/// A number that a FlatBuffer can hold.
pub trait Scalar: Sized + Copy {
    /// Reads the number at `at`.
    fn read(bytes: &[u8], at: usize) -> Result<Self, Malformed>;
    /// Size in bytes.
    const SIZE: usize = size_of::<Self>();
}

macro_rules! scalar {
    ($($number:ty),*) => {$(
        impl Scalar for $number {
            fn read(bytes: &[u8], at: usize) -> Result<Self, Malformed> {
                bytes
                    .get(at..)
                    .and_then(|rest| rest.first_chunk())
                    .map(|raw| Self::from_le_bytes(*raw))
                    .ok_or(Malformed::new(at))
            }
        }
    )*};
}
scalar!(u8, i8, u16, i16, i32, u32, i64, f32);

/// Follows the unsigned offset that is stored at `at`.
#[inline]
fn follow(bytes: &[u8], at: usize) -> Result<usize, Malformed> {
    let offset = u32::read(bytes, at)? as usize;
    at.checked_add(offset)
        .filter(|&target| target < bytes.len())
        .ok_or(Malformed::new(at))
}

/// A table: fields by number, each of which may be absent.
#[derive(Clone, Copy, Debug)]
pub struct Table<'b> {
    bytes: &'b [u8],
    position: usize,
    /// Where the fields are: its own length, that of the table, and for each field the distance from
    /// the table's position, 0 for one that is absent.
    vtable: &'b [u8],
}

impl<'b> Table<'b> {
    /// A table without fields.
    pub const EMPTY: Self = Self {
        bytes: &[],
        position: 0,
        vtable: &[],
    };

    /// The number in field `id`, or `default` if it is absent or damaged.
    pub fn get<S: Scalar>(&self, id: usize, default: S) -> S {
        self.scalar(id, default).unwrap_or(default)
    }

    /// The table in field `id`, an empty one if it is absent or damaged.
    #[inline(never)]
    pub fn child(&self, id: usize) -> Self {
        match self.field(id) {
            Some(at) => Self::behind(self.bytes, at),
            None => Self::EMPTY,
        }
    }

    /// The table whose offset is stored at `at`, an empty one if it is damaged.
    #[inline(never)]
    fn behind(bytes: &'b [u8], at: usize) -> Self {
        let position = follow(bytes, at);
        let table = position.and_then(|position| Self::at(bytes, position));
        table.unwrap_or(Self::EMPTY)
    }

    /// The numbers in field `id`, none if they are absent or damaged.
    pub fn numbers<S: Scalar>(&self, id: usize) -> Vector<'b, S> {
        Vector::new(self.content(id, S::SIZE))
    }

    /// The tables in field `id`, none if they are absent or damaged.
    #[inline(never)]
    pub fn list(&self, id: usize) -> Tables<'b> {
        self.tables(id).unwrap_or(Tables {
            bytes: &[],
            first: 0,
            length: 0,
        })
    }

    /// The bytes of the vector in field `id` with elements of `size` bytes, none if it is absent or
    /// damaged.
    #[inline(never)]
    pub(crate) fn content(&self, id: usize, size: usize) -> &'b [u8] {
        let find = || {
            let field = self.bytes.get(self.field(id)?..)?;
            let vector = field.get(u32::read(field, 0).ok()? as usize..)?;
            let length = u32::read(vector, 0).ok()? as usize;
            vector.get(4..)?.get(..length.checked_mul(size)?)
        };
        find().unwrap_or(&[])
    }

    /// The first number of the vector in field `id`, [`None`] if there is none.
    pub fn first<S: Scalar>(&self, id: usize) -> Option<S> {
        S::read(self.content(id, S::SIZE), 0).ok()
    }

    /// The root table of a file.
    pub fn root(bytes: &'b [u8]) -> Result<Self, Malformed> {
        Self::at(bytes, follow(bytes, 0)?)
    }

    /// The table at a position. Whether all of it lies in the file is known only with the feature
    /// `checks`; what doesn't reads as absent.
    #[inline]
    fn at(bytes: &'b [u8], position: usize) -> Result<Self, Malformed> {
        let wrong = Malformed::new(position);
        let back = i32::read(bytes, position)?;
        let vtable = position.checked_add_signed((back as isize).wrapping_neg());
        let vtable = vtable.and_then(|vtable| bytes.get(vtable..)).ok_or(wrong)?;
        let length = usize::from(u16::read(vtable, 0)?);
        let vtable = vtable.get(..length).ok_or(wrong)?;
        if cfg!(feature = "checks") {
            // The second entry is the size of the table itself.
            let own = usize::from(u16::read(vtable, 2).map_err(|_| wrong)?);
            let behind = bytes.len().checked_sub(position);
            if behind.is_none_or(|rest| rest < own) {
                return Err(wrong);
            }
        }
        Ok(Self {
            bytes,
            position,
            vtable,
        })
    }

    /// Byte position of the table in the file.
    pub fn position(&self) -> u32 {
        Malformed::new(self.position).at
    }

    /// Position of the field, if it is present.
    #[inline]
    fn field(&self, id: usize) -> Option<usize> {
        match u16::read(self.vtable, 4 + 2 * id) {
            Ok(0) | Err(_) => None,
            Ok(offset) => Some(self.position.wrapping_add(usize::from(offset))),
        }
    }

    /// The number in field `id`, or `default` if it is absent.
    pub fn scalar<S: Scalar>(&self, id: usize, default: S) -> Result<S, Malformed> {
        match self.field(id) {
            Some(at) => S::read(self.bytes, at),
            None => Ok(default),
        }
    }

    /// The table in field `id`.
    pub fn table(&self, id: usize) -> Result<Option<Self>, Malformed> {
        self.field(id)
            .map(|at| Self::at(self.bytes, follow(self.bytes, at)?))
            .transpose()
    }

    /// The vector of numbers in field `id`; empty if it is absent.
    pub fn vector<S: Scalar>(&self, id: usize) -> Result<Vector<'b, S>, Malformed> {
        let (raw, _) = self.elements(id, S::SIZE)?;
        Ok(Vector {
            raw,
            number: PhantomData,
        })
    }

    /// The vector of tables in field `id`; empty if it is absent.
    pub fn tables(&self, id: usize) -> Result<Tables<'b>, Malformed> {
        let (raw, first) = self.elements(id, 4)?;
        Ok(Tables {
            bytes: self.bytes,
            first,
            length: raw.len() / 4,
        })
    }

    /// The text in field `id`; empty if it is absent or not UTF-8.
    pub fn text(&self, id: usize) -> Result<&'b str, Malformed> {
        let (raw, _) = self.elements(id, 1)?;
        Ok(core::str::from_utf8(raw).unwrap_or(""))
    }

    /// The bytes of the vector in field `id`; empty if it is absent.
    pub fn bytes(&self, id: usize) -> Result<&'b [u8], Malformed> {
        Ok(self.elements(id, 1)?.0)
    }

    /// Whether field `id` is present.
    pub fn has(&self, id: usize) -> bool {
        self.field(id).is_some()
    }

    /// Bytes and position of the elements of the vector in field `id`.
    #[inline]
    fn elements(&self, id: usize, size: usize) -> Result<(&'b [u8], usize), Malformed> {
        let Some(at) = self.field(id) else {
            return Ok((&[], 0));
        };
        let at = follow(self.bytes, at)?;
        let length = u32::read(self.bytes, at)? as usize;
        let first = at + 4;
        length
            .checked_mul(size)
            .and_then(|length| self.bytes.get(first..)?.get(..length))
            .map(|raw| (raw, first))
            .ok_or(Malformed::new(at))
    }
}

/// A vector of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Vector<'b, S> {
    raw: &'b [u8],
    number: PhantomData<S>,
}

impl<'b, S: Scalar> Vector<'b, S> {
    /// No numbers.
    pub const EMPTY: Self = Self::new(&[]);

    /// The numbers in `raw`, little-endian.
    pub const fn new(raw: &'b [u8]) -> Self {
        Self {
            raw,
            number: PhantomData,
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.raw.len() / S::SIZE
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The number at `index`.
    pub fn get(&self, index: usize) -> Option<S> {
        S::read(self.raw, index.checked_mul(S::SIZE)?).ok()
    }

    /// All numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = S> + use<'b, S> {
        let raw = self.raw;
        raw.chunks_exact(S::SIZE)
            .filter_map(|number| S::read(number, 0).ok())
    }

    /// The bytes of the vector.
    pub fn raw(&self) -> &'b [u8] {
        self.raw
    }
}

/// A vector of tables.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'b> {
    bytes: &'b [u8],
    first: usize,
    length: usize,
}

impl<'b> Tables<'b> {
    /// How many tables there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The table at `index`, an empty one past the end or if it is damaged.
    #[inline(never)]
    pub fn at(&self, index: usize) -> Table<'b> {
        if index >= self.length {
            return Table::EMPTY;
        }
        Table::behind(self.bytes, self.first + 4 * index)
    }

    /// The table at `index`, [`None`] past the end.
    pub fn get(&self, index: usize) -> Result<Option<Table<'b>>, Malformed> {
        if index >= self.length {
            return Ok(None);
        }
        let at = self.first + 4 * index;
        Table::at(self.bytes, follow(self.bytes, at)?).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Root table at 12 with a vtable at 4: field 0 is the byte 7, field 1 is absent, field 2
    /// is a vector of two u16 at 24.
    const FILE: [u8; 32] = [
        14, 0, 0, 0, // root offset
        10, 0, 12, 0, 4, 0, 0, 0, 8, 0, // vtable at 4: its length, table length, fields 0..3
        10, 0, 0, 0, // table at 14: vtable is 10 bytes before
        7, 0, 0, 0, // field 0
        4, 0, 0, 0, // field 2 at 22: vector at 26
        1, 0, 0, 0, // length 1
        0x34, 0x12,
    ];

    #[test]
    fn reads_present_and_absent_fields() {
        let root = Table::root(&FILE).unwrap();
        assert_eq!(root.scalar::<u8>(0, 1), Ok(7));
        assert_eq!(root.scalar::<u8>(1, 9), Ok(9));
        assert_eq!(root.scalar::<u8>(40, 3), Ok(3));
        let vector = root.vector::<u16>(2).unwrap();
        assert_eq!(vector.len(), 1);
        assert_eq!(vector.get(0), Some(0x1234));
        assert_eq!(vector.get(1), None);
    }

    #[test]
    fn refuses_what_reaches_past_the_end() {
        for length in 0..FILE.len() {
            let cut = &FILE[..length];
            let read = Table::root(cut).and_then(|root| root.vector::<u16>(2));
            assert!(read.is_err(), "cut to {length} bytes");
        }
        let mut far = FILE;
        far[26..30].copy_from_slice(&u32::MAX.to_le_bytes());
        let root = Table::root(&far).unwrap();
        assert_eq!(root.vector::<u16>(2).unwrap_err(), Malformed { at: 26 });
    }
}
