//! Names of the files made of a folder of films, one each.

use crate::folder::{self, Entry, FolderReport, Listing};
use crate::{Attribute, Error, ReadOptions};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Characters of the longest value in a name.
const LONGEST: usize = 64;
/// Bytes by which a picture is known.
const FIRST: u64 = 256;

/// A pattern of file names, with places in braces that each film fills:
///
/// | place | filled by |
/// |---|---|
/// | `{n}`, `{n:4}` | the number of the film in the order of the paths, from 1; with at least 4 digits |
/// | `{name}` | the film's file name without its last extension |
/// | `{folder}` | the folders between the folder given and the film |
/// | `{patient}`, `{date}`, `{study}`, `{series}`, `{instance}`, `{modality}`, `{view}`, `{laterality}` | Patient ID, Study Date, the three UIDs, Modality, View Position, (Image) Laterality |
/// | `{KEYWORD}`, `{(gggg,eeee)}` | any other attribute |
///
/// In what fills them, characters other than letters, digits, `.`, `-` and `_` become `_`; what a
/// film does not have is `unknown`.
///
/// # Examples
/// ```
/// use vertebra_radiograph::{DicomImage, OutputPattern, ReadOptions, write_dicom};
/// let folder = tempfile::tempdir()?;
/// let film = DicomImage { patient_id: "A/1", study_date: "20200131", ..DicomImage::new(1, 1, &[0], 12) };
/// write_dicom(folder.path().join("a.dcm"), &film)?;
/// let pattern: OutputPattern = "out/{patient}_{date}_{n:3}.png".parse()?;
/// let names = pattern.names(folder.path(), &ReadOptions::default())?;
/// assert_eq!(names.values().next().unwrap().to_str(), Some("out/A_1_20200131_001.png"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Number(usize),
    Name,
    Folder,
    /// The first of these that the film has.
    Attribute(Vec<Attribute>),
}

/// Values of attributes by the names asked for.
type Attributes = BTreeMap<String, String>;

/// What a film fills into the places.
struct Facts<'f> {
    folder: &'f Path,
    path: &'f Path,
    number: usize,
    attributes: &'f Attributes,
}

impl FromStr for OutputPattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unclosed = || Error::invalid("output pattern", "a } for each {", text);
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (place, behind) = after.split_once('}').ok_or_else(unclosed)?;
            parts.extend([Part::Text(before.into()), Part::of(place)?]);
            rest = behind;
        }
        parts.push(Part::Text(rest.into()));
        Ok(Self { parts })
    }
}

impl Part {
    fn of(place: &str) -> Result<Self, Error> {
        let named = |names: &[&str]| {
            let attributes = names.iter().map(|name| name.parse());
            attributes.collect::<Result<_, _>>().map(Self::Attribute)
        };
        match place {
            "n" => Ok(Self::Number(1)),
            "name" => Ok(Self::Name),
            "folder" => Ok(Self::Folder),
            "patient" => named(&["PatientID"]),
            "date" => named(&["StudyDate"]),
            "study" => named(&["StudyInstanceUID"]),
            "series" => named(&["SeriesInstanceUID"]),
            "instance" => named(&["SOPInstanceUID"]),
            "modality" => named(&["Modality"]),
            "view" => named(&["ViewPosition"]),
            "laterality" => named(&["ImageLaterality", "Laterality"]),
            other => match other.strip_prefix("n:").map(str::parse) {
                Some(Ok(digits @ 1..=20)) => Ok(Self::Number(digits)),
                Some(_) => Err(Error::invalid("output pattern", "{n:1} to {n:20}", other)),
                None => named(&[other]),
            },
        }
    }

    fn filled(&self, facts: &Facts<'_>) -> String {
        let known = |text: &str| match clean(text) {
            text if text.is_empty() => "unknown".into(),
            text => text,
        };
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(digits) => format!("{:0digits$}", facts.number),
            Self::Name => known(&facts.path.file_stem().unwrap_or_default().to_string_lossy()),
            Self::Folder => {
                let inside = facts.path.strip_prefix(facts.folder).unwrap_or(facts.path);
                known(&inside.parent().unwrap_or(Path::new("")).to_string_lossy())
            }
            Self::Attribute(names) => {
                let value = |name: &Attribute| facts.attributes.get(&name.to_string());
                known(names.iter().find_map(value).map_or("", String::as_str))
            }
        }
    }
}

/// Text that is part of a file name everywhere, and never a path.
fn clean(text: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' };
    text.trim_start_matches('.').chars().map(plain).take(LONGEST).collect()
}

impl OutputPattern {
    /// Whether text has places to fill, so that it is a pattern and not one name.
    #[must_use]
    pub fn has_places(text: &str) -> bool {
        text.contains('{')
    }

    /// The file to be made of each film under a folder, or of what stands for one. Nothing is
    /// written.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] where two films would make the same file, or one that exists;
    /// [`Error::File`] where the folder cannot be listed.
    pub fn names(
        &self,
        folder: impl AsRef<Path>,
        options: &ReadOptions,
    ) -> Result<BTreeMap<PathBuf, PathBuf>, Error> {
        let folder = folder.as_ref();
        let attributes = self.parts.iter().filter_map(|part| match part {
            Part::Attribute(names) => Some(names.clone()),
            _ => None,
        });
        let options = options.clone().with_attributes(attributes.flatten().collect());
        let films = films(folder, &options)?;
        let (mut names, mut taken) = (BTreeMap::new(), BTreeMap::<String, PathBuf>::new());
        for (i, (path, attributes)) in films.iter().enumerate() {
            let facts = Facts { folder, path, number: i + 1, attributes };
            let name: String = self.parts.iter().map(|part| part.filled(&facts)).collect();
            if Path::new(&name).exists() {
                return Err(Error::invalid(
                    "output pattern",
                    "new files",
                    format!("{name}, which exists"),
                ));
            }
            // Many file systems take upper and lower case for the same.
            if let Some(other) = taken.insert(name.to_lowercase(), path.clone()) {
                let got = format!("{name} for {} and {}", other.display(), path.display());
                return Err(Error::invalid("output pattern", "another name for each film", got));
            }
            names.insert(path.clone(), PathBuf::from(name));
        }
        Ok(names)
    }
}

/// Attributes of every film of a folder, as far as its header can be read.
fn films(folder: &Path, options: &ReadOptions) -> Result<Vec<(PathBuf, Attributes)>, Error> {
    let each = |entry: &Entry| {
        let limit = options.limits.bytes;
        match entry.read(limit, |file| options.header_of(file)) {
            Ok(header) => Ok(header.acquisition.attributes),
            Err(Error::UnknownFormat { .. }) => entry.read(limit, |file| is_picture(file, options)),
            Err(error) => Err(error),
        }
    };
    let FolderReport { films, .. } = folder::walk(Listing::of(folder)?, each, |_, _| {})?;
    Ok(films)
}

/// No attributes, of a picture; an error for what is none. Its first bytes cannot be read as a
/// film, but are known for those of one.
fn is_picture(file: &mut dyn Read, options: &ReadOptions) -> Result<Attributes, Error> {
    let mut first = Vec::new();
    file.take(FIRST).read_to_end(&mut first)?;
    match options.read_bytes(&first) {
        Err(error @ Error::UnknownFormat { .. }) => Err(error),
        _ => Ok(BTreeMap::new()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn name(pattern: &str, path: &str) -> Result<String, Error> {
        let attributes = [("PatientID", "../Ä 7"), ("Laterality", "L"), ("KVP", "80")];
        let attributes = attributes.map(|(name, value)| (name.to_string(), value.to_string()));
        let (folder, attributes) = (Path::new("in"), &attributes.into_iter().collect());
        let facts = Facts { folder, path: Path::new(path), number: 7, attributes };
        let pattern: OutputPattern = pattern.parse()?;
        Ok(pattern.parts.iter().map(|part| part.filled(&facts)).collect())
    }

    #[test]
    fn places_are_filled_and_cannot_lead_elsewhere() {
        let get = |pattern: &str| name(pattern, "in/a b/film.old.dcm").unwrap();
        assert_eq!(get("x/{patient}_{n:3}{n}.png"), "x/_Ä_7_0077.png");
        assert_eq!(get("{folder}-{name}-{laterality}"), "a_b-film.old-L");
        assert_eq!(get("{KVP}{view}{(0008,0020)}"), "80unknownunknown");
        for bad in ["{n", "{nothing}", "{n:0}", "{n:x}", "{}"] {
            assert!(name(bad, "a").is_err(), "{bad}");
        }
    }
}
