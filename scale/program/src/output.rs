//! How the program says what it found, and how it ends.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// A text on standard output; nobody reading on is an error like any other.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(text.as_bytes())
}

/// A line on standard error; a remark that cannot be written ends nothing.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Exit code 0, or one sentence on standard error and exit code 1; quiet where nobody reads
/// standard output any more.
pub(crate) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    let closed = error.downcast_ref::<std::io::Error>();
    if closed.is_none_or(|error| error.kind() != ErrorKind::BrokenPipe) {
        remark(&format!("error: {}", sentence(&error)));
    }
    ExitCode::FAILURE
}

/// An error with its causes, each said once: errors of the libraries name their cause themselves.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
