//! Writes a cohort folder.

use crate::cohort::frax::surrogate;
use crate::cohort::hazard::Calendar;
use crate::cohort::subject::{PhantomSubject, PlannedFilm, Role, draw_subject};
use crate::cohort::truth::{TruthRow, write_readme, write_truth};
use crate::dice::Dice;
use crate::imaging::detector::WHITE;
use crate::imaging::film::{PhantomFilm, render_film};
use crate::{Error, PhantomConfig};
use rayon::prelude::*;
use serde::Serialize;
use std::path::{Path, PathBuf};
use vertebra_cohort::{Cohort, SecondaryCauses, Subject, View, Visit};
use vertebra_keypoints::{AnnotationSet, FilmAnnotation};
use vertebra_radiograph::{DicomImage, Facing, Spacing, SpacingKind, write_dicom};
use vertebra_run::Seed;

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PhantomSummary {
    /// The folder.
    pub folder: PathBuf,
    /// Subjects to be analysed.
    pub subjects: usize,
    /// Among them, those with an event.
    pub events: usize,
    /// Subjects to be excluded.
    pub excluded: usize,
    /// Films.
    pub films: usize,
}

/// Subjects rendered between two calls of the progress function.
const BATCH: usize = 16;
/// Folder of the films.
const FILMS: &str = "radiographs";

impl PhantomConfig {
    /// Films that [`generate`] will write: two of each subject, one of those with one visit.
    #[must_use]
    pub fn n_films(&self) -> usize {
        Role::assign(self).iter().map(|&role| films_of(role)).sum()
    }
}

fn films_of(role: Role) -> usize {
    if role == Role::OneVisitOnly { 1 } else { 2 }
}

/// Makes a cohort folder in `out_dir` (made if absent, refused if it holds files): DICOM films,
/// `cohort.csv`, `visits.csv`, `annotations.json`, `truth.csv` and `README.txt`.
///
/// `on_progress` is told how many films are done. Subjects are rendered in parallel; the files do
/// not depend on the number of threads.
///
/// # Errors
/// A setting out of its domain, a folder that is not empty, or a file that cannot be written.
pub fn generate(
    config: &PhantomConfig,
    out_dir: impl AsRef<Path>,
    on_progress: &mut dyn FnMut(usize),
) -> Result<PhantomSummary, Error> {
    config.check()?;
    let out_dir = out_dir.as_ref();
    make_folder(out_dir)?;
    let roles = Role::assign(config);
    let calendar = Calendar::for_event_rate(config.event_rate());
    let mut made: Vec<Made> = Vec::with_capacity(roles.len());
    let mut films = 0;
    for start in (0..roles.len()).step_by(BATCH) {
        let indices = start..(start + BATCH).min(roles.len());
        let batch: Result<Vec<Made>, Error> = indices
            .into_par_iter()
            .map(|i| Made::write(config, &calendar, i, roles[i], out_dir))
            .collect();
        for subject in batch? {
            films += subject.annotations.len();
            made.push(subject);
        }
        on_progress(films);
    }
    write_tables(config, &made, out_dir)?;
    Ok(PhantomSummary {
        folder: out_dir.to_owned(),
        subjects: config.subjects(),
        events: made.iter().filter(|m| m.truth.is_analysed_event()).count(),
        excluded: roles.len() - config.subjects(),
        films,
    })
}

fn make_folder(out_dir: &Path) -> Result<(), Error> {
    let films = out_dir.join(FILMS);
    std::fs::create_dir_all(out_dir).map_err(Error::io(out_dir))?;
    let mut entries = out_dir.read_dir().map_err(Error::io(out_dir))?;
    if entries.next().is_some() {
        return Err(Error::NotEmpty { path: out_dir.to_owned() });
    }
    std::fs::create_dir(&films).map_err(Error::io(&films))
}

fn write_tables(config: &PhantomConfig, made: &[Made], out_dir: &Path) -> Result<(), Error> {
    let films = made.iter().flat_map(|m| m.annotations.iter().cloned()).collect();
    AnnotationSet::new(films).write(out_dir.join("annotations.json"))?;
    Cohort::new(made.iter().map(|m| m.subject.clone()).collect())?.write(out_dir)?;
    let truths: Vec<&TruthRow> = made.iter().map(|m| &m.truth).collect();
    write_truth(&out_dir.join("truth.csv"), &truths)?;
    write_readme(&out_dir.join("README.txt"), config)
}

/// One subject as written.
struct Made {
    subject: Subject,
    annotations: Vec<FilmAnnotation>,
    truth: TruthRow,
}

impl Made {
    fn write(
        config: &PhantomConfig,
        calendar: &Calendar,
        index: usize,
        role: Role,
        out_dir: &Path,
    ) -> Result<Self, Error> {
        let id = format!("P{:04}", index + 1);
        let drawn = draw_subject(config, calendar, index, role)?;
        let mut annotations = Vec::with_capacity(drawn.films.len());
        let mut visits = Vec::with_capacity(drawn.films.len());
        for (k, planned) in drawn.films.iter().enumerate() {
            let name = format!("{FILMS}/{id}_{k}.dcm");
            let film = render_film(&planned.anatomy, &planned.exposure, &name, planned.seed)?;
            write_film(&out_dir.join(&name), &id, &drawn, planned, &film)?;
            annotations.push(film.annotation);
            visits.push(
                Visit::new(planned.date, name, View::Lateral)
                    .with_position(planned.position)
                    .with_quality(planned.quality),
            );
        }
        let mut dice = Dice::new(Seed::new(config.seed()).at(&[0xf4a8, index as u64]));
        let mut subject = table_row(config, &id, &drawn, &mut dice);
        subject.visits = visits;
        Ok(Self { subject, annotations, truth: TruthRow::new(id, &drawn) })
    }
}

fn table_row(config: &PhantomConfig, id: &str, drawn: &PhantomSubject, dice: &mut Dice) -> Subject {
    let p = &drawn.profile;
    let mut row = Subject::new(id, p.sex, p.age);
    row.bmi = Some(p.bmi);
    row.glucocorticoids = Some(p.glucocorticoids);
    row.secondary_causes = causes(p.secondary_osteoporosis, dice);
    row.rheumatoid_arthritis = Some(p.rheumatoid_arthritis);
    row.previous_fracture = Some(false);
    let excluded_for = |role| Some(drawn.role == role);
    row.fragility_fracture_at_baseline = excluded_for(Role::FragilityFractureAtBaseline);
    row.anti_osteoporotic_drug = excluded_for(Role::AntiOsteoporoticDrug);
    if config.outcome_columns() {
        row.time = Some(drawn.time);
        row.event = Some(drawn.event);
    }
    if dice.chance(config.synthetic_frax()) {
        (row.femoral_neck_tscore, row.frax) = surrogate(p, dice);
    }
    row
}

/// The named conditions behind "secondary osteoporosis".
fn causes(any: bool, dice: &mut Dice) -> SecondaryCauses {
    let mut flags = [Some(false); 6];
    if any {
        // Premature menopause and liver disease are the frequent ones; osteogenesis imperfecta the
        // rarest.
        let weights = [0.15, 0.01, 0.14, 0.35, 0.10, 0.25];
        let mut u = dice.uniform(0.0, weights.iter().sum());
        let chosen = weights.iter().position(|w| {
            u -= w;
            u < 0.0
        });
        flags[chosen.unwrap_or(3)] = Some(true);
    }
    let mut causes = SecondaryCauses::default();
    causes.type_1_diabetes = flags[0];
    causes.osteogenesis_imperfecta = flags[1];
    causes.untreated_hyperthyroidism = flags[2];
    causes.hypogonadism_or_premature_menopause = flags[3];
    causes.malnutrition_or_malabsorption = flags[4];
    causes.chronic_liver_disease = flags[5];
    causes
}

fn write_film(
    path: &Path,
    id: &str,
    subject: &PhantomSubject,
    planned: &PlannedFilm,
    film: &PhantomFilm,
) -> Result<(), Error> {
    let exposure = &planned.exposure;
    let stored: Vec<u16>;
    let pixels = if exposure.monochrome1 {
        stored = film.image.pixels.iter().map(|v| WHITE - v).collect();
        &stored
    } else {
        &film.image.pixels
    };
    let left = exposure.facing == Facing::Left;
    let [row_mm, col_mm] = film.spacing_mm;
    let date = planned.date.to_dicom();
    let mut image = DicomImage::new(film.image.height, film.image.width, pixels, 12);
    image.monochrome1 = exposure.monochrome1;
    image.spacing = Spacing { row_mm, col_mm, kind: SpacingKind::Detector };
    image.modality = if planned.seed.is_multiple_of(3) { "CR" } else { "DX" };
    image.view = Some(if left { "LL" } else { "RL" });
    image.patient_orientation = Some([if left { "P" } else { "A" }, "F"]);
    image.body_part = Some("LSPINE");
    image.study_date = &date;
    image.patient_id = id;
    image.sex = Some(subject.profile.sex.code());
    image.age_years = Some(subject.profile.age as u16);
    image.window = Some((2047.5, 4096.0));
    Ok(write_dicom(path, &image)?)
}
