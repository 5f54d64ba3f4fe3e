//! A document of sections, which is written as HTML or as Markdown.

use super::table::Table;

/// A document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// What stands below the title, a line each.
    pub lead: Vec<String>,
    /// By what the rows of its tables can be filtered.
    pub filters: Vec<Filter>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A choice by which rows can be filtered.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The facet of the rows.
    pub facet: &'static str,
    /// The values there are.
    pub values: Vec<String>,
}

/// A section.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its name in links: letters, digits and hyphens.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// What it consists of.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A paragraph that must not be overlooked.
    Notice(String),
    /// A table.
    Table(Table),
    /// A table of detail, folded away; the first to go where space is short.
    Detail(Table),
    /// A plot with its table.
    Plot(Plot),
    /// Texts that lead somewhere, with relative paths.
    Links(Vec<(String, String)>),
    /// What to type into a shell.
    Commands(String),
    /// A choice of two commits, of which a script shows the figures in the table behind it: its data,
    /// JSON.
    Choice(String),
}

/// A plot with the table of what it shows.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Its name in links, which the SVG refers to.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// Classes of the style sheet and what they stand for.
    pub legend: Vec<(&'static str, String)>,
    /// The picture.
    pub svg: String,
    /// The figures in it.
    pub table: Table,
}

impl Document {
    /// All its tables, those of its plots too.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let blocks = self.sections.iter().flat_map(|it| &it.blocks);
        blocks.filter_map(|block| match block {
            Block::Table(table) | Block::Detail(table) => Some(table),
            Block::Plot(plot) => Some(&plot.table),
            Block::Text(_) | Block::Notice(_) | Block::Links(_) | Block::Commands(_) => None,
            Block::Choice(_) => None,
        })
    }
}

impl Section {
    /// A section without content.
    pub fn new(id: &'static str, title: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            blocks: Vec::new(),
        }
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }
}
