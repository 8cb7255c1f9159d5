//! Asking for what is read soon.

use super::Isa;

/// Values of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 16;

impl Isa {
    /// Brings values from memory into the cache, where the architecture has a stable intrinsic for
    /// it: no result depends on it.
    pub(crate) fn prefetch(self, values: &[f32]) {
        #[cfg(target_arch = "x86_64")]
        for line in values.chunks(LINE) {
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: every processor of this architecture has the instruction, and it may be given
            // any address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = values;
    }
}
