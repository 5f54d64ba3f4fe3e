//! NumPy's `.npy` files: one array (NEP 1, and `numpy.lib.format` for versions 2 and 3). A magic
//! string, the version, the length of the header, the header - a Python dictionary with the keys
//! `descr`, `fortran_order` and `shape` - and the elements.
//!
//! Read are arrays of numbers and booleans in C order, little-endian. Anything else that a header
//! may say is named as what it is.

use tinybench_support::printable::printable;

/// What a file begins with.
const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Most dimensions of an array: NumPy's own limit.
const MAX_DIMENSIONS: usize = 64;

/// Type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is what NumPy calls it")]
pub enum Dtype {
    Bool,
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float32,
    Float64,
}

impl Dtype {
    /// All of them, with the kind and size by which a header names them.
    const ALL: [(Self, char, usize); 11] = [
        (Self::Bool, 'b', 1),
        (Self::Int8, 'i', 1),
        (Self::UInt8, 'u', 1),
        (Self::Int16, 'i', 2),
        (Self::UInt16, 'u', 2),
        (Self::Int32, 'i', 4),
        (Self::UInt32, 'u', 4),
        (Self::Int64, 'i', 8),
        (Self::UInt64, 'u', 8),
        (Self::Float32, 'f', 4),
        (Self::Float64, 'f', 8),
    ];

    /// NumPy's name, such as `float32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::UInt8 => "uint8",
            Self::Int16 => "int16",
            Self::UInt16 => "uint16",
            Self::Int32 => "int32",
            Self::UInt32 => "uint32",
            Self::Int64 => "int64",
            Self::UInt64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }

    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        let found = Self::ALL.iter().find(|(dtype, ..)| *dtype == self);
        found.map_or(1, |(_, _, bytes)| *bytes)
    }

    /// The type that a header describes: order of bytes, kind, bytes.
    fn parse(descr: &str) -> Result<Self, Problem> {
        let unsupported = || Problem::Dtype(descr.to_owned());
        let (order, rest) = descr.split_at_checked(1).ok_or_else(unsupported)?;
        let found = Self::ALL
            .iter()
            .find(|(_, kind, bytes)| rest == format!("{kind}{bytes}"));
        let &(dtype, _, bytes) = found.ok_or_else(unsupported)?;
        match order {
            "<" => Ok(dtype),
            "|" if bytes == 1 => Ok(dtype),
            ">" => Err(Problem::BigEndian),
            _ => Err(unsupported()),
        }
    }
}

/// What is wrong with an array.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It doesn't begin as a file of NumPy.
    #[error("it is no .npy file: it doesn't begin with \\x93NUMPY")]
    NoMagic,
    /// A version that isn't known.
    #[error("it has version {0} of the .npy format; 1 to 3 are read")]
    Version(u8),
    /// The file ends within the header.
    #[error("it ends within its header: it is cut off")]
    CutOff,
    /// The header isn't one.
    #[error("its header is damaged: {0}")]
    Header(&'static str),
    /// Elements that no tensor has.
    #[error(
        "its elements are `{}`, which is no type of a tensor; `.astype(...)` converts an array",
        printable(.0)
    )]
    Dtype(String),
    /// Bytes in the other order.
    #[error("it is big-endian; `.astype(array.dtype.newbyteorder('<'))` converts an array")]
    BigEndian,
    /// Columns first.
    #[error("it is in Fortran order; `numpy.ascontiguousarray(array)` puts it into C order")]
    FortranOrder,
    /// More or fewer bytes than elements.
    #[error("it has {found} bytes of elements, its shape and type need {expected}")]
    Length {
        /// Bytes behind the header.
        found: usize,
        /// Bytes that the elements take.
        expected: usize,
    },
}

/// An array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// Type of its elements.
    pub dtype: Dtype,
    /// Its dimensions; none for a single number.
    pub shape: Vec<usize>,
    /// Its elements, little-endian, the last dimension being contiguous.
    pub data: Vec<u8>,
}

impl Array {
    /// Reads the contents of a `.npy` file.
    ///
    /// # Errors
    /// If it isn't one, or not in C order, little-endian, of numbers or booleans.
    pub fn parse(file: &[u8]) -> Result<Self, Problem> {
        let rest = file.strip_prefix(MAGIC).ok_or(Problem::NoMagic)?;
        let ([major, _], rest) = rest.split_first_chunk().ok_or(Problem::CutOff)?;
        let (length, rest) = match major {
            1 => {
                let (length, rest) = rest.split_first_chunk().ok_or(Problem::CutOff)?;
                (usize::from(u16::from_le_bytes(*length)), rest)
            }
            2 | 3 => {
                let (length, rest) = rest.split_first_chunk().ok_or(Problem::CutOff)?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
            &other => return Err(Problem::Version(other)),
        };
        let (header, data) = rest.split_at_checked(length).ok_or(Problem::CutOff)?;
        let header = std::str::from_utf8(header).map_err(|_| Problem::Header("it is no text"))?;
        let Header {
            dtype,
            fortran_order,
            shape,
        } = Header::parse(header)?;
        // Of one dimension, or of none, both orders are the same.
        if fortran_order && shape.len() > 1 {
            return Err(Problem::FortranOrder);
        }
        let elements = shape
            .iter()
            .try_fold(1_usize, |sum, &it| sum.checked_mul(it));
        let expected = elements.and_then(|elements| elements.checked_mul(dtype.bytes()));
        let expected = expected.ok_or(Problem::Header("its shape is too large"))?;
        if data.len() != expected {
            return Err(Problem::Length {
                found: data.len(),
                expected,
            });
        }
        Ok(Self {
            dtype,
            shape,
            data: data.to_vec(),
        })
    }

    /// Type and shape, as messages show them: `float32 (3, 40)`.
    pub fn described(&self) -> String {
        format!("{} {}", self.dtype.name(), shape_text(&self.shape))
    }

    /// Its elements as real numbers.
    pub fn values(&self) -> Vec<f64> {
        let elements = self.data.chunks_exact(self.dtype.bytes());
        elements.map(|it| value(self.dtype, it)).collect()
    }
}

/// One element as a real number. 64-bit integers are rounded.
fn value(dtype: Dtype, bytes: &[u8]) -> f64 {
    let mut low = [0; 8];
    low[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(low);
    match dtype {
        Dtype::Bool | Dtype::UInt8 | Dtype::UInt16 | Dtype::UInt32 | Dtype::UInt64 => bits as f64,
        Dtype::Int8 => (bits as i8).into(),
        Dtype::Int16 => (bits as i16).into(),
        Dtype::Int32 => (bits as i32).into(),
        Dtype::Int64 => bits.cast_signed() as f64,
        Dtype::Float32 => f32::from_bits(bits as u32).into(),
        Dtype::Float64 => f64::from_bits(bits),
    }
}

/// A shape as Python writes it.
pub fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => {
            let dimensions: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("({})", dimensions.join(", "))
        }
    }
}

/// What a header says.
struct Header {
    dtype: Dtype,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Reads the dictionary. Its keys may stand in any order.
    fn parse(text: &str) -> Result<Self, Problem> {
        let mut cursor = Cursor(text);
        let (mut dtype, mut fortran_order, mut shape) = (None, None, None);
        cursor.expect('{', "it is no dictionary")?;
        while !cursor.take('}') {
            let key = cursor.string()?;
            cursor.expect(':', "a key has no value")?;
            match key {
                "descr" => dtype = Some(cursor.descr()?),
                "fortran_order" => fortran_order = Some(cursor.boolean()?),
                "shape" => shape = Some(cursor.shape()?),
                _ => return Err(Problem::Header("it has an unknown key")),
            }
            if !cursor.take(',') {
                cursor.expect('}', "the dictionary doesn't end")?;
                break;
            }
        }
        if !cursor.0.trim().is_empty() {
            return Err(Problem::Header("something follows the dictionary"));
        }
        let missing = Problem::Header("it lacks descr, fortran_order or shape");
        match (dtype, fortran_order, shape) {
            (Some(dtype), Some(fortran_order), Some(shape)) => Ok(Self {
                dtype,
                fortran_order,
                shape,
            }),
            _ => Err(missing),
        }
    }
}

/// The rest of a header.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// Takes a character, if it comes next.
    fn take(&mut self, wanted: char) -> bool {
        self.0 = self.0.trim_start();
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char, problem: &'static str) -> Result<(), Problem> {
        match self.take(wanted) {
            true => Ok(()),
            false => Err(Problem::Header(problem)),
        }
    }

    /// A string in quotes of either kind, without escapes.
    fn string(&mut self) -> Result<&'a str, Problem> {
        let problem = Problem::Header("a string is missing");
        let quote = match (self.take('\''), self.take('"')) {
            (true, _) => '\'',
            (_, true) => '"',
            _ => return Err(problem),
        };
        let (string, rest) = self.0.split_once(quote).ok_or(problem)?;
        self.0 = rest;
        Ok(string)
    }

    fn descr(&mut self) -> Result<Dtype, Problem> {
        if self.take('[') {
            return Err(Problem::Dtype("a structure of several fields".to_owned()));
        }
        Dtype::parse(self.string()?)
    }

    fn boolean(&mut self) -> Result<bool, Problem> {
        self.0 = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(Problem::Header("fortran_order is neither True nor False"))
    }

    fn shape(&mut self) -> Result<Vec<usize>, Problem> {
        let problem = "its shape is no tuple of numbers";
        self.expect('(', problem)?;
        let mut shape = Vec::new();
        while !self.take(')') {
            self.0 = self.0.trim_start();
            let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = self.0.split_at(digits);
            shape.push(number.parse().map_err(|_| Problem::Header(problem))?);
            // Python 2 wrote long integers so.
            self.0 = rest.strip_prefix('L').unwrap_or(rest);
            if shape.len() > MAX_DIMENSIONS {
                return Err(Problem::Header("it has too many dimensions"));
            }
            if !self.take(',') {
                self.expect(')', problem)?;
                break;
            }
        }
        Ok(shape)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of version 1 with this header.
    pub(crate) fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    /// A file as NumPy writes it.
    pub(crate) fn of(descr: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
        let shape = shape_text(shape);
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}      \n");
        file(&header, data)
    }

    #[test]
    fn what_numpy_writes_is_read() {
        // numpy.save of numpy.array([[1, -2, 3]], dtype=numpy.int16), byte for byte.
        let mut saved = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        let header = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }";
        saved.extend(format!("{header:<117}\n").bytes());
        assert_eq!(saved.len(), 128);
        saved.extend([1, 0, 0xFE, 0xFF, 3, 0]);
        let array = Array::parse(&saved).unwrap();
        assert_eq!(array.described(), "int16 (1, 3)");
        assert_eq!(array.values(), [1.0, -2.0, 3.0]);
    }

    #[test]
    fn every_type_has_its_values() {
        for (descr, bytes, value) in [
            ("|b1", &[1][..], 1.0),
            ("|i1", &[0x80], -128.0),
            ("|u1", &[0x80], 128.0),
            ("<i2", &[0, 0x80], -32768.0),
            ("<u2", &[0, 0x80], 32768.0),
            ("<i4", &[0xFE, 0xFF, 0xFF, 0xFF], -2.0),
            ("<u4", &[0, 0, 0, 0x80], 2_147_483_648.0),
            ("<i8", &[0xFF; 8], -1.0),
            ("<u8", &[7, 0, 0, 0, 0, 0, 0, 0], 7.0),
            ("<f4", &1.5_f32.to_le_bytes(), 1.5),
            ("<f8", &(-0.25_f64).to_le_bytes(), -0.25),
        ] {
            let array = Array::parse(&of(descr, &[], bytes)).unwrap();
            assert_eq!(array.values(), [value], "{descr}");
        }
    }

    #[test]
    fn other_versions_and_orders_of_keys_are_read() {
        let header = "{\"shape\": (2L,), 'descr': '|u1', 'fortran_order': True}";
        let mut second = b"\x93NUMPY\x02\x00".to_vec();
        second.extend((header.len() as u32).to_le_bytes());
        second.extend(header.bytes());
        second.extend([8, 9]);
        assert_eq!(Array::parse(&second).unwrap().values(), [8.0, 9.0]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let header = |text: &str| Array::parse(&file(text, &[0; 6])).unwrap_err().to_string();
        let with = |descr: &str, order: &str, shape: &str| {
            header(&format!(
                "{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"
            ))
        };
        for (found, expected) in [
            (
                with("'>i2'", "False", "(3,)"),
                "it is big-endian; `.astype(array.dtype.newbyteorder('<'))` converts an array",
            ),
            (
                with("'|i1'", "True", "(2, 3)"),
                "it is in Fortran order; `numpy.ascontiguousarray(array)` puts it into C order",
            ),
            (
                with("'<c8'", "False", "(3,)"),
                "its elements are `<c8`, which is no type of a tensor; `.astype(...)` converts an \
                 array",
            ),
            (
                with("[('x', '<f4')]", "False", "(3,)"),
                "its elements are `a structure of several fields`, which is no type of a tensor; \
                 `.astype(...)` converts an array",
            ),
            (
                with("'|i1'", "False", "(7,)"),
                "it has 6 bytes of elements, its shape and type need 7",
            ),
            (
                with("'|i1'", "False", "(4294967296, 4294967296)"),
                "its header is damaged: its shape is too large",
            ),
            (
                with("'|i1'", "False", "(-1,)"),
                "its header is damaged: its shape is no tuple of numbers",
            ),
            (
                header("{'descr': '|i1'}"),
                "its header is damaged: it lacks descr, fortran_order or shape",
            ),
            (header("[]"), "its header is damaged: it is no dictionary"),
        ] {
            assert_eq!(found, expected);
        }
        assert_eq!(Array::parse(b"PK\x03\x04"), Err(Problem::NoMagic));
        assert_eq!(Array::parse(b"\x93NUMPY\x01\x00\x76"), Err(Problem::CutOff));
        assert_eq!(Array::parse(b"\x93NUMPY\x09\x00"), Err(Problem::Version(9)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Array::parse(&bytes);
        }

        #[test]
        fn any_header_is_read_or_refused(
            header in "[\\[{(]?('(descr|shape|fortran_order)': ?('[<>|][iufbc][0-9]'|\\([0-9, ]{0,20}\\)|True|False),? ?){0,4}[\\]})]?",
            data in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            if let Ok(array) = Array::parse(&file(&header, &data)) {
                prop_assert_eq!(array.data, data);
            }
        }

        #[test]
        fn damaged_files_are_read_or_refused(at in 0_usize..90, byte: u8) {
            let mut bytes = of("<i2", &[2, 2], &[0; 8]);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = Array::parse(&bytes);
        }
    }
}
