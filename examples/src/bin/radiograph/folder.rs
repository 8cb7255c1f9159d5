//! A folder of films.

use crate::arguments::{Arguments, pattern};
use crate::{describe, one};
use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vertebra_examples::{remark, say};
use vertebra_radiograph::{
    Film, FolderReport, Grey, Radiograph, read_folder, read_headers, write_png16,
};
use vertebra_raster::{ContactSheet, Image, caption};

/// Pixels of the longer side of a picture on the contact sheet, and pictures in a row.
const THUMBNAIL: usize = 240;
const COLUMNS: usize = 6;
const PAPER: f32 = 0.25;

type Names = BTreeMap<PathBuf, PathBuf>;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.npy.is_some() && pattern(arguments.npy.as_ref())?.is_none() {
        bail!("--npy writes a file for each film of a folder: OUT needs places, as {{n}}.npy");
    }
    let (png, npy) =
        (names(arguments, arguments.png.as_ref())?, names(arguments, arguments.npy.as_ref())?);
    let (films, sheet) = described(arguments, png.as_ref())?;
    if let Some(names) = &npy {
        write_arrays(arguments, names)?;
    }
    let shown = |(path, described): &(PathBuf, Value)| {
        let mut described = described.clone();
        for (key, names) in [("png", &png), ("npy", &npy)] {
            if let Some(name) = names.as_ref().and_then(|names| names.get(path)) {
                described[key] = json!(name.display().to_string());
            }
        }
        (path.display().to_string(), described)
    };
    let films: Vec<(String, Value)> = films.iter().map(shown).collect();
    if arguments.csv {
        describe::print_csv(&films, &arguments.tag).context("standard output")?;
    } else {
        for (path, mut described) in films.clone() {
            described["file"] = json!(path);
            say!("{described}");
        }
    }
    ensure!(!films.is_empty(), "{}: no film could be read", arguments.file.display());
    match &arguments.png {
        Some(out) if png.is_none() => write_sheets(Path::new(out), arguments, &sheet),
        _ => Ok(()),
    }
}

/// The files to be made of the films, one each.
fn names(arguments: &Arguments, text: Option<&String>) -> Result<Option<Names>> {
    let Some(pattern) = pattern(text)? else { return Ok(None) };
    let names = pattern.names(&arguments.file, &arguments.options())?;
    let folders: std::collections::BTreeSet<&Path> =
        names.values().filter_map(|name| name.parent()).collect();
    for folder in folders {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(Some(names))
}

/// What is said of each film, and the small pictures for the sheet.
#[allow(clippy::type_complexity)] // a list and a list
fn described(
    arguments: &Arguments,
    png: Option<&Names>,
) -> Result<(Vec<(PathBuf, Value)>, Vec<Image>)> {
    let (options, bar) = (arguments.options(), ProgressBar::new(0));
    if arguments.header {
        let report = read_headers(&arguments.file, &options, advance(&bar))?;
        bar.finish_and_clear();
        summarize(&report);
        let films = report.films.into_iter();
        let said = films.map(|(path, header)| (path, describe::header(&header, &arguments.tag)));
        return Ok((said.collect(), Vec::new()));
    }
    let each = |path: &Path, film: Radiograph| -> Result<(Value, Option<Image>)> {
        let described = describe::film(&film, arguments.facing, &arguments.tag);
        let small = match (png, &arguments.png) {
            (Some(names), _) => {
                let name = names.get(path).context("a film that came later has no name")?;
                arguments.png_options().write(name, &film)?;
                None
            }
            (None, Some(_)) => {
                Some(named(arguments, path, &Film::from(&film).thumbnail(THUMBNAIL)?))
            }
            (None, None) => None,
        };
        Ok((described, small))
    };
    let report = read_folder(&arguments.file, &options, each, advance(&bar))?;
    bar.finish_and_clear();
    summarize(&report);
    let (mut films, mut pictures) = (Vec::new(), Vec::new());
    for (path, made) in report.films {
        let (described, picture) = made?;
        films.push((path, described));
        pictures.extend(picture);
    }
    Ok((films, pictures))
}

fn write_arrays(arguments: &Arguments, names: &Names) -> Result<()> {
    let options = arguments.options().with_grey(Grey::Modality);
    let each = |path: &Path, film: Radiograph| {
        let name = names.get(path).context("a film that came later has no name")?;
        one::write_array(name, arguments, Film::from(&film))
    };
    let bar = ProgressBar::new(0);
    let report = read_folder(&arguments.file, &options, each, advance(&bar))?;
    bar.finish_and_clear();
    report.films.into_iter().try_for_each(|(_, written)| written)
}

pub(crate) fn advance(bar: &ProgressBar) -> impl Fn(usize, usize) + Sync {
    |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }
}

/// A small picture with the film's name under it.
fn named(arguments: &Arguments, path: &Path, picture: &Image) -> Image {
    let name = path.strip_prefix(&arguments.file).unwrap_or(path).display().to_string();
    let line = caption(&name, picture.width, 1.0, PAPER);
    ContactSheet::new(PAPER).with_gap(2).below(&[picture.clone(), line])
}

/// One page as the file, several as the file with their numbers.
fn write_sheets(out: &Path, arguments: &Arguments, pictures: &[Image]) -> Result<()> {
    let layout = ContactSheet::new(PAPER).with_gap(4).with_border(4);
    let pages = layout.pages(pictures, COLUMNS, usize::from(arguments.page_rows));
    for (i, page) in pages.iter().enumerate() {
        let stem = out.file_stem().unwrap_or_default().to_string_lossy();
        let extension = out.extension().unwrap_or_default().to_string_lossy();
        let file = match i {
            0 => out.to_path_buf(),
            _ => out.with_file_name(format!("{stem}-{}.{extension}", i + 1)),
        };
        write_png16(file, page.as_film())?;
    }
    Ok(())
}

/// The failures, one line each, and how many of what.
pub(crate) fn summarize<T>(report: &FolderReport<T>) {
    for (_, error) in &report.failures {
        remark!("{error}");
    }
    let mut kinds = BTreeMap::<&str, usize>::new();
    report.not_pictures.iter().for_each(|(_, what)| *kinds.entry(what).or_default() += 1);
    let kinds: Vec<String> = kinds.iter().map(|(what, n)| format!("{what}: {n}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let (films, failures) = (report.films.len(), report.failures.len());
    let (not_pictures, others) = (report.not_pictures.len(), report.skipped.len());
    remark!(
        "{films} films, {failures} failures, {not_pictures} DICOM files that are no pictures{kinds}, \
         {others} other files"
    );
}
