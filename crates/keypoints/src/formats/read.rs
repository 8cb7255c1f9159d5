//! One function for the files of every tool.

use super::coco_file::nan_to_null;
use super::{labelme, text};
use crate::{AnnotationSet, Error};
use serde_json::Value;
use std::path::{Path, PathBuf};

impl AnnotationSet {
    /// Reads annotations, told apart by what they hold: COCO JSON ([`AnnotationSet::from_coco`]),
    /// exports of CVAT ([`AnnotationSet::from_cvat`]), Label Studio
    /// ([`AnnotationSet::from_label_studio`]), VIA ([`AnnotationSet::from_via`]) or LabelMe
    /// ([`AnnotationSet::from_labelme`]); of LabelMe also a folder of files.
    ///
    /// # Errors
    /// [`Error::Io`], or as there.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if path.is_dir() {
            return labelme::folder(path);
        }
        let text = text(path)?;
        let text = text.trim_start_matches('\u{feff}');
        match text.trim_start().chars().next() {
            Some('<') => Self::from_cvat(text, path),
            Some('[') => Self::from_label_studio(text, path),
            _ => Self::from_object(text, path),
        }
    }

    /// A JSON file that is an object: COCO, VIA or LabelMe.
    fn from_object(text: &str, path: &Path) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(&nan_to_null(text)).unwrap_or_default();
        let has = |key: &str| value.get(key).is_some();
        let of_via = |film: &Value| film.get("filename").is_some() && film.get("regions").is_some();
        let films = value.as_object().filter(|films| !films.is_empty());
        if has("_via_img_metadata") || films.is_some_and(|films| films.values().all(of_via)) {
            Self::from_via(text, path)
        } else if has("shapes") && has("imagePath") {
            Self::from_labelme(text, path)
        } else {
            Self::from_coco(text, path)
        }
    }

    /// The annotations of a folder of films: `annotations.json`, or where that is not there
    /// `annotations.xml` (CVAT), or the folder `annotations` (LabelMe).
    #[must_use]
    pub fn file_in(folder: &Path) -> PathBuf {
        let [json, xml, many] =
            ["annotations.json", "annotations.xml", "annotations"].map(|name| folder.join(name));
        if json.exists() {
            json
        } else if xml.exists() {
            xml
        } else if many.is_dir() {
            many
        } else {
            json
        }
    }
}
