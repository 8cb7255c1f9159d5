//! Loops compiled once more for the wide vectors of the processor they run on.
//!
//! The loops are safe code that the compiler vectorises; only the choice between their versions is
//! unsafe. They contain no fused multiply-add and sum in a fixed order, so every version gives the
//! same bits: a picture does not depend on the machine that made it.

#![allow(unsafe_code)]

/// Loops worth compiling for wide vectors; `run` is to be `#[inline(always)]`, and so is what it
/// calls.
pub(crate) trait Loops {
    type Output;

    fn run(self) -> Self::Output;
}

/// Runs the widest version that this processor has.
pub(crate) fn widest<L: Loops>(loops: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx512() {
            // SAFETY: these features were just found.
            return unsafe { avx512(loops) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: this feature was just found.
            return unsafe { avx2(loops) };
        }
    }
    loops.run()
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512vl")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512dq")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn avx512<L: Loops>(loops: L) -> L::Output {
    loops.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<L: Loops>(loops: L) -> L::Output {
    loops.run()
}

/// What every version makes of the same input, by name.
#[cfg(test)]
pub(crate) fn every<L: Loops>(loops: impl Fn() -> L) -> Vec<(&'static str, L::Output)> {
    let mut versions = vec![("portable", loops().run())];
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: this feature was just found.
            versions.push(("avx2", unsafe { avx2(loops()) }));
        }
        if has_avx512() {
            // SAFETY: these features were just found.
            versions.push(("avx512", unsafe { avx512(loops()) }));
        }
    }
    versions
}
