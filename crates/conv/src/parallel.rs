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

/// Runs work of `cost` multiply-adds that holds many short loops on a thread of the pool, and keeps the
/// others awake between them: to wake a sleeping thread costs as much as a small layer.
///
/// A caller that is on a thread of the pool already shares it with other work, as where films are taken
/// side by side: there nobody is kept from it.
pub(crate) fn on_pool<R: Send>(cost: usize, work: impl FnOnce() -> R + Send) -> R {
    let threads = rayon::current_num_threads();
    if !is_worth(cost) || threads < 2 || rayon::current_thread_index().is_some() {
        return work();
    }
    rayon::scope(|scope| {
        let (owner, is_done) = (rayon::current_thread_index(), Arc::new(AtomicBool::new(false)));
        for _ in 1..threads {
            let is_done = Arc::clone(&is_done);
            scope.spawn(move |_| {
                // Where the owner waits for others it may find this, and must not wait here instead.
                if rayon::current_thread_index() != owner {
                    look_for_work(&is_done);
                }
            });
        }
        let _done = Done(is_done);
        work()
    })
}

/// Lets those who look for work go when dropped: after a panic too, which would otherwise wait for them.
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

    /// Work of somebody else that goes on until `is_over`, a little at a time.
    fn keep_busy(is_over: Arc<AtomicBool>, end: Instant) {
        if !is_over.load(Ordering::Relaxed) && Instant::now() < end {
            rayon::spawn(move || keep_busy(is_over, end));
        }
    }

    /// The clock only ends the test where it would wait for ever.
    #[test]
    fn a_panic_does_not_wait_for_the_work_of_others() {
        let (is_caught, end) = (Arc::default(), Instant::now() + Duration::from_secs(20));
        let result = catch_unwind(AssertUnwindSafe(|| {
            on_pool(SERIAL, || {
                keep_busy(Arc::clone(&is_caught), end);
                resume_unwind(Box::new("the work's own panic"))
            })
        }));
        is_caught.store(true, Ordering::Relaxed);
        assert!(Instant::now() < end, "the panic came when all other work had ended");
        let panic = result.map(|()| "none").unwrap_or_else(|p| *p.downcast().unwrap_or_default());
        assert_eq!(panic, "the work's own panic");
    }
}
