//! Pictures of the run folder, embedded into the page.

use crate::results::{Picture, StudyResults};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// PNG files by their path relative to the run folder.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    files: BTreeMap<String, Vec<u8>>,
}

/// What every PNG file starts with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Pictures {
    /// Asks `read` for each picture that the results name; what is no PNG is left out.
    pub(crate) fn new(
        results: &StudyResults,
        mut read: impl FnMut(&str) -> Option<Vec<u8>>,
    ) -> Self {
        let heat_maps = results.saliency.iter().flat_map(|s| &s.pictures);
        let wanted = results.keypoints.overlays.iter().chain(heat_maps);
        let files = wanted
            .filter_map(|picture| Some((picture.file.clone(), read(&picture.file)?)))
            .filter(|(_, bytes)| bytes.starts_with(PNG))
            .collect();
        Self { files }
    }

    /// The pictures side by side with their captions.
    pub(crate) fn gallery(&self, pictures: &[Picture]) -> Markup {
        html! { @if !pictures.is_empty() { div.gallery {
            @for picture in pictures { figure {
                @match self.files.get(&picture.file) {
                    Some(bytes) => {
                        @let data = format!("data:image/png;base64,{}", STANDARD.encode(bytes));
                        img src=(data) alt=(picture.caption);
                    },
                    None => div.absent { "picture " (picture.file) " is not in the run folder" },
                }
                figcaption { (picture.caption) }
            } }
        } } }
    }
}
