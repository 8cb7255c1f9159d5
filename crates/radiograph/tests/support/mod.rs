//! Writes DICOM files element by element, so that a test can write any file, right or wrong.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub const HEIGHT: usize = 37;
pub const WIDTH: usize = 45;
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

/// The picture of `golden/make.py`: ramps, noise, and a flat block.
pub fn picture(bits: u32) -> Vec<u16> {
    let value = |r: u32, c: u32| {
        if (10..20).contains(&r) && (5..30).contains(&c) {
            return 1000;
        }
        let noise = (r.wrapping_mul(73_856_093) ^ c.wrapping_mul(19_349_663)) % 64;
        r * 40 + c * 25 + noise
    };
    let scaled = |v: u32| if bits >= 12 { v << (bits - 12) } else { v >> (12 - bits) };
    (0..HEIGHT as u32)
        .flat_map(|r| (0..WIDTH as u32).map(move |c| scaled(value(r, c)) as u16))
        .collect()
}

/// A data set under construction.
#[derive(Clone)]
pub struct File {
    pub syntax: String,
    pub preamble: bool,
    pub meta: bool,
    elements: Vec<(u16, u16, [u8; 2], Vec<u8>)>,
    pixels: Vec<u8>,
    fragments: bool,
    /// Pixel data have the VR OB.
    pub bytewise: bool,
}

impl File {
    /// A grey film of `picture(bits)` stored in 16 bits (8 where `bits` is at most 8).
    pub fn grey(syntax: &str, bits: u16) -> Self {
        let mut file = Self::empty(syntax);
        file.layout(HEIGHT as u16, WIDTH as u16, bits);
        file.text(0x0028, 0x0004, b"CS", "MONOCHROME2");
        file.text(0x0018, 0x1164, b"DS", "0.2\\0.2");
        let words = picture(u32::from(bits));
        file.bytewise = bits <= 8;
        file.pixels = if bits <= 8 {
            words.iter().map(|w| *w as u8).collect()
        } else {
            words.iter().flat_map(|w| file.bytes16(*w)).collect()
        };
        file
    }

    pub fn empty(syntax: &str) -> Self {
        let mut file = Self {
            syntax: syntax.into(),
            preamble: true,
            meta: true,
            elements: Vec::new(),
            pixels: Vec::new(),
            fragments: false,
            bytewise: false,
        };
        file.text(0x0008, 0x0060, b"CS", "DX");
        file
    }

    pub fn layout(&mut self, rows: u16, columns: u16, bits: u16) -> &mut Self {
        let allocated = if bits <= 8 { 8 } else { 16 };
        self.word(0x0028, 0x0002, 1).word(0x0028, 0x0010, rows).word(0x0028, 0x0011, columns);
        self.word(0x0028, 0x0100, allocated).word(0x0028, 0x0101, bits);
        self.word(0x0028, 0x0102, bits - 1).word(0x0028, 0x0103, 0)
    }

    fn big(&self) -> bool {
        self.syntax == BIG_ENDIAN
    }

    fn bytes16(&self, v: u16) -> [u8; 2] {
        if self.big() { v.to_be_bytes() } else { v.to_le_bytes() }
    }

    fn bytes32(&self, v: u32) -> [u8; 4] {
        if self.big() { v.to_be_bytes() } else { v.to_le_bytes() }
    }

    /// Adds or replaces an element.
    pub fn put(&mut self, group: u16, element: u16, vr: &[u8; 2], value: &[u8]) -> &mut Self {
        self.elements.retain(|e| (e.0, e.1) != (group, element));
        self.elements.push((group, element, *vr, value.to_vec()));
        self
    }

    pub fn remove(&mut self, group: u16, element: u16) -> &mut Self {
        self.elements.retain(|e| (e.0, e.1) != (group, element));
        self
    }

    /// The value of an element that was put.
    pub fn value(&self, group: u16, element: u16) -> &[u8] {
        &self.elements.iter().find(|e| (e.0, e.1) == (group, element)).unwrap().3
    }

    pub fn text(&mut self, group: u16, element: u16, vr: &[u8; 2], text: &str) -> &mut Self {
        let mut value = text.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(b' ');
        }
        self.put(group, element, vr, &value)
    }

    pub fn word(&mut self, group: u16, element: u16, word: u16) -> &mut Self {
        let bytes = self.bytes16(word);
        self.put(group, element, b"US", &bytes)
    }

    pub fn words(&mut self, group: u16, element: u16, vr: &[u8; 2], words: &[u16]) -> &mut Self {
        let bytes: Vec<u8> = words.iter().flat_map(|w| self.bytes16(*w)).collect();
        self.put(group, element, vr, &bytes)
    }

    /// Adds a sequence of one item, which another file's elements make up.
    pub fn sequence(&mut self, group: u16, element: u16, item: &File) -> &mut Self {
        let content = item.data_set();
        let mut value = Vec::new();
        value.extend(self.bytes16(0xFFFE));
        value.extend(self.bytes16(0xE000));
        value.extend(self.bytes32(content.len() as u32));
        value.extend(content);
        self.put(group, element, b"SQ", &value)
    }

    /// Native pixel data, as they are.
    pub fn native(&mut self, bytes: &[u8]) -> &mut Self {
        (self.pixels, self.fragments) = (bytes.to_vec(), false);
        self
    }

    /// Encapsulated pixel data: an empty offset table and the fragments.
    pub fn encapsulated(&mut self, fragments: &[&[u8]]) -> &mut Self {
        let mut bytes = Vec::new();
        for fragment in std::iter::once(&[] as &[u8]).chain(fragments.iter().copied()) {
            bytes.extend([0xFE, 0xFF, 0x00, 0xE0]);
            bytes.extend((fragment.len().next_multiple_of(2) as u32).to_le_bytes());
            bytes.extend(fragment);
            bytes.extend(std::iter::repeat_n(0, fragment.len() % 2));
        }
        bytes.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        (self.pixels, self.fragments) = (bytes, true);
        self
    }

    fn header(&self, out: &mut Vec<u8>, group: u16, element: u16, vr: &[u8; 2], len: u32) {
        out.extend(self.bytes16(group));
        out.extend(self.bytes16(element));
        if self.syntax == IMPLICIT {
            out.extend(self.bytes32(len));
            return;
        }
        out.extend(vr);
        if matches!(vr, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT") {
            out.extend([0, 0]);
            out.extend(self.bytes32(len));
        } else {
            out.extend(self.bytes16(len as u16));
        }
    }

    fn data_set(&self) -> Vec<u8> {
        let mut elements = self.elements.clone();
        elements.sort();
        let mut out = Vec::new();
        for (group, element, vr, value) in &elements {
            self.header(&mut out, *group, *element, vr, value.len() as u32);
            out.extend(value);
        }
        if !self.pixels.is_empty() {
            let vr = if self.fragments || self.bytewise { b"OB" } else { b"OW" };
            let len = if self.fragments { u32::MAX } else { self.pixels.len() as u32 };
            self.header(&mut out, 0x7FE0, 0x0010, vr, len);
            out.extend(&self.pixels);
        }
        out
    }

    /// Preamble and file meta group.
    pub fn head(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.preamble {
            out.resize(128, 0);
            out.extend(b"DICM");
        }
        if self.meta {
            let meta = File { syntax: EXPLICIT.into(), ..File::empty(EXPLICIT) };
            let mut uid = self.syntax.as_bytes().to_vec();
            uid.resize(uid.len().next_multiple_of(2), 0);
            meta.header(&mut out, 0x0002, 0x0010, b"UI", uid.len() as u32);
            out.extend(&uid);
        }
        out
    }

    /// The whole file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.head();
        if self.syntax == DEFLATED {
            let mut encoder =
                flate2::write::DeflateEncoder::new(out, flate2::Compression::default());
            std::io::Write::write_all(&mut encoder, &self.data_set()).unwrap();
            return encoder.finish().unwrap();
        }
        out.extend(self.data_set());
        out
    }
}
