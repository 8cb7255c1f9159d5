//! How the programs say what they found, and how they end.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// What a shell reports of a program that wrote into a closed pipe (128 and the number of SIGPIPE).
const CLOSED_PIPE: i32 = 141;

/// Prints a line on standard output, as `println!` does. Where nobody reads on (`program | head`),
/// the program ends without a word, as other tools do; where the output cannot be written, as on a
/// full disk, with one sentence and exit code 1.
#[macro_export]
macro_rules! say {
    () => {
        $crate::output::print(format_args!("\n"))
    };
    ($($text:tt)*) => {
        $crate::output::print(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// Prints a line on standard error, as `eprintln!` does, and goes on where it cannot be written:
/// remarks beside the answer must not end a program.
#[macro_export]
macro_rules! remark {
    ($($text:tt)*) => {
        $crate::output::remark(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// Prints text on standard error as [`remark!`] does, without a line end of its own.
pub fn remark(text: Arguments) {
    let _ = std::io::stderr().lock().write_fmt(text);
}

/// Prints text on standard output as [`say!`] does, without a line end of its own.
pub fn print(text: Arguments) {
    if let Err(error) = std::io::stdout().lock().write_fmt(text) {
        end(&error);
    }
}

fn end(error: &std::io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(CLOSED_PIPE);
    }
    complain(&format!("standard output: {error}"));
    std::process::exit(1)
}

/// Says why the program ends.
fn complain(why: &str) {
    remark!("error: {why}");
}

/// Exit code 0, or one sentence on standard error and exit code 1. Ends quietly where the error is
/// that nobody reads standard output any more.
pub fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    if let Err(error) = std::io::stdout().flush() {
        end(&error);
    }
    let Err(error) = result else { return ExitCode::SUCCESS };
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
        return ExitCode::from(CLOSED_PIPE as u8);
    }
    complain(&vertebra_run::one_sentence(error.as_ref()));
    ExitCode::FAILURE
}
