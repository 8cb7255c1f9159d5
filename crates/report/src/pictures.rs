//! Pictures of the run folder, embedded into the page.

use crate::results::{Picture, ShownSubject, StudyResults};
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
        let shown = results.saliency.iter().flat_map(|saliency| &saliency.shown).flat_map(files);
        let overlays = results.keypoints.overlays.iter().map(|picture| picture.file.as_str());
        let files = overlays
            .chain(shown)
            .filter_map(|file| Some((file.to_owned(), read(file)?)))
            .filter(|(_, bytes)| bytes.starts_with(PNG))
            .collect();
        Self { files }
    }

    /// One picture, or a box that says that it is absent.
    pub(crate) fn image(&self, file: &str, alt: &str) -> Markup {
        html! { @match self.files.get(file) {
            Some(bytes) => {
                @let data = format!("data:image/png;base64,{}", STANDARD.encode(bytes));
                img src=(data) alt=(alt) data-file=(file);
            },
            None => div.absent { "picture " (file) " is not in the run folder" },
        } }
    }

    /// The pictures side by side with their captions.
    pub(crate) fn gallery(&self, pictures: &[Picture]) -> Markup {
        html! { @if !pictures.is_empty() { div.gallery {
            @for picture in pictures { figure {
                (self.image(&picture.file, &picture.caption))
                figcaption { (picture.caption) }
            } }
        } } }
    }
}

/// The pictures of a subject.
fn files(subject: &ShownSubject) -> impl Iterator<Item = &str> {
    let maps = subject.maps.iter().map(|map| map.file.as_str());
    [subject.film.file.as_str(), subject.aligned.as_str()].into_iter().chain(maps)
}
