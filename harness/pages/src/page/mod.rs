//! What every page and Markdown file that tinybench writes has in common: tables, plots with the
//! table behind them, the frame of an HTML page, and writing a folder whole or not at all.

mod document;
mod error;
mod folder;
mod layout;
mod markdown;
#[cfg(test)]
mod palette;
mod table;
mod words;

pub use document::{Block, Document, Filter, Plot, Section};
pub use error::PageError;
pub use folder::{FolderError, write_folder};
pub use layout::{Layout, html, in_script};
pub use markdown::{MAX_COMMENT_BYTES, escape as escape_markdown, markdown};
pub use table::{Cell, Column, Row, Table, Tone};
pub use words::{Piece, pieces};
