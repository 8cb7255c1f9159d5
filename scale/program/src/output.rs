//! How the program says what it found, and how it ends.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use vertebra_run::one_sentence;

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
        remark(&format!("error: {}", one_sentence(&*error)));
    }
    ExitCode::FAILURE
}
