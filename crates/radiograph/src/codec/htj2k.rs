//! The block decoder of high-throughput JPEG 2000 (ITU-T T.814 | ISO/IEC 15444-15). It is our own
//! because no crate was right: one prints and panics on damaged blocks, one differs from the
//! reference decoder by tens of grey levels where coding is lossy.

mod bits;
mod block;
mod cleanup;
mod tables;

pub(super) use block::{Block, Decoder};
