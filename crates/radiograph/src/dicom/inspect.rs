//! Reads what a DICOM file says of itself, without its pixels.

use super::file::{self, Header};
use super::layout::Layout;
use super::{acquisition, geometry, kind, tag};
use crate::{Acquisition, Error, ReadOptions, Spacing, Warning};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes read at first; most headers fit.
const FIRST_PIECE: u64 = 64 << 10;

/// What a DICOM file says of itself; nothing that could identify a person.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FilmHeader {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Number of frames.
    pub frames: usize,
    /// Transfer Syntax UID.
    pub transfer_syntax: String,
    /// Photometric Interpretation as stored.
    pub photometric: String,
    /// The distance between pixel centres and what it means.
    pub spacing: Spacing,
    /// How the film was taken.
    pub acquisition: Acquisition,
    /// What the reader should know.
    pub warnings: Vec<Warning>,
}

impl ReadOptions {
    /// Reads the header of a DICOM file and no more of the file than that takes, to look through
    /// many films quickly. Pixel data are not looked at and may be missing.
    ///
    /// # Errors
    /// [`Error::File`] around what happened.
    ///
    /// # Examples
    /// ```
    /// use vertebra_radiograph::{DicomImage, ReadOptions, write_dicom};
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("film.dcm");
    /// write_dicom(&path, &DicomImage { view: Some("LL"), ..DicomImage::new(1, 2, &[0, 9], 12) })?;
    /// let header = ReadOptions::default().read_header(&path)?;
    /// assert_eq!((header.width, header.acquisition.view.as_deref()), (2, Some("LL")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_header(&self, path: impl AsRef<Path>) -> Result<FilmHeader, Error> {
        let path = path.as_ref();
        let read = || self.header_of(&mut File::open(path)?);
        read().map_err(|e| e.at(path))
    }

    /// Reads the header of a DICOM file of which the first bytes are in memory.
    ///
    /// # Errors
    /// What happened, without a path.
    pub fn read_header_bytes(&self, mut bytes: &[u8]) -> Result<FilmHeader, Error> {
        self.header_of(&mut bytes)
    }

    /// Reads the header of a DICOM file from a stream, piece by piece, and no more of it than that
    /// takes; for files in another place than a folder.
    ///
    /// # Errors
    /// What happened, without a path; what reading the stream gave.
    pub fn read_header_from(&self, mut stream: impl Read) -> Result<FilmHeader, Error> {
        self.header_of(&mut stream)
    }

    pub(crate) fn header_of(&self, file: &mut dyn Read) -> Result<FilmHeader, Error> {
        pieces(file, self)
    }
}

/// Reads piece by piece until the header is whole.
fn pieces(file: &mut dyn Read, options: &ReadOptions) -> Result<FilmHeader, Error> {
    let mut bytes = Vec::new();
    let mut piece = FIRST_PIECE;
    loop {
        let got = Read::take(&mut *file, piece).read_to_end(&mut bytes)? as u64;
        let ended = got < piece;
        match parse(&bytes, options) {
            // Cut short by us: the pixel data have not begun, or an attribute goes on.
            Ok((_, false)) if !ended => {}
            Err(Error::Truncated { .. } | Error::Codec { .. } | Error::Missing { .. })
                if !ended => {}
            Ok((header, _)) => return Ok(header),
            Err(error) => return Err(error),
        }
        if bytes.len() as u64 > options.limits.bytes {
            return Err(Error::LimitExceeded {
                name: "bytes of the header",
                allowed: options.limits.bytes,
                got: bytes.len() as u64,
            });
        }
        piece = bytes.len() as u64;
    }
}

/// The header of the bytes, and whether the pixel data have begun in them.
fn parse(bytes: &[u8], options: &ReadOptions) -> Result<(FilmHeader, bool), Error> {
    if !(file::has_prefix(bytes) || (options.lenient && file::looks_like_data_set(bytes))) {
        return Err(Error::UnknownFormat {
            expected: "\"DICM\" at byte 128 (DICOM)",
            got: crate::read::first_bytes(bytes),
        });
    }
    let data_set = file::open(bytes, options)?;
    let mut warnings = data_set.warnings;
    let header = Header::read(&data_set.bytes, data_set.syntax)?
        .for_frame(options.frame.unwrap_or(0), &mut warnings);
    let begun = header.pixels.is_some();
    kind::check(&header)?;
    let layout = Layout::read(&header, options, &mut warnings)?;
    let spacing = geometry::spacing(&header, options, &mut warnings)?;
    let photometric = header.text(tag::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
    let header = FilmHeader {
        height: layout.rows,
        width: layout.columns,
        frames: layout.frames,
        transfer_syntax: data_set.syntax.uid.into(),
        photometric: photometric.into(),
        spacing,
        acquisition: acquisition(&header, options),
        warnings,
    };
    Ok((header, begun))
}
