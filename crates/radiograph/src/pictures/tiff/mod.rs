//! TIFF and BigTIFF: grey, palette, RGB and YCbCr of any number of bits, in strips or tiles, planes
//! apart or together, without compression or with LZW, Deflate, PackBits or JPEG (TIFF 6.0).
//!
//! Read here and not by a library, because none says how much of a cut file arrived; what
//! decompresses is other crates'.

mod directory;
mod jpeg;
mod layout;
mod samples;
mod unpack;

use super::{Picture, check_pixels, luma, luma_of_ycbcr, provenance};
use crate::deadline::Deadline;
use crate::luma::mix;
use crate::{Error, Radiograph, ReadOptions, SourceFormat, Warning};
use directory::Directory;
use layout::{Colour, Kind, Layout};

pub(super) use samples::half;

/// Whether the file starts as a TIFF or BigTIFF does.
pub(crate) fn is_tiff(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

/// Reads a page of a TIFF; integers from the smallest to the largest their bits can hold, floats
/// from the smallest value to the largest; turned as its tag Orientation asks.
pub(crate) fn read_tiff(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    let deadline = Deadline::new(&options.limits);
    let index = options.frame.unwrap_or(0);
    let (directory, pages) = directory::page(bytes, index)?;
    let layout = Layout::read(&directory)?;
    check_pixels(layout.height, layout.width, layout.samples, options)?;
    check_pixels(layout.pieces.height, layout.pieces.width, layout.samples_together(), options)?;
    let mut raster = Raster::new(&layout);
    raster.fill(&directory, deadline)?;
    raster.check(options)?;
    let mut warnings = Vec::new();
    if pages > 1 && options.frame.is_none() {
        warnings.push(Warning::SeveralFrames { frames: pages, used: 0 });
    }
    let mut picture = raster.into_picture(&directory, &mut warnings)?;
    picture.provenance.frame = index;
    picture.provenance.warnings = warnings;
    picture.into_radiograph(options)
}

/// The samples of a page, of a pixel one after the other.
struct Raster<'l> {
    layout: &'l Layout,
    values: Vec<f64>,
    /// Rows that arrived.
    rows: usize,
    /// Bits of a sample, which a JPEG states itself.
    bits: usize,
}

impl<'l> Raster<'l> {
    fn new(layout: &'l Layout) -> Self {
        let count = layout.height * layout.width * layout.samples;
        Self { layout, values: vec![0.0; count], rows: layout.height, bits: layout.bits }
    }

    fn fill(&mut self, directory: &Directory<'_>, deadline: Deadline) -> Result<(), Error> {
        let (offsets, lengths) = match self.layout.pieces.tiled {
            true => (directory.numbers(324), directory.numbers(325)),
            false => (directory.numbers(273), directory.numbers(279)),
        };
        if offsets.is_empty() {
            return Err(Error::Missing { name: "TIFF StripOffsets or TileOffsets" });
        }
        let across = self.layout.width.div_ceil(self.layout.pieces.width);
        let down = self.layout.height.div_ceil(self.layout.pieces.height);
        let planes = if self.layout.planar { self.layout.samples } else { 1 };
        let count = across * down * planes;
        let place = |index: usize| Place {
            plane: index / (across * down),
            top: index / across % down * self.layout.pieces.height,
            left: index % across * self.layout.pieces.width,
        };
        let mut missing = self.layout.height;
        if let Some(left_out @ 1..) = count.checked_sub(offsets.len()) {
            missing = if left_out >= across * down { 0 } else { place(offsets.len()).top };
        }
        self.rows = missing;
        for (index, &from) in offsets.iter().enumerate().take(count) {
            deadline.check()?;
            let place = place(index);
            // A single strip may leave out its length.
            let length = lengths.get(index).copied().or((offsets.len() == 1).then_some(u64::MAX));
            let bytes = directory.file().slice(from, length.unwrap_or(0));
            let rows = self.piece(bytes, place, directory, deadline)?;
            let wanted = self.layout.pieces.height.min(self.layout.height - place.top);
            if rows < wanted {
                self.rows = self.rows.min(place.top + rows);
            }
        }
        Ok(())
    }

    /// Puts a strip or tile in its place; gives the rows that arrived.
    fn piece(
        &mut self,
        bytes: &[u8],
        place: Place,
        directory: &Directory<'_>,
        deadline: Deadline,
    ) -> Result<usize, Error> {
        let layout = self.layout;
        let height = match layout.pieces.tiled {
            true => layout.pieces.height,
            false => layout.pieces.height.min(layout.height - place.top),
        };
        if layout.compression == 7 {
            let decoded = jpeg::decode(bytes, directory, layout, deadline)?;
            self.bits = decoded.bits;
            self.put_all(&decoded.values, decoded.width, decoded.rows, place);
            return Ok(decoded.rows);
        }
        let too_large = || Error::invalid("TIFF strip or tile", "a size", "one beyond all numbers");
        let row_bytes = layout.row_bytes().ok_or_else(too_large)?.max(1);
        let expected = row_bytes.checked_mul(height).ok_or_else(too_large)?;
        let little = directory.file().little;
        let mut unpacked = unpack::unpack(bytes, layout, expected)?;
        if layout.predictor != 1 {
            samples::undo_prediction(unpacked.to_mut(), layout, little)?;
        }
        let mut row_values = Vec::with_capacity(layout.pieces.width * layout.samples_together());
        for (row, bytes) in unpacked.chunks_exact(row_bytes).enumerate() {
            row_values.clear();
            samples::unpack_row(bytes, layout, little, |v| row_values.push(v));
            self.put(&row_values, place, row);
        }
        Ok(unpacked.len() / row_bytes)
    }

    fn put_all(&mut self, values: &[f64], width: usize, rows: usize, place: Place) {
        let row_values = width * self.layout.samples_together();
        for (row, values) in values.chunks_exact(row_values.max(1)).take(rows).enumerate() {
            self.put(values, place, row);
        }
    }

    /// Puts one row of a piece in its place; what lies beyond the picture fills up the piece.
    fn put(&mut self, values: &[f64], place: Place, row: usize) {
        let Layout { height, width, samples, .. } = *self.layout;
        let (together, y) = (self.layout.samples_together(), place.top + row);
        if y >= height {
            return;
        }
        let pixels = (values.len() / together).min(width - place.left);
        let start = (y * width + place.left) * samples + place.plane;
        if together == samples {
            self.values[start..][..pixels * samples].copy_from_slice(&values[..pixels * samples]);
        } else {
            let places = self.values[start..].iter_mut().step_by(samples);
            places.zip(values).take(pixels).for_each(|(place, v)| *place = *v);
        }
    }

    /// Refuses a page of which rows are missing.
    fn check(&self, options: &ReadOptions) -> Result<(), Error> {
        if self.rows == self.layout.height || options.lenient {
            return Ok(());
        }
        Err(Error::Truncated {
            name: "TIFF data, in rows instead of".into(),
            expected: self.layout.height as u64,
            got: self.rows as u64,
        })
    }

    fn into_picture(
        mut self,
        directory: &Directory<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Picture, Error> {
        let layout = self.layout;
        self.drop_extra_samples(warnings);
        let levels = 2_f64.powi(self.bits as i32);
        let mut range = match layout.kind {
            Kind::Unsigned => Some([0.0, levels - 1.0]),
            Kind::Signed => Some([-levels / 2.0, levels / 2.0 - 1.0]),
            Kind::Float => None,
        };
        let (name, values) = match layout.colour {
            Colour::Grey { white_is_zero: false } => ("grey", self.values),
            Colour::Grey { white_is_zero: true } => ("grey, white is zero", self.values),
            Colour::Rgb => ("rgb", luma(self.values.into_iter(), 3)),
            Colour::Ycc => ("ycbcr", luma_of_ycbcr(&self.values, levels - 1.0)),
            Colour::Palette => {
                let (values, white) = looked_up(&self.values, directory, self.bits)?;
                range = Some([0.0, white]);
                ("palette", values)
            }
        };
        if !matches!(layout.colour, Colour::Grey { .. }) {
            warnings.push(Warning::ColourToGrey { photometric: name.into() });
        }
        let mut provenance = provenance(SourceFormat::Tiff, name, layout.samples, self.bits as u16);
        provenance.signed = layout.kind == Kind::Signed;
        let orientation = directory.number(274).and_then(|n| u16::try_from(n).ok());
        let white_is_zero = layout.colour == Colour::Grey { white_is_zero: true };
        let (height, width, rows) = (layout.height, layout.width, self.rows);
        Ok(Picture { height, width, values, range, white_is_zero, orientation, rows, provenance })
    }

    /// Leaves the samples that are colour.
    fn drop_extra_samples(&mut self, warnings: &mut Vec<Warning>) {
        let (channels, samples) = (self.layout.channels(), self.layout.samples);
        if channels == samples {
            return;
        }
        let extra = samples - channels;
        warnings.push(Warning::Ignored { what: format!("{extra} more samples of a pixel") });
        let pixels = self.values.chunks_exact(samples);
        self.values = pixels.flat_map(|pixel| pixel[..channels].iter().copied()).collect();
    }
}

/// Where a strip or tile belongs.
#[derive(Clone, Copy)]
struct Place {
    plane: usize,
    top: usize,
    left: usize,
}

/// The luma of the palette's colours, and that of white: 65535, or 255 in files whose palettes have
/// bytes for words, as careless programs write.
fn looked_up(
    indices: &[f64],
    directory: &Directory<'_>,
    bits: usize,
) -> Result<(Vec<f64>, f64), Error> {
    let map = directory.numbers(320);
    let size = 1_usize << bits.min(16);
    if map.len() < 3 * size {
        let expected = format!("{} entries", 3 * size);
        return Err(Error::invalid("TIFF ColorMap", expected, map.len()));
    }
    let white = if map.iter().all(|v| *v < 256) { 255.0 } else { 65535.0 };
    let entry = |i: usize| mix([0, 1, 2].map(|c| map[c * size + i] as f64));
    let table: Vec<f64> = (0..size).map(entry).collect();
    Ok((indices.iter().map(|&i| table[(i as usize).min(size - 1)]).collect(), white))
}
