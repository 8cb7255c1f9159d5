use crate::Error;
use std::io::Write;
use std::path::Path;

/// Writes a file that is whole or absent.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    vertebra_training::write_whole(path, |file| file.write_all(bytes)).map_err(Error::io(path))
}
