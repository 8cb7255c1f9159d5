//! Files that are whole or absent.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

static TURN: AtomicU64 = AtomicU64::new(0);

/// Writes a file through `write`, so that whoever reads `path` finds what was there before or all of
/// it, also after a crash: into a neighbour with a name of its own, synchronised to disk and then
/// renamed. Several threads and processes may write the same file; the last one stays.
///
/// # Errors
/// What `write` returns, or the system on making, synchronising or renaming the file; nothing but
/// what was there before is left then.
///
/// # Examples
/// ```
/// use std::io::Write;
/// use vertebra_training::write_whole;
/// let path = std::env::temp_dir().join("vertebra-whole-file-example.txt");
/// write_whole(&path, |file| file.write_all(b"all of it"))?;
/// assert_eq!(std::fs::read(&path)?, b"all of it");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{turn}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    let written = File::create(&partial).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        std::fs::rename(&partial, path)
    });
    if written.is_err() {
        // The first error counts; this file may not even exist.
        let _ = std::fs::remove_file(&partial);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_failure_leaves_what_was_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, |file| file.write_all(b"first")).unwrap();
        let failed = write_whole(&path, |file| {
            file.write_all(b"half of the sec")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["a.txt"]);
        assert!(write_whole(&folder.path().join("none/a.txt"), |_| Ok(())).is_err());
    }

    #[test]
    fn threads_that_write_the_same_file_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let texts: Vec<String> = (0..8).map(|i| i.to_string().repeat(10_000)).collect();
        std::thread::scope(|scope| {
            for text in &texts {
                let path = &path;
                scope.spawn(move || write_whole(path, |file| file.write_all(text.as_bytes())));
            }
        });
        assert!(texts.contains(&std::fs::read_to_string(&path).unwrap()));
        assert_eq!(names(folder.path()), ["a.txt"]);
    }
}
