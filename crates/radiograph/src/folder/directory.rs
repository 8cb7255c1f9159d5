//! The files that a DICOMDIR names (PS3.3 annex F).

use crate::Error;
use crate::read::read_bounded;
use std::path::{Path, PathBuf};

/// Bytes of a directory: one of a million films has fewer.
const LONGEST: u64 = 1 << 30;

/// The files of all records in use, each once. Names are found whatever their case, since media are
/// often copied in lower case; one that is nowhere is given as it stands.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let ids = crate::dicom::directory_records(&read_bounded(path, LONGEST)?)?;
    let mut files: Vec<PathBuf> = ids.iter().map(|id| find(folder, id)).collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn find(folder: &Path, parts: &[String]) -> PathBuf {
    parts.iter().fold(folder.to_path_buf(), |folder, part| {
        let exact = folder.join(part);
        if exact.exists() {
            return exact;
        }
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let alike = |name: &std::ffi::OsString| name.eq_ignore_ascii_case(part);
        let name = entries.map(|entry| entry.file_name()).find(alike);
        name.map_or(exact, |name| folder.join(name))
    })
}
