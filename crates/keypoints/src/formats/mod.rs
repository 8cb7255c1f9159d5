//! The files that annotations come in.

mod coco;
mod coco_bodies;
mod coco_file;
mod coco_reader;
mod cvat;
mod cvat_writer;
mod label;
mod label_map;
mod label_studio;
mod label_studio_writer;
mod labelme;
mod marks;
mod read;
mod rle;
mod via;

use crate::Error;
use std::path::Path;
use vertebra_run::write_whole;

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

fn written(path: &Path, text: &str) -> Result<(), Error> {
    write_whole(path, text).map_err(|e| {
        let (path, source) = e.into_parts();
        Error::Io { path, source }
    })
}

#[cfg(test)]
mod tool_tests;
