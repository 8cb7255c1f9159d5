//! BMP (Windows bitmap): 1, 2, 4 and 8 bits with a palette, 16, 24 and 32 bits of colour, run
//! lengths (Microsoft, *Bitmap Storage*). A decoder of this crate's own, as the format is a header
//! and rows.

use super::{Picture, check_pixels, provenance};
use crate::luma::mix;
use crate::{Error, Radiograph, ReadOptions, SourceFormat, Warning};

/// Whether the file starts as a BMP does: `BM`, and a header of a length that there is.
pub(crate) fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM") && matches!(number(bytes, 14, 4), Some(12 | 40..=124))
}

/// Reads a BMP; black is 0 and white 255.
pub(crate) fn read_bmp(bytes: &[u8], options: &ReadOptions) -> Result<Radiograph, Error> {
    let header = Header::read(bytes)?;
    check_pixels(header.height, header.width, 1, options)?;
    let data = bytes.get(header.data..).unwrap_or_default();
    let (mut values, rows) = match header.compression {
        1 | 2 => header.run_lengths(data),
        _ => header.rows(data),
    };
    if rows < header.height && !options.lenient {
        return Err(Error::Truncated {
            name: "BMP data, in rows instead of".into(),
            expected: header.height as u64,
            got: rows as u64,
        });
    }
    if !header.from_top {
        let flipped = values.chunks_exact(header.width).rev();
        values = flipped.flatten().copied().collect();
    }
    let grey = matches!(&header.pixel, Pixel::Palette(table) if table.iter().all(Rgb::is_grey));
    let colour = if grey { "grey" } else { "rgb" };
    let mut provenance = provenance(SourceFormat::Bmp, colour, if grey { 1 } else { 3 }, 8);
    if !grey {
        provenance.warnings.push(Warning::ColourToGrey { photometric: colour.into() });
    }
    let Header { height, width, .. } = header;
    // What is missing of a picture that begins at its bottom is its top.
    let rows = if rows == height || header.from_top { rows } else { 0 };
    Picture { rows, provenance, ..Picture::new(height, width, values, Some([0.0, 255.0])) }
        .into_radiograph(options)
}

/// A colour of the palette.
#[derive(Debug, Clone, Copy)]
struct Rgb([u8; 3]);

impl Rgb {
    fn is_grey(&self) -> bool {
        self.0[0] == self.0[1] && self.0[1] == self.0[2]
    }

    fn luma(self) -> f64 {
        mix(self.0.map(f64::from))
    }
}

/// How a pixel is stored.
#[derive(Debug)]
enum Pixel {
    /// Indices of so many bits as the header says.
    Palette(Vec<Rgb>),
    /// Masks of red, green and blue.
    Masks([u32; 3]),
}

#[derive(Debug)]
struct Header {
    height: usize,
    width: usize,
    from_top: bool,
    bits: usize,
    compression: u64,
    pixel: Pixel,
    /// Where the pixels start.
    data: usize,
}

fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Error> {
        let cut = || {
            let got = bytes.len() as u64;
            Error::Truncated { name: "BMP header".into(), expected: 54, got }
        };
        let field = |at, size| number(bytes, at, size).ok_or_else(cut);
        let (data, len) = (field(10, 4)? as usize, field(14, 4)? as usize);
        let core = len == 12;
        let (width, height, bits, compression) = match core {
            true => (field(18, 2)? as i32, field(20, 2)? as i32, field(24, 2)?, 0),
            false => (field(18, 4)? as i32, field(22, 4)? as i32, field(28, 2)?, field(30, 4)?),
        };
        if width <= 0 || height == 0 {
            return Err(Error::invalid(
                "BMP size",
                "at least 1 x 1",
                format!("{height} x {width}"),
            ));
        }
        let pixel = match (bits, compression) {
            (1 | 2 | 4 | 8, 0) | (8, 1) | (4, 2) => Pixel::Palette(palette(bytes, len, data, bits)),
            (16, 0) => Pixel::Masks([0x7C00, 0x03E0, 0x001F]),
            (24 | 32, 0) => Pixel::Masks([0x00FF_0000, 0xFF00, 0xFF]),
            // The masks stand after the first 40 bytes, in the header or behind it.
            (16 | 32, 3 | 6) => {
                Pixel::Masks([field(54, 4)? as u32, field(58, 4)? as u32, field(62, 4)? as u32])
            }
            _ => {
                return Err(Error::Unsupported {
                    name: "BMP pixels",
                    expected: "1, 2, 4, 8, 16, 24 or 32 bits, uncompressed, masked or RLE",
                    got: format!("{bits} bits, compression {compression}"),
                });
            }
        };
        Ok(Self {
            height: height.unsigned_abs() as usize,
            width: width as usize,
            from_top: height < 0,
            bits: bits as usize,
            compression,
            pixel,
            data,
        })
    }

    /// Rows of pixels, each filled up to four bytes; and how many arrived.
    fn rows(&self, data: &[u8]) -> (Vec<f64>, usize) {
        let row_bytes = (self.width * self.bits).div_ceil(32) * 4;
        let needed = (self.width * self.bits).div_ceil(8);
        let mut values = Vec::with_capacity(self.height * self.width);
        let mut rows = 0;
        for row in data.chunks(row_bytes).take(self.height).take_while(|row| row.len() >= needed) {
            values.extend((0..self.width).map(|x| self.value(row, x)));
            rows += 1;
        }
        values.resize(self.height * self.width, 0.0);
        (values, rows)
    }

    fn value(&self, row: &[u8], x: usize) -> f64 {
        match &self.pixel {
            Pixel::Palette(table) => {
                let bit = x * self.bits;
                let spare = 8 - self.bits - bit % 8;
                let index = row[bit / 8] >> spare & (u8::MAX >> (8 - self.bits));
                table.get(usize::from(index)).map_or(0.0, |colour| colour.luma())
            }
            Pixel::Masks(masks) => {
                let size = self.bits / 8;
                let word = number(row, x * size, size).unwrap_or(0) as u32;
                mix(masks.map(|mask| channel(word, mask)))
            }
        }
    }

    /// Run lengths of indices of 8 or 4 bits, with jumps over pixels that stay 0.
    fn run_lengths(&self, mut data: &[u8]) -> (Vec<f64>, usize) {
        let Pixel::Palette(table) = &self.pixel else { return (Vec::new(), 0) };
        let luma = |i: u8| table.get(usize::from(i)).map_or(0.0, |colour| colour.luma());
        let mut values = vec![luma(0); self.height * self.width];
        let (mut x, mut y) = (0, 0);
        let index = |pair: &[u8], i: usize| match self.bits {
            8 => pair[i.min(pair.len() - 1)],
            _ => pair[(i / 2).min(pair.len() - 1)] >> (4 * (1 - i % 2)) & 15,
        };
        let mut put = |x: usize, y: usize, i: u8| {
            if x < self.width && y < self.height {
                values[y * self.width + x] = luma(i);
            }
        };
        while let [count, second, rest @ ..] = data {
            data = rest;
            let count = usize::from(*count);
            match (count, *second) {
                (0, 0) => (x, y) = (0, y + 1),
                (0, 1) => return (values, self.height),
                (0, 2) => {
                    let [right, down, rest @ ..] = data else { break };
                    (x, y, data) = (x + usize::from(*right), y + usize::from(*down), rest);
                }
                (0, count) => {
                    let count = usize::from(count);
                    let bytes = (count * self.bits).div_ceil(8);
                    let Some(literal) = data.get(..bytes) else { break };
                    (0..count).for_each(|i| put(x + i, y, index(literal, i)));
                    x += count;
                    data = data.get(bytes.next_multiple_of(2)..).unwrap_or_default();
                }
                (count, byte) => {
                    let pair = [byte; 128];
                    (0..count).for_each(|i| put(x + i, y, index(&pair, i)));
                    x += count;
                }
            }
        }
        // Without the mark of an end, a row that is full has arrived.
        let rows = (y + usize::from(x >= self.width)).min(self.height);
        (values, rows)
    }
}

/// The colours between header and pixels: blue, green, red, and a byte more in newer headers.
fn palette(bytes: &[u8], len: usize, data: usize, bits: u64) -> Vec<Rgb> {
    let size = if len == 12 { 3 } else { 4 };
    let used = if len == 12 { 0 } else { number(bytes, 46, 4).unwrap_or(0) as usize };
    let most = 1_usize << bits;
    let count = if used == 0 { most } else { used.min(most) };
    let room = bytes.get(14 + len..data.min(bytes.len())).unwrap_or_default();
    room.chunks_exact(size).take(count).map(|c| Rgb([c[2], c[1], c[0]])).collect()
}

/// A colour of a pixel, of 0 to 255.
fn channel(word: u32, mask: u32) -> f64 {
    if mask == 0 {
        return 0.0;
    }
    let shift = mask.trailing_zeros();
    let (value, white) = ((word & mask) >> shift, mask >> shift);
    // As other readers scale: whole numbers.
    (u64::from(value) * 255 / u64::from(white)) as f64
}
