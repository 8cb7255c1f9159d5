//! Writes radiographs as DICOM files: uncompressed, explicit VR little endian.

use crate::read::write_file;
use crate::{Error, Spacing, SpacingKind};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, dicom_value};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use sha2::{Digest, Sha256};
use std::path::Path;

/// A radiograph to be written as DICOM: stored values and the attributes that go with them.
///
/// # Examples
/// ```
/// use vertebra_radiograph::{DicomImage, Spacing, SpacingKind, write_dicom};
/// let (folder, pixels) = (tempfile::tempdir()?, vec![0, 1000, 2000, 4095]);
/// let spacing = Spacing { row_mm: 0.16, col_mm: 0.16, kind: SpacingKind::Detector };
/// let image = DicomImage { spacing, view: Some("LL"), ..DicomImage::new(2, 2, &pixels, 12) };
/// write_dicom(folder.path().join("film.dcm"), &image)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DicomImage<'a> {
    /// Rows, 1 to 65535.
    pub height: usize,
    /// Columns, 1 to 65535.
    pub width: usize,
    /// Stored values, row-major, `height * width` of them, each below `2^bits_stored`.
    pub pixels: &'a [u16],
    /// Bits Stored, 1 to 16.
    pub bits_stored: u16,
    /// Whether small stored values are bright (`MONOCHROME1`).
    pub monochrome1: bool,
    /// Written as Imager Pixel Spacing (`Detector`), as Pixel Spacing of calibration type
    /// `GEOMETRY` (`Calibrated`, `Corrected`), or not at all (`Unknown`).
    pub spacing: Spacing,
    /// `DX`, `CR`, or `OT`, which makes it a Secondary Capture.
    pub modality: &'a str,
    /// View Position, e.g. `LL`.
    pub view: Option<&'a str>,
    /// Image Laterality.
    pub laterality: Option<&'a str>,
    /// Patient Orientation `[rows, columns]`, e.g. `["A", "F"]`.
    pub patient_orientation: Option<[&'a str; 2]>,
    /// Body Part Examined.
    pub body_part: Option<&'a str>,
    /// Study Date, `YYYYMMDD`; empty where not known.
    pub study_date: &'a str,
    /// Patient ID.
    pub patient_id: &'a str,
    /// Patient's Sex: `F`, `M` or `O`.
    pub sex: Option<&'a str>,
    /// Patient's Age in years.
    pub age_years: Option<u16>,
    /// Window Center and Window Width in stored values.
    pub window: Option<(f64, f64)>,
}

impl<'a> DicomImage<'a> {
    /// A `DX` film of `MONOCHROME2` about which nothing else is known.
    #[must_use]
    pub fn new(height: usize, width: usize, pixels: &'a [u16], bits_stored: u16) -> Self {
        Self {
            height,
            width,
            pixels,
            bits_stored,
            monochrome1: false,
            spacing: Spacing::UNKNOWN,
            modality: "DX",
            view: None,
            laterality: None,
            patient_orientation: None,
            body_part: None,
            study_date: "",
            patient_id: "",
            sex: None,
            age_years: None,
            window: None,
        }
    }
}

/// Writes a DICOM file. The same image gives the same bytes: its UIDs are made from its content.
///
/// # Errors
/// [`Error::File`] around a size, a pixel or an attribute that does not fit, or what the operating
/// system refused.
pub fn write_dicom(path: impl AsRef<Path>, image: &DicomImage<'_>) -> Result<(), Error> {
    let path = path.as_ref();
    write_file(path, &encode(image).map_err(|e| e.at(path))?)
}

/// The bytes of the file that [`write_dicom`] writes.
///
/// # Errors
/// As [`write_dicom`], without a path.
pub fn encode_dicom(image: &DicomImage<'_>) -> Result<Vec<u8>, Error> {
    encode(image)
}

fn encode(image: &DicomImage<'_>) -> Result<Vec<u8>, Error> {
    check(image)?;
    let mut object = InMemDicomObject::new_empty();
    put_identity(&mut object, image);
    put_acquisition(&mut object, image);
    put_pixels(&mut object, image);
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    let file = object.with_meta(meta).map_err(encode_error)?;
    let mut bytes = Vec::with_capacity(2 * image.pixels.len() + 2048);
    file.write_all(&mut bytes).map_err(encode_error)?;
    Ok(bytes)
}

pub(super) fn encode_error(reason: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Encode { name: "DICOM", reason: Box::new(reason) }
}

fn check(image: &DicomImage<'_>) -> Result<(), Error> {
    crate::radiograph::check_size(image.height, image.width, image.pixels.len())?;
    for (what, size) in [("height", image.height), ("width", image.width)] {
        if size > usize::from(u16::MAX) {
            return Err(Error::invalid(what, "at most 65535", size));
        }
    }
    if !(1..=16).contains(&image.bits_stored) {
        return Err(Error::invalid("bits_stored", "1 to 16", image.bits_stored));
    }
    let max = ((1_u32 << image.bits_stored) - 1) as u16;
    if let Some(index) = image.pixels.iter().position(|&p| p > max) {
        let (name, value) = ("pixels", f64::from(image.pixels[index]));
        let expected = "no more than bits_stored can hold";
        return Err(Error::OutOfDomain { name, index, value, expected });
    }
    sop_class(image.modality).map(|_| ())
}

fn sop_class(modality: &str) -> Result<&'static str, Error> {
    match modality {
        "DX" => Ok(uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION),
        "CR" => Ok(uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE),
        "OT" => Ok(uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
        other => Err(Error::invalid("modality", "DX, CR or OT", other)),
    }
}

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) {
    object.put(DataElement::new(tag, vr, value.into()));
}

fn put_some(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: Option<&str>) {
    if let Some(value) = value {
        put(object, tag, vr, value);
    }
}

fn put_identity(object: &mut InMemDicomObject, image: &DicomImage<'_>) {
    let study = uid(&[b"study", image.patient_id.as_bytes(), image.study_date.as_bytes()]);
    let series = uid(&[b"series", study.as_bytes(), image.modality.as_bytes()]);
    let pixels: Vec<u8> = image.pixels.iter().flat_map(|p| p.to_le_bytes()).collect();
    let view = image.view.unwrap_or_default();
    let instance = uid(&[b"instance", series.as_bytes(), view.as_bytes(), &pixels]);
    let class = sop_class(image.modality).unwrap_or(uids::SECONDARY_CAPTURE_IMAGE_STORAGE);
    put(object, tags::SOP_CLASS_UID, VR::UI, class);
    put(object, tags::SOP_INSTANCE_UID, VR::UI, instance);
    put(object, tags::STUDY_INSTANCE_UID, VR::UI, study);
    put(object, tags::SERIES_INSTANCE_UID, VR::UI, series);
    put(object, tags::STUDY_DATE, VR::DA, image.study_date);
    put(object, tags::STUDY_TIME, VR::TM, "");
    put(object, tags::ACCESSION_NUMBER, VR::SH, "");
    put(object, tags::REFERRING_PHYSICIAN_NAME, VR::PN, "");
    put(object, tags::STUDY_ID, VR::SH, "");
    put(object, tags::SERIES_NUMBER, VR::IS, "1");
    put(object, tags::INSTANCE_NUMBER, VR::IS, "1");
    put(object, tags::PATIENT_NAME, VR::PN, "");
    put(object, tags::PATIENT_ID, VR::LO, image.patient_id);
    put(object, tags::PATIENT_BIRTH_DATE, VR::DA, "");
    put(object, tags::PATIENT_SEX, VR::CS, image.sex.unwrap_or_default());
    if let Some(years) = image.age_years {
        put(object, tags::PATIENT_AGE, VR::AS, format!("{:03}Y", years.min(999)));
    }
}

fn put_acquisition(object: &mut InMemDicomObject, image: &DicomImage<'_>) {
    put(object, tags::MODALITY, VR::CS, image.modality);
    put_some(object, tags::BODY_PART_EXAMINED, VR::CS, image.body_part);
    put_some(object, tags::VIEW_POSITION, VR::CS, image.view);
    put_some(object, tags::IMAGE_LATERALITY, VR::CS, image.laterality);
    let orientation = image.patient_orientation.map(|[r, c]| format!("{r}\\{c}"));
    put_some(object, tags::PATIENT_ORIENTATION, VR::CS, orientation.as_deref());
    match image.modality {
        "DX" => {
            put(object, tags::PRESENTATION_INTENT_TYPE, VR::CS, "FOR PRESENTATION");
            put(object, tags::BURNED_IN_ANNOTATION, VR::CS, "NO");
        }
        "OT" => put(object, tags::CONVERSION_TYPE, VR::CS, "WSD"),
        _ => {}
    }
    let Spacing { row_mm, col_mm, kind } = image.spacing;
    let spacing = dicom_value!(Strs, [decimal_string(row_mm), decimal_string(col_mm)]);
    match kind {
        SpacingKind::Detector => put(object, tags::IMAGER_PIXEL_SPACING, VR::DS, spacing),
        // Pixel Spacing alone says nothing of what it means.
        SpacingKind::Stated => put(object, tags::PIXEL_SPACING, VR::DS, spacing),
        SpacingKind::Calibrated | SpacingKind::Corrected => {
            put(object, tags::PIXEL_SPACING, VR::DS, spacing);
            put(object, tags::PIXEL_SPACING_CALIBRATION_TYPE, VR::CS, "GEOMETRY");
        }
        SpacingKind::Unknown => {}
    }
}

fn put_pixels(object: &mut InMemDicomObject, image: &DicomImage<'_>) {
    let (photometric, shape, sign) = if image.monochrome1 {
        ("MONOCHROME1", "INVERSE", -1_i16)
    } else {
        ("MONOCHROME2", "IDENTITY", 1)
    };
    put(object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric);
    if image.modality != "OT" {
        put(object, tags::PRESENTATION_LUT_SHAPE, VR::CS, shape);
    }
    if image.modality == "DX" {
        put(object, tags::PIXEL_INTENSITY_RELATIONSHIP, VR::CS, "LOG");
        put(object, tags::PIXEL_INTENSITY_RELATIONSHIP_SIGN, VR::SS, dicom_value!(I16, [sign]));
        put(object, tags::RESCALE_INTERCEPT, VR::DS, "0");
        put(object, tags::RESCALE_SLOPE, VR::DS, "1");
        put(object, tags::RESCALE_TYPE, VR::LO, "US");
    }
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, image.height as u16),
        (tags::COLUMNS, image.width as u16),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, image.bits_stored),
        (tags::HIGH_BIT, image.bits_stored - 1),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        put(object, tag, VR::US, PrimitiveValue::from(value));
    }
    if let Some((center, width)) = image.window {
        put(object, tags::WINDOW_CENTER, VR::DS, decimal_string(center));
        put(object, tags::WINDOW_WIDTH, VR::DS, decimal_string(width));
    }
    put(object, tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(image.pixels.into()));
}

/// A number as a decimal string of at most 16 characters, as precise as fits.
fn decimal_string(value: f64) -> String {
    let short = format!("{value}");
    if short.len() <= 16 {
        return short;
    }
    (0..=14)
        .rev()
        .flat_map(|digits| [format!("{value:.digits$}"), format!("{value:.digits$e}")])
        .find(|s| s.len() <= 16)
        .unwrap_or(short)
}

/// A UID made of a digest of the parts, under the root of UUID-derived UIDs (PS3.5 B.2).
pub(crate) fn uid(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    format!("2.25.{}", u128::from_be_bytes(bytes))
}
