//! A deflated data set.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph_fuzz::{read_all_ways, support};

fuzz_target!(|data: &[u8]| {
    let mut film = support::File::empty(support::DEFLATED).head();
    film.extend(data);
    read_all_ways(&film);
});
