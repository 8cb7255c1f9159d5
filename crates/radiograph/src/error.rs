//! What can go wrong with a radiograph and its file.

use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
///
/// Functions that take a path wrap what happened in [`Error::File`]; those that take bytes give it
/// bare.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What happened, and in which file.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened; part of the message, so not its source too.
        reason: Box<Error>,
    },
    /// The operating system refused; [`Error::File`] around it names the file.
    #[error(transparent)]
    Io {
        /// What it said.
        #[from]
        source: std::io::Error,
    },
    /// Pixels that do not make a film.
    #[error(transparent)]
    Raster {
        /// What is wrong with them.
        #[from]
        source: vertebra_raster::Error,
    },
    /// The content is of none of the formats this crate reads.
    #[error("expected {expected}; got a file that starts with {got}")]
    UnknownFormat {
        /// The formats looked for.
        expected: &'static str,
        /// The first bytes, in hexadecimal.
        got: String,
    },
    /// A DICOM file that is no picture, such as a structured report.
    #[error("expected a picture; got {what}")]
    NotAPicture {
        /// What it is.
        what: String,
    },
    /// A required attribute is absent.
    #[error("expected {name}; got none")]
    Missing {
        /// The attribute, with its tag.
        name: &'static str,
    },
    /// An attribute or a field has a value it must not have.
    #[error("{name}: expected {expected}; got {got}")]
    InvalidValue {
        /// The attribute, with its tag, or the field of the file format.
        name: String,
        /// What would be right.
        expected: String,
        /// What was there.
        got: String,
    },
    /// The file ends too early.
    #[error("{name}: expected {expected} bytes; got {got} (truncated file?)")]
    Truncated {
        /// What ended too early.
        name: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes present.
        got: u64,
    },
    /// No decoder for this transfer syntax.
    #[error(
        "Transfer Syntax UID (0002,0010): expected one this crate decodes; got \"{uid}\"{}",
        hint.map(|h| format!(" ({h})")).unwrap_or_default()
    )]
    UnsupportedTransferSyntax {
        /// The UID as stored.
        uid: String,
        /// Its name, where it has one.
        hint: Option<&'static str>,
    },
    /// Valid, but not something this crate turns into a radiograph.
    #[error("{name}: expected {expected}; got {got} (unsupported)")]
    Unsupported {
        /// The attribute or feature.
        name: &'static str,
        /// What is supported.
        expected: &'static str,
        /// What was there.
        got: String,
    },
    /// A limit of the read options would be exceeded.
    #[error("{name}: at most {allowed} allowed by the read options; got {got}")]
    LimitExceeded {
        /// What is limited.
        name: &'static str,
        /// The limit.
        allowed: u64,
        /// What the file asks for.
        got: u64,
    },
    /// Compressed pixel data are damaged.
    #[error("{codec} data: {reason}")]
    Codec {
        /// Which decoder.
        codec: &'static str,
        /// What it expected and what came.
        reason: String,
    },
    /// An array does not fit its stated size.
    #[error("{name}: expected {expected} values; got {got}")]
    LengthMismatch {
        /// The array.
        name: &'static str,
        /// Its length by the size.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// A sample of a picture is not a finite number.
    #[error("{name}[{index}]: expected {expected}; got {value}")]
    OutOfDomain {
        /// The array.
        name: &'static str,
        /// Which element, from 0.
        index: usize,
        /// The element.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// Encoding a file failed in a library below.
    #[error("writing {name}: {reason}")]
    Encode {
        /// The format.
        name: &'static str,
        /// Why.
        reason: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Says in which file it happened.
    pub(crate) fn at(self, path: &Path) -> Self {
        Self::File { path: path.to_path_buf(), reason: Box::new(self) }
    }

    pub(crate) fn invalid(
        name: impl Into<String>,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::InvalidValue { name: name.into(), expected: expected.into(), got: got.to_string() }
    }

    pub(crate) fn codec(codec: &'static str, reason: impl Into<String>) -> Self {
        Self::Codec { codec, reason: reason.into() }
    }
}
