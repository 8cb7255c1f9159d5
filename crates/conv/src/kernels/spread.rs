//! Gathers from planes of at most 16 pixels: a whole plane sits in one vector, and every
//! displaced copy of it is one permutation.

use super::Isa;

/// Pixels of a plane, and values of a run, at most.
pub(crate) const MOST: usize = 16;

/// Places in a plane to gather into one run; [`usize::MAX`] gives zero.
pub(crate) type Places = [usize; MOST];

/// For image `i`, channel `c` and run `q`, values `0..count` of
/// `to[i strides[0] + c strides[1] + q strides[2] ..]` become `plane[i][c][runs[q][..]]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread<'a> {
    /// Images and channels.
    pub(crate) planes: [usize; 2],
    /// Values from one image to the next and from one channel to the next.
    pub(crate) source_strides: [usize; 2],
    /// Pixels of a plane.
    pub(crate) pixels: usize,
    pub(crate) runs: &'a [Places],
    pub(crate) count: usize,
    pub(crate) strides: [usize; 3],
}

impl Spread<'_> {
    fn is_inside(&self, source: usize, to: usize) -> bool {
        let ([images, channels], [si, sc]) = (self.planes, self.source_strides);
        let [i, c, q] = self.strides;
        let is_place = |place: &usize| *place < self.pixels || *place == usize::MAX;
        let last = (images - 1) * i + (channels - 1) * c + (self.runs.len() - 1) * q;
        self.pixels <= MOST
            && self.count <= MOST
            && (images - 1) * si + (channels - 1) * sc + self.pixels <= source
            && last + self.count <= to
            && self.runs.iter().flatten().all(is_place)
    }
}

impl Isa {
    /// Writes every run; other values of `to` stay as they are.
    pub(crate) fn spread(self, spread: &Spread<'_>, source: &[f32], to: &mut [f32]) {
        if spread.planes.contains(&0) || spread.runs.is_empty() {
            return;
        }
        assert!(spread.is_inside(source.len(), to.len()), "a gather reaches outside its slices");
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx512 && self.is_available() {
            // SAFETY: AVX-512 is available and all places are inside both slices.
            return unsafe { x86::spread(spread, source, to) };
        }
        for image in 0..spread.planes[0] {
            for channel in 0..spread.planes[1] {
                let at = |s: &[usize]| image * s[0] + channel * s[1];
                let plane = &source[at(&spread.source_strides)..][..spread.pixels];
                for (q, places) in spread.runs.iter().enumerate() {
                    let run = &mut to[at(&spread.strides) + q * spread.strides[2]..];
                    for (to, place) in run.iter_mut().zip(&places[..spread.count]) {
                        *to = plane.get(*place).copied().unwrap_or(0.0);
                    }
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::*;

    use super::{Places, Spread};

    /// # Safety
    /// `spread.is_inside` of both slices.
    #[target_feature(enable = "avx512f,avx512vl")]
    pub(super) unsafe fn spread(spread: &Spread<'_>, source: &[f32], to: &mut [f32]) {
        let runs: Vec<(__m512i, __mmask16)> = spread.runs.iter().map(|r| permutation(r)).collect();
        let [plane, count] = [spread.pixels, spread.count].map(|n| ((1u32 << n) - 1) as __mmask16);
        for image in 0..spread.planes[0] {
            for channel in 0..spread.planes[1] {
                let from = image * spread.source_strides[0] + channel * spread.source_strides[1];
                let into = image * spread.strides[0] + channel * spread.strides[1];
                // SAFETY: the masks select `pixels` and `count` values, which are inside by this
                // function's contract; other lanes are neither read nor written.
                unsafe {
                    let values = _mm512_maskz_loadu_ps(plane, source.as_ptr().add(from));
                    let mut into = to.as_mut_ptr().add(into);
                    for (places, valid) in &runs {
                        let run = _mm512_maskz_permutexvar_ps(*valid, *places, values);
                        _mm512_mask_storeu_ps(into, count, run);
                        into = into.wrapping_add(spread.strides[2]);
                    }
                }
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512vl")]
    fn permutation(places: &Places) -> (__m512i, __mmask16) {
        let lanes = places.map(|place| place as i32 & 15);
        let valid = places.iter().enumerate().filter(|(_, place)| **place != usize::MAX);
        let mask = valid.fold(0, |mask, (lane, _)| mask | 1 << lane);
        // SAFETY: reads the 16 values of the array.
        (unsafe { _mm512_loadu_epi32(lanes.as_ptr()) }, mask)
    }
}
