//! The run-length masks of COCO: pixels column by column, runs of outside and of inside in turn,
//! as a list of lengths or packed into text (`rleToString` of the COCO API's documentation).

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Rle {
    /// Rows and columns.
    size: [usize; 2],
    counts: Counts,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Counts {
    List(Vec<usize>),
    Packed(String),
}

impl Rle {
    /// Rows and columns, and whether each pixel, column by column, is inside; `None` where the runs
    /// are not those of this many pixels.
    pub(super) fn mask(&self) -> Option<([usize; 2], Vec<bool>)> {
        let n = self.size[0].checked_mul(self.size[1])?;
        let runs = match &self.counts {
            Counts::List(runs) => runs.clone(),
            Counts::Packed(text) => unpacked(text)?,
        };
        let total = runs.iter().try_fold(0usize, |sum, run| sum.checked_add(*run))?;
        if total != n {
            return None;
        }
        let mut pixels = Vec::with_capacity(n);
        for (i, run) in runs.into_iter().enumerate() {
            pixels.resize(pixels.len() + run, i % 2 == 1);
        }
        Some((self.size, pixels))
    }
}

/// Each number in groups of five bits, the lowest first, as characters from `0` (48) on; the sixth
/// bit says that another group follows, the fifth of the last is the sign. From the fourth number
/// on, what is written is the difference from the last but one.
fn unpacked(text: &str) -> Option<Vec<usize>> {
    let mut runs: Vec<i64> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let (mut byte, mut number, mut shift) = (first, 0i64, 0);
        loop {
            let group = i64::from(byte.checked_sub(48)?);
            if shift > 50 {
                return None;
            }
            number |= (group & 31) << shift;
            shift += 5;
            if group & 32 == 0 {
                if group & 16 != 0 {
                    number |= -1 << shift;
                }
                break;
            }
            byte = bytes.next()?;
        }
        if let Some(before) = runs.len().checked_sub(2).filter(|_| runs.len() > 2) {
            number += runs[before];
        }
        runs.push(number);
    }
    runs.into_iter().map(|run| usize::try_from(run).ok()).collect()
}
