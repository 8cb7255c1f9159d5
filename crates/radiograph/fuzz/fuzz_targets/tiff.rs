//! A TIFF of either byte order.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let little = data.first().is_some_and(|b| b & 1 == 0);
    let mut file = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    file.extend(data.get(1..).unwrap_or_default());
    vertebra_radiograph_fuzz::read_all_ways(&file);
});
