//! Walks the data elements of a data set without copying, and without trusting any length.
//!
//! dicom-rs reads whole values into memory as it meets them and gives up on the first one it does
//! not like; a radiograph's header is a few kilobytes in front of megabytes, and hostile or damaged
//! files are common. So the walk is ours: every value is a slice that lies inside the file, nesting
//! is bounded, and what is not understood is stepped over.

use super::element::Element;
use crate::Error;

const UNDEFINED: u32 = u32::MAX;
/// Deeper nesting than any real file's; bounds the recursion.
const MAX_DEPTH: usize = 32;
/// More elements in a data set or item, items in a sequence or fragments of a frame than any real
/// file's; bounds what is held beside the file.
const MOST_ELEMENTS: usize = 1 << 17;
const MOST_FRAGMENTS: usize = 1 << 20;
const ITEM: (u16, u16) = (0xFFFE, 0xE000);
const ITEM_END: (u16, u16) = (0xFFFE, 0xE00D);
const SEQUENCE_END: (u16, u16) = (0xFFFE, 0xE0DD);

/// The pixel data element as it lies in the file.
#[derive(Debug, Clone)]
pub(crate) enum PixelElement<'a> {
    /// Uncompressed: the bytes that are there, and how many were announced.
    Native { bytes: &'a [u8], announced: u64, vr: Option<[u8; 2]> },
    /// Compressed: the items, the first of which is the basic offset table.
    Encapsulated { items: Vec<&'a [u8]>, truncated: bool },
}

/// The elements of a data set (or an item), in the order of the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elements<'a> {
    pub(crate) elements: Vec<Element<'a>>,
    pub(crate) pixels: Option<PixelElement<'a>>,
    /// An element whose VR was not a VR: read as if encoded implicitly.
    pub(crate) wrong_vr: Option<(u16, u16, [u8; 2])>,
}

/// A position in a data set.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
    explicit: bool,
    big_endian: bool,
}

struct Head {
    tag: (u16, u16),
    vr: Option<[u8; 2]>,
    bad_vr: Option<[u8; 2]>,
    len: u32,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], explicit: bool, big_endian: bool) -> Self {
        Self { bytes, pos: 0, explicit, big_endian }
    }

    /// Bytes walked so far.
    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    /// The group of the next element, if there is one.
    pub(crate) fn next_group(&self) -> Option<u16> {
        let bytes = self.bytes.get(self.pos..self.pos.checked_add(2)?)?;
        Some(self.u16(bytes))
    }

    /// All elements up to and including Pixel Data, or to the end.
    pub(crate) fn read_all(mut self) -> Result<Elements<'a>, Error> {
        let mut out = Elements::default();
        while self.pos < self.bytes.len() {
            if self.rest().iter().take(8).all(|&b| b == 0) {
                break; // padding to a block size
            }
            let head = self.head()?;
            if head.tag == (0x7FE0, 0x0010) {
                out.pixels = Some(self.pixels(&head)?);
                break;
            }
            self.push(&mut out, &head)?;
        }
        Ok(out)
    }

    /// One element.
    pub(crate) fn read_element(&mut self) -> Result<Element<'a>, Error> {
        let mut out = Elements::default();
        let head = self.head()?;
        self.push(&mut out, &head)?;
        out.elements.pop().ok_or(Error::Missing { name: "a data element" })
    }

    fn push(&mut self, out: &mut Elements<'a>, head: &Head) -> Result<(), Error> {
        if let Some(vr) = head.bad_vr {
            out.wrong_vr.get_or_insert((head.tag.0, head.tag.1, vr));
        }
        let (group, element) = head.tag;
        // A UN of undefined length is a sequence in implicit little endian (CP-246).
        let unknown = head.vr == Some(*b"UN") && head.len == UNDEFINED;
        let (explicit, big_endian) =
            if unknown { (false, false) } else { (self.explicit, self.big_endian) };
        let value = if head.len == UNDEFINED {
            self.undefined(explicit, big_endian, 0)?
        } else {
            self.take(head.len as usize, head.tag)?
        };
        let vr = head.vr;
        bounded("data elements", out.elements.len(), MOST_ELEMENTS)?;
        out.elements.push(Element { group, element, vr, value, big_endian, explicit });
        Ok(())
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.pos..).unwrap_or_default()
    }

    fn head(&mut self) -> Result<Head, Error> {
        let at = self.pos;
        let bytes = self.take(8, (0, 0)).map_err(|_| {
            truncated(format!("the data element at byte {at}"), 8, self.bytes.len() - at)
        })?;
        let tag = (self.u16(&bytes[..2]), self.u16(&bytes[2..4]));
        let (vr, short) = ([bytes[4], bytes[5]], self.u16(&bytes[6..8]));
        let implicit = |len| Head { tag, vr: None, bad_vr: None, len };
        if !self.explicit || tag.0 == 0xFFFE {
            return Ok(implicit(self.u32(&bytes[4..8])));
        }
        if !vr.iter().all(u8::is_ascii_uppercase) {
            // Either there is no VR here, or one that is none and a length of two bytes as DCMTK
            // takes it: whichever leads to a data element.
            let long = self.u32(&bytes[4..8]);
            let short = u32::from(short);
            let len =
                if self.leads_on(tag, long) || !self.leads_on(tag, short) { long } else { short };
            return Ok(Head { bad_vr: Some(vr), ..implicit(len) });
        }
        let len = if has_long_length(vr) {
            let bytes = self.take(4, tag)?;
            self.u32(bytes)
        } else {
            u32::from(short)
        };
        Ok(Head { tag, vr: Some(vr), bad_vr: None, len })
    }

    /// Whether the value of an element, of that length, is followed by the end or by an element
    /// that may come next.
    fn leads_on(&self, tag: (u16, u16), len: u32) -> bool {
        let Some(rest) = self.rest().get(len as usize..) else { return false };
        let Some(next) = rest.get(..8) else { return rest.is_empty() };
        let next_tag = (self.u16(&next[..2]), self.u16(&next[2..4]));
        next_tag.0 == 0xFFFE || (next_tag > tag && next_tag.0 < tag.0.saturating_add(0x8000))
    }

    /// The content of a sequence of undefined length, which is stepped over with its end.
    fn undefined(
        &mut self,
        explicit: bool,
        big_endian: bool,
        depth: usize,
    ) -> Result<&'a [u8], Error> {
        if depth > MAX_DEPTH {
            return Err(Error::invalid(
                "sequence nesting",
                format!("at most {MAX_DEPTH} levels"),
                "more",
            ));
        }
        let start = self.pos;
        let mut inner = Cursor { bytes: self.bytes, pos: start, explicit, big_endian };
        let content = loop {
            let end = inner.pos;
            let head = inner.head()?;
            match head.tag {
                SEQUENCE_END => break &self.bytes[start..end],
                ITEM if head.len == UNDEFINED => inner.item(depth)?,
                ITEM => {
                    inner.take(head.len as usize, head.tag)?;
                }
                (group, element) => {
                    return Err(Error::invalid(
                        format!("byte {end}"),
                        "a sequence item (FFFE,E000) or the end of the sequence (FFFE,E0DD)",
                        format!("({group:04X},{element:04X})"),
                    ));
                }
            }
        };
        self.pos = inner.pos;
        Ok(content)
    }

    /// Steps over the elements of an item of undefined length, and over its end.
    fn item(&mut self, depth: usize) -> Result<(), Error> {
        loop {
            let head = self.head()?;
            if head.tag == ITEM_END {
                return Ok(());
            }
            if head.len == UNDEFINED {
                let unknown = head.vr == Some(*b"UN");
                self.undefined(self.explicit && !unknown, self.big_endian && !unknown, depth + 1)?;
            } else {
                self.take(head.len as usize, head.tag)?;
            }
        }
    }

    fn pixels(&mut self, head: &Head) -> Result<PixelElement<'a>, Error> {
        if head.len != UNDEFINED {
            let rest = self.rest();
            let bytes = &rest[..rest.len().min(head.len as usize)];
            self.pos += bytes.len();
            let (announced, vr) = (u64::from(head.len), head.vr);
            return Ok(PixelElement::Native { bytes, announced, vr });
        }
        let mut items = Vec::new();
        let truncated = loop {
            if self.rest().len() < 8 {
                break true;
            }
            let at = self.pos;
            let head = self.head()?;
            match head.tag {
                SEQUENCE_END => break false,
                ITEM => {
                    let rest = self.rest();
                    let len = head.len as usize;
                    bounded("fragments of Pixel Data (7FE0,0010)", items.len(), MOST_FRAGMENTS)?;
                    items.push(&rest[..rest.len().min(len)]);
                    if len > rest.len() {
                        break true;
                    }
                    self.pos += len;
                }
                (group, element) => {
                    return Err(Error::invalid(
                        format!("Pixel Data (7FE0,0010), byte {at}"),
                        "a fragment (FFFE,E000) or the end (FFFE,E0DD)",
                        format!("({group:04X},{element:04X})"),
                    ));
                }
            }
        };
        Ok(PixelElement::Encapsulated { items, truncated })
    }

    fn take(&mut self, len: usize, tag: (u16, u16)) -> Result<&'a [u8], Error> {
        let rest = self.rest();
        match rest.get(..len) {
            Some(bytes) => {
                self.pos += len;
                Ok(bytes)
            }
            None => {
                let what = format!("the value of ({:04X},{:04X})", tag.0, tag.1);
                Err(truncated(what, len, rest.len()))
            }
        }
    }

    fn u16(&self, b: &[u8]) -> u16 {
        let bytes = [b[0], b[1]];
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn u32(&self, b: &[u8]) -> u32 {
        let bytes = [b[0], b[1], b[2], b[3]];
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

impl<'a> Element<'a> {
    /// The items of this sequence.
    pub(crate) fn items(&self) -> Result<Vec<Elements<'a>>, Error> {
        let mut cursor = Cursor::new(self.value, self.explicit, self.big_endian);
        if self.vr == Some(*b"UN") {
            cursor = Cursor::new(self.value, false, false);
        }
        let mut items = Vec::new();
        while cursor.pos < cursor.bytes.len() {
            let head = cursor.head()?;
            let content = match (head.tag, head.len) {
                (ITEM, UNDEFINED) => {
                    let start = cursor.pos;
                    cursor.item(0)?;
                    &cursor.bytes[start..cursor.pos - 8]
                }
                (ITEM, len) => cursor.take(len as usize, head.tag)?,
                _ => break,
            };
            bounded("items of a sequence", items.len(), MOST_ELEMENTS)?;
            items.push(Cursor::new(content, cursor.explicit, cursor.big_endian).read_all()?);
        }
        Ok(items)
    }
}

/// VRs whose length takes four bytes after two reserved ones (PS3.5 7.1.2).
pub(crate) fn has_long_length(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"OB"
            | b"OD"
            | b"OF"
            | b"OL"
            | b"OV"
            | b"OW"
            | b"SQ"
            | b"SV"
            | b"UC"
            | b"UN"
            | b"UR"
            | b"UT"
            | b"UV"
    )
}

/// Refuses one more where there are as many as may be.
fn bounded(what: &str, count: usize, most: usize) -> Result<(), Error> {
    if count < most { Ok(()) } else { Err(Error::invalid(what, format!("at most {most}"), "more")) }
}

fn truncated(what: String, expected: usize, got: usize) -> Error {
    Error::Truncated { name: what, expected: expected as u64, got: got as u64 }
}
