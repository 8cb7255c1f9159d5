//! What the program is asked for.

use clap::Parser;
use std::path::PathBuf;
use vertebra_radiograph::{
    Attribute, Bone, Error, OutputPattern, PictureSize, PngOptions, ReadOptions, VoiChoice,
};

/// Says what a radiograph file holds and how its grey values come about; converts it.
///
/// With a folder, a zip archive or a DICOMDIR: one JSON object per film, one line each, or a table
/// with --csv; on standard error what cannot be read, and a count. The exit code is 1 where no film
/// could be read.
///
/// In OUT of --png and --npy each film of a folder fills places in braces: {n} its number ({n:4}
/// with four digits), {name} its file name, {folder} the folders it lies in, {patient}, {date},
/// {study}, {series}, {instance}, {modality}, {view}, {laterality}, and {KEYWORD} or {(gggg,eeee)}
/// any attribute. What a film does not have is "unknown". Nothing is written where two films would
/// make the same file, or one that exists.
#[derive(Parser)]
#[command(name = "radiograph", version)]
pub(crate) struct Arguments {
    /// DICOM, PNG, TIFF, JPEG, BMP or NPY file, a folder, zip archive or DICOMDIR of them, or - for
    /// standard input.
    pub(crate) file: PathBuf,
    /// Prints one JSON object instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
    /// Writes the picture a person would see as grey PNG; of a folder one for each film where OUT
    /// has places, as "{patient}_{date}_{n}.png", else a sheet of small ones with their names.
    #[arg(long, value_name = "OUT")]
    pub(crate) png: Option<String>,
    /// Writes float32 [height, width] after the modality LUT, before VOI and inversion; of a folder
    /// OUT must have places.
    #[arg(long, value_name = "OUT")]
    pub(crate) npy: Option<String>,
    /// Bits of a pixel of the PNG: 8 or 16.
    #[arg(long, value_name = "BITS", default_value = "16", value_parser = ["8", "16"])]
    pub(crate) bits: String,
    /// Writes pictures whose longer side has so many pixels, or of HEIGHTxWIDTH.
    #[arg(long, value_name = "SIZE")]
    pub(crate) resize: Option<PictureSize>,
    /// Rows of six films on one page of the sheet; further pages are OUT with -2, -3 ...
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) page_rows: u16,
    /// Prints comma-separated values, one line per film, instead of JSON.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Prints an attribute too, by its keyword or as (gggg,eeee); it may identify a person. May be
    /// given several times.
    #[arg(long, value_name = "ATTRIBUTE")]
    pub(crate) tag: Vec<Attribute>,
    /// Reads headers only, which takes a moment: nothing is said of grey values.
    #[arg(long, conflicts_with_all = ["png", "npy", "deidentify"])]
    pub(crate) header: bool,
    /// Estimates from the picture which way the subject faces where the file does not say.
    #[arg(long)]
    pub(crate) facing: bool,
    /// Writes a copy of the DICOM file without what could identify a person (PS3.15 Basic Profile),
    /// and says what was done. Of a folder, a folder of copies named after their new UIDs.
    #[arg(long, value_name = "OUT", requires = "key")]
    pub(crate) deidentify: Option<PathBuf>,
    /// File whose content makes the pseudonyms; keep it secret.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Shifts dates by so many days instead of removing them.
    #[arg(long, value_name = "DAYS", requires = "deidentify", allow_negative_numbers = true)]
    pub(crate) shift_dates: Option<i32>,
    /// Keeps the patient's sex, and age up to 89.
    #[arg(long, requires = "deidentify")]
    pub(crate) keep_characteristics: bool,
    /// Opens, with warnings, files without preamble, with an unusable transfer syntax or cut short.
    #[arg(long)]
    pub(crate) lenient: bool,
    /// Window to apply: CENTER,WIDTH in modality units; the name that the file gives it; the number
    /// of one of the file's windows from 0, or of its VOI LUTs as lut:N; or none. Without it, the
    /// first VOI LUT, else the first window.
    #[arg(long, value_name = "WINDOW", value_parser = window, allow_hyphen_values = true)]
    pub(crate) window: Option<VoiChoice>,
    /// Distance of pixel centres where the file does not state it: MM, or ROW,COL in mm.
    #[arg(long, value_name = "MM", value_parser = spacing)]
    pub(crate) spacing_mm: Option<[f64; 2]>,
    /// How bone looks where the file does not state it (PNG, TIFF, JPEG, BMP, NPY).
    #[arg(long, value_parser = bone, value_name = "dark|bright")]
    pub(crate) bone: Option<Bone>,
    /// Frame of a DICOM file or page of a TIFF to read, from 0.
    #[arg(long, value_name = "N")]
    pub(crate) frame: Option<usize>,
}

impl Arguments {
    /// Whether the film comes from standard input.
    pub(crate) fn is_stream(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    pub(crate) fn options(&self) -> ReadOptions {
        let options =
            ReadOptions::default().with_lenient(self.lenient).with_attributes(self.tag.clone());
        let options = self.frame.into_iter().fold(options, ReadOptions::with_frame);
        let options = self.spacing_mm.into_iter().fold(options, ReadOptions::with_spacing_mm);
        let options = self.bone.into_iter().fold(options, ReadOptions::with_bone);
        self.window.clone().into_iter().fold(options, ReadOptions::with_voi)
    }

    pub(crate) fn png_options(&self) -> PngOptions {
        let options = PngOptions::default().with_8_bits(self.bits == "8");
        self.resize.into_iter().fold(options, PngOptions::with_size)
    }
}

/// The pattern that text is, if it has places.
pub(crate) fn pattern(text: Option<&String>) -> Result<Option<OutputPattern>, Error> {
    text.filter(|text| OutputPattern::has_places(text)).map(|text| text.parse()).transpose()
}

fn window(text: &str) -> Result<VoiChoice, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    if let Some(item) = text.strip_prefix("lut:") {
        return item.parse().map(VoiChoice::Lut).map_err(|e| format!("lut:{item}: {e}"));
    }
    if text == "none" {
        return Ok(VoiChoice::None);
    }
    if let Ok(window) = text.parse() {
        return Ok(VoiChoice::Window(window));
    }
    let both = text.split_once(',').and_then(|(c, w)| number(c).zip(number(w)));
    Ok(both.map_or_else(|| VoiChoice::Named(text.into()), |(c, w)| VoiChoice::Given(c, w)))
}

fn spacing(text: &str) -> Result<[f64; 2], String> {
    let number = |text: &str| {
        text.trim().parse::<f64>().map_err(|_| format!("expected MM or ROW,COL; got {text}"))
    };
    match text.split_once(',') {
        Some((row, col)) => Ok([number(row)?, number(col)?]),
        None => number(text).map(|mm| [mm, mm]),
    }
}

fn bone(text: &str) -> Result<Bone, String> {
    match text {
        "dark" => Ok(Bone::Dark),
        "bright" => Ok(Bone::Bright),
        _ => Err("expected dark or bright".into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn windows_by_numbers_by_name_by_lut_and_none() {
        assert_eq!(window("2000,-4.5").unwrap(), VoiChoice::Given(2000.0, -4.5));
        assert_eq!(window("-50, 400").unwrap(), VoiChoice::Given(-50.0, 400.0));
        assert_eq!(window("1").unwrap(), VoiChoice::Window(1));
        assert_eq!(window("lut:2").unwrap(), VoiChoice::Lut(2));
        assert_eq!(window("none").unwrap(), VoiChoice::None);
        assert_eq!(window("BONE, hard").unwrap(), VoiChoice::Named("BONE, hard".into()));
        assert!(window("lut:x").is_err());
        assert_eq!(spacing("0.143").unwrap(), [0.143, 0.143]);
        assert_eq!(spacing("0.1,0.2").unwrap(), [0.1, 0.2]);
        assert!(spacing("a").is_err() && bone("grey").is_err());
    }
}
