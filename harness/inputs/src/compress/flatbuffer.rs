//! Writes FlatBuffers from front to back: whatever a table refers to stands behind it.

use std::collections::HashMap;

/// A table to be written: fields by number.
#[derive(Clone, Debug, Default)]
pub struct Table {
    fields: Vec<(usize, Value)>,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number of 8 bits.
    Byte(u8),
    /// A number of 32 bits, little-endian.
    Word([u8; 4]),
    /// A vector of numbers, little-endian.
    Vector(Vector),
    /// A table.
    Table(Table),
    /// A vector of tables.
    Tables(Vec<Table>),
}

/// A vector of numbers.
#[derive(Clone, Debug)]
pub struct Vector {
    /// All numbers.
    pub raw: Vec<u8>,
    /// Bytes of one.
    pub size: usize,
    /// A multiple of which the first one's position is, at least `size`.
    pub alignment: usize,
    /// Whether a zero byte follows, as behind text.
    pub terminated: bool,
}

impl Table {
    /// Sets a field that isn't set yet.
    pub fn set(&mut self, id: usize, value: Value) {
        self.fields.push((id, value));
    }
}

/// Largest alignment of anything in a file, bytes.
const ALIGNMENT: usize = 16;

/// The file with this root table and identifier.
pub fn write(root: &Table, identifier: &[u8; 4]) -> Vec<u8> {
    let mut writer = Writer {
        file: vec![0; 4],
        vtables: HashMap::new(),
    };
    writer.file.extend(identifier);
    let at = writer.table(root);
    writer.patch(0, at);
    let mut file = writer.file;
    file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
    file
}

/// A file that is being written.
struct Writer {
    file: Vec<u8>,
    /// Where the vtables are that were written; tables of one layout share theirs.
    vtables: HashMap<Vec<u8>, usize>,
}

/// The fields of a table in the order in which they are stored, each with its offset: words and
/// offsets first, then bytes, so that nothing has to be filled up in between. And the table's size.
fn layout(table: &Table) -> (Vec<(usize, usize, &Value)>, usize) {
    let mut fields: Vec<_> = table.fields.iter().collect();
    fields.sort_by_key(|(id, value)| (matches!(value, Value::Byte(_)), *id));
    let mut offset = 4;
    let mut placed = Vec::new();
    for (id, value) in fields {
        placed.push((*id, offset, value));
        offset += if matches!(value, Value::Byte(_)) {
            1
        } else {
            4
        };
    }
    (placed, offset)
}

impl Writer {
    /// Fills up with zeros until `ahead` bytes from here the position is a multiple of
    /// `alignment`.
    fn align(&mut self, ahead: usize, alignment: usize) {
        let position = (self.file.len() + ahead).next_multiple_of(alignment) - ahead;
        self.file.resize(position, 0);
    }

    /// Stores the offset of what stands at `target` at the position `at`.
    fn patch(&mut self, at: usize, target: usize) {
        self.file[at..at + 4].copy_from_slice(&((target - at) as u32).to_le_bytes());
    }

    /// Writes a table with all that it refers to, and returns its position.
    fn table(&mut self, table: &Table) -> usize {
        let (fields, bytes) = layout(table);
        let slots = fields.iter().map(|(id, ..)| id + 1).max().unwrap_or(0);
        let mut vtable = vec![0_u16; 2 + slots];
        vtable[0] = (4 + 2 * slots) as u16;
        vtable[1] = bytes as u16;
        for (id, offset, _) in &fields {
            vtable[2 + id] = *offset as u16;
        }
        let vtable: Vec<u8> = vtable.into_iter().flat_map(u16::to_le_bytes).collect();
        self.align(0, 4);
        let file = &mut self.file;
        let vtable_at = *self.vtables.entry(vtable).or_insert_with_key(|vtable| {
            let at = file.len();
            file.extend(vtable);
            at
        });
        self.align(0, 4);
        let position = self.file.len();
        self.file
            .extend(((position - vtable_at) as i32).to_le_bytes());
        for (_, _, value) in &fields {
            match value {
                Value::Byte(byte) => self.file.push(*byte),
                Value::Word(word) => self.file.extend(word),
                _ => self.file.extend([0; 4]),
            }
        }
        for (_, offset, value) in fields {
            if let Some(target) = self.refer(value) {
                self.patch(position + offset, target);
            }
        }
        position
    }

    /// Writes what a field refers to, and returns its position; [`None`] for a number.
    fn refer(&mut self, value: &Value) -> Option<usize> {
        match value {
            Value::Byte(_) | Value::Word(_) => None,
            Value::Table(it) => Some(self.table(it)),
            Value::Vector(vector) => {
                self.align(4, vector.alignment.max(4));
                let position = self.file.len();
                let count = (vector.raw.len() / vector.size) as u32;
                self.file.extend(count.to_le_bytes());
                self.file.extend(&vector.raw);
                if vector.terminated {
                    self.file.push(0);
                }
                Some(position)
            }
            Value::Tables(tables) => {
                self.align(0, 4);
                let position = self.file.len();
                self.file.extend((tables.len() as u32).to_le_bytes());
                let first = self.file.len();
                self.file.resize(first + 4 * tables.len(), 0);
                for (index, it) in tables.iter().enumerate() {
                    let target = self.table(it);
                    self.patch(first + 4 * index, target);
                }
                Some(position)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tinybench_interpreter::flatbuffer;

    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut inner = Table::default();
        inner.set(2, Value::Word(7_u32.to_le_bytes()));
        let mut root = Table::default();
        root.set(0, Value::Byte(5));
        root.set(3, Value::Word((-9_i32).to_le_bytes()));
        root.set(1, Value::Tables(vec![inner.clone(), Table::default()]));
        let vector = |size, alignment| {
            Value::Vector(Vector {
                raw: (0..24).collect(),
                size,
                alignment,
                terminated: false,
            })
        };
        root.set(4, vector(8, 8));
        root.set(5, vector(1, 16));
        root.set(6, Value::Table(inner));
        let file = write(&root, b"TEST");
        assert_eq!(&file[4..8], b"TEST");
        let root = flatbuffer::Table::root(&file).unwrap();
        assert_eq!(root.scalar(0, 0_u8), Ok(5));
        assert_eq!(root.scalar(3, 0_i32), Ok(-9));
        assert_eq!(root.scalar(2, 1_u8), Ok(1));
        let tables = root.tables(1).unwrap();
        assert_eq!(tables.len(), 2);
        let first = tables.get(0).unwrap().unwrap();
        assert_eq!(first.scalar(2, 0_u32), Ok(7));
        assert!(!tables.get(1).unwrap().unwrap().has(2));
        assert_eq!(root.vector::<i64>(4).unwrap().len(), 3);
        let bytes = root.vector::<u8>(5).unwrap().raw();
        let position = bytes.as_ptr() as usize - file.as_ptr() as usize;
        assert_eq!((bytes.len(), position % 16), (24, 0));
        let inner = root.table(6).unwrap().unwrap();
        assert_eq!(inner.scalar(2, 0_u32), Ok(7));
    }
}
