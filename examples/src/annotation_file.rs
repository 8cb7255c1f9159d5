//! Annotations as the file of one tool or another.

use clap::ValueEnum;
use std::path::Path;
use vertebra_keypoints::{AnnotationSet, Error};

/// The file of which tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnnotationFormat {
    /// COCO keypoints JSON, which this project writes itself.
    Coco,
    /// The XML of CVAT.
    Cvat,
    /// The JSON of Label Studio.
    LabelStudio,
}

impl AnnotationFormat {
    /// That of a file's ending: CVAT for `.xml`, else COCO.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let xml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
        if xml { Self::Cvat } else { Self::Coco }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// As [`AnnotationSet::write`], [`AnnotationSet::write_cvat`] and
    /// [`AnnotationSet::write_label_studio`].
    pub fn write(self, set: &AnnotationSet, to: &Path) -> Result<(), Error> {
        match self {
            Self::Coco => set.write(to),
            Self::Cvat => set.write_cvat(to),
            Self::LabelStudio => set.write_label_studio(to),
        }
    }
}
