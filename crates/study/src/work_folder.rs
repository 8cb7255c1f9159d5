//! What a study keeps while it runs, in `work/` of its run folder, so that the same call goes on
//! where it was stopped; it goes when the study ends.
//!
//! Several calls may work in one folder at a time, each on its share of the fits. The system's file
//! locks keep them apart: one for the folder, which every call shares, and one for each piece of
//! work, which one call holds at a time. A call that dies lets go of its locks.

use crate::code_name::code_name;
use crate::input::subjects::StudyData;
use crate::input::tables;
use crate::{Error, StudyConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use vertebra_run::{remove_unfinished, write_whole};

const FOLDER: &str = "work";
const RUN: &str = "run.txt";
const LOCKS: &str = "locks";

/// A folder of finished stages and of networks, or none.
#[derive(Debug)]
pub(crate) struct WorkFolder {
    path: Option<PathBuf>,
    goes_on: bool,
    /// Of the folder, shared with the other calls that work in it.
    lock: Option<File>,
}

impl WorkFolder {
    /// Keeps nothing.
    pub(crate) const NONE: &Self = &Self { path: None, goes_on: false, lock: None };

    /// Makes the run folder that of the run with this fingerprint, or finds that it is already;
    /// what a stopped run left half written goes, unless another call is at work here.
    ///
    /// # Errors
    /// [`Error::OtherRun`] for the folder of a run with another fingerprint; [`Error::Io`].
    pub(crate) fn open(run_folder: &Path, fingerprint: &str) -> Result<Self, Error> {
        let path = run_folder.join(FOLDER);
        let locks = path.join(LOCKS);
        std::fs::create_dir_all(&locks).map_err(Error::io(&locks))?;
        let (lock, file) = lock_file(&locks, FOLDER)?;
        let alone = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => supported(Err(error)).map_err(Error::io(&lock))?,
        };
        if !alone {
            supported(file.lock_shared()).map_err(Error::io(&lock))?;
        }
        let goes_on = claim(&path.join(RUN), fingerprint)?;
        if alone {
            if goes_on {
                remove_unfinished(run_folder)?;
            }
            supported(file.unlock()).map_err(Error::io(&lock))?;
            supported(file.lock_shared()).map_err(Error::io(&lock))?;
        }
        Ok(Self { path: Some(path), goes_on, lock: Some(file) })
    }

    /// Whether an earlier call began this run.
    pub(crate) fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// Checks that the inputs are those of the call that began this run.
    ///
    /// # Errors
    /// [`Error::OtherRun`].
    pub(crate) fn same(&self, name: &str, fingerprint: &str) -> Result<(), Error> {
        let Some(folder) = &self.path else { return Ok(()) };
        claim(&folder.join(name), fingerprint).map(|_| ())
    }

    /// Where reduced films are kept.
    pub(crate) fn films(&self) -> Option<PathBuf> {
        Some(self.path.as_ref()?.join("films"))
    }

    /// Where the pictures that the risk networks see are kept.
    pub(crate) fn pictures(&self) -> Option<PathBuf> {
        Some(self.path.as_ref()?.join("pictures"))
    }

    /// Where the checkpoints of a network go, by its purpose.
    pub(crate) fn network(&self, purpose: &str) -> Option<PathBuf> {
        Some(self.path.as_ref()?.join("networks").join(code_name(purpose)))
    }

    /// Does a piece of work that no other call does at the same time: it waits for one that does.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Io`].
    pub(crate) fn alone<T>(
        &self,
        name: &str,
        work: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(folder) = &self.path else { return work() };
        let (lock, file) = lock_file(&folder.join(LOCKS), &code_name(name))?;
        supported(file.lock()).map_err(Error::io(&lock))?;
        // The lock goes with the file.
        work()
    }

    /// What a stage gave when it was finished before, or what it gives now.
    ///
    /// # Errors
    /// Those of `make`; [`Error::Io`] where its result cannot be kept.
    pub(crate) fn stage<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(folder) = &self.path else { return make() };
        let path = folder.join(name).with_extension("json");
        // What cannot be read is made anew.
        let kept = || std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(kept) = kept() {
            return Ok(kept);
        }
        self.alone(name, || {
            // Another call may have made it by now.
            if let Some(kept) = kept() {
                return Ok(kept);
            }
            let made = make()?;
            let text = serde_json::to_vec(&made).map_err(|e| Error::io(&path)(e.into()))?;
            write_whole(&path, text)?;
            Ok(made)
        })
    }

    /// Removes the folder when no other call works in it any more: the run is finished.
    pub(crate) fn remove(self) -> Result<(), Error> {
        let (Some(folder), Some(lock)) = (self.path, self.lock) else { return Ok(()) };
        supported(lock.unlock()).map_err(Error::io(&folder))?;
        supported(lock.lock()).map_err(Error::io(&folder))?;
        drop(lock);
        match std::fs::remove_dir_all(&folder) {
            // Two calls finished the same run.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(Error::io(&folder)),
        }
    }
}

fn lock_file(folder: &Path, name: &str) -> Result<(PathBuf, File), Error> {
    let path = folder.join(name).with_extension("lock");
    let file = File::create(&path).map_err(Error::io(&path))?;
    Ok((path, file))
}

/// Whether a lock was taken; where the file system knows none, a call works as if it were alone.
fn supported(locked: std::io::Result<()>) -> std::io::Result<bool> {
    match locked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(true),
        Err(error) => Err(error),
    }
}

/// All that the results of a study depend on, besides the films and the program's version.
pub(crate) fn fingerprint(
    cohort: &Path,
    config: &StudyConfig,
    data: &StudyData,
) -> Result<String, Error> {
    let mut text = format!("{}\n{:?}\n", config.to_toml()?, data.sets.split);
    for (file, digest) in tables::digests(cohort, config)? {
        text += &format!("{file} {digest}\n");
    }
    Ok(text)
}

/// Makes a run with this fingerprint the owner of a file, or finds that it is already, in which
/// case the answer is true.
///
/// # Errors
/// [`Error::OtherRun`] where another run is the owner.
pub(crate) fn claim(path: &Path, fingerprint: &str) -> Result<bool, Error> {
    match std::fs::read_to_string(path) {
        Ok(found) if found == fingerprint => Ok(true),
        Ok(_) => Err(Error::OtherRun { path: path.to_owned() }),
        Err(_) => write_whole(path, fingerprint).map(|()| false).map_err(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_folder_belongs_to_one_run_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let first = WorkFolder::open(folder.path(), "a").unwrap();
        assert!(!first.goes_on());
        let half = folder.path().join(".vertebra-1-0.partial");
        std::fs::write(&half, "half").unwrap();
        assert!(WorkFolder::open(folder.path(), "a").unwrap().goes_on());
        assert!(half.exists(), "another call may be writing it");
        drop(first);
        let first = WorkFolder::open(folder.path(), "a").unwrap();
        assert!(!half.exists());
        let error = WorkFolder::open(folder.path(), "b").unwrap_err();
        assert!(matches!(error, Error::OtherRun { .. }), "{error}");
        first.same("films.txt", "x").unwrap();
        assert!(first.same("films.txt", "y").is_err());
        first.remove().unwrap();
        assert!(!WorkFolder::open(folder.path(), "b").unwrap().goes_on());
    }

    #[test]
    fn two_calls_do_a_piece_of_work_one_after_the_other_and_the_last_removes_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let at_work = AtomicUsize::new(0);
        let call = || {
            let work = WorkFolder::open(folder.path(), "a").unwrap();
            for _ in 0..20 {
                work.alone("fold 1", || {
                    assert_eq!(at_work.fetch_add(1, Ordering::SeqCst), 0);
                    std::thread::sleep(std::time::Duration::from_micros(100));
                    at_work.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                })
                .unwrap();
                work.alone("fold 2", || Ok(())).unwrap();
            }
            work
        };
        std::thread::scope(|scope| drop([scope.spawn(call), scope.spawn(call)]));
        let last = WorkFolder::open(folder.path(), "a").unwrap();
        let other = WorkFolder::open(folder.path(), "a").unwrap();
        std::thread::scope(|scope| {
            let removing = scope.spawn(|| last.remove().unwrap());
            assert!(folder.path().join("work/run.txt").exists());
            drop(other);
            removing.join().unwrap();
        });
        assert!(!folder.path().join("work").exists());
    }

    #[test]
    fn a_stage_is_made_once_and_again_where_it_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkFolder::open(folder.path(), "a").unwrap();
        let mut made = 0;
        for _ in 0..2 {
            let kept: Vec<f64> = work
                .stage("numbers", || {
                    made += 1;
                    Ok(vec![0.1 + 0.2, 1.0 / 3.0])
                })
                .unwrap();
            assert_eq!(kept, [0.1 + 0.2, 1.0 / 3.0], "to the last bit");
        }
        assert_eq!(made, 1);
        std::fs::write(folder.path().join("work/numbers.json"), "[0.3").unwrap();
        work.stage("numbers", || {
            made += 1;
            Ok(vec![0.5])
        })
        .unwrap();
        assert_eq!(made, 2);
        let failed: Result<f64, Error> =
            work.stage("other", || Err(Error::OtherRun { path: "x".into() }));
        assert!(failed.is_err() && !folder.path().join("work/other.json").exists());
        assert_eq!(WorkFolder::NONE.stage("numbers", || Ok(7)).unwrap(), 7);
        assert_eq!(WorkFolder::NONE.network("fold 1"), None);
    }
}
