//! The directories of a TIFF or BigTIFF: one a page, each a list of tags with values.

use crate::Error;
use std::collections::BTreeSet;

/// More pages than any film's file has.
const MOST_PAGES: usize = 1 << 16;

/// Numbers as the file stores them.
#[derive(Clone, Copy)]
pub(super) struct Numbers<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) little: bool,
}

impl<'a> Numbers<'a> {
    /// A number of `size` bytes.
    pub(super) fn at(self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.little {
            true => bytes.iter().rev().fold(0, push),
            false => bytes.iter().fold(0, push),
        })
    }

    /// Bytes from an offset on, or as many as there are.
    pub(super) fn slice(self, from: u64, len: u64) -> &'a [u8] {
        let clip = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(self.bytes.len());
        &self.bytes[clip(from)..clip(from.saturating_add(len))]
    }
}

/// How the directories of a file are written.
#[derive(Clone, Copy)]
struct Form<'a> {
    numbers: Numbers<'a>,
    /// Bytes of an offset, of the number of entries, of an entry.
    sizes: (usize, usize, usize),
}

/// A directory: the numbers of each tag.
pub(super) struct Directory<'a> {
    form: Form<'a>,
    /// Where its entries start, and how many there are.
    entries: (usize, usize),
}

/// The directory of a page, and how many pages there are.
pub(super) fn page(bytes: &[u8], page: usize) -> Result<(Directory<'_>, usize), Error> {
    let numbers = Numbers { bytes, little: bytes.starts_with(b"II") };
    let big = numbers.at(2, 2) == Some(43);
    let form = Form { numbers, sizes: if big { (8, 8, 20) } else { (4, 2, 12) } };
    let mut next = numbers.at(if big { 8 } else { 4 }, form.sizes.0).unwrap_or(0);
    let mut seen = BTreeSet::new();
    let mut chosen = None;
    // The last directory points to 0; a damaged one may point back.
    while next != 0 && seen.len() < MOST_PAGES && seen.insert(next) {
        let Some((directory, after)) = form.directory(next) else { break };
        if seen.len() == page + 1 {
            chosen = Some(directory);
        }
        next = after;
    }
    match chosen {
        Some(directory) => Ok((directory, seen.len())),
        None if page == 0 => {
            Err(Error::codec("TIFF", "expected a directory; the file ends before it"))
        }
        None => {
            let last = seen.len().saturating_sub(1);
            Err(Error::invalid("page", format!("0 to {last}, as the file has them"), page))
        }
    }
}

impl<'a> Form<'a> {
    /// The directory at an offset and the offset of the one after it.
    fn directory(self, at: u64) -> Option<(Directory<'a>, u64)> {
        let (offset, head, entry) = self.sizes;
        let at = usize::try_from(at).ok()?;
        let count = usize::try_from(self.numbers.at(at, head)?).ok()?;
        let start = at.checked_add(head)?;
        let end = start.checked_add(count.checked_mul(entry)?)?;
        self.numbers.bytes.get(start..end)?;
        let next = self.numbers.at(end, offset).unwrap_or(0);
        Some((Directory { form: self, entries: (start, count) }, next))
    }
}

impl<'a> Directory<'a> {
    /// The bytes of the values of a tag, and the size of one; signed and floating kinds too.
    fn values(&self, tag: u64) -> Option<(&'a [u8], usize)> {
        let Form { numbers, sizes: (offset, _, entry) } = self.form;
        let (start, count) = self.entries;
        let places = (0..count).map(|i| start + entry * i);
        let at = places.into_iter().find(|&at| numbers.at(at, 2) == Some(tag))?;
        let size = match numbers.at(at + 2, 2)? {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => return None,
        };
        let len = numbers.at(at + 4, offset)?.checked_mul(size as u64)?;
        let place = at + 4 + offset;
        let bytes = match len {
            len if len <= offset as u64 => numbers.slice(place as u64, len),
            len => numbers.slice(numbers.at(place, offset)?, len),
        };
        (bytes.len() as u64 == len).then_some((bytes, size))
    }

    /// All values of a tag as whole numbers; none where it is absent or cut short.
    pub(super) fn numbers(&self, tag: u64) -> Vec<u64> {
        let Some((bytes, size)) = self.values(tag) else { return Vec::new() };
        let values = Numbers { bytes, ..self.form.numbers };
        (0..bytes.len() / size).filter_map(|i| values.at(i * size, size)).collect()
    }

    /// The first value of a tag.
    pub(super) fn number(&self, tag: u64) -> Option<u64> {
        let (bytes, size) = self.values(tag)?;
        Numbers { bytes, ..self.form.numbers }.at(0, size)
    }

    /// The bytes of the values of a tag.
    pub(super) fn bytes(&self, tag: u64) -> Option<&'a [u8]> {
        Some(self.values(tag)?.0)
    }

    /// The file.
    pub(super) fn file(&self) -> Numbers<'a> {
        self.form.numbers
    }
}
