//! A keypoint detector that was trained before, in the place of one that a study trains.

use crate::Error;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use vertebra_hrnet::KeypointDetector;

/// A keypoint detector that was trained before. As text: `shipped`, or the path of the folder
/// (`./shipped` for a folder of that name).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PathBuf", into = "PathBuf")]
#[non_exhaustive]
pub enum KeypointModel {
    /// The one that comes with the project.
    Shipped,
    /// That of a folder, as [`KeypointDetector::save`] writes it.
    Folder(PathBuf),
}

const SHIPPED: &str = "shipped";

impl From<PathBuf> for KeypointModel {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == SHIPPED { Self::Shipped } else { Self::Folder(path) }
    }
}

impl From<&str> for KeypointModel {
    fn from(text: &str) -> Self {
        PathBuf::from(text).into()
    }
}

impl From<KeypointModel> for PathBuf {
    fn from(model: KeypointModel) -> Self {
        match model {
            KeypointModel::Shipped => SHIPPED.into(),
            KeypointModel::Folder(folder) => folder,
        }
    }
}

impl KeypointModel {
    /// The detector, its network on `device`.
    ///
    /// # Errors
    /// As [`KeypointDetector::load`].
    pub fn load(&self, device: &Device) -> Result<KeypointDetector, Error> {
        Ok(match self {
            Self::Shipped => KeypointDetector::shipped(device)?,
            Self::Folder(folder) => KeypointDetector::load(folder, device)?,
        })
    }

    /// The files it is read from.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Shipped => Vec::new(),
            Self::Folder(folder) => {
                ["keypoints.json", "keypoints.safetensors"].map(|name| folder.join(name)).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_says_which_detector() {
        for (text, model) in [
            ("shipped", KeypointModel::Shipped),
            ("./shipped", KeypointModel::Folder("./shipped".into())),
            ("runs/detector", KeypointModel::Folder("runs/detector".into())),
        ] {
            assert_eq!(KeypointModel::from(text), model);
            assert_eq!(serde_json::to_string(&model).unwrap(), format!("{text:?}"));
            assert_eq!(serde_json::from_str::<KeypointModel>(&format!("{text:?}")).unwrap(), model);
        }
    }
}
