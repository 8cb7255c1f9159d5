//! The header alone, piece by piece.
#![no_main]
use libfuzzer_sys::fuzz_target;
use vertebra_radiograph_fuzz::{bounded, options};

fuzz_target!(|data: &[u8]| {
    for lenient in [false, true] {
        let options = options().with_lenient(lenient);
        let header = bounded(|| options.read_header_bytes(data));
        let film = bounded(|| options.read_bytes(data));
        if let (true, Ok(film)) = (data.get(128..132) == Some(b"DICM"), film) {
            let header = header.expect("a film that opens has a header");
            assert_eq!((header.height, header.width), (film.height(), film.width()));
            assert_eq!(header.spacing, film.spacing());
            assert_eq!(&header.acquisition, film.acquisition());
        }
    }
});
