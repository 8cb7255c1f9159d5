//! What networks learn from: the pictures of a phantom cohort's first films, and the truth.

use rayon::prelude::*;
use std::path::Path;
use vertebra_alignment::{Facing, Field, Film, ImageVariant, VariantOptions};
use vertebra_cohort::{Cohort, table::Table};
use vertebra_deepsurv::{ImageSet, RiskInputs};
use vertebra_keypoints::{AnnotationSet, VertebraKeypoints, facing};
use vertebra_radiograph::Radiograph;
use vertebra_survival::Outcomes;

/// Some subjects of a cohort.
pub(crate) struct Subjects {
    pub(crate) inputs: RiskInputs,
    pub(crate) outcomes: Outcomes,
    pub(crate) true_log_hazard: Vec<f64>,
}

/// Reads the folder that `phantom` wrote: the subjects who are to be analysed, with the whole
/// lumbar spine of the first film on `side` x `side` px, as the preset `quick` of `study` shows it,
/// by the annotated centres.
pub(crate) fn subjects(folder: &Path, side: usize) -> Subjects {
    let cohort = Cohort::read(folder).expect("a cohort folder");
    let annotations = AnnotationSet::read(AnnotationSet::file_in(folder)).expect("annotations");
    let annotated = |film: &str| annotations.get(film).map(|film| &film.keypoints);
    let first_film = |id: &str| {
        let subject = cohort.subjects().iter().find(|subject| subject.id == id).expect("a row");
        let visit = subject.visits.first().expect("a film");
        let points = annotated(&visit.radiograph.to_string_lossy()).expect("an annotated film");
        (cohort.radiograph_path(visit), points)
    };
    let truth = Table::read(folder.join("truth.csv")).expect("the truth of a phantom");
    let numbers = |column: &str| truth.numbers(column).expect("numbers");
    let (time, event, log_hazard) = (numbers("time"), numbers("event"), numbers("log_hazard"));
    let (ids, roles) = (truth.texts("subject_id"), truth.texts("role"));
    let (ids, roles) = (ids.expect("names"), roles.expect("roles"));
    let analysed: Vec<usize> = (0..ids.len()).filter(|&i| roles[i] == "analysed").collect();
    let films: Vec<_> = analysed.iter().map(|&i| first_film(ids[i])).collect();
    let pictures: Vec<Vec<f32>> =
        films.par_iter().map(|(path, points)| picture(path, points, side)).collect();
    let images = ImageSet::new(pictures.concat(), [1, side, side]).expect("whole pictures");
    let of_analysed = |values: &[f64]| analysed.iter().map(|&i| values[i]).collect::<Vec<_>>();
    let event = of_analysed(&event).iter().map(|&event| event == 1.0).collect();
    Subjects {
        inputs: RiskInputs::from_images(images),
        outcomes: Outcomes::new(of_analysed(&time), event).expect("valid times"),
        true_log_hazard: of_analysed(&log_hazard),
    }
}

fn picture(path: &Path, points: &VertebraKeypoints, side: usize) -> Vec<f32> {
    let radiograph = Radiograph::open(path).expect("a film");
    let facing = facing(radiograph.facing(), points, radiograph.spacing().mm(), || None);
    let film = Film::from(&radiograph);
    let options = VariantOptions::default()
        .with_size(side)
        .with_flip(facing.map(|decided| decided.facing) == Some(Facing::Right))
        .with_field(Field::exposed(&film, radiograph.valid()).expect("an exposed field"));
    let made = options.render(&film, points, None, ImageVariant::L1L5).expect("a picture");
    made.images.into_iter().flat_map(|image| image.pixels).collect()
}

impl Subjects {
    pub(crate) fn subset(&self, subjects: std::ops::Range<usize>) -> Self {
        let rows: Vec<usize> = subjects.collect();
        Self {
            inputs: self.inputs.subset(&rows),
            outcomes: self.outcomes.subset(&rows),
            true_log_hazard: rows.iter().map(|&i| self.true_log_hazard[i]).collect(),
        }
    }
}
