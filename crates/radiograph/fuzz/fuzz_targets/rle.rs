//! A frame of run-length coded planes.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph_fuzz::{around, film, read_all_ways};

fuzz_target!(|data: &[u8]| {
    let [rows, columns, rest @ ..] = data else { return };
    let Some(around) = around(rest) else { return };
    let (rows, columns) = (u16::from(rows % 64) + 1, u16::from(columns % 64) + 1);
    read_all_ways(&film("1.2.840.10008.1.2.5", &around, rows, columns));
});
