#![doc = include_str!("../README.md")]
//!
//! The loops are safe code that the compiler vectorises; only the choice between their versions is
//! unsafe. They contain no fused multiply-add and sum in a fixed order, so every version gives the
//! same bits: neither a picture nor a statistic depends on the machine that made it.

#![allow(unsafe_code)]

/// Loops worth compiling for wide vectors; `run` is to be `#[inline(always)]`, and so is what it
/// calls.
pub trait Loops {
    /// What they make.
    type Output;

    /// Runs them as they are compiled where it is called.
    fn run(self) -> Self::Output;
}

/// Runs the widest version that this processor has.
pub fn widest<L: Loops>(loops: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx512() {
            // SAFETY: these features were just found.
            return unsafe { avx512(loops) };
        }
        if has_avx2() {
            // SAFETY: these features were just found.
            return unsafe { avx2(loops) };
        }
    }
    loops.run()
}

/// With the instructions on bits that every processor with AVX2 has.
#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("bmi1")
        && std::arch::is_x86_feature_detected!("bmi2")
        && std::arch::is_x86_feature_detected!("lzcnt")
        && std::arch::is_x86_feature_detected!("popcnt")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    has_avx2()
        && std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512vl")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512dq")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,bmi1,bmi2,lzcnt,popcnt")]
fn avx512<L: Loops>(loops: L) -> L::Output {
    loops.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn avx2<L: Loops>(loops: L) -> L::Output {
    loops.run()
}

/// What every version that this processor has makes of the same input, by name: for tests that they
/// are equal.
pub fn every<L: Loops>(loops: impl Fn() -> L) -> Vec<(&'static str, L::Output)> {
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut))]
    let mut versions = vec![("portable", loops().run())];
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx2() {
            // SAFETY: these features were just found.
            versions.push(("avx2", unsafe { avx2(loops()) }));
        }
        if has_avx512() {
            // SAFETY: these features were just found.
            versions.push(("avx512", unsafe { avx512(loops()) }));
        }
    }
    versions
}
