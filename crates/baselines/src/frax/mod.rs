//! FRAX: what the calculator is asked, what it answers, and how files and a licensed program carry
//! both. Nothing here computes FRAX: its coefficients are unpublished, and its use is licensed.
//!
//! | layout | here |
//! |---|---|
//! | bulk file, 13 columns, blank = not recorded (FRAXplus CSV, <https://www.fraxplus.org/documentation/csv/PREV>) | [`write_frax_bulk`], [`read_frax_bulk`] |
//! | batch record, the same 13 fields and 4 answers (the licensed program's, as the public C++ code of CLSA cypress, `frax_test.cpp`, documents it) | [`write_frax_records`], [`read_frax_records`] |
//! | the licensed program itself | [`FraxProgram`] |
//!
//! Answers are ten-year probabilities. They rank subjects ([`FraxScore`]) whatever the event is,
//! but their calibration against another event says nothing: a major osteoporotic fracture is a
//! *clinical* fracture of spine, hip, forearm or humerus within *ten* years, death being a
//! competing risk in the calculator's country. Three years of *morphometric* vertebral fractures
//! are another event (two in three never come to attention), in another time and another
//! population; a ratio of observed to expected would differ from 1 for all of these reasons and for
//! none that matters.

mod fields;
mod input;
mod program;
mod records;
mod score;

pub use input::{FraxInput, ScoreUnit};
pub use program::FraxProgram;
pub use records::{
    FraxAnswers, read_frax_bulk, read_frax_record, read_frax_records, write_frax_bulk,
    write_frax_records,
};
pub use score::{FraxScore, FraxThresholds, frax_thresholds};
