use std::path::PathBuf;

/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two inputs that belong together differ in length: (input, what is counted, expected, got).
    #[error("{0}: expected {2} {1}, got {3}")]
    LengthMismatch(&'static str, &'static str, usize, usize),
    /// A covariate is missing or infinite: (covariate, subject index from 0, value).
    #[error("covariate {0} of subject {1} is {2}; expected a finite number (impute it first)")]
    CovariateNotFinite(String, usize, f32),
    /// A pixel is NaN or infinite: (subject index from 0, image index, value).
    #[error("image {1} of subject {0} has a pixel of value {2}; expected finite pixels")]
    PixelNotFinite(usize, usize, f32),
    /// The images do not have the shape the model was made for:
    /// (expected, got), each `[images per subject, height, width]`.
    #[error(
        "expected {} image(s) of {}x{} pixels per subject, got {} of {}x{}",
        .0[0], .0[1], .0[2], .1[0], .1[1], .1[2]
    )]
    ImageShape([usize; 3], [usize; 3]),
    /// The model uses images, the inputs have none.
    #[error("the model uses images, but the inputs have none")]
    MissingImages,
    /// The model uses no images, the inputs have some.
    #[error("the inputs have images, but the model uses none; leave them out")]
    UnexpectedImages,
    /// A network without inputs predicts nothing.
    #[error("a risk model needs covariates, images, or both")]
    NoInputs,
    /// A setting is outside its domain: (setting, expected, got).
    #[error("{0}: expected {1}, got {2}")]
    InvalidSetting(&'static str, &'static str, String),
    /// A partial likelihood needs events: (data set, subjects).
    #[error("no event among the {1} {0} subjects: the Cox loss is undefined")]
    NoEvents(&'static str, usize),
    /// The images are too small for the encoder: (height, width, stride of the whole encoder).
    #[error("{0}x{1} pixels are too few for an encoder that divides each side by {2}")]
    ImageTooSmall(usize, usize, usize),
    /// The network's output is no longer a number, e.g. after a learning rate that is too high.
    #[error("the log hazard of subject {0} is {1}: training diverged or the weights are damaged")]
    Diverged(usize, f64),
    /// A model for several subjects was asked about one, or the reverse: (expected, got).
    #[error("expected the inputs of {0} subject(s), got {1}")]
    SubjectCount(usize, usize),
    /// A statistic that training or saving needs is undefined.
    #[error(transparent)]
    Survival(#[from] vertebra_survival::Error),
    /// The training loop stopped with an error.
    #[error(transparent)]
    Training(vertebra_training::Error),
    /// A model cannot start from another: (what differs).
    #[error("cannot start from that model: {0}")]
    WarmStart(&'static str),
    /// The network cannot be planned for inference, or was given the wrong input.
    #[error(transparent)]
    Inference(#[from] vertebra_conv::Error),
    /// A device refused to hand back a tensor.
    #[error("reading a tensor back from the device failed")]
    Device(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file cannot be read or written.
    #[error("{}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what its name promises.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What was expected and what came.
        what: String,
    },
}
