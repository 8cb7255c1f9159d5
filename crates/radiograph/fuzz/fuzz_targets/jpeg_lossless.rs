//! A frame of lossless JPEG.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph_fuzz::{around, film, jpeg_size, read_all_ways};

fuzz_target!(|data: &[u8]| {
    let Some(around) = around(data) else { return };
    let (rows, columns) = jpeg_size(around.stream);
    read_all_ways(&film("1.2.840.10008.1.2.4.57", &around, rows, columns));
});
