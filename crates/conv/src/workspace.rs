//! One scratch buffer per thread, kept between calls.

use std::cell::Cell;

/// Values of a cache line.
const LINE: usize = 16;

thread_local! {
    static BUFFERS: Cell<Vec<Vec<f32>>> = const { Cell::new(Vec::new()) };
}

/// Runs `work` on a buffer of `len` values with arbitrary contents, the first at the start of a
/// cache line.
pub(crate) fn with_buffer<R>(len: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffers = BUFFERS.take();
    let mut buffer = buffers.pop().unwrap_or_default();
    BUFFERS.set(buffers);
    if buffer.len() < len + LINE {
        buffer = vec![0.0; len + LINE];
    }
    let aligned = buffer.as_ptr().align_offset(4 * LINE).min(LINE);
    let result = work(&mut buffer[aligned..aligned + len]);
    let mut buffers = BUFFERS.take();
    buffers.push(buffer);
    BUFFERS.set(buffers);
    result
}
