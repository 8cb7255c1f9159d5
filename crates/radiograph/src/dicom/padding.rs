//! Pixel padding: stored values that are no film (PS3.3 C.7.5.1.1.2).

use super::file::Header;
use super::layout::Layout;
use super::tag;
use crate::Error;

/// A closed range of stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Padding {
    low: i64,
    high: i64,
}

impl Padding {
    /// The values as they stand, in 16 bits with the sign of the pixels: one that Bits Stored
    /// cannot hold is the value of no pixel, and must not be masked to one that is.
    pub(crate) fn read(header: &Header<'_>, layout: &Layout) -> Result<Option<Self>, Error> {
        let Some(value) = header.word(tag::PIXEL_PADDING_VALUE)? else { return Ok(None) };
        let limit = header.word(tag::PIXEL_PADDING_RANGE_LIMIT)?.unwrap_or(value);
        let [a, b] = [value, limit].map(|word| match layout.signed {
            true => i64::from(word as i16),
            false => i64::from(word),
        });
        Ok(Some(Self { low: a.min(b), high: a.max(b) }))
    }

    pub(crate) fn contains(self, stored: i64) -> bool {
        (self.low..=self.high).contains(&stored)
    }
}
