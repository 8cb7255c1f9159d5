//! The files that annotations come in.

mod coco;
mod coco_file;
mod coco_reader;
mod cvat;
mod label_studio;
mod marks;

use crate::Error;
use std::path::Path;

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}
