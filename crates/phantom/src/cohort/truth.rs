//! What is true of each subject, written beside the cohort for evaluation only.

use crate::anatomy::fracture::FractureKind;
use crate::cohort::subject::{PhantomSubject, Role};
use crate::{Error, PhantomConfig};
use serde::Serialize;
use std::path::Path;
use vertebra_run::{write_whole, write_whole_with};

/// A row of `truth.csv`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct TruthRow {
    subject_id: String,
    role: &'static str,
    density: f64,
    log_hazard: f64,
    clinical_log_hazard: f64,
    time: f64,
    event: u8,
    fracture_level: Option<&'static str>,
    fracture_kind: Option<FractureKind>,
    fracture_loss: Option<f64>,
}

impl TruthRow {
    pub(crate) fn new(subject_id: String, subject: &PhantomSubject) -> Self {
        Self {
            subject_id,
            role: subject.role.name(),
            density: subject.profile.density,
            log_hazard: subject.profile.log_hazard(),
            clinical_log_hazard: subject.profile.clinical_log_hazard(),
            time: subject.time,
            event: u8::from(subject.event),
            fracture_level: subject.fracture.map(|f| f.level.name()),
            fracture_kind: subject.fracture.map(|f| f.kind),
            fracture_loss: subject.fracture.map(|f| f.loss),
        }
    }

    pub(crate) fn is_analysed_event(&self) -> bool {
        self.event == 1 && self.role == Role::Analysed.name()
    }
}

const FILES: &str = "\
cohort.csv        one row per subject
visits.csv        one row per film
radiographs/      the films
annotations.json  centres, outlines and six points of L1..L5 (COCO keypoints)
truth.csv         for evaluation only: latent bone density (standard deviations), true log
                  hazard, what clinical covariates alone can know of it, true time (years)
                  and event, fracture. A model must not see it.
";

const SOURCES: &str = "\
Spine geometry: distribution of the vertebra positions in the VID dataset (ImFusion GmbH,
CC BY-SA 4.0). Covariates: Table 1 of Kong et al., Endocrinol Metab 2022;37(4):674-683.
";

pub(crate) fn write_truth(path: &Path, rows: &[&TruthRow]) -> Result<(), Error> {
    write_whole_with(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        rows.iter().try_for_each(|row| writer.serialize(row))?;
        writer.flush()
    })?;
    Ok(())
}

pub(crate) fn write_readme(path: &Path, config: &PhantomConfig) -> Result<(), Error> {
    let [height, width] = config.film_size();
    let frax = if config.synthetic_frax() > 0.0 {
        "The columns femoral_neck_tscore and frax_* of cohort.csv hold a SYNTHETIC SURROGATE made\n\
         up for this cohort. They are not FRAX probabilities; FRAX is a licensed calculator that\n\
         this software does not contain.\n\n"
    } else {
        ""
    };
    let text = format!(
        "A SYNTHETIC cohort: no person is behind any row or film. Not for clinical use.\n\n\
         Made by vertebra-phantom {version}, seed {seed}: {subjects} subjects to be analysed\n\
         (expected fraction with an event {rate}), {excluded} to be excluded;\n\
         films of {height} x {width} px, 12 bits, as DICOM.\n\n\
         {FILES}\n\
         {frax}\
         {SOURCES}",
        version = env!("CARGO_PKG_VERSION"),
        seed = config.seed(),
        subjects = config.subjects(),
        rate = config.event_rate(),
        excluded = config.excluded(),
    );
    Ok(write_whole(path, text)?)
}
