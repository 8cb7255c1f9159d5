//! How a radiograph is to be read.

use crate::{Attribute, Error, Radiograph, read};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// What the grey values are to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grey {
    /// What a person would see: after modality LUT, VOI and inversion, in `[0, 1]`, bone bright.
    #[default]
    Display,
    /// After the modality LUT, before VOI and inversion, in the modality's units.
    Modality,
}

/// Which of the windows and VOI LUTs of a file to apply.
///
/// Colour and formats other than DICOM have neither: of colour, a choice among the file's is left
/// out with a warning; of a PNG, TIFF, JPEG, BMP or NPY it is an error. The grey of both can be
/// given a window by its numbers, or none.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum VoiChoice {
    /// The first VOI LUT if there is one, else the first window.
    #[default]
    First,
    /// This window (from 0), even where there are VOI LUTs.
    Window(usize),
    /// The window, or else the VOI LUT, of this name: that of Window Center & Width Explanation
    /// (0028,1055) or LUT Explanation (0028,3003), in upper or lower case.
    Named(String),
    /// This item of the VOI LUT Sequence (from 0).
    Lut(usize),
    /// This window, whatever the file says: `(center, width)` in modality units, `LINEAR`.
    Given(f64, f64),
    /// None: from the smallest to the largest value.
    None,
}

/// How bone looks in a file that cannot say it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bone {
    /// Large values are bone, as on a radiograph.
    Bright,
    /// Small values are bone: the picture is inverted.
    Dark,
}

/// Bounds on what a file may make the reader do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Rows times columns of the frame that is read.
    pub pixels: u64,
    /// Bytes of the file, and of what a deflated data set expands to.
    pub bytes: u64,
    /// Bytes that decoding may hold at once beside the file itself; what a film needs is reckoned
    /// from its size before anything is decoded.
    pub memory: u64,
    /// Time for one file. Looked at between the steps of reading and between the rows of this
    /// crate's own decoders; a decoder of another crate that is late is waited for, and its result
    /// refused. Not kept on `wasm32-unknown-unknown`, which has no clock.
    pub time: Duration,
}

impl Default for Limits {
    /// 100 million pixels (a 43 x 43 cm film at 50 um has 74 million), files of 1 GiB, 4 GiB of
    /// memory, one minute.
    fn default() -> Self {
        Self { pixels: 100_000_000, bytes: 1 << 30, memory: 4 << 30, time: Duration::from_secs(60) }
    }
}

/// How a radiograph is to be read; the default is what most users want.
///
/// # Examples
/// ```no_run
/// use vertebra_radiograph::{Grey, ReadOptions};
/// let dose = ReadOptions::default().with_grey(Grey::Modality).read("film.dcm")?;
/// # Ok::<(), vertebra_radiograph::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    pub(crate) grey: Grey,
    pub(crate) voi: VoiChoice,
    pub(crate) frame: Option<usize>,
    pub(crate) lenient: bool,
    pub(crate) bone: Option<Bone>,
    pub(crate) spacing_mm: Option<[f64; 2]>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) limits: Limits,
}

impl ReadOptions {
    /// What the grey values are to be (default [`Grey::Display`]).
    #[must_use]
    pub fn with_grey(mut self, grey: Grey) -> Self {
        self.grey = grey;
        self
    }

    /// Which window or VOI LUT to apply (default [`VoiChoice::First`]).
    #[must_use]
    pub fn with_voi(mut self, voi: VoiChoice) -> Self {
        self.voi = voi;
        self
    }

    /// Which frame of a DICOM file or page of a TIFF to read, from 0. By default the first, with a
    /// warning where there are several.
    #[must_use]
    pub fn with_frame(mut self, frame: usize) -> Self {
        self.frame = Some(frame);
        self
    }

    /// Opens, with warnings, what is refused by default: no preamble or meta group, an unusable
    /// transfer syntax that the content gives away, truncated pixel data.
    #[must_use]
    pub fn with_lenient(mut self, lenient: bool) -> Self {
        self.lenient = lenient;
        self
    }

    /// Says how bone looks in formats that cannot say it themselves (PNG, TIFF, JPEG, BMP, NPY),
    /// where it is taken to be bright otherwise. DICOM says it by its photometric interpretation; a
    /// statement that differs is left out with a warning.
    #[must_use]
    pub fn with_bone(mut self, bone: Bone) -> Self {
        self.bone = Some(bone);
        self
    }

    /// Says how far apart pixel centres of the picture as read are, `[row, col]` in mm, where the
    /// file does not say it: its spacing becomes
    /// [`SpacingKind::Stated`](crate::SpacingKind::Stated). A file's own spacing goes first, with a
    /// warning where it differs.
    ///
    /// # Examples
    /// ```
    /// use vertebra_radiograph::{Bone, Radiograph, ReadOptions, Spacing, encode_png16};
    /// let png = encode_png16(&Radiograph::new(1, 2, vec![0.0, 1.0], Spacing::UNKNOWN)?)?;
    /// let options = ReadOptions::default().with_spacing_mm([0.143, 0.143]).with_bone(Bone::Dark);
    /// let film = options.read_bytes(&png)?;
    /// assert_eq!(film.spacing().mm(), Some([0.143, 0.143]));
    /// assert_eq!(film.pixels(), [1.0, 0.0]);
    /// # Ok::<(), vertebra_radiograph::Error>(())
    /// ```
    #[must_use]
    pub fn with_spacing_mm(mut self, spacing_mm: [f64; 2]) -> Self {
        self.spacing_mm = Some(spacing_mm);
        self
    }

    /// Attributes of a DICOM file to be read as text beside the film, into
    /// [`Acquisition::attributes`](crate::Acquisition::attributes). They may identify a person.
    #[must_use]
    pub fn with_attributes(mut self, attributes: Vec<Attribute>) -> Self {
        self.attributes = attributes;
        self
    }

    /// Bounds on what a file may make the reader do.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads a file, whose format is told by its content.
    ///
    /// # Errors
    /// [`Error::File`] around what happened.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Radiograph, Error> {
        read::file(path.as_ref(), self).map_err(|e| e.at(path.as_ref()))
    }

    /// All bytes of a stream, such as standard input, as far as the limits allow: for the calls
    /// that take bytes.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`]; what the operating system refused.
    pub fn bytes_from(&self, stream: impl std::io::Read) -> Result<Vec<u8>, Error> {
        read::stream_bounded(stream, self.limits.bytes)
    }

    /// Looks whether a stream is a radiograph, and reads no more of it than that takes: of DICOM
    /// the header, of other formats the first bytes.
    ///
    /// # Errors
    /// What the stream is instead; what reading it gave.
    pub fn check_film(&self, mut stream: impl std::io::Read) -> Result<(), Error> {
        read::film(&mut stream, self)
    }

    /// Reads a file that is already in memory.
    ///
    /// # Errors
    /// What happened, without a path.
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Radiograph, Error> {
        read::bytes(bytes, self)
    }
}

impl Radiograph {
    /// Reads a file with the default [`ReadOptions`].
    ///
    /// # Errors
    /// As [`ReadOptions::read`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        ReadOptions::default().read(path)
    }
}
