//! Weights that lie coded in a compressed model, and are decoded layer by layer while it runs.

#[cfg(feature = "huffman")]
pub(crate) use huffman::Coded;
#[cfg(not(feature = "huffman"))]
pub(crate) use none::Coded;

#[cfg(feature = "huffman")]
mod huffman {
    #[cfg(feature = "checks")]
    use crate::compression::huffman::crc32;
    use crate::compression::huffman::{self, Decoder, TABLE_ENTRIES};
    use crate::error::{Damage, Fault, ModelError, fault};
    use crate::file::flatbuffer::Table;
    use crate::file::schema;

    /// The coded weights of a tensor.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Coded<'m> {
        code: huffman::Coded<'m>,
        #[cfg(feature = "checks")]
        data: &'m [u8],
        bytes: u32,
        #[cfg(feature = "checks")]
        crc: u32,
    }

    impl<'m> Coded<'m> {
        /// Bytes of a decoding table.
        pub const TABLE_BYTES: usize = 2 * TABLE_ENTRIES;

        /// The coded content of a buffer of a compressed model, [`None`] if it is plain.
        pub fn read(
            tensor: u32,
            buffer: &Table<'m>,
            data: &'m [u8],
        ) -> Result<Option<Self>, Fault> {
            use schema::buffer::{CODING, DECODED_BYTES, HUFFMAN, PLAIN};
            let wrong = |damage| fault(ModelError::Coding { tensor, damage });
            match buffer.scalar(CODING, PLAIN)? {
                PLAIN => Ok(None),
                HUFFMAN => Ok(Some(Self {
                    code: huffman::Coded::new(data).ok_or(wrong(Damage::Table))?,
                    #[cfg(feature = "checks")]
                    data,
                    bytes: buffer.scalar(DECODED_BYTES, 0)?,
                    #[cfg(feature = "checks")]
                    crc: buffer.scalar(schema::buffer::CRC32, 0)?,
                })),
                _ => Err(wrong(Damage::Coding)),
            }
        }

        /// Bytes of the decoded weights.
        pub fn bytes(&self) -> usize {
            self.bytes as usize
        }

        /// Checks the checksum and that the code can be decoded by a table.
        #[cfg(feature = "checks")]
        pub fn check(&self, tensor: u32) -> Result<(), Fault> {
            let damage = if crc32(self.data) != self.crc {
                Damage::Checksum
            } else if !self.code.is_sound() {
                Damage::Table
            } else {
                return Ok(());
            };
            Err(fault(ModelError::Coding { tensor, damage }))
        }

        /// Splits working memory and begins to decode: the first [`Self::TABLE_BYTES`] become the
        /// table, the rest is returned.
        pub fn begin<'w>(&self, work: &'w mut [u8]) -> Option<(Decoder<'m, 'w>, &'w mut [i8])> {
            let (table, weights) = work.split_at_mut_checked(Self::TABLE_BYTES)?;
            let table: &mut [u16] = bytemuck::try_cast_slice_mut(table).ok()?;
            let table: &mut huffman::Table = table.try_into().ok()?;
            self.code.fill(table);
            Some((self.code.decoder(table), bytemuck::cast_slice_mut(weights)))
        }
    }
}

/// Without the feature `huffman` there are no coded weights, and no code for them.
#[cfg(not(feature = "huffman"))]
mod none {
    use core::marker::PhantomData;

    use crate::error::Fault;
    use crate::file::flatbuffer::Table;

    #[derive(Clone, Copy, Debug)]
    enum Never {}

    /// What decodes nothing.
    pub(crate) struct Decoder(Never);

    impl Decoder {
        pub fn decode(&mut self, _: &mut [i8]) -> bool {
            match self.0 {}
        }

        pub fn is_at_end(&self) -> bool {
            match self.0 {}
        }
    }

    /// Coded weights, of which there are none.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Coded<'m>(Never, PhantomData<&'m ()>);

    impl<'m> Coded<'m> {
        pub const TABLE_BYTES: usize = 0;

        pub fn read(_: u32, _: &Table<'m>, _: &'m [u8]) -> Result<Option<Self>, Fault> {
            Ok(None)
        }

        pub fn bytes(&self) -> usize {
            match self.0 {}
        }

        #[cfg(feature = "checks")]
        pub fn check(&self, _: u32) -> Result<(), Fault> {
            match self.0 {}
        }

        pub fn begin<'w>(&self, _: &'w mut [u8]) -> Option<(Decoder, &'w mut [i8])> {
            match self.0 {}
        }
    }
}
