//! A frame of high-throughput JPEG 2000.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph_fuzz::{around, film, jpeg2000_size, read_all_ways};

fuzz_target!(|data: &[u8]| {
    let Some(around) = around(data) else { return };
    let (rows, columns) = jpeg2000_size(around.stream);
    read_all_ways(&film("1.2.840.10008.1.2.4.203", &around, rows, columns));
});
