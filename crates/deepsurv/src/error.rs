//! What can go wrong with inputs, training and model folders.

use std::path::{Path, PathBuf};

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two inputs that belong together differ in length.
    #[error("{name}: expected {expected} {unit}, got {got}")]
    LengthMismatch {
        /// The input.
        name: &'static str,
        /// What is counted.
        unit: &'static str,
        /// How many there must be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A covariate is missing or infinite.
    #[error(
        "covariate {name} of subject {subject} is {value}; expected a finite number (impute it first)"
    )]
    CovariateNotFinite {
        /// The covariate.
        name: String,
        /// The subject, from 0.
        subject: usize,
        /// The value.
        value: f32,
    },
    /// A pixel is NaN or infinite.
    #[error(
        "image {image} of subject {subject} has a pixel of value {value}; expected finite pixels"
    )]
    PixelNotFinite {
        /// The subject, from 0.
        subject: usize,
        /// The image of the subject, from 0.
        image: usize,
        /// The value.
        value: f32,
    },
    /// The images do not have the shape the model was made for.
    #[error(
        "expected {} image(s) of {}x{} pixels per subject, got {} of {}x{}",
        expected[0], expected[1], expected[2], got[0], got[1], got[2]
    )]
    ImageShape {
        /// `[images per subject, height, width]` of the model.
        expected: [usize; 3],
        /// The same of the inputs.
        got: [usize; 3],
    },
    /// The model uses images, the inputs have none.
    #[error("the model uses images, but the inputs have none")]
    MissingImages,
    /// The model uses no images, the inputs have some.
    #[error("the inputs have images, but the model uses none; leave them out")]
    UnexpectedImages,
    /// A network without inputs predicts nothing.
    #[error("a risk model needs covariates, images, or both")]
    NoInputs,
    /// A setting is outside its domain.
    #[error("{name}: expected {expected}, got {got}")]
    InvalidSetting {
        /// The setting.
        name: &'static str,
        /// The values it accepts.
        expected: &'static str,
        /// The value it had.
        got: String,
    },
    /// No loss without events.
    #[error("no event among the {n} {set} subjects: the loss is undefined")]
    NoEvents {
        /// The set: training or validation.
        set: &'static str,
        /// Its subjects.
        n: usize,
    },
    /// A subject without any image.
    #[error("all {n} image(s) of subject {subject} are missing; expected at least one of them")]
    NoImages {
        /// The subject, from 0.
        subject: usize,
        /// Images per subject.
        n: usize,
    },
    /// An image is missing, and the model was not made for that.
    #[error(
        "image {image} of subject {subject} is missing; expected all images, or a model with \
         `missing_images`"
    )]
    ImageMissing {
        /// The subject, from 0.
        subject: usize,
        /// The image, from 0.
        image: usize,
    },
    /// The images are too small for the encoder.
    #[error(
        "{height}x{width} pixels are too few for an encoder that divides each side by {stride}"
    )]
    ImageTooSmall {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// By how much the whole encoder divides both.
        stride: usize,
    },
    /// The network's output is no longer a number, e.g. after a learning rate that is too high.
    #[error(
        "what the network gives for subject {subject} is {value}: training diverged or the weights are damaged"
    )]
    Diverged {
        /// The subject, from 0.
        subject: usize,
        /// The value.
        value: f64,
    },
    /// A function for one subject was given another number of them.
    #[error("expected the inputs of {expected} subject(s), got {got}")]
    SubjectCount {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// A map without anything in it: shown, it would look like one of a picture that matters.
    #[error("{method}: the map is zero everywhere: nothing in the images moves the log hazard")]
    UndefinedMap {
        /// How it was made.
        method: crate::SaliencyMethod,
    },
    /// A statistic that training or saving needs is undefined.
    #[error(transparent)]
    Survival(#[from] vertebra_survival::Error),
    /// The training loop stopped with an error.
    #[error(transparent)]
    Training(vertebra_training::Error),
    /// A model cannot start from another.
    #[error("cannot start from that model: {reason}")]
    WarmStart {
        /// What differs.
        reason: &'static str,
    },
    /// The network cannot be planned for inference, or was given the wrong input.
    #[error(transparent)]
    Inference(#[from] vertebra_conv::Error),
    /// A device refused to hand back a tensor.
    #[error("reading a tensor back from the device failed")]
    Device {
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A model folder has another layout than this version reads.
    #[error("{}: expected schema version {expected}, got {got}", path.display())]
    SchemaVersion {
        /// The file.
        path: PathBuf,
        /// The version that is read.
        expected: u32,
        /// The version in the file.
        got: u32,
    },
    /// A file does not hold what it should.
    #[error("{}: expected {expected}, got {got}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: String,
        /// What is wrong with it.
        got: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<vertebra_run::Error> for Error {
    fn from(error: vertebra_run::Error) -> Self {
        let (path, source) = error.into_parts();
        Self::Io { path, source }
    }
}

impl Error {
    pub(crate) fn invalid(
        name: &'static str,
        expected: &'static str,
        got: impl std::fmt::Display,
    ) -> Self {
        Self::InvalidSetting { name, expected, got: got.to_string() }
    }

    pub(crate) fn malformed(
        path: &Path,
        expected: impl Into<String>,
        got: impl std::fmt::Display,
    ) -> Self {
        Self::Malformed { path: path.to_owned(), expected: expected.into(), got: got.to_string() }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
