//! Work of the processor beside that of a device.

/// What `work` gives, on this thread; `aside` runs on one of rayon's meanwhile and fills `slot`.
///
/// # Examples
/// ```
/// use vertebra_training::beside;
/// let mut next = None;
/// let sum = beside(&mut next, || vec![4, 5, 6], || [1, 2, 3].iter().sum::<i32>());
/// assert_eq!((sum, next), (6, Some(vec![4, 5, 6])));
/// ```
pub fn beside<A: Send, B>(
    slot: &mut Option<A>,
    aside: impl FnOnce() -> A + Send,
    work: impl FnOnce() -> B,
) -> B {
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| *slot = Some(aside()));
        work()
    })
}
