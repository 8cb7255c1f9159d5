//! What a reproducible run needs: seeds, whole files and digests.
//!
#![doc = include_str!("../README.md")]

mod digest;
mod error;
mod seed;
mod shuffle;
mod whole_file;

pub use digest::Digest;
pub use error::Error;
pub use seed::Seed;
pub use shuffle::shuffle;
pub use whole_file::{write_whole, write_whole_with};
