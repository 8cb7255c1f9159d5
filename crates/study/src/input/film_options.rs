//! How films are read: with what `visits.csv` says of those whose files do not say it.

use crate::input::subjects::StudyData;
use vertebra_radiograph::{Bone, ReadOptions};

impl StudyData {
    /// How a subject's baseline film is read: with what `visits.csv` says of it.
    pub(crate) fn read_options(&self, position: usize) -> ReadOptions {
        let baseline = self.flow.analysed()[position].baseline;
        let visit = &self.subject(position).visits[baseline];
        let mut options = ReadOptions::default();
        if let Some(mm) = visit.spacing_mm {
            options = options.with_spacing_mm([mm; 2]);
        }
        match visit.bone {
            None => options,
            Some(vertebra_cohort::Bone::Bright) => options.with_bone(Bone::Bright),
            Some(vertebra_cohort::Bone::Dark) => options.with_bone(Bone::Dark),
        }
    }
}
