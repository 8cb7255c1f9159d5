//! Files that are whole or absent.

use crate::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What files are called until they are whole.
const PREFIX: &str = ".vertebra-";
const SUFFIX: &str = ".partial";

/// Writes `bytes` as a file that is whole or absent: a reader of `path` finds what was there before
/// or all of the new content, also after a crash.
///
/// The content goes to a new file beside `path`, which is synced to disk and then renamed. Threads
/// and processes may write the same file at the same time: the last one stays. The file can be read
/// by everybody (mode 0644 on Unix, whatever the umask); content that others must not read belongs
/// into a folder that they cannot enter. A link is followed, and a device or a pipe, such as
/// `/dev/stdout`, is written directly.
///
/// # Errors
/// [`Error::Io`] with `path`; what was there before is untouched and no other file is left.
///
/// # Examples
/// ```
/// let path = std::env::temp_dir().join("vertebra-run-whole.txt");
/// vertebra_run::write_whole(&path, "all of it")?;
/// assert_eq!(std::fs::read(&path).ok().as_deref(), Some(&b"all of it"[..]));
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), vertebra_run::Error>(())
/// ```
pub fn write_whole(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
    write_whole_with(path, |file| file.write_all(bytes.as_ref()))
}

/// As [`write_whole`], for content that is written in parts.
///
/// # Errors
/// [`Error::Io`] with `path` and what `write` or the system returned.
///
/// # Examples
/// ```
/// use std::io::Write;
/// let path = std::env::temp_dir().join("vertebra-run-parts.txt");
/// vertebra_run::write_whole_with(&path, |file| (1..=3).try_for_each(|i| writeln!(file, "{i}")))?;
/// assert_eq!(std::fs::read(&path).ok().as_deref(), Some(&b"1\n2\n3\n"[..]));
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), vertebra_run::Error>(())
/// ```
pub fn write_whole_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Error> {
    let written = match std::fs::metadata(path) {
        Ok(existing) if !existing.is_file() && !existing.is_dir() => write_in_place(path, write),
        // A link keeps pointing where it does: the file behind it is replaced.
        Ok(existing) if existing.is_file() => {
            path.canonicalize().and_then(|target| replace(&target, write))
        }
        _ => replace(path, write),
    };
    written.map_err(Error::io(path))
}

/// Removes what writers that were killed left half written in a folder and the folders within it;
/// not for a folder in which another process writes.
///
/// # Errors
/// [`Error::Io`] with the folder or the file.
pub fn remove_unfinished(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if entry.file_type().map_err(Error::io(&path))?.is_dir() {
            remove_unfinished(&path)?;
        } else if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

fn write_in_place(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = BufWriter::new(OpenOptions::new().write(true).open(path)?);
    write(&mut file)?;
    file.flush()
}

fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut whole = WholeFile::beside(path)?;
    write(&mut whole.file)?;
    whole.rename()
}

/// A file that is written in parts by a caller who has more to do between them, and appears under
/// its name when it is [finished](Self::finish): whole or not at all.
///
/// What was written goes where the value is dropped before that.
///
/// # Examples
/// ```
/// use std::io::Write;
/// use vertebra_run::WholeFile;
/// let path = std::env::temp_dir().join("vertebra-run-whole-file.txt");
/// let mut file = WholeFile::create(&path)?;
/// file.write_all(b"first, ")?;
/// assert!(!path.exists());
/// file.write_all(b"second")?;
/// file.finish()?;
/// assert_eq!(std::fs::read(&path)?, b"first, second");
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
    renamed: bool,
}

impl WholeFile {
    /// Begins a file; what is at `path` stays until the new one is finished.
    ///
    /// # Errors
    /// [`Error::Io`] with `path`.
    pub fn create(path: &Path) -> Result<Self, Error> {
        Self::beside(path).map_err(Error::io(path))
    }

    /// Brings the file to disk and under its name.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; what was there before is untouched.
    pub fn finish(self) -> Result<(), Error> {
        let path = self.path.clone();
        self.rename().map_err(Error::io(&path))
    }

    fn beside(path: &Path) -> io::Result<Self> {
        let (partial, file) = new_neighbour(path)?;
        Ok(Self { path: path.to_owned(), partial, file: BufWriter::new(file), renamed: false })
    }

    fn rename(mut self) -> io::Result<()> {
        self.file.flush()?;
        readable_by_all(self.file.get_ref())?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.partial, &self.path)?;
        self.renamed = true;
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if !self.renamed {
            // The error that ended the writing is the one that counts.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

/// A new file in the folder of `path`. Its name holds the process and a running number; one that
/// exists all the same, left by a crash or made on another machine, is passed over.
fn new_neighbour(path: &Path) -> io::Result<(PathBuf, File)> {
    static TURN: AtomicU64 = AtomicU64::new(0);
    loop {
        let turn = TURN.fetch_add(1, Ordering::Relaxed);
        let partial = path.with_file_name(format!("{PREFIX}{}-{turn}{SUFFIX}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&partial) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (partial, file)),
        }
    }
}

#[cfg(unix)]
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &File) -> io::Result<()> {
    Ok(())
}
