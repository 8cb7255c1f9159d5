//! An error as the sentence that a program ends with.

use std::error::Error;

/// An error with its causes, each said once: `error: its cause: the cause of that`. An error that
/// names its cause itself, as those of the Vertebra crates do, is not followed by it again.
///
/// # Examples
/// ```
/// use vertebra_run::{Digest, one_sentence};
/// let missing = Digest::of_file(std::path::Path::new("no such folder/film.dcm")).unwrap_err();
/// assert_eq!(one_sentence(&missing), missing.to_string());
/// ```
#[must_use]
pub fn one_sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a.csv")]
    struct InFile(#[source] Row);

    #[derive(Debug, thiserror::Error)]
    #[error("row 3: {0}")]
    struct Row(#[source] std::io::Error);

    #[test]
    fn a_cause_that_its_error_names_is_said_once() {
        let error = InFile(Row(std::io::Error::other("too short")));
        assert_eq!(one_sentence(&error), "a.csv: row 3: too short");
    }
}
