use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
///
/// Functions that take a path wrap what happened in [`Error::File`]; those that take bytes give it bare.
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
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The content is of none of the formats this crate reads.
    #[error("expected {expected}; got a file that starts with {got}")]
    UnknownFormat {
        /// The formats looked for.
        expected: &'static str,
        /// The first bytes, in hexadecimal.
        got: String,
    },
    /// A required attribute is absent.
    #[error("expected {0}; got none")]
    Missing(&'static str),
    /// An attribute or a field has a value it must not have.
    #[error("{what}: expected {expected}; got {got}")]
    Invalid {
        /// The attribute, with its tag, or the field of the file format.
        what: String,
        /// What would be right.
        expected: String,
        /// What was there.
        got: String,
    },
    /// The file ends too early.
    #[error("{what}: expected {expected} bytes; got {got} (truncated file?)")]
    Truncated {
        /// What ended too early.
        what: String,
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
    #[error("{what}: expected {expected}; got {got} (unsupported)")]
    Unsupported {
        /// The attribute or feature.
        what: &'static str,
        /// What is supported.
        expected: &'static str,
        /// What was there.
        got: String,
    },
    /// A limit of the read options would be exceeded.
    #[error("{what}: at most {allowed} allowed by the read options; got {got}")]
    LimitExceeded {
        /// What is limited.
        what: &'static str,
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
    /// An array does not fit its stated size: (array, expected length, actual length).
    #[error("{0}: expected {1} values; got {2}")]
    LengthMismatch(&'static str, usize, usize),
    /// A value is outside its domain: (array, index, value).
    #[error("{0}[{1}] = {2} is outside its domain")]
    OutOfDomain(&'static str, usize, f64),
    /// Encoding a file failed in a library below.
    #[error("writing {what}: {reason}")]
    Encode {
        /// The format.
        what: &'static str,
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
        what: impl Into<String>,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::Invalid { what: what.into(), expected: expected.into(), got: got.to_string() }
    }

    pub(crate) fn codec(codec: &'static str, reason: impl Into<String>) -> Self {
        Self::Codec { codec, reason: reason.into() }
    }
}
