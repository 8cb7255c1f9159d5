//! Found points as annotations: a file for an annotation tool, or a page to correct them on.

use crate::film_list::FilmSource;
use anyhow::{Context, bail};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use vertebra_examples::annotation_file::AnnotationFormat;
use vertebra_examples::remark;
use vertebra_keypoints::{
    AnnotationPage, AnnotationSet, FilmAnnotation, PageFilm, VertebraKeypoints,
};
use vertebra_radiograph::{Film, PictureSize, PngOptions, Radiograph};
use vertebra_study::Answer;

/// Longer side of the pictures on a page, px.
const PICTURE: usize = 1400;

/// Writes the points of the answers; films without points, or whose points could not be read
/// again, are left out and named. Without any film nothing is written.
///
/// # Errors
/// A film came on standard input, cannot be read, or the file cannot be written.
pub fn write_annotations(
    answers: &[Answer],
    to: &Path,
    format: AnnotationFormat,
) -> anyhow::Result<()> {
    let folder = folder_of(to)?;
    let mut films = Vec::new();
    for answer in answers {
        let Some(keypoints) = points(answer) else {
            remark!("{}: not in {}, as there are no points", answer.file, to.display());
            continue;
        };
        let path = named(&answer.file)?;
        let size = Film::from(&Radiograph::open(path)?).size();
        let film = FilmAnnotation::new(relative(path, &folder)?, size, keypoints, Vec::new());
        match film.fault() {
            None => films.push(film),
            Some(fault) => remark!("{}: not in {}, {fault}", answer.file, to.display()),
        }
    }
    if films.is_empty() {
        remark!("no film has points: {} is not written", to.display());
        return Ok(());
    }
    let set = AnnotationSet::new(films);
    format.write(&set, to)?;
    remark!("wrote the points of {} films to {}", set.films.len(), to.display());
    Ok(())
}

/// Writes a page with all films that can be read, to mark and correct points on.
///
/// # Errors
/// As [`write_annotations`].
pub fn write_page(answers: &[Answer], to: &Path) -> anyhow::Result<()> {
    let folder = folder_of(to)?;
    let readable: Vec<&Answer> = answers.iter().filter(|a| a.verdict.is_readable()).collect();
    let films: anyhow::Result<Vec<PageFilm>> =
        readable.par_iter().map(|answer| page_film(answer, &folder)).collect();
    let films = films?;
    let n = films.len();
    AnnotationPage::new(films).write(to)?;
    remark!("wrote {n} films to {}; open it in a browser", to.display());
    Ok(())
}

fn page_film(answer: &Answer, folder: &Path) -> anyhow::Result<PageFilm> {
    let path = named(&answer.file)?;
    let radiograph = Radiograph::open(path)?;
    let size = Film::from(&radiograph).size();
    let longest = PictureSize::Longest(PICTURE.min(size[0].max(size[1])));
    let png = PngOptions::default().with_8_bits(true).with_size(longest).encode(&radiograph)?;
    let film = PageFilm::new(relative(path, folder)?, size, &png);
    let film = match points(answer) {
        Some(keypoints) => film.with_keypoints(&keypoints),
        None => film,
    };
    Ok(match answer.verdict.is_ok() {
        true => film,
        false => film.with_remark(format!("Verdict: {}", answer.verdict)),
    })
}

fn points(answer: &Answer) -> Option<VertebraKeypoints> {
    let xy = answer.keypoints?.map(|p| (p.x, p.y));
    VertebraKeypoints::from_xy(xy).ok()
}

fn named(file: &str) -> anyhow::Result<&Path> {
    let path = Path::new(file);
    if FilmSource::Bytes(Vec::new()).name() == path {
        bail!("annotations name files; a film on standard input has no name");
    }
    Ok(path)
}

/// The folder that a file will lie in.
fn folder_of(file: &Path) -> anyhow::Result<PathBuf> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    folder.canonicalize().with_context(|| format!("{}", folder.display()))
}

/// The path of a film from a folder, with `/` as separator.
fn relative(film: &Path, folder: &Path) -> anyhow::Result<String> {
    let film = film.canonicalize().with_context(|| format!("{}", film.display()))?;
    let (film, folder): (Vec<_>, Vec<_>) =
        (film.components().collect(), folder.components().collect());
    let shared = film.iter().zip(&folder).take_while(|(a, b)| a == b).count();
    let up = folder[shared..].iter().map(|_| "..".into());
    let down = film[shared..].iter().map(|part| part.as_os_str().to_string_lossy());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}
