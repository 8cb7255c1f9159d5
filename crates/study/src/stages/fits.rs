//! Independent fits in parallel. A small network keeps one core busy and no more, so folds share a
//! processor better than the parts of one step do.

use crate::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

/// How many fits run at once, and on how many threads each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParallelFits {
    fits: usize,
    threads: usize,
}

impl ParallelFits {
    /// `fits_at_once` as the configuration has it. By default half as many again as there are
    /// cores, so that the last fit of an uneven number does not leave a core idle.
    pub(crate) fn new(fits_at_once: Option<usize>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let by_cores = if cores == 1 { 1 } else { cores + cores.div_ceil(2) };
        let fits = fits_at_once.unwrap_or(by_cores).max(1);
        Self { fits, threads: (cores / fits).max(1) }
    }

    /// The results of `fit` on every job, in the order of the jobs, whichever of them ends first.
    ///
    /// `fit` gets a function to call at each step; `on_step` is called for each of them on the
    /// caller's thread. After an error no further job is begun.
    ///
    /// # Errors
    /// The error of the first job, in their order, that fails.
    pub(crate) fn run<J: Sync, R: Send>(
        self,
        jobs: &[J],
        fit: impl Fn(&J, &dyn Fn()) -> Result<R, Error> + Sync,
        on_step: &mut dyn FnMut(),
    ) -> Result<Vec<R>, Error> {
        if self.fits == 1 || jobs.len() < 2 {
            let on_step = std::cell::RefCell::new(on_step);
            let step = || (on_step.borrow_mut())();
            return jobs.iter().map(|job| fit(job, &step)).collect();
        }
        let queue = Queue { next: AtomicUsize::new(0), failed: AtomicBool::new(false), jobs };
        let mut results: Vec<Option<Result<R, Error>>> = jobs.iter().map(|_| None).collect();
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            for _ in 0..self.fits.min(jobs.len()) {
                let (sender, queue, fit) = (sender.clone(), &queue, &fit);
                scope.spawn(move || on_own_threads(self.threads, || queue.work(fit, &sender)));
            }
            drop(sender);
            for message in receiver {
                match message {
                    Message::Step => on_step(),
                    Message::Done(job, result) => results[job] = Some(result),
                }
            }
        });
        results.into_iter().flatten().collect()
    }
}

enum Message<R> {
    Step,
    Done(usize, Result<R, Error>),
}

/// Jobs are taken in order: when one fails, all before it have been taken too.
struct Queue<'a, J> {
    next: AtomicUsize,
    failed: AtomicBool,
    jobs: &'a [J],
}

impl<J> Queue<'_, J> {
    fn work<R>(
        &self,
        fit: &impl Fn(&J, &dyn Fn()) -> Result<R, Error>,
        sender: &Sender<Message<R>>,
    ) {
        // Sending fails only once the receiver has unwound: then the result is not needed.
        while !self.failed.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(index) else { return };
            let result = fit(job, &|| drop(sender.send(Message::Step)));
            self.failed.fetch_or(result.is_err(), Ordering::Relaxed);
            drop(sender.send(Message::Done(index, result)));
        }
    }
}

/// Runs `work` where parallel loops have `threads` threads of their own.
fn on_own_threads(threads: usize, work: impl FnOnce() + Send) {
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(work),
        // The system gives no more threads: the common pool serves.
        Err(_) => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing_at(job: usize) -> Error {
        Error::NoTrainingFilms { part: job.to_string() }
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs_and_every_step_is_heard() {
        let jobs: Vec<u64> = (0..23).collect();
        for fits in [1, 2, 7] {
            let mut steps = 0;
            let fit = |&job: &u64, step: &dyn Fn()| {
                std::thread::sleep(std::time::Duration::from_millis(job % 3));
                (0..job).for_each(|_| step());
                Ok(job * job)
            };
            let crew = ParallelFits { fits, threads: 1 };
            let squares = crew.run(&jobs, fit, &mut || steps += 1).unwrap();
            assert_eq!(squares, jobs.iter().map(|j| j * j).collect::<Vec<_>>());
            assert_eq!(steps, (0..23).sum::<u64>());
        }
    }

    #[test]
    fn the_first_failing_job_is_reported_and_the_rest_left_alone() {
        let jobs: Vec<usize> = (0..1000).collect();
        for fits in [1, 4] {
            let begun = AtomicUsize::new(0);
            let fit = |&job: &usize, _: &dyn Fn()| {
                begun.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_micros(200));
                if job < 5 { Ok(job) } else { Err(failing_at(job)) }
            };
            let error = ParallelFits { fits, threads: 1 }.run(&jobs, fit, &mut || ()).unwrap_err();
            assert_eq!(error.to_string(), failing_at(5).to_string());
            assert!(begun.into_inner() < 100);
        }
    }
}
