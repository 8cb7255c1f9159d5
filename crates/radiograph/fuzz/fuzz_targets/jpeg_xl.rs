//! A frame of JPEG XL, of the size of the tests' picture.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph_fuzz::{around, film, read_all_ways};

fuzz_target!(|data: &[u8]| {
    let Some(around) = around(data) else { return };
    read_all_ways(&film("1.2.840.10008.1.2.4.112", &around, 37, 45));
});
