//! The parts of a COCO keypoints file, as they stand in its JSON.

use super::rle::Rle;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) info: serde_json::Map<String, serde_json::Value>,
    pub(super) images: Vec<Image>,
    pub(super) categories: Vec<Category>,
    pub(super) annotations: Vec<Annotation>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Image {
    pub(super) id: i64,
    pub(super) file_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) height: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) width: Option<usize>,
}

impl Image {
    /// Rows and columns.
    pub(super) fn size(&self) -> Option<[usize; 2]> {
        Some([self.height?, self.width?])
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Category {
    pub(super) id: i64,
    pub(super) name: String,
    #[serde(default)]
    pub(super) keypoints: Vec<String>,
    #[serde(default)]
    pub(super) skeleton: Vec<[usize; 2]>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Annotation {
    pub(super) id: i64,
    pub(super) image_id: i64,
    pub(super) category_id: i64,
    #[serde(default)]
    pub(super) keypoints: Vec<Option<f64>>,
    #[serde(default)]
    pub(super) num_keypoints: usize,
    pub(super) bbox: Option<[f64; 4]>,
    pub(super) area: Option<f64>,
    #[serde(default)]
    pub(super) iscrowd: u8,
    #[serde(default)]
    pub(super) segmentation: Segmentation,
    #[serde(default)]
    pub(super) vertebrae: Vec<Vertebra>,
}

/// Outlines, or a run-length mask.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Segmentation {
    Polygons(Vec<Vec<f64>>),
    Mask(Rle),
    Other(serde_json::Value),
}

impl Default for Segmentation {
    fn default() -> Self {
        Self::Polygons(Vec::new())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Vertebra {
    pub(super) level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<Vec<[f64; 2]>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) polygon: Option<Vec<f64>>,
}

/// Python's `json` writes `NaN` and `Infinity`, which JSON has not; as `null` they reach the checks
/// that can name the film.
pub(super) fn nan_to_null(text: &str) -> std::borrow::Cow<'_, str> {
    if !(text.contains("NaN") || text.contains("Infinity")) {
        return text.into();
    }
    let mut outside = true;
    let parts = text.split_inclusive('"').map(|part| {
        let was_outside = outside;
        // A quote ends the part; an odd number of backslashes before it escapes it.
        let body = part.strip_suffix('"');
        let escapes = body.map_or(0, |b| b.len() - b.trim_end_matches('\\').len());
        if body.is_some() && (outside || escapes % 2 == 0) {
            outside = !outside;
        }
        if was_outside {
            let part = part.replace("-Infinity", "null").replace("Infinity", "null");
            part.replace("NaN", "null")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<String>().into()
}
