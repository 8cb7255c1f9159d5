//! The films that a program is given: files, folders, standard input; and what their pictures are
//! called.

use anyhow::{Context, bail};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use vertebra_radiograph::ReadOptions;

/// What standard input is called.
const STANDARD_INPUT: &str = "-";
/// Endings of files that are taken from a folder; files without an ending are taken too, as DICOM
/// files often have none.
const ENDINGS: [&str; 9] = ["dcm", "dicom", "ima", "png", "jpg", "jpeg", "tif", "tiff", "npy"];

/// One film to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilmSource {
    /// A file.
    File(PathBuf),
    /// The bytes that came in on standard input.
    Bytes(Vec<u8>),
}

impl FilmSource {
    /// What it is called in answers.
    #[must_use]
    pub fn name(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Bytes(_) => Path::new(STANDARD_INPUT),
        }
    }
}

/// The films of files and folders, in their order, those of a folder and its subfolders sorted by
/// path; `-` is standard input: a film, or a list of files and folders, one a line.
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
    if !path.is_dir() {
        return Ok(vec![FilmSource::File(path.to_owned())]);
    }
    let mut files = Vec::new();
    collect(path, &mut files)?;
    if files.is_empty() {
        bail!("{}: expected films ({}), got none", path.display(), ENDINGS.join(", "));
    }
    files.sort();
    Ok(files.into_iter().map(FilmSource::File).collect())
}

/// Links to folders are not followed; hidden files and DICOM directories are left out.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let named = || format!("{}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(named)? {
        let entry = entry.with_context(named)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type().with_context(named)?.is_dir() {
            collect(&entry.path(), files)?;
        } else if is_film(&name) {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn is_film(name: &str) -> bool {
    match Path::new(name).extension() {
        Some(ending) => ENDINGS.contains(&ending.to_string_lossy().to_lowercase().as_str()),
        None => !name.eq_ignore_ascii_case("DICOMDIR"),
    }
}

/// A name for the picture of each film: its own without the ending, and where several would be
/// called alike, the names of the folders above it before it, as far as need be.
///
/// # Examples
/// ```
/// use vertebra_networks::film_list::{FilmSource, picture_names};
/// let films = ["a/1.dcm", "b/1.dcm", "b/2.png"].map(|path| FilmSource::File(path.into()));
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

    fn names(paths: &[&str]) -> Vec<String> {
        let films: Vec<FilmSource> = paths.iter().map(|p| FilmSource::File(p.into())).collect();
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
        for file in ["b.dcm", "a.PNG", "notes.txt", ".hidden.png", "deep/IM0001", "DICOMDIR"] {
            std::fs::write(folder.path().join(file), "x").unwrap();
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
        assert_eq!(from_input(bytes.clone()).unwrap(), [FilmSource::Bytes(bytes)]);
        assert!(from_input(b"\n".to_vec()).is_err());
    }
}
