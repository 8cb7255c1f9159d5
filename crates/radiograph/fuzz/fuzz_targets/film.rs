//! A whole DICOM file, strictly and leniently.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| vertebra_radiograph_fuzz::read_all_ways(data));
