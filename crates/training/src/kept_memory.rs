//! Memory that a step gives back stays with the process for the next step.

/// A little less than the largest block whose release moves glibc's limits.
const LARGE_BLOCK: usize = (32 << 20) - (64 << 10);

/// Has glibc's allocator keep up to 64 MB of what is freed, for a program that trains on tables to
/// call once, before its first training. It changes the whole process, which is why [`train`] does
/// not do it.
///
/// A step on a table allocates some megabytes and frees them. By default glibc gives what is free at
/// the end of a heap back to the system from 128 KB on, or from twice the size of the largest block
/// that it had mapped apart and that was freed, if that had at most 32 MB (mallopt(3),
/// `M_MMAP_THRESHOLD`; malloc.c, `DEFAULT_MMAP_THRESHOLD_MAX` of 64-bit systems). Every page then
/// comes anew, and zeroed, with the next step: half of the time of an epoch of ten thousand subjects.
/// A block that is freed here, without having been touched, moves that limit. Trainings on pictures
/// free as large ones anyway. Nothing happens with other allocators, or where the limits are set by
/// `GLIBC_TUNABLES` or `mallopt`.
///
/// [`train`]: crate::train
pub fn keep_freed_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE_BLOCK)));
}
