//! De-identification: what comes out is a film with the same pixels.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph::{Deidentifier, Grey};
use vertebra_radiograph_fuzz::{bounded, options};

fuzz_target!(|data: &[u8]| {
    let deidentifier = Deidentifier::new(b"key").with_date_shift(9);
    let Ok((bytes, _)) = bounded(|| deidentifier.bytes(data)) else { return };
    let options = options().with_grey(Grey::Modality);
    if let Ok(film) = options.read_bytes(data) {
        let again = options.read_bytes(&bytes).expect("the film still opens");
        assert!(film.pixels() == again.pixels(), "the pixels changed");
        let (twice, _) = deidentifier.bytes(&bytes).expect("and can be treated again");
        assert!(options.read_bytes(&twice).is_ok_and(|f| f.pixels() == film.pixels()));
    }
});
