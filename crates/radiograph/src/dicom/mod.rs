//! Reads DICOM radiographs.

mod attribute;
mod codestream;
mod colour;
mod cursor;
mod deflate;
mod deidentify;
mod element;
mod encode;
mod file;
mod floats;
mod frame;
mod functional_groups;
mod geometry;
mod grey;
mod inspect;
mod kind;
mod layout;
mod lut;
mod memory;
mod modality;
mod padding;
mod pixels;
mod samples;
mod segmented;
mod shutter;
mod syntax;
mod tag;
mod voi;
mod write;

pub use attribute::Attribute;
pub use deidentify::{DeidentificationReport, Deidentifier};
pub(crate) use file::{has_prefix, looks_like_data_set};
pub use inspect::FilmHeader;
pub(crate) use kind::{directory_records, is_directory};
pub use write::{DicomImage, encode_dicom, write_dicom};

use crate::deadline::Deadline;
use crate::window::saturation;
use crate::{
    Acquisition, Bone, Error, Grey, Provenance, Radiograph, ReadOptions, SourceFormat, Voi,
    Warning, stated,
};
use file::Header;
use layout::{Layout, Photometric};
use samples::{Bits, Samples};
use syntax::TransferSyntax;

/// Reads a DICOM file that is in memory.
pub(crate) fn read(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    let deadline = Deadline::new(&options.limits);
    let data_set = file::open(bytes, options)?;
    let mut warnings = data_set.warnings;
    let header = Header::read(&data_set.bytes, data_set.syntax)?
        .for_frame(options.frame.unwrap_or(0), &mut warnings);
    kind::check(&header)?;
    let layout = Layout::read(&header, options, &mut warnings)?;
    memory::check(&layout, data_set.syntax.compression, data_set.bytes.len(), options)?;
    deadline.check()?;
    warn_about(&header, &layout, &mut warnings);
    let spacing = geometry::spacing(&header, options, &mut warnings)?;
    let read = Reading { header: &header, layout: &layout, options, deadline };
    let Picture { greys, mut valid, mut provenance } = match floats::element(&header) {
        Some(element) => read.floats(element, data_set.syntax, &mut warnings)?,
        None => read.integers(data_set.syntax, &mut warnings)?,
    };
    provenance.shuttered = shutter::clear_outside(&header, &layout, &mut valid, &mut warnings);
    if provenance.voi != Voi::None {
        warnings.extend(saturation(&greys.pixels, valid.as_deref()));
    }
    provenance.spacing_stated_mm = stated::of(spacing);
    provenance.warnings = warnings;
    deadline.check()?;
    let (rows, columns) = (layout.rows, layout.columns);
    let radiograph = Radiograph::with_check(rows, columns, greys.pixels, spacing, !greys.finite)?
        .with_acquisition(acquisition(&header, options))
        .with_provenance(provenance);
    match valid {
        Some(valid) => radiograph.with_valid(valid),
        None => Ok(radiograph),
    }
}

/// Grey values, where they are film, and how they came about.
struct Picture {
    greys: grey::Greys,
    valid: Option<Vec<bool>>,
    provenance: Provenance,
}

/// What the steps from a data set to grey share.
struct Reading<'f, 'a> {
    header: &'f Header<'a>,
    layout: &'f Layout,
    options: &'f ReadOptions,
    deadline: Deadline,
}

impl Reading<'_, '_> {
    fn integers(
        &self,
        syntax: TransferSyntax,
        warnings: &mut Vec<Warning>,
    ) -> Result<Picture, Error> {
        let Self { header, layout, options, deadline } = *self;
        let (index, mut frame) = frame::find(header, layout, options, warnings)?;
        if syntax.uid == syntax::DEFLATED_FRAME && frame.encapsulated {
            frame.bytes = deflate::inflate_start(&frame.bytes, layout.frame_bytes())?.into();
        }
        let terms = pixels::Terms { lenient: options.lenient, deadline };
        let decoded = pixels::decode(&frame, syntax, layout, terms, warnings)?;
        let mut provenance = provenance(header, syntax, &decoded.layout, index);
        let mut valid = pixels::arrived(&decoded, warnings);
        let film = Film { header, layout: &decoded.layout, options };
        let greys = film.grey(&decoded.samples, &mut valid, &mut provenance, warnings)?;
        Ok(Picture { greys, valid, provenance })
    }

    fn floats(
        &self,
        element: (&element::Element<'_>, usize),
        syntax: TransferSyntax,
        warnings: &mut Vec<Warning>,
    ) -> Result<Picture, Error> {
        let Self { header, layout, options, .. } = *self;
        let index = frame::choose(layout, options, warnings)?;
        let mut provenance = provenance(header, syntax, layout, index);
        let floats = floats::Floats::read(header, element, layout, index)?;
        let (pixels, valid) = floats.grey(header, layout, options, (&mut provenance, warnings))?;
        let greys = grey::Greys { pixels, union: 0, finite: false };
        Ok(Picture { greys, valid, provenance })
    }
}

/// What the steps from samples to grey share.
struct Film<'f, 'a> {
    header: &'f Header<'a>,
    layout: &'f Layout,
    options: &'f ReadOptions,
}

impl Film<'_, '_> {
    fn grey(
        &self,
        samples: &Samples<'_>,
        valid: &mut Option<Vec<bool>>,
        provenance: &mut Provenance,
        warnings: &mut Vec<Warning>,
    ) -> Result<grey::Greys, Error> {
        let (header, layout) = (self.header, self.layout);
        if let Some(colour) = colour::Colour::read(header, layout, warnings)? {
            let pixels = colour.grey(samples, layout, self.options, provenance, warnings)?;
            return Ok(grey::Greys { pixels, union: 0, finite: false });
        }
        let bone = if grey::inverts(layout) { Bone::Dark } else { Bone::Bright };
        stated::check_bone(bone, self.options, warnings);
        let bits = Bits::new(layout);
        let modality = modality::Modality::read(header, layout, warnings)?;
        let modality = match self.options.grey {
            Grey::Modality => modality,
            Grey::Display => modality.for_display(header, warnings),
        };
        let signed = modality.can_be_negative(layout);
        let presentation = match self.options.grey {
            Grey::Modality => voi::Presentation::Stretch,
            Grey::Display => voi::Presentation::read(header, &self.options.voi, signed, warnings)?,
        };
        let padding = padding::Padding::read(header, layout)?;
        if let Some(padding) = padding {
            provenance.padded_pixels = mark_padding(samples, bits, padding, valid);
        }
        provenance.modality_lut = modality.record();
        if self.options.grey == Grey::Display {
            provenance.voi = presentation.record();
        }
        let chain = grey::Chain {
            bits,
            modality: &modality,
            presentation: &presentation,
            padding,
            grey: self.options.grey,
            invert: grey::inverts(layout),
        };
        let greys = chain.apply(samples, provenance);
        let garbage = grey::garbage(samples, bits, layout, greys.union);
        if garbage > 0 {
            warnings.push(Warning::BitsAboveHighBit { pixels: garbage });
        }
        Ok(greys)
    }
}

/// Clears padding pixels in `valid` and counts them.
fn mark_padding(
    samples: &Samples<'_>,
    bits: Bits,
    padding: padding::Padding,
    valid: &mut Option<Vec<bool>>,
) -> u64 {
    let padded = samples.map(|s| padding.contains(bits.value(bits.code(s))));
    let count = padded.iter().filter(|p| **p).count() as u64;
    if count > 0 {
        let valid = valid.get_or_insert_with(|| vec![true; padded.len()]);
        valid.iter_mut().zip(&padded).for_each(|(valid, padded)| *valid &= !padded);
    }
    count
}

fn provenance(
    header: &Header<'_>,
    syntax: TransferSyntax,
    layout: &Layout,
    frame: usize,
) -> Provenance {
    Provenance {
        format: SourceFormat::Dicom,
        transfer_syntax: Some(syntax.uid.into()),
        photometric: header.text(tag::PHOTOMETRIC_INTERPRETATION).map(str::to_string),
        samples_per_pixel: layout.samples as u16,
        bits_allocated: layout.bits_allocated,
        bits_stored: layout.bits_stored,
        high_bit: layout.high_bit,
        signed: layout.signed,
        frames: layout.frames,
        frame,
        ..Provenance::default()
    }
}

/// Attributes of the acquisition: code strings only, which hold no names, and what was asked for.
fn acquisition(header: &Header<'_>, options: &ReadOptions) -> Acquisition {
    let code = |tag| {
        let text = header.text(tag)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || " _-".contains(c);
        (text.len() <= 16 && text.chars().all(plain)).then(|| text.to_string())
    };
    let orientation = header.texts(tag::PATIENT_ORIENTATION);
    Acquisition {
        modality: code(tag::MODALITY),
        view: code(tag::VIEW_POSITION),
        laterality: code(tag::IMAGE_LATERALITY)
            .or_else(|| code(tag::FRAME_LATERALITY))
            .or_else(|| code(tag::LATERALITY)),
        patient_orientation: match orientation.as_slice() {
            [rows, columns] => Some([rows.to_string(), columns.to_string()]),
            _ => None,
        },
        body_part: code(tag::BODY_PART_EXAMINED),
        burned_in_annotation: header.text(tag::BURNED_IN_ANNOTATION).map(|t| t == "YES"),
        presentation_intent: code(tag::PRESENTATION_INTENT_TYPE),
        attributes: attribute::read(header, &options.attributes),
    }
}

fn warn_about(header: &Header<'_>, layout: &Layout, warnings: &mut Vec<Warning>) {
    if let Some((group, element, vr)) = header.wrong_vr {
        warnings.push(Warning::WrongVr {
            tag: format!("({group:04X},{element:04X})"),
            got: format!("{:02x} {:02x}", vr[0], vr[1]),
        });
    }
    let shape = header.text(tag::PRESENTATION_LUT_SHAPE);
    let expected = match layout.photometric {
        Photometric::Monochrome1 => Some(("INVERSE", "MONOCHROME1")),
        Photometric::Monochrome2 => Some(("IDENTITY", "MONOCHROME2")),
        _ => None,
    };
    if let (Some(shape @ ("INVERSE" | "IDENTITY")), Some((fits, photometric))) = (shape, expected)
        && shape != fits
    {
        warnings.push(Warning::PresentationShapeDisagrees {
            shape: shape.into(),
            photometric: photometric.into(),
        });
    }
    if header.text(tag::BURNED_IN_ANNOTATION) == Some("YES") {
        warnings.push(Warning::BurnedInAnnotation);
    }
    if header.any(|e| e.group & 0xFF00 == 0x6000 && e.element == 0x3000) {
        warnings.push(Warning::OverlayLeftOut);
    }
}
