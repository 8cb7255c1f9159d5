//! An archive of phantom films and of files that are no films, and what was scored of it.
#![allow(dead_code)] // each test file uses a part of it

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use std::path::{Path, PathBuf};
use vertebra_archive::{Archive, BulkOptions, ModelName, SHIPPED, ScoreOptions};
use vertebra_cohort::Sex;
use vertebra_phantom::{Anatomy, Exposure, render_film};
use vertebra_radiograph::{DicomImage, Spacing, SpacingKind, write_dicom};

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Films of an archive.
pub(crate) const FILMS: usize = 5;
/// Files of it that are no films.
pub(crate) const OTHERS: usize = 2;

/// A folder with `films/`, and what stands beside it.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir_all(folder.path().join("films/deep"))?;
        let made = Self { folder };
        (0..FILMS as u64).try_for_each(|seed| made.write_film(&format!("film{seed}.dcm"), seed))?;
        std::fs::write(made.film("deep/notes.txt"), "no film")?;
        std::fs::write(made.film("deep/empty"), "")?;
        Ok(made)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn name(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn film(&self, name: &str) -> PathBuf {
        self.path("films").join(name)
    }

    pub(crate) fn write_film(&self, name: &str, seed: u64) -> Outcome {
        let anatomy = Anatomy::sample(Sex::Female, 67.0, 23.5, -1.5, seed);
        let exposure = Exposure::sample([320, 256], seed);
        let film = render_film(&anatomy, &exposure, name, seed)?;
        let (rows, columns) = (film.image.height, film.image.width);
        let image = DicomImage::new(rows, columns, &film.image.pixels, 12);
        let [row_mm, col_mm] = film.spacing_mm;
        let spacing = Spacing { row_mm, col_mm, kind: SpacingKind::Detector };
        let image = DicomImage { view: Some("LL"), spacing, ..image };
        Ok(write_dicom(self.film(name), &image)?)
    }

    pub(crate) fn archive(&self) -> Result<Archive, vertebra_archive::Error> {
        let options = ScoreOptions::default().with_jobs(2).with_models(self.path("models"));
        Archive::new(ModelName::new(SHIPPED), options)
    }

    pub(crate) fn options(&self) -> BulkOptions {
        BulkOptions::new(self.name("films"), self.name("out")).with_part_films(3)
    }

    /// The files of results.
    pub(crate) fn parts(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.path("out")).into_iter().flatten();
        let mut parts: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
        parts.retain(|path| path.extension().is_some_and(|end| end == "parquet"));
        parts.sort();
        parts
    }

    /// Path, verdict and content of all rows, sorted.
    pub(crate) async fn rows(&self) -> Result<Vec<[String; 3]>, Box<dyn std::error::Error>> {
        let sql =
            format!("select path, verdict, content from '{}/part-*.parquet'", self.name("out"));
        let batches = self.archive()?.query(&sql).await?;
        Ok(texts(&batches))
    }
}

/// Three columns of text, sorted; an empty text for null.
pub(crate) fn texts(batches: &[RecordBatch]) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for batch in batches {
        for at in 0..batch.num_rows() {
            rows.push([0, 1, 2].map(|column| {
                let array = batch.column(column).as_string::<i32>();
                if array.is_valid(at) { array.value(at).to_owned() } else { String::new() }
            }));
        }
    }
    rows.sort();
    rows
}

/// The name of a file.
pub(crate) fn file_name(path: &str) -> &str {
    Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path)
}
