//! The folder of a run, found again by the command that began it.

use crate::name::run_name;
use anyhow::{Context, bail};
use std::fmt;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use vertebra_run::write_whole;

/// Where runs go without a folder of their own.
const RUNS: &str = "runs";
/// What a study keeps until it ends; a folder without it is not unfinished.
const WORK: &str = "work";
/// The command, in there.
const COMMAND: &str = "command.txt";

/// A run folder with the command that it belongs to.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    goes_on: bool,
}

impl RunFolder {
    /// The folder `out`; without one the last unfinished run of this command in `runs/`, or a new
    /// folder there named after the preset and the time.
    ///
    /// # Errors
    /// The folder holds a finished run, that of another command, or other files.
    pub fn of(out: Option<&Path>, preset: &str, command: &[String]) -> anyhow::Result<Self> {
        let words = without_out(command);
        let unfinished = || last_of(Path::new(RUNS), &words);
        let path = out.map(Path::to_owned).or_else(unfinished);
        let path = path.unwrap_or_else(|| Path::new(RUNS).join(run_name(preset)));
        let goes_on = is_of(&path, &words);
        // Another call of the same command may have claimed it in the meantime.
        if !goes_on && !is_free(&path) && !is_of(&path, &words) {
            let what = match (path.join(WORK).exists(), path.join("results.json").exists()) {
                (true, _) => "holds an unfinished run of another command",
                (false, true) => "holds a finished run",
                (false, false) => "is not empty",
            };
            bail!("{} {what}; give another folder with --out", path.display());
        }
        let work = path.join(WORK);
        std::fs::create_dir_all(&work)
            .with_context(|| format!("cannot make {}", work.display()))?;
        if !goes_on {
            write_whole(&work.join(COMMAND), words)?;
        }
        Ok(Self { path, goes_on })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this was kept.
    #[must_use]
    pub fn has(&self, what: &str) -> bool {
        self.path.join(WORK).join(what).with_extension("done").exists()
    }

    /// Waits until no other call of the command is at this; none will be before what is given is
    /// dropped.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn alone_at(&self, what: &str) -> anyhow::Result<File> {
        let path = self.path.join(WORK).join(what).with_extension("lock");
        let locked = File::create(&path).and_then(|file| match file.lock() {
            // A file system without locks is not shared by machines that work together.
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(error),
            _ => Ok(file),
        });
        locked.with_context(|| format!("cannot lock {}", path.display()))
    }

    /// Remembers that this is finished.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn keep(&self, what: &str) -> anyhow::Result<()> {
        Ok(write_whole(&self.path.join(WORK).join(what).with_extension("done"), "")?)
    }
}

impl fmt::Display for RunFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.goes_on {
            true => write!(f, "going on with {path}, where this command was stopped"),
            false => write!(f, "run folder: {path}; if stopped, the same command goes on"),
        }
    }
}

/// The words of a command that say what is run, not where, and not which share of it.
fn without_out(command: &[String]) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut command = command.iter();
    while let Some(word) = command.next() {
        match word.as_str() {
            "--out" | "--fit" => drop(command.next()),
            word if word.starts_with("--out=") || word.starts_with("--fit=") => {}
            word => words.push(word),
        }
    }
    words.join("\n")
}

fn is_of(folder: &Path, words: &str) -> bool {
    let kept = std::fs::read_to_string(folder.join(WORK).join(COMMAND));
    kept.is_ok_and(|kept| kept == words)
}

/// Whether there is nothing in a folder, or no more than the claim of a command that did not get
/// through its input.
fn is_free(folder: &Path) -> bool {
    let names = |folder: &Path| -> Vec<_> {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).collect()
    };
    match names(folder).as_slice() {
        [] => true,
        // What another call is writing has a hidden name first.
        [name] if name == WORK => names(&folder.join(WORK))
            .iter()
            .all(|name| name == COMMAND || name.to_string_lossy().starts_with('.')),
        _ => false,
    }
}

/// The last unfinished run of a command; names of runs sort by when they began.
fn last_of(runs: &Path, words: &str) -> Option<PathBuf> {
    let entries = runs.read_dir().ok()?.flatten().map(|entry| entry.path());
    entries.filter(|path| is_of(path, words)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &str) -> Vec<String> {
        words.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_folder_goes_on_by_its_command_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let first = RunFolder::of(Some(&out), "quick", &command("study --seed 1")).unwrap();
        assert!(first.to_string().starts_with("run folder"), "{first}");
        assert!(!first.has("cohort"));
        // A command that ended before it did anything leaves the folder to others.
        assert!(RunFolder::of(Some(&out), "quick", &command("study --seed 3")).is_ok());
        let first = RunFolder::of(Some(&out), "quick", &command("study --seed 1")).unwrap();
        first.keep("cohort").unwrap();
        let again = command("study --seed 1 --out elsewhere --fit 2/3");
        let again = RunFolder::of(Some(&out), "quick", &again).unwrap();
        assert!(again.to_string().starts_with("going on") && again.has("cohort"), "{again}");
        let other = RunFolder::of(Some(&out), "quick", &command("study --seed 2")).unwrap_err();
        assert!(other.to_string().contains("unfinished run of another command"), "{other}");
        let words = without_out(&command("study --out=x --seed 1"));
        assert_eq!(last_of(folder.path(), &words), Some(out.clone()));
        std::fs::remove_dir_all(out.join("work")).unwrap();
        assert_eq!(last_of(folder.path(), &words), None);
        std::fs::write(out.join("results.json"), "{}").unwrap();
        let done = RunFolder::of(Some(&out), "quick", &command("study --seed 1")).unwrap_err();
        assert!(done.to_string().contains("holds a finished run"), "{done}");
    }

    #[test]
    fn calls_that_begin_at_once_share_a_folder_and_one_of_them_does_what_is_done_once() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let made = std::sync::atomic::AtomicUsize::new(0);
        let call = || {
            let run = RunFolder::of(Some(&out), "quick", &command("study --seed 1")).unwrap();
            let _alone = run.alone_at("cohort").unwrap();
            if !run.has("cohort") {
                made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(20));
                run.keep("cohort").unwrap();
            }
        };
        std::thread::scope(|scope| {
            (0..8).for_each(|_| drop(scope.spawn(call)));
        });
        assert_eq!(made.into_inner(), 1);
    }
}
