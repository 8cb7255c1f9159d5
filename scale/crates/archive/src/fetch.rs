//! The bytes of a film from a store: the first of them, and the rest where these may be a film.

use crate::Error;
use crate::store::Place;
use bytes::{Bytes, BytesMut};
use object_store::{GetOptions, GetRange, ObjectMeta};
use std::io::{self, Read};
use std::ops::Range;
use vertebra_radiograph::{Error as ReadError, Limits, ReadOptions};

/// Bytes fetched first; most headers fit.
const FIRST: u64 = 64 << 10;

/// The bytes of a file, or why it is none that is worth fetching; `None` where it is not any more
/// the file that the store spoke of.
///
/// # Errors
/// The store fails.
pub(crate) async fn fetch(
    place: &Place,
    meta: &ObjectMeta,
    limits: Limits,
) -> Result<Option<Result<Bytes, ReadError>>, Error> {
    if meta.size > limits.bytes {
        let (name, allowed, got) = ("bytes of the file", limits.bytes, meta.size);
        return Ok(Some(Err(ReadError::LimitExceeded { name, allowed, got })));
    }
    let Some(first) = part(place, meta, 0..meta.size.min(FIRST)).await? else { return Ok(None) };
    if meta.size <= FIRST {
        return Ok(Some(Ok(first)));
    }
    match ReadOptions::default().with_limits(limits).check_film(Beginning(&first)) {
        // The header goes on behind what was fetched.
        Err(ReadError::Io { .. }) | Ok(()) => {}
        Err(error) => return Ok(Some(Err(error))),
    }
    let Some(rest) = part(place, meta, FIRST..meta.size).await? else { return Ok(None) };
    let mut all = BytesMut::with_capacity(first.len() + rest.len());
    all.extend_from_slice(&first);
    all.extend_from_slice(&rest);
    Ok(Some(Ok(all.freeze())))
}

/// Some bytes of this version of a file; `None` where there is another by now.
async fn part(place: &Place, meta: &ObjectMeta, range: Range<u64>) -> Result<Option<Bytes>, Error> {
    if range.is_empty() {
        return Ok(Some(Bytes::new()));
    }
    let options = GetOptions {
        range: Some(GetRange::Bounded(range)),
        if_match: meta.e_tag.clone(),
        ..GetOptions::default()
    };
    let read = async { place.store().get_opts(place.path(), options).await?.bytes().await };
    match read.await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(object_store::Error::Precondition { .. } | object_store::Error::NotFound { .. }) => {
            Ok(None)
        }
        Err(error) => Err(place.error(&error)),
    }
}

/// The first bytes of a file, after which reading fails rather than ends.
pub(crate) struct Beginning<'a>(pub(crate) &'a [u8]);

impl Read for Beginning<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 if !buffer.is_empty() => Err(io::ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}
