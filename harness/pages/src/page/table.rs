//! A table, to be shown in HTML or Markdown.

/// A table with a caption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell a column.
    pub rows: Vec<Row>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, with the unit if it has one.
    pub heading: String,
    /// Whether it holds numbers, which are aligned at the right.
    pub numeric: bool,
}

/// A row. Its first cell names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The cells.
    pub cells: Vec<Cell>,
    /// What it can be filtered by: pairs of filter and value.
    pub facets: Vec<(&'static str, String)>,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads: a relative path, or an address that begins with `https://` or `http://`.
    pub link: Option<String>,
    /// How it is to be understood.
    pub tone: Tone,
    /// An SVG shown below the text.
    pub picture: Option<String>,
}

/// How a cell is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Better than before.
    Better,
    /// Worse than before, or wrong.
    Worse,
    /// Of less weight.
    Aside,
}

impl Tone {
    /// The class of the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Aside => "aside",
        }
    }
}

impl Column {
    /// A column of words.
    pub fn text(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            numeric: false,
        }
    }

    /// A column of numbers.
    pub fn number(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            numeric: true,
        }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            caption: caption.into(),
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row of plain cells.
    pub fn push<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(Row {
            cells: cells.into_iter().map(Into::into).collect(),
            facets: Vec::new(),
        });
    }

    /// Whether the cells at `index` hold numbers.
    pub fn is_numeric(&self, index: &usize) -> bool {
        self.columns
            .get(*index)
            .is_some_and(|column| column.numeric)
    }
}

impl Cell {
    /// A cell of a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            ..Self::default()
        }
    }

    /// The classes of the style sheet.
    pub fn class(&self) -> String {
        // Words so short that a line break inside would only make the table longer.
        const SHORT: usize = 24;
        let keep = if self.text.len() <= SHORT { " s" } else { "" };
        format!("{}{keep}", self.tone.class())
    }

    /// A cell that leads somewhere, if `link` says where.
    pub fn linked(text: impl Into<String>, link: Option<String>) -> Self {
        Self {
            text: text.into(),
            link,
            ..Self::default()
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
