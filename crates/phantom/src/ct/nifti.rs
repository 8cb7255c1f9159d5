//! Volumes in NIfTI-1 files (`.nii`, `.nii.gz`; Cox et al., "A (sort of) new image data format
//! standard: NIfTI-1", 2004; field offsets as in `nifti1.h`). Of its kinds of data the real numbers
//! of up to 64 bits are read, of its orientations `sform`, else `qform`.

use crate::Error;
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

const HEADER: usize = 348;
/// Most voxels that are read: 2 GB as f32.
const MOST_VOXELS: usize = 1 << 29;

/// A volume in the patient's space.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Volume {
    /// Voxels along `i`, `j`, `k`; `i` runs fastest.
    pub(crate) size: [usize; 3],
    /// From voxels `(i, j, k, 1)` to mm to the right, to the front and upwards.
    pub(crate) to_patient: [[f64; 4]; 3],
    pub(crate) values: Vec<f32>,
}

impl Volume {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let packed = std::fs::read(path).map_err(Error::io(path))?;
        let bytes = match packed.starts_with(&[0x1f, 0x8b]) {
            true => unpacked(&packed).map_err(Error::io(path))?,
            false => packed,
        };
        Self::parse(&bytes).map_err(|(expected, got)| Error::malformed(path, expected, got))
    }

    fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let header = Header::of(bytes)?;
        let size = header.size()?;
        let n = size.iter().product::<usize>();
        let start = header.float(108).max(HEADER as f32) as usize;
        let (width, read) = header.kind()?;
        let data = start.checked_add(n * width).and_then(|end| bytes.get(start..end));
        let Some(data) = data else {
            return Err(("all of its voxels", format!("{} bytes", bytes.len())));
        };
        let (slope, offset) = match header.float(112) {
            slope if slope == 0.0 || !slope.is_finite() => (1.0, 0.0),
            slope => (slope, header.float(116)),
        };
        let value = |raw: &[u8]| slope * read(raw, header.big) + offset;
        let values = data.chunks_exact(width).map(value).collect();
        Ok(Self { size, to_patient: header.to_patient()?, values })
    }

    /// Middle of voxel `i` of all in the patient's space.
    pub(crate) fn place(&self, i: usize) -> [f64; 3] {
        let [nx, ny, _] = self.size;
        let voxel = [i % nx, i / nx % ny, i / nx / ny].map(|v| v as f64);
        self.to_patient.map(|row| row[3] + (0..3).map(|k| row[k] * voxel[k]).sum::<f64>())
    }

    /// Value at a place between voxels, by trilinear interpolation; `outside` beyond them.
    pub(crate) fn at(&self, voxel: [f64; 3], outside: f32) -> f32 {
        let [nx, ny, nz] = self.size;
        let inside = |v: f64, n: usize| v >= 0.0 && v < (n - 1) as f64;
        if !(inside(voxel[0], nx) && inside(voxel[1], ny) && inside(voxel[2], nz)) {
            return outside;
        }
        let cell = voxel.map(|v| v as usize);
        let [fx, fy, fz] = std::array::from_fn(|k| (voxel[k] - cell[k] as f64) as f32);
        let first = (cell[2] * ny + cell[1]) * nx + cell[0];
        let along = |i: usize| self.values[i] + fx * (self.values[i + 1] - self.values[i]);
        let plane = |i: usize| {
            let (a, b) = (along(i), along(i + nx));
            a + fy * (b - a)
        };
        let (a, b) = (plane(first), plane(first + nx * ny));
        a + fz * (b - a)
    }
}

/// What was expected, and what came.
type Fault = (&'static str, String);

/// Reads one number, big-endian or not.
type ReadNumber = fn(&[u8], bool) -> f32;

fn unpacked(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).take(1 << 32).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Header<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl<'a> Header<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, Fault> {
        let magic = bytes.get(344..HEADER);
        if magic != Some(b"n+1\0") {
            return Err(("a NIfTI-1 file (magic n+1)", format!("{magic:?}")));
        }
        match i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) {
            348 => Ok(Self { bytes, big: false }),
            n if n.swap_bytes() == 348 => Ok(Self { bytes, big: true }),
            n => Err(("a header of 348 bytes", n.to_string())),
        }
    }

    fn short(&self, at: usize) -> i16 {
        let bytes = [self.bytes[at], self.bytes[at + 1]];
        if self.big { i16::from_be_bytes(bytes) } else { i16::from_le_bytes(bytes) }
    }

    fn float(&self, at: usize) -> f32 {
        single(&self.bytes[at..at + 4], self.big)
    }

    fn floats<const N: usize>(&self, at: usize) -> [f64; N] {
        std::array::from_fn(|k| f64::from(self.float(at + 4 * k)))
    }

    /// Three dimensions of two voxels or more, those beyond of one.
    fn size(&self) -> Result<[usize; 3], Fault> {
        let n = self.short(40);
        let sizes: Vec<i16> = (1..=7).map(|k| self.short(40 + 2 * k)).collect();
        let beyond = sizes.iter().take(n.clamp(0, 7) as usize).skip(3);
        let size = [sizes[0], sizes[1], sizes[2]].map(|v| v.max(0) as usize);
        let few = size.iter().try_fold(1usize, |n, v| n.checked_mul(*v));
        let fits = few.is_some_and(|n| n <= MOST_VOXELS);
        match n >= 3 && beyond.copied().all(|v| v <= 1) && size.iter().all(|v| *v > 1) && fits {
            true => Ok(size),
            false => Err(("a volume of three dimensions", format!("{sizes:?}"))),
        }
    }

    /// Bytes of a voxel, and how they are read.
    fn kind(&self) -> Result<(usize, ReadNumber), Fault> {
        match self.short(70) {
            2 => Ok((1, |b, _| f32::from(b[0]))),
            256 => Ok((1, |b, _| f32::from(b[0] as i8))),
            4 => Ok((2, |b, big| f32::from(half(b, big) as i16))),
            512 => Ok((2, |b, big| f32::from(half(b, big)))),
            8 => Ok((4, |b, big| word(b, big) as i32 as f32)),
            768 => Ok((4, |b, big| word(b, big) as f32)),
            16 => Ok((4, single)),
            64 => Ok((8, |b, big| {
                let (high, low) = if big { (&b[..4], &b[4..]) } else { (&b[4..], &b[..4]) };
                let bits = (u64::from(word(high, big)) << 32) | u64::from(word(low, big));
                f64::from_bits(bits) as f32
            })),
            kind => Err(("voxels that are integers or real numbers", format!("kind {kind}"))),
        }
    }

    fn to_patient(&self) -> Result<[[f64; 4]; 3], Fault> {
        let rows = match (self.short(254) > 0, self.short(252) > 0) {
            (true, _) => [280, 296, 312].map(|at| self.floats(at)),
            (false, true) => self.quaternion(),
            (false, false) => return Err(("an orientation (sform or qform)", "none".to_owned())),
        };
        let det = determinant(&rows);
        match det.is_finite() && det.abs() > 1e-9 {
            true => Ok(rows),
            false => Err(("an orientation that can be inverted", format!("{rows:?}"))),
        }
    }

    /// Method 2 of `nifti1.h`.
    fn quaternion(&self) -> [[f64; 4]; 3] {
        let [b, c, d] = self.floats(256);
        let offset: [f64; 3] = self.floats(268);
        let a = (1.0 - b * b - c * c - d * d).max(0.0).sqrt();
        let [flip, i, j, k] = self.floats(76);
        let steps = [i, j, if flip < 0.0 { -k } else { k }];
        let turn = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
            [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
            [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ];
        std::array::from_fn(|row| {
            let t = turn[row];
            [t[0] * steps[0], t[1] * steps[1], t[2] * steps[2], offset[row]]
        })
    }
}

fn half(b: &[u8], big: bool) -> u16 {
    let bytes = [b[0], b[1]];
    if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
}

fn word(b: &[u8], big: bool) -> u32 {
    let bytes = [b[0], b[1], b[2], b[3]];
    if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

fn single(b: &[u8], big: bool) -> f32 {
    f32::from_bits(word(b, big))
}

pub(crate) fn determinant(m: &[[f64; 4]; 3]) -> f64 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A file with `sform` of these rows and these 16-bit values.
    pub(crate) fn file(size: [usize; 3], rows: [[f64; 4]; 3], values: &[i16]) -> Vec<u8> {
        let mut bytes = vec![0; 352];
        bytes[..4].copy_from_slice(&348i32.to_le_bytes());
        let dim = [3, size[0] as i16, size[1] as i16, size[2] as i16, 1, 1, 1, 1];
        for (k, v) in dim.into_iter().enumerate() {
            bytes[40 + 2 * k..42 + 2 * k].copy_from_slice(&v.to_le_bytes());
        }
        bytes[70..72].copy_from_slice(&4i16.to_le_bytes());
        bytes[108..112].copy_from_slice(&352f32.to_le_bytes());
        bytes[254..256].copy_from_slice(&1i16.to_le_bytes());
        for (k, v) in rows.as_flattened().iter().enumerate() {
            bytes[280 + 4 * k..284 + 4 * k].copy_from_slice(&(*v as f32).to_le_bytes());
        }
        bytes[344..348].copy_from_slice(b"n+1\0");
        values.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
        bytes
    }

    const ROWS: [[f64; 4]; 3] =
        [[-2.0, 0.0, 0.0, 10.0], [0.0, 3.0, 0.0, -5.0], [0.0, 0.0, 4.0, 1.0]];

    #[test]
    fn voxels_have_their_place_and_values_between_them() {
        let values: Vec<i16> = (0..24).collect();
        let volume = Volume::parse(&file([2, 3, 4], ROWS, &values)).unwrap();
        assert_eq!(volume.place(0), [10.0, -5.0, 1.0]);
        assert_eq!(volume.place(1 + 2 * 2 + 6 * 3), [8.0, 1.0, 13.0]);
        // The value is i + 2 j + 6 k, which interpolation keeps.
        assert!((volume.at([0.5, 1.25, 2.75], -9.0) - 19.5).abs() < 1e-5);
        assert_eq!(volume.at([1.5, 0.0, 0.0], -9.0), -9.0);
    }

    #[test]
    fn the_other_orientation_says_the_same() {
        let mut bytes = file([2, 3, 4], ROWS, &[0; 24]);
        let by_rows = Volume::parse(&bytes).unwrap();
        // Half a turn about y and a flip of k: i and k run backwards, k twice.
        bytes[254..256].copy_from_slice(&0i16.to_le_bytes());
        bytes[252..254].copy_from_slice(&1i16.to_le_bytes());
        for (at, v) in [(76, -1.0f32), (80, 2.0), (84, 3.0), (88, 4.0), (260, 1.0)] {
            bytes[at..at + 4].copy_from_slice(&v.to_le_bytes());
        }
        for (at, v) in [(268, 10.0f32), (272, -5.0), (276, 1.0)] {
            bytes[at..at + 4].copy_from_slice(&v.to_le_bytes());
        }
        assert_eq!(Volume::parse(&bytes).unwrap().to_patient, by_rows.to_patient);
    }

    #[test]
    fn what_is_cut_or_unknown_is_refused() {
        let whole = file([2, 3, 4], ROWS, &[0; 24]);
        let fault = |bytes: &[u8]| Volume::parse(bytes).unwrap_err().0;
        assert_eq!(fault(&whole[..300]), "a NIfTI-1 file (magic n+1)");
        assert_eq!(fault(&whole[..390]), "all of its voxels");
        let mut complex = whole.clone();
        complex[70] = 32;
        assert_eq!(fault(&complex), "voxels that are integers or real numbers");
        let flat = file([2, 3, 4], [ROWS[0], ROWS[0], ROWS[2]], &[0; 24]);
        assert_eq!(fault(&flat), "an orientation that can be inverted");
    }
}
