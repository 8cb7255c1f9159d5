//! One data element: its bytes, and its value as text or numbers.
//!
//! A reader of radiographs knows what type each attribute it asks for must have, so a value is
//! decoded by what is asked rather than by the VR on file: Rescale Slope stored with VR `UN` is
//! still a decimal string, and one stored as `FD` by a careless program is still a number.

use super::tag::Tag;

/// Bytes of the longest value that is read as text or numbers: the longest tables have 128 KiB.
const LONGEST: usize = 1 << 20;

/// A data element whose value is still in the bytes of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) group: u16,
    pub(crate) element: u16,
    /// The VR as stored; `None` where the encoding is implicit.
    pub(crate) vr: Option<[u8; 2]>,
    pub(crate) value: &'a [u8],
    /// The value's byte order.
    pub(crate) big_endian: bool,
    /// Whether nested items have explicit VRs.
    pub(crate) explicit: bool,
}

impl<'a> Element<'a> {
    pub(crate) fn is(&self, tag: Tag) -> bool {
        (self.group, self.element) == (tag.group, tag.element)
    }

    /// The value as text, without padding; `None` where it is not printable ASCII, is empty, or is
    /// longer than any such value.
    pub(crate) fn text(&self) -> Option<&'a str> {
        if self.value.len() > LONGEST {
            return None;
        }
        let text = std::str::from_utf8(self.value).ok()?;
        let text = text.trim_matches(|c: char| c == '\0' || c.is_ascii_whitespace());
        (!text.is_empty()).then_some(text)
    }

    /// The values of a decimal or integer string, or of a binary number of any VR.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        match self.vr {
            Some([b'U' | b'S', b'S' | b'L' | b'V'] | [b'F', b'D' | b'L']) => {
                (self.value.len() <= LONGEST).then(|| self.binary())
            }
            _ => self.each_number()?.into_iter().collect(),
        }
    }

    /// The values of a decimal or integer string, `None` for one that is not a number; empty values
    /// at the end are left out.
    pub(crate) fn each_number(&self) -> Option<Vec<Option<f64>>> {
        if let Some([b'U' | b'S', b'S' | b'L' | b'V'] | [b'F', b'D' | b'L']) = self.vr {
            return Some(self.numbers()?.into_iter().map(Some).collect());
        }
        let values = self.text()?.trim_end_matches(['\\', ' ']);
        Some(values.split('\\').map(|v| v.trim().parse().ok()).collect())
    }

    /// Whether the VR on file is one of binary numbers.
    pub(crate) fn numbers_are_binary(&self) -> bool {
        matches!(self.vr, Some([b'U' | b'S', b'S' | b'L' | b'V'] | [b'F', b'D' | b'L']))
    }

    fn binary(&self) -> Vec<f64> {
        let words = |n: usize| self.value.chunks_exact(n).map(|c| self.word(c));
        match self.vr.as_ref() {
            Some(b"US") => words(2).map(|v| v as f64).collect(),
            Some(b"SS") => words(2).map(|v| f64::from(v as u16 as i16)).collect(),
            Some(b"UL") => words(4).map(|v| v as f64).collect(),
            Some(b"SL") => words(4).map(|v| f64::from(v as u32 as i32)).collect(),
            Some(b"UV") => words(8).map(|v| v as f64).collect(),
            Some(b"SV") => words(8).map(|v| v as i64 as f64).collect(),
            Some(b"FL") => words(4).map(|v| f64::from(f32::from_bits(v as u32))).collect(),
            Some(b"FD") => words(8).map(f64::from_bits).collect(),
            _ => Vec::new(),
        }
    }

    /// The values of an attribute that the standard stores as 16-bit integers (`US`, `SS`, `OW`).
    pub(crate) fn words(&self) -> Option<Vec<u16>> {
        if self.value.len() > LONGEST {
            return None;
        }
        match self.vr.as_ref() {
            Some(b"IS" | b"DS" | b"LO" | b"SH" | b"UL" | b"SL" | b"UV" | b"SV") => {
                let whole = |v: f64| {
                    (v.fract() == 0.0 && (-32768.0..65536.0).contains(&v))
                        .then_some(v as i32 as u16)
                };
                self.numbers()?.into_iter().map(whole).collect()
            }
            _ => Some(self.value.chunks_exact(2).map(|c| self.word(c) as u16).collect()),
        }
    }

    /// The values of an attribute that the standard stores as 64-bit integers (`OV`).
    pub(crate) fn long_words(&self) -> Vec<u64> {
        self.value.chunks_exact(8).map(|c| self.word(c)).collect()
    }

    /// A float of 4 or 8 bytes of the value.
    pub(crate) fn float(&self, bytes: &[u8]) -> f64 {
        match bytes.len() {
            4 => f64::from(f32::from_bits(self.word(bytes) as u32)),
            8 => f64::from_bits(self.word(bytes)),
            _ => f64::NAN,
        }
    }

    /// A whole number of the value's byte order.
    pub(crate) fn word(&self, bytes: &[u8]) -> u64 {
        let push = |word, byte: &u8| (word << 8) | u64::from(*byte);
        if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) }
    }
}
