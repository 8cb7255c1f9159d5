//! Segmented palettes (PS3.3 C.7.9.2): a table as discrete values, straight lines and repetitions.

use super::element::Element;
use super::tag::Tag;
use crate::Error;

/// The table that segments of `bits` (8 or 16) stand for.
pub(super) fn expand(
    element: &Element<'_>,
    tag: Tag,
    bits: u16,
    count: usize,
) -> Result<Vec<u16>, Error> {
    let fault = || {
        let expected = format!("segments that make {count} entries");
        Error::invalid(tag.name, expected, format!("{} bytes", element.value.len()))
    };
    let wide = bits > 8;
    let words = match wide {
        true => element.value.chunks_exact(2).map(|w| element.word(w) as u16).collect(),
        // Bytes lie in words, the first in the lower half.
        false if element.big_endian => {
            element.value.chunks_exact(2).flat_map(|w| [u16::from(w[1]), u16::from(w[0])]).collect()
        }
        false => element.value.iter().map(|b| u16::from(*b)).collect(),
    };
    let mut segments = Segments { words, wide, count, table: Vec::new() };
    segments.run(0, usize::MAX, true).ok_or_else(fault)?;
    Ok(segments.table)
}

struct Segments {
    words: Vec<u16>,
    wide: bool,
    /// Entries of the whole table.
    count: usize,
    table: Vec<u16>,
}

impl Segments {
    /// Adds what `most` segments from a place on stand for, to the end of the table or of the
    /// segments; `None` where they are none. Repetitions do not repeat repetitions.
    fn run(&mut self, mut at: usize, most: usize, may_repeat: bool) -> Option<()> {
        for _ in 0..most {
            // A byte may follow, to make the length even.
            if self.table.len() >= self.count || at + 1 >= self.words.len() {
                break;
            }
            let (kind, len) = (self.words[at], usize::from(self.words[at + 1]));
            at += 2;
            match kind {
                0 => {
                    self.table.extend(self.words.get(at..at + len)?);
                    at += len;
                }
                1 => {
                    self.line(*self.words.get(at)?, len)?;
                    at += 1;
                }
                2 if may_repeat => {
                    let size = if self.wide { 2 } else { 4 };
                    let from = self.offset(self.words.get(at..at + size)?)?;
                    at += size;
                    self.run(from, len, false)?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// A straight line from the last entry to a value.
    fn line(&mut self, to: u16, len: usize) -> Option<()> {
        let from = f64::from(*self.table.last()?);
        let rise = f64::from(to) - from;
        let entry = |i: usize| (from + rise * i as f64 / len as f64).round_ties_even() as u16;
        self.table.extend((1..=len).map(entry));
        Some(())
    }

    /// The word at an offset in bytes, low half first.
    fn offset(&self, words: &[u16]) -> Option<usize> {
        let push = |offset: usize, word: &u16| {
            offset << if self.wide { 16 } else { 8 } | usize::from(*word)
        };
        let bytes = words.iter().rev().fold(0, push);
        if !self.wide {
            return Some(bytes);
        }
        (bytes % 2 == 0).then_some(bytes / 2)
    }
}
