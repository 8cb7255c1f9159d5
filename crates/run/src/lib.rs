//! What a reproducible run needs: seeds, whole files, digests, the machine, and how it ends.
//!
#![doc = include_str!("../README.md")]

mod digest;
mod error;
mod machine;
mod one_sentence;
mod seed;
mod shuffle;
mod whole_file;

pub use digest::Digest;
pub use error::Error;
pub use machine::Machine;
pub use one_sentence::one_sentence;
pub use seed::Seed;
pub use shuffle::shuffle;
pub use whole_file::{WholeFile, remove_unfinished, write_whole, write_whole_with};
