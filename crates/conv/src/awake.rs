//! Parallel loops that stay on the caller's thread when the work is not worth waking another.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rayon::prelude::*;

/// Multiply-adds (or values passed over, times [`PASS`]) below which a loop stays serial: about
/// 30 microseconds, the cost of handing work to a sleeping thread and waiting for it.
const SERIAL: usize = 1 << 21;

/// How long a thread looks for work before it lets itself be put to sleep.
const PATIENCE: Duration = Duration::from_millis(1);

/// Cost of one value of an element-wise pass, in multiply-adds.
pub(crate) const PASS: usize = 32;

/// Whether work of `cost` multiply-adds is worth another thread.
pub(crate) fn is_worth(cost: usize) -> bool {
    cost >= SERIAL
}

/// Runs work of `cost` multiply-adds that holds many short loops on a thread of the pool, and keeps
/// the others awake between them: to wake a sleeping thread costs as much as a small layer.
///
/// A caller that is on a thread of the pool already shares it with other work, as where films are
/// taken side by side: there no thread is kept busy by waiting.
pub(crate) fn on_pool<R: Send>(cost: usize, work: impl FnOnce() -> R + Send) -> R {
    let threads = rayon::current_num_threads();
    if !is_worth(cost) || threads < 2 || rayon::current_thread_index().is_some() {
        return work();
    }
    keeping_awake(Arc::default(), work)
}

/// Runs `work` on a thread of the pool while the others look for work until `is_done`.
fn keeping_awake<R: Send>(is_done: Arc<AtomicBool>, work: impl FnOnce() -> R + Send) -> R {
    rayon::scope(|scope| {
        let owner = rayon::current_thread_index();
        for _ in 1..rayon::current_num_threads() {
            let is_done = Arc::clone(&is_done);
            scope.spawn(move |_| {
                // Where the owner waits for others it may find this, and must not wait here
                // instead.
                if rayon::current_thread_index() != owner {
                    look_for_work(&is_done);
                }
            });
        }
        let _done = Done(is_done);
        work()
    })
}

/// Lets those who look for work go when dropped: after a panic too, which would otherwise wait for
/// them.
struct Done(Arc<AtomicBool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Executes what other threads of the pool have to share until `is_done`, or nothing came for long.
fn look_for_work(is_done: &AtomicBool) {
    let mut last = Instant::now();
    while !is_done.load(Ordering::Relaxed) && last.elapsed() < PATIENCE {
        match rayon::yield_now() {
            Some(rayon::Yield::Executed) => last = Instant::now(),
            _ => std::hint::spin_loop(),
        }
    }
}

/// Runs `work` on every item; `cost` is the total number of multiply-adds.
pub(crate) fn for_each<T: Send>(items: Vec<T>, cost: usize, work: impl Fn(T) + Sync + Send) {
    if !is_worth(cost) || items.len() < 2 || rayon::current_num_threads() < 2 {
        items.into_iter().for_each(work);
    } else {
        items.into_par_iter().for_each(work);
    }
}

/// The results of `work` on every item, in order; `cost` as for [`for_each`].
pub(crate) fn map<T: Send, R: Send>(
    items: Vec<T>,
    cost: usize,
    work: impl Fn(T) -> R + Sync + Send,
) -> Vec<R> {
    if !is_worth(cost) || items.len() < 2 || rayon::current_num_threads() < 2 {
        items.into_iter().map(work).collect()
    } else {
        items.into_par_iter().map(work).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use super::*;

    #[test]
    fn a_panic_lets_those_go_who_look_for_work() {
        let is_done = Arc::new(AtomicBool::new(false));
        let result = catch_unwind(AssertUnwindSafe(|| {
            keeping_awake(Arc::clone(&is_done), || resume_unwind(Box::new("the work's own panic")))
        }));
        assert!(is_done.load(Ordering::Relaxed));
        let panic = result.map(|()| "none").unwrap_or_else(|p| *p.downcast().unwrap_or_default());
        assert_eq!(panic, "the work's own panic");
    }
}
