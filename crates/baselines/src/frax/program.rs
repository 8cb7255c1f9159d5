//! A licensed batch program, run on files in a folder of its own.
//!
//! As public code documents it, the program reads `input.txt` in its working folder, one record of
//! 13 fields a line, and writes the same records with four answers to `output.txt`.

use super::{
    input::FraxInput,
    records::{FraxAnswers, read_frax_records, write_frax_records},
};
use crate::Error;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

/// The licensed FRAX batch program of a user, by its path.
///
/// It runs in a new folder that goes afterwards, with nothing on standard input. A program that
/// needs files beside it gets [copies](Self::with_companions).
#[derive(Debug, Clone, PartialEq)]
pub struct FraxProgram {
    path: PathBuf,
    arguments: Vec<OsString>,
    companions: Vec<PathBuf>,
    timeout: Duration,
}

const INPUT: &str = "input.txt";
const OUTPUT: &str = "output.txt";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

impl FraxProgram {
    /// The program at `path`; it may take five minutes.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let (arguments, companions) = (Vec::new(), Vec::new());
        Self { path: path.into(), arguments, companions, timeout: DEFAULT_TIMEOUT }
    }

    /// Arguments to call it with; none by default.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Vec<OsString>) -> Self {
        self.arguments = arguments;
        self
    }

    /// Files that are copied into the folder it runs in.
    #[must_use]
    pub fn with_companions(mut self, files: Vec<PathBuf>) -> Self {
        self.companions = files;
        self
    }

    /// How long it may take before it is ended.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Its answers, in the order of the subjects.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for an implausible subject; [`Error::Program`] where the program
    /// cannot be started, takes too long, fails, or answers for other subjects;
    /// [`Error::MalformedRecord`] for a line of its answer that cannot be read.
    pub fn run(&self, subjects: &[FraxInput]) -> Result<Vec<FraxAnswers>, Error> {
        let input = write_frax_records(subjects)?;
        let path = std::path::absolute(&self.path).map_err(|e| self.failed("a path", e))?;
        let folder = Folder::new().map_err(|e| self.failed("a folder to run in", e))?;
        let file = |name: &str| folder.path.join(name);
        std::fs::write(file(INPUT), input).map_err(|e| self.failed("a folder to write to", e))?;
        for companion in &self.companions {
            let name = companion.file_name().unwrap_or_default();
            std::fs::copy(companion, folder.path.join(name))
                .map_err(|e| self.failed(&format!("to copy {}", companion.display()), e))?;
        }
        let mut command = Command::new(path);
        command.args(&self.arguments).current_dir(&folder.path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|e| self.failed("a program that starts", e))?;
        self.wait(child)?;
        let output = std::fs::read_to_string(file(OUTPUT))
            .map_err(|e| self.failed(&format!("that it writes {OUTPUT}"), e))?;
        self.answers(subjects, &output)
    }

    fn wait(&self, mut child: Child) -> Result<(), Error> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(2);
        loop {
            match child.try_wait().map_err(|e| self.failed("a program that runs", e))? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(self.failed("success", status)),
                None if start.elapsed() < self.timeout => sleep(pause),
                None => {
                    // It may have ended by itself just now.
                    let _ = child.kill();
                    let _ = child.wait();
                    let expected = format!("an end within {:?}", self.timeout);
                    return Err(self.failed(&expected, "none, and ended it"));
                }
            }
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    fn answers(&self, subjects: &[FraxInput], output: &str) -> Result<Vec<FraxAnswers>, Error> {
        let records = read_frax_records(output)?;
        if records.len() != subjects.len() {
            let expected = format!("{} records in {OUTPUT}", subjects.len());
            return Err(self.failed(&expected, records.len()));
        }
        let other = records.iter().zip(subjects).position(|((got, _), subject)| {
            (got.age, got.female, got.country) != (subject.age, subject.female, subject.country)
        });
        match other {
            Some(record) => {
                let expected = format!("the subjects of {INPUT} in their order");
                Err(self.failed(&expected, format!("another in record {}", record + 1)))
            }
            None => Ok(records.into_iter().map(|(_, answers)| answers).collect()),
        }
    }

    fn failed(&self, expected: &str, got: impl ToString) -> Error {
        let (path, expected) = (self.path.display().to_string(), expected.to_owned());
        Error::Program { path, expected, got: got.to_string() }
    }
}

/// A new folder that goes with the value.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> std::io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let base: &Path = &std::env::temp_dir();
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = base.join(format!("vertebra-frax-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
