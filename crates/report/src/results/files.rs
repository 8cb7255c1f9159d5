//! The files of a run folder and what they hold.

use serde::{Deserialize, Serialize};

/// A file of a run folder; the folder's README is made of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunFile {
    /// Path relative to the run folder.
    pub path: String,
    /// What it holds, in a sentence without a full stop.
    pub about: String,
    /// The columns of a table, in order; empty for other files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<FileColumn>,
}

impl RunFile {
    /// A file without columns.
    #[must_use]
    pub fn new(path: impl Into<String>, about: impl Into<String>) -> Self {
        Self { path: path.into(), about: about.into(), columns: Vec::new() }
    }

    /// The same with columns.
    #[must_use]
    pub fn with_columns(self, columns: Vec<FileColumn>) -> Self {
        Self { columns, ..self }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileColumn {
    /// As it stands in the first line: lower case, words joined by `_`.
    pub name: String,
    /// What it holds, with its unit, in a sentence without a full stop.
    pub meaning: String,
}

impl FileColumn {
    /// A column and its meaning.
    #[must_use]
    pub fn new(name: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { name: name.into(), meaning: meaning.into() }
    }
}
