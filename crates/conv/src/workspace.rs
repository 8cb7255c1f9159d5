//! Scratch buffers of each thread, kept between calls.

use std::{cell::Cell, thread::LocalKey};

/// Values of a cache line.
const LINE: usize = 16;

type Buffers<T> = Cell<Vec<Vec<T>>>;

thread_local! {
    static FLOATS: Buffers<f32> = const { Cell::new(Vec::new()) };
    static WORDS: Buffers<u32> = const { Cell::new(Vec::new()) };
}

/// Runs `work` on a buffer of `len` values with arbitrary contents, the first at the start of a
/// cache line.
pub(crate) fn with_buffer<R>(len: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    with(&FLOATS, len, work)
}

/// The same for words.
pub(crate) fn with_words<R>(len: usize, work: impl FnOnce(&mut [u32]) -> R) -> R {
    with(&WORDS, len, work)
}

fn with<T: Copy + Default, R>(
    key: &'static LocalKey<Buffers<T>>,
    len: usize,
    work: impl FnOnce(&mut [T]) -> R,
) -> R {
    let mut buffers = key.take();
    let mut buffer = buffers.pop().unwrap_or_default();
    key.set(buffers);
    if buffer.len() < len + LINE {
        buffer = vec![T::default(); len + LINE];
    }
    let aligned = buffer.as_ptr().align_offset(4 * LINE).min(LINE);
    let result = work(&mut buffer[aligned..aligned + len]);
    let mut buffers = key.take();
    buffers.push(buffer);
    key.set(buffers);
    result
}
