//! Annotations, label maps and tables of points in; one annotation file for a folder of films out.

use anyhow::{Context, bail};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vertebra_cohort::table::Table;
use vertebra_examples::annotation_file::AnnotationFormat;
use vertebra_examples::{output::exit_code, remark};
use vertebra_keypoints::{AnnotationSet, FilmAnnotation, PlausibilityLimits, check_plausibility};
use vertebra_radiograph::{Film, Grey, Radiograph, ReadOptions};

/// Pictures that are label maps.
const MAPS: [&str; 4] = ["png", "npy", "tif", "tiff"];
/// Tables of points.
const TABLES: [&str; 3] = ["csv", "tsv", "txt"];

/// Writes one annotation file for a folder of films from what other programs give.
///
/// Label maps (PNG, NPY, TIFF) are matched with films by their names without endings. A table has a
/// row for each point, with the columns film, point (L1, or L1_AS to L1_PI), x and y; or one for
/// each vertebra, with the columns film, level, and AS_x, AS_y to PI_x, PI_y, or the corners of its
/// outline x1, y1 to x4, y4 (or more) in any order. Places are in px, the centre of the first pixel
/// being (0, 0).
#[derive(Parser)]
#[command(name = "annotations", version)]
struct Arguments {
    /// Annotation files (COCO, CVAT, Label Studio, VIA, LabelMe), label maps, tables, or folders of
    /// label maps
    #[arg(required = true, value_name = "FILE|FOLDER")]
    inputs: Vec<PathBuf>,
    /// The folder of films, in which --out belongs
    #[arg(long)]
    films: PathBuf,
    /// Numbers of L1 to L5 in label maps; by default 1 to 5, 20 to 24 (VerSe) or 31 to 27
    /// (TotalSegmentator)
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    labels: Option<Vec<u32>>,
    /// The file to write
    #[arg(long)]
    out: PathBuf,
    /// The tool it is for; by default CVAT for .xml, else COCO JSON
    #[arg(long, value_enum, value_name = "TOOL")]
    format: Option<AnnotationFormat>,
}

fn main() -> ExitCode {
    exit_code(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let films = files_below(&arguments.films)?;
    let mut read = Vec::new();
    for input in &arguments.inputs {
        read.extend(annotations(input, &films, arguments.labels.as_deref())?);
    }
    let mut set = AnnotationSet::new(read);
    let found = set.match_names(films.iter().map(String::as_str));
    if let Some(first) = found.unmatched.first() {
        let n = found.unmatched.len();
        remark!("{n} annotated films are not in {}, e.g. {first}", arguments.films.display());
        set.films.retain(|film| !found.unmatched.contains(&film.file_name));
    }
    for film in &mut set.films {
        check(film, &arguments.films)?;
    }
    let format = arguments.format.unwrap_or_else(|| AnnotationFormat::of(&arguments.out));
    format.write(&set, &arguments.out)?;
    remark!("wrote {} films to {}", set.films.len(), arguments.out.display());
    Ok(())
}

fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Paths of all files below a folder, from there, with `/` as separator.
fn files_below(folder: &Path) -> anyhow::Result<Vec<String>> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(below) = folders.pop() {
        let here = folder.join(&below);
        for entry in std::fs::read_dir(&here).with_context(|| here.display().to_string())? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                files.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn annotations(
    input: &Path,
    films: &[String],
    labels: Option<&[u32]>,
) -> anyhow::Result<Vec<FilmAnnotation>> {
    if input.is_dir() {
        let maps: Vec<String> = files_below(input)?
            .into_iter()
            .filter(|file| MAPS.contains(&ending(Path::new(file)).as_str()))
            .collect();
        if maps.is_empty() {
            return Ok(AnnotationSet::read(input)?.films);
        }
        return maps.iter().map(|map| label_map(&input.join(map), films, labels)).collect();
    }
    match ending(input).as_str() {
        map if MAPS.contains(&map) => Ok(vec![label_map(input, films, labels)?]),
        table if TABLES.contains(&table) => annotations_of_table(input),
        _ => Ok(AnnotationSet::read(input)?.films),
    }
}

fn label_map(
    path: &Path,
    films: &[String],
    labels: Option<&[u32]>,
) -> anyhow::Result<FilmAnnotation> {
    let stem = path.file_stem().unwrap_or_default();
    let mut named = films.iter().filter(|film| Path::new(film).file_stem() == Some(stem));
    let (Some(film), None) = (named.next(), named.next()) else {
        bail!("{}: expected one film of this name, whatever its ending", path.display());
    };
    let map = ReadOptions::default().with_grey(Grey::Modality).read(path)?;
    let five =
        |labels: &[u32]| <[u32; 5]>::try_from(labels).context("--labels: expected 5 numbers");
    let labels = labels.map(five).transpose()?;
    Ok(FilmAnnotation::from_label_map(film, &Film::from(&map), labels, path)?)
}

fn annotations_of_table(path: &Path) -> anyhow::Result<Vec<FilmAnnotation>> {
    let table = Table::read(path)?;
    let marks = match table.has("point") {
        true => points(&table)?,
        false => vertebrae(&table)?,
    };
    let films = table.texts("film")?;
    let mut names: Vec<&str> = Vec::new();
    for film in &films {
        if !names.contains(film) {
            names.push(film);
        }
    }
    let of = |name: &str| {
        let rows = films.iter().zip(&marks).filter(|(film, _)| **film == name);
        let marks = rows.flat_map(|(_, marks)| marks);
        let marks = marks.map(|(label, points)| (label.as_str(), points.clone()));
        Ok(FilmAnnotation::from_marks(name, None, marks, path)?)
    };
    names.into_iter().map(of).collect()
}

/// The marks of each row: a label with a point, or with the corners of an outline.
type Marks = Vec<Vec<(String, Vec<(f64, f64)>)>>;

fn points(table: &Table) -> anyhow::Result<Marks> {
    let (labels, x, y) = (table.texts("point")?, table.numbers("x")?, table.numbers("y")?);
    let places = x.into_iter().zip(y);
    let mark = |(label, place): (&str, (f64, f64))| vec![(label.to_owned(), vec![place])];
    Ok(labels.into_iter().zip(places).map(mark).collect())
}

fn vertebrae(table: &Table) -> anyhow::Result<Marks> {
    let mut marks: Marks = Vec::new();
    for row in table.rows() {
        let level = row.required("level", "L1 to L5", |text| Some(text.to_owned()))?;
        let place = |x: String, y: String| -> anyhow::Result<Option<(f64, f64)>> {
            Ok(row.number(&x)?.zip(row.number(&y)?))
        };
        let mut of_row = Vec::new();
        for name in ["AS", "MS", "PS", "AI", "MI", "PI"] {
            let point = place(format!("{name}_x"), format!("{name}_y"))?;
            of_row.extend(point.map(|point| (format!("{level}_{name}"), vec![point])));
        }
        let mut corners = Vec::new();
        for k in 1.. {
            let Some(corner) = place(format!("x{k}"), format!("y{k}"))? else { break };
            corners.push(corner);
        }
        if of_row.is_empty() && corners.is_empty() {
            let got = format!("columns {}", table.names().join(", "));
            let expected = "AS_x, AS_y to PI_x, PI_y, or x1, y1 to x4, y4";
            return Err(row.problem("level", expected, &got).into());
        }
        if !corners.is_empty() {
            of_row.push((level, around(corners)));
        }
        marks.push(of_row);
    }
    Ok(marks)
}

/// Corners in the order in which an outline runs through them.
fn around(mut corners: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let n = corners.len() as f64;
    let sum = corners.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    let angle = |c: &(f64, f64)| (c.1 - sum.1 / n).atan2(c.0 - sum.0 / n);
    corners.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    corners
}

/// Compares an annotation with its film, whose size it gets, and says what is odd about it.
fn check(film: &mut FilmAnnotation, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(&film.file_name);
    let radiograph = Radiograph::open(&path)?;
    let view = Film::from(&radiograph);
    let [rows, columns] = view.size();
    if let Some([height, width]) = film.size.filter(|size| *size != view.size()) {
        let name = path.display();
        bail!("{name}: annotated as {height} x {width} px, but the film has {rows} x {columns}");
    }
    film.size = Some(view.size());
    if let Some(fault) = film.fault() {
        bail!("{}: {fault}", path.display());
    }
    for doubt in
        check_plausibility(&film.keypoints, view.spacing_mm, &PlausibilityLimits::default())
    {
        remark!("warning: {}: {doubt}", film.file_name);
    }
    Ok(())
}
