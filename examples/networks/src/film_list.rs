//! The films that a program is given: files, folders and what stands for one, standard input; and
//! what their pictures are called.

use anyhow::{Context, bail};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use vertebra_examples::remark;
use vertebra_radiograph::{Error, FilmFile, Radiograph, ReadOptions, find_films, is_folder};

/// What standard input is called.
const STANDARD_INPUT: &str = "-";

/// One film to be read.
#[derive(Debug, Clone)]
pub enum FilmSource {
    /// A file, on disk or in an archive.
    File(FilmFile),
    /// The bytes that came in on standard input.
    Bytes(Vec<u8>),
}

impl FilmSource {
    /// What it is called in answers.
    #[must_use]
    pub fn name(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Bytes(_) => Path::new(STANDARD_INPUT),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn read(&self) -> Result<Radiograph, Error> {
        let options = ReadOptions::default();
        match self {
            Self::File(file) => file.read(&options),
            Self::Bytes(bytes) => options.read_bytes(bytes),
        }
    }
}

/// The films of files and folders, in their order, those of a folder and its subfolders sorted by
/// path; zip archives and DICOMDIRs stand for folders; `-` is standard input: a film, or a list of
/// files and folders, one a line. Files of a folder that are no films are left out, folders in it
/// that cannot be listed are named on standard error.
///
/// # Errors
/// A folder cannot be read or holds no films; standard input cannot be read, or is neither.
pub fn film_sources(arguments: &[PathBuf]) -> anyhow::Result<Vec<FilmSource>> {
    let mut sources = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == STANDARD_INPUT {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
            sources.extend(from_input(bytes)?);
        } else {
            sources.extend(from_path(argument)?);
        }
    }
    Ok(sources)
}

fn from_input(bytes: Vec<u8>) -> anyhow::Result<Vec<FilmSource>> {
    if ReadOptions::default().read_bytes(&bytes).is_ok() {
        return Ok(vec![FilmSource::Bytes(bytes)]);
    }
    let paths = match std::str::from_utf8(&bytes) {
        Ok(text) if !text.contains('\0') => text.lines().map(str::trim),
        // A film that cannot be read: its answer says why.
        _ => return Ok(vec![FilmSource::Bytes(bytes)]),
    };
    let paths: Vec<PathBuf> = paths.filter(|line| !line.is_empty()).map(PathBuf::from).collect();
    if paths.is_empty() {
        bail!("standard input: expected a film, or a list of files and folders, got nothing");
    }
    let films: anyhow::Result<Vec<_>> = paths.iter().map(|path| from_path(path)).collect();
    Ok(films?.concat())
}

fn from_path(path: &Path) -> anyhow::Result<Vec<FilmSource>> {
    if !is_folder(path) {
        return Ok(vec![FilmSource::File(FilmFile::new(path.to_owned()))]);
    }
    let report = find_films(path, &ReadOptions::default())?;
    for (_, error) in &report.failures {
        remark!("{error}");
    }
    if report.films.is_empty() {
        bail!("{}: expected films, got none", path.display());
    }
    Ok(report.films.into_iter().map(|(_, film)| FilmSource::File(film)).collect())
}

/// A name for the picture of each film: its own without the ending, and where several would be
/// called alike, the names of the folders above it before it, as far as need be.
///
/// # Examples
/// ```
/// use vertebra_networks::film_list::{FilmSource, picture_names};
/// use vertebra_radiograph::FilmFile;
/// let films = ["a/1.dcm", "b/1.dcm", "b/2.png"];
/// let films = films.map(|path| FilmSource::File(FilmFile::new(path.into())));
/// assert_eq!(picture_names(&films), ["a-1.png", "b-1.png", "2.png"]);
/// ```
#[must_use]
pub fn picture_names(films: &[FilmSource]) -> Vec<String> {
    let parts: Vec<Vec<String>> = films.iter().map(|film| parts(film.name())).collect();
    let deepest = parts.iter().map(Vec::len).max().unwrap_or(1);
    let name =
        |parts: &[String], depth: usize| parts[parts.len().saturating_sub(depth)..].join("-");
    let mut depth = vec![1; films.len()];
    for _ in 1..deepest {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (parts, &depth) in parts.iter().zip(&depth) {
            *counts.entry(name(parts, depth)).or_default() += 1;
        }
        for (parts, depth) in parts.iter().zip(&mut depth) {
            *depth += usize::from(counts[&name(parts, *depth)] > 1);
        }
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    parts
        .iter()
        .zip(depth)
        .map(|(parts, depth)| {
            let name = name(parts, depth);
            let number = taken.entry(name.clone()).or_default();
            *number += 1;
            match *number {
                1 => format!("{name}.png"),
                n => format!("{name}-{n}.png"),
            }
        })
        .collect()
}

/// The folders of a path that have names, and the file without its ending.
fn parts(path: &Path) -> Vec<String> {
    if path.as_os_str() == STANDARD_INPUT {
        return vec!["standard-input".to_owned()];
    }
    let normal = |part: std::path::Component<'_>| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    let folders = path.parent().into_iter().flat_map(Path::components).filter_map(normal);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    folders.chain([stem]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // in a test that is how it fails

    use super::*;
    use vertebra_radiograph::{DicomImage, encode_dicom};

    fn names(paths: &[&str]) -> Vec<String> {
        let film = |path: &&str| FilmSource::File(FilmFile::new(path.into()));
        let films: Vec<FilmSource> = paths.iter().map(film).collect();
        picture_names(&films)
    }

    #[test]
    fn pictures_are_called_after_their_films_and_never_alike() {
        assert_eq!(names(&["x/film.dcm"]), ["film.png"]);
        assert_eq!(names(&["a/c/1.dcm", "b/c/1.dcm"]), ["a-c-1.png", "b-c-1.png"]);
        assert_eq!(names(&["1.dcm", "1.png", "./1.jpg"]), ["1.png", "1-2.png", "1-3.png"]);
        let input = picture_names(&[FilmSource::Bytes(Vec::new())]);
        assert_eq!(input, ["standard-input.png"]);
    }

    #[test]
    fn a_folder_gives_its_films_sorted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        let film = encode_dicom(&DicomImage::new(1, 2, &[0, 9], 12)).unwrap();
        for file in ["b.dcm", "deep/IM0001"] {
            std::fs::write(folder.path().join(file), &film).unwrap();
        }
        for (file, start) in [("a.PNG", &b"\x89PNG\r\n\x1a\n"[..]), ("notes.txt", b"x")] {
            std::fs::write(folder.path().join(file), start).unwrap();
        }
        let films = film_sources(&[folder.path().to_owned()]).unwrap();
        let found: Vec<_> = films
            .iter()
            .map(|f| f.name().strip_prefix(folder.path()).unwrap().to_owned())
            .collect();
        assert_eq!(found, ["a.PNG", "b.dcm", "deep/IM0001"].map(PathBuf::from));
        std::fs::remove_dir_all(folder.path().join("deep")).unwrap();
        std::fs::remove_file(folder.path().join("a.PNG")).unwrap();
        std::fs::remove_file(folder.path().join("b.dcm")).unwrap();
        let error = film_sources(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("expected films"), "{error}");
    }

    #[test]
    fn standard_input_is_a_film_or_a_list() {
        let list = from_input(b"a.dcm\n\n b.png \n".to_vec()).unwrap();
        assert_eq!(
            list.iter().map(FilmSource::name).collect::<Vec<_>>(),
            [Path::new("a.dcm"), Path::new("b.png"),]
        );
        let bytes = vec![0xff, 0xfe, 0x00, 0x01];
        let film = from_input(bytes.clone()).unwrap();
        assert!(matches!(&film[..], [FilmSource::Bytes(got)] if *got == bytes));
        assert!(from_input(b"\n".to_vec()).is_err());
    }
}
