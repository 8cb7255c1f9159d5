//! A film as a page in a browser is given it: six functions that JavaScript calls, and two pieces of
//! memory that it reads and writes.
//!
//! The page asks for [`room`] for the bytes of a file, writes them there, calls [`read`], and takes
//! the [`answer`] (JSON) and the [`grey`] values from the addresses that these give. No byte leaves
//! the page.

mod film;

use film::Film;
use std::cell::RefCell;

#[derive(Default)]
struct Page {
    file: Vec<u8>,
    answer: String,
    grey: Vec<u8>,
}

thread_local! {
    static PAGE: RefCell<Page> = RefCell::default();
}

/// Room for a file of so many bytes, at the address that is returned.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *const u8 {
    PAGE.with_borrow_mut(|page| {
        page.file.clear();
        page.file.resize(length, 0);
        page.file.as_ptr()
    })
}

/// Reads the file that was written into the [`room`].
#[unsafe(no_mangle)]
pub extern "C" fn read() {
    PAGE.with_borrow_mut(|page| {
        let file = std::mem::take(&mut page.file);
        match Film::read(&file) {
            Ok((film, grey)) => (page.answer, page.grey) = (film.to_json(), grey),
            Err(error) => (page.answer, page.grey) = (film::refusal(&error), Vec::new()),
        }
    });
}

/// The address of what [`read`] found out, JSON in UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    PAGE.with_borrow(|page| page.answer.as_ptr())
}

/// Its length, bytes.
#[unsafe(no_mangle)]
pub extern "C" fn answer_length() -> usize {
    PAGE.with_borrow(|page| page.answer.len())
}

/// The address of the grey values as a canvas takes them: red, green, blue and opacity of each
/// pixel, row by row.
#[unsafe(no_mangle)]
pub extern "C" fn grey() -> *const u8 {
    PAGE.with_borrow(|page| page.grey.as_ptr())
}

/// Their length, bytes.
#[unsafe(no_mangle)]
pub extern "C" fn grey_length() -> usize {
    PAGE.with_borrow(|page| page.grey.len())
}
