//! Everything that can go wrong, each in one sentence.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use std::path::PathBuf;

/// Everything that can go wrong in this crate. No message holds a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The option.
        name: &'static str,
        /// What it may be.
        expected: String,
        /// What it was.
        got: String,
    },
    /// There is nothing at a place.
    #[error("{name}: expected {expected}, found nothing")]
    NotFound {
        /// The place.
        name: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A store does not let us in.
    #[error("{name}: the store refuses access; are the credentials in the environment right?")]
    Refused {
        /// The place.
        name: String,
    },
    /// A store cannot be reached, or failed.
    #[error("{name}: {reason}")]
    Store {
        /// The place.
        name: String,
        /// What the store said, without what a server sent.
        reason: String,
    },
    /// A file changed each time that it was read.
    #[error("{name}: expected a file that stays as it is while it is read, got changes")]
    Changing {
        /// The file.
        name: String,
    },
    /// A file of a plan or of results is not what this program writes.
    #[error("{name}: expected {expected}, got {got}")]
    Malformed {
        /// The file.
        name: String,
        /// What should be in it.
        expected: String,
        /// What is.
        got: String,
    },
    /// The model at a place is not the one that a plan was made for.
    #[error("model {name}: expected the digest {expected}, got {got}")]
    OtherModel {
        /// Where it was read.
        name: String,
        /// The digest that the plan names.
        expected: String,
        /// The digest of what is there.
        got: String,
    },
    /// A model sees no films.
    #[error("model {name}: expected one that sees films, got one of covariates alone")]
    SeesNoFilms {
        /// The model.
        name: String,
    },
    /// Too many films hang, so that something other than a film is wrong.
    #[error("{films} films did not end within their time: expected at most {allowed}")]
    Hanging {
        /// How many.
        films: usize,
        /// How many may.
        allowed: usize,
    },
    /// Parts that should have been written are absent.
    #[error("{parts} of {planned} parts were not written; run the same command again")]
    Unfinished {
        /// How many are absent.
        parts: usize,
        /// How many there should be.
        planned: usize,
    },
    /// A file of this machine.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The model cannot be read or used.
    #[error(transparent)]
    Model(#[from] vertebra_study::Error),
    /// The detector cannot be written.
    #[error(transparent)]
    Detector(#[from] vertebra_hrnet::Error),
    /// The table of covariates.
    #[error(transparent)]
    Covariates(#[from] vertebra_cohort::Error),
    /// The name of a DICOM attribute.
    #[error(transparent)]
    Attribute(#[from] vertebra_radiograph::Error),
    /// The engine: a query that is wrong, or a cluster that failed.
    #[error("{reason}")]
    Engine {
        /// What it said, in one line.
        reason: String,
    },
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn setting(
        name: &'static str,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::InvalidSetting { name, expected: expected.into(), got: got.to_string() }
    }

    pub(crate) fn malformed(name: &str, expected: &str, got: impl ToString) -> Self {
        Self::Malformed { name: name.into(), expected: expected.into(), got: got.to_string() }
    }

    /// What a store said of a place.
    pub(crate) fn store(name: &str, error: &object_store::Error) -> Self {
        use object_store::Error as Said;
        let name = name.to_owned();
        match error {
            Said::NotFound { .. } => Self::NotFound { name, expected: "a file or folder" },
            Said::PermissionDenied { .. } | Said::Unauthenticated { .. } => Self::Refused { name },
            _ => {
                let reason = innermost(error);
                match ["403", "401", "InvalidAccessKey", "SignatureDoesNotMatch", "credential"]
                    .iter()
                    .any(|sign| reason.contains(sign))
                {
                    true => Self::Refused { name },
                    false => Self::Store { name, reason },
                }
            }
        }
    }

    /// What the engine said; an error of ours is found again below what it put around.
    pub(crate) fn engine(error: DataFusionError) -> Self {
        below(error).unwrap_or_else(|reason| Self::Engine { reason })
    }
}

/// Our error below the layers of the engine, or what the innermost layer says.
fn below(error: DataFusionError) -> Result<Error, String> {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => below(*inner),
        DataFusionError::External(inner) => match inner.downcast::<Error>() {
            Ok(ours) => Ok(*ours),
            Err(other) => Err(one_line(&innermost(other.as_ref()))),
        },
        DataFusionError::ArrowError(inner, _) => match *inner {
            ArrowError::ExternalError(inner) => below(DataFusionError::External(inner)),
            other => Err(one_line(&other.to_string())),
        },
        DataFusionError::ObjectStore(inner) => Ok(Error::store("a table", &inner)),
        DataFusionError::Shared(inner) => Err(one_line(&inner.find_root().strip_backtrace())),
        other => Err(one_line(&other.strip_backtrace())),
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

/// The innermost error: what went wrong, without what it was wrapped in.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    one_line(&last.to_string())
}

/// The first line, without the body that a server may have sent: it may quote a key.
fn one_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    let line = line.split("<?xml").next().unwrap_or(line);
    line.split("<Error>").next().unwrap_or(line).trim().trim_end_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_sends_is_not_repeated() {
        let sent =
            "Server returned error 400: <?xml version=\"1.0\"?><Error><Key>AKIA</Key></Error>";
        let error = object_store::Error::Generic { store: "S3", source: sent.into() };
        let said = Error::store("s3://films", &error).to_string();
        assert_eq!(said, "s3://films: Server returned error 400");
    }

    #[test]
    fn our_error_is_found_below_the_engine() {
        let ours = Error::Refused { name: "s3://films".into() };
        let wrapped = DataFusionError::from(ours).context("while scanning");
        assert!(matches!(Error::engine(wrapped), Error::Refused { .. }));
    }
}
