//! Why a report or a site can't be made.

use std::path::PathBuf;

use super::folder::FolderError;
use crate::report::PublishedError;
use tinybench_support::exit::{Exit, Exits};

/// A report or a site can't be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The file's ending names no form.
    #[error("{0}: a report is .html or .md; name the file accordingly")]
    Form(PathBuf),
    /// An address isn't one.
    #[error("{option}: `{url}` is no address; it must begin with https:// or http://")]
    Url {
        /// The option.
        option: &'static str,
        /// What was given.
        url: String,
    },
    /// A page can't be rendered.
    #[error("can't render a page: {0}")]
    Template(#[from] askama::Error),
    /// The figures that a page's script reads can't be written.
    #[error("can't write the data of a page: {0}")]
    Data(#[from] serde_json::Error),
    /// The Atom feed can't be written.
    #[error("can't write the Atom feed: {0}")]
    Feed(std::io::Error),
    /// The table of published results is damaged.
    #[error(transparent)]
    Published(#[from] PublishedError),
    /// The site's folder can't be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl Exits for PageError {
    fn exit(&self) -> Exit {
        match self {
            Self::Form(_)
            | Self::Url { .. }
            | Self::Folder(FolderError::Foreign(_) | FolderError::ForeignFile(_)) => Exit::Usage,
            Self::Published(_) => Exit::Input,
            Self::Template(_)
            | Self::Data(_)
            | Self::Feed(_)
            | Self::Folder(FolderError::Io { .. }) => Exit::Output,
        }
    }
}
