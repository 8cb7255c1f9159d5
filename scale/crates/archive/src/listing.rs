//! The files below a place, one by one as the store lists them.

use crate::Error;
use crate::store::Place;
use futures::stream::{BoxStream, StreamExt};
use object_store::ObjectMeta;

/// A file that was listed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ListedFile {
    /// Its name, as a user would write it.
    pub path: String,
    /// Bytes.
    pub size: i64,
    /// What the store calls this version of it.
    pub etag: Option<String>,
    /// When it was last written, milliseconds since 1970.
    pub modified: i64,
}

impl ListedFile {
    fn of(place: &Place, meta: ObjectMeta) -> Self {
        Self {
            path: place.name_of(&meta.location),
            size: i64::try_from(meta.size).unwrap_or(i64::MAX),
            etag: meta.e_tag,
            modified: meta.last_modified.timestamp_millis(),
        }
    }
}

/// The files below a place in the order of the store, or the file itself.
pub fn list(place: &Place) -> BoxStream<'static, Result<ListedFile, Error>> {
    let (place, root) = (place.clone(), place.clone());
    let all = place.store().list(Some(place.path()));
    let below = all.map(move |meta| match meta {
        Ok(meta) => Ok(ListedFile::of(&place, meta)),
        Err(error) => Err(place.error(&error)),
    });
    // A store lists nothing below a file.
    let itself = futures::stream::once(async move {
        match root.path().as_ref().is_empty() {
            true => None,
            false => root.head().await.ok().map(|meta| Ok(ListedFile::of(&root, meta))),
        }
    });
    itself.filter_map(futures::future::ready).chain(below).boxed()
}
