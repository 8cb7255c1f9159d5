//! A BMP.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut file = b"BM".to_vec();
    file.extend(data);
    vertebra_radiograph_fuzz::read_all_ways(&file);
});
