//! Files that are whole or absent.

use crate::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

static TURN: AtomicU64 = AtomicU64::new(0);

/// Writes to a temporary neighbour first and renames it, so that no half-written file is ever seen
/// under `path`.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Another thread or run may be writing the same file.
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{turn}.partial", std::process::id()));
    let partial = path.with_file_name(name);
    std::fs::write(&partial, bytes).map_err(Error::io(&partial))?;
    std::fs::rename(&partial, path).map_err(Error::io(path))
}
