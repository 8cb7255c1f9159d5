//! Marker segments of a JPEG-LS stream (T.87 annex C).

use super::fault;
use crate::codec::{Fault, Size};

/// How the components of a scan alternate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interleave {
    None,
    Line,
    Sample,
}

/// What the entropy-coded data of a scan need.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) components: usize,
    pub(super) near: i32,
    pub(super) interleave: Interleave,
    pub(super) preset: Preset,
    /// Rows between restart markers; 0: none.
    pub(super) restart_interval: usize,
    pub(super) data: usize,
}

/// Coding parameters; 0: the default (T.87 C.2.4.1.1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Preset {
    pub(super) maxval: i32,
    pub(super) t1: i32,
    pub(super) t2: i32,
    pub(super) t3: i32,
    pub(super) reset: i32,
}

/// A stream between two segments.
pub(super) struct Header<'a> {
    bytes: &'a [u8],
    pos: usize,
    size: Size,
    precision: u16,
    preset: Preset,
    restart_interval: usize,
}

impl<'a> Header<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        if !bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(fault("expected an SOI marker (ff d8) first"));
        }
        Ok(Self {
            bytes,
            pos: 2,
            size: Size { height: 0, width: 0, components: 0 },
            precision: 0,
            preset: Preset::default(),
            restart_interval: 0,
        })
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn precision(&self) -> u16 {
        self.precision
    }

    /// Goes on at a byte, after a scan.
    pub(super) fn seek(&mut self, pos: usize) {
        self.pos = pos;
    }

    /// Reads up to the frame header.
    pub(super) fn frame(&mut self) -> Result<(), Fault> {
        loop {
            match self.segment()? {
                Some((0xF7, segment)) => return self.frame_header(segment),
                Some((0xDA, _)) | None => return Err(fault("expected a frame header (ff f7)")),
                Some((marker, segment)) => self.other(marker, segment)?,
            }
        }
    }

    /// Reads up to the next scan header; `None` at the end.
    pub(super) fn scan(&mut self) -> Result<Option<Scan>, Fault> {
        loop {
            match self.segment()? {
                None => return Ok(None),
                Some((0xDA, segment)) => return self.scan_header(segment).map(Some),
                Some((marker, segment)) => self.other(marker, segment)?,
            }
        }
    }

    fn segment(&mut self) -> Result<Option<(u8, &'a [u8])>, Fault> {
        loop {
            let rest = self.bytes.get(self.pos..).unwrap_or_default();
            let Some(at) =
                rest.windows(2).position(|w| w[0] == 0xFF && w[1] > 0x7F && w[1] != 0xFF)
            else {
                return Ok(None);
            };
            let marker = rest[at + 1];
            self.pos += at + 2;
            match marker {
                0xD9 => return Ok(None),
                0xD0..=0xD8 => continue,
                _ => {}
            }
            let rest = &rest[at + 2..];
            let cut = || fault("segment cut short");
            let len = usize::from(word(rest, 0).ok_or_else(cut)?);
            let segment = rest.get(2..len).ok_or_else(cut)?;
            self.pos += len;
            return Ok(Some((marker, segment)));
        }
    }

    fn other(&mut self, marker: u8, segment: &[u8]) -> Result<(), Fault> {
        match (marker, segment) {
            (0xF8, [1, rest @ ..]) => {
                let value = |i: usize| word(rest, 2 * i).map(i32::from);
                let (Some(maxval), Some(t1), Some(t2), Some(t3), Some(reset)) =
                    (value(0), value(1), value(2), value(3), value(4))
                else {
                    return Err(fault("preset parameters cut short"));
                };
                self.preset = Preset { maxval, t1, t2, t3, reset };
            }
            (0xF8, _) => return Err(fault("mapping tables are not supported")),
            (0xDD, [.., high, low]) => {
                self.restart_interval = usize::from(u16::from_be_bytes([*high, *low]));
            }
            (0xE8, [b'm', b'r', b'f', b'x', transform, ..]) if *transform != 0 => {
                return Err(fault("colour transforms are not supported"));
            }
            _ => {}
        }
        Ok(())
    }

    fn frame_header(&mut self, segment: &[u8]) -> Result<(), Fault> {
        let &[precision, h1, h0, w1, w0, n, ref list @ ..] = segment else {
            return Err(fault("frame header cut short"));
        };
        if !(2..=16).contains(&precision) {
            return Err(fault(format!("expected 2 to 16 bits; got {precision}")));
        }
        let sampled = |c: &[u8; 3]| c[1] != 0x11;
        if n > 1 && list.as_chunks::<3>().0.iter().any(sampled) {
            return Err(fault("subsampled components are not supported"));
        }
        self.precision = u16::from(precision);
        self.size = Size {
            height: usize::from(u16::from_be_bytes([h1, h0])),
            width: usize::from(u16::from_be_bytes([w1, w0])),
            components: usize::from(n),
        };
        Ok(())
    }

    fn scan_header(&self, segment: &[u8]) -> Result<Scan, Fault> {
        let cut = || fault("scan header cut short");
        let (&n, rest) = segment.split_first().ok_or_else(cut)?;
        let components = usize::from(n);
        let (list, parameters) = rest.split_at_checked(2 * components).ok_or_else(cut)?;
        let &[near, interleave, transform, ..] = parameters else { return Err(cut()) };
        if list.as_chunks::<2>().0.iter().any(|c| c[1] != 0) {
            return Err(fault("mapping tables are not supported"));
        }
        if transform != 0 {
            return Err(fault("point transforms are not supported"));
        }
        let interleave = match interleave {
            0 if n == 1 => Interleave::None,
            1 => Interleave::Line,
            2 => Interleave::Sample,
            other => {
                return Err(fault(format!(
                    "expected interleave mode 0 with one component, 1 or 2; got {other} with {n}"
                )));
            }
        };
        if components == 0 || components > 4 {
            return Err(fault(format!("expected 1 to 4 components in a scan; got {n}")));
        }
        let mut preset = self.preset;
        let largest = (1_i32 << self.precision) - 1;
        if preset.maxval == 0 {
            preset.maxval = largest;
        }
        if preset.maxval > largest {
            return Err(fault(format!("expected MAXVAL up to {largest}; got {}", preset.maxval)));
        }
        Ok(Scan {
            components,
            near: i32::from(near),
            interleave,
            preset,
            restart_interval: self.restart_interval,
            data: self.pos,
        })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}
