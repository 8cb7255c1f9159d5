//! Processors that score films, one film each; a film that hangs loses its processor, not the run.

use crate::Error;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// A film's own threads: with one of them everything below runs in its caller, and as many films
/// as there are processors are faster than one film on all of them.
const THREADS_OF_A_FILM: usize = 1;
/// Deep enough for any decoder.
const STACK: usize = 16 << 20;

/// As many workers as films that are scored at once.
#[derive(Debug)]
pub(crate) struct Workers {
    idle: Mutex<Vec<ThreadPool>>,
    free: Semaphore,
    hung: AtomicUsize,
    hung_allowed: usize,
}

/// How work ended that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was still running when its time was over.
    Late,
    /// It panicked, with this message.
    Panicked(String),
}

impl Workers {
    /// `jobs` workers, and as many that may be lost to work that hangs.
    ///
    /// # Errors
    /// [`Error::Io`] where the system gives no thread.
    pub(crate) fn new(jobs: usize) -> Result<Self, Error> {
        let idle = (0..jobs).map(|_| worker()).collect::<Result<Vec<_>, _>>()?;
        let (free, hung) = (Semaphore::new(jobs), AtomicUsize::new(0));
        Ok(Self { idle: Mutex::new(idle), free, hung, hung_allowed: 4 * jobs + 4 })
    }

    /// Runs work on the next free worker, for at most this time once it has begun.
    ///
    /// # Errors
    /// [`Error::Hanging`] when more work hangs than a few bad films explain.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        time: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Result<T, Ended>, Error> {
        let Ok(_permit) = self.free.acquire().await else {
            return Ok(Err(Ended::Panicked("the workers are gone".into())));
        };
        let pool = self.take()?;
        let (sender, receiver) = oneshot::channel();
        pool.spawn(move || {
            // Nothing of the work is used after a panic.
            let result = catch_unwind(AssertUnwindSafe(work));
            let _ = sender.send(result.map_err(|panic| message(panic.as_ref())));
        });
        match tokio::time::timeout(time, receiver).await {
            Ok(result) => {
                self.give_back(pool);
                let gone = || Err("its thread ended".to_owned());
                Ok(result.unwrap_or_else(|_| gone()).map_err(Ended::Panicked))
            }
            Err(_) => self.lost(pool),
        }
    }

    fn take(&self) -> Result<ThreadPool, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(worker, Ok)
    }

    fn give_back(&self, pool: ThreadPool) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(pool);
    }

    /// Leaves a worker to its work: a thread cannot be stopped from outside.
    fn lost<T>(&self, pool: ThreadPool) -> Result<Result<T, Ended>, Error> {
        drop(pool);
        let films = self.hung.fetch_add(1, Ordering::Relaxed) + 1;
        match films > self.hung_allowed {
            true => Err(Error::Hanging { films, allowed: self.hung_allowed }),
            false => Ok(Err(Ended::Late)),
        }
    }
}

fn worker() -> Result<ThreadPool, Error> {
    let pool = ThreadPoolBuilder::new().num_threads(THREADS_OF_A_FILM).stack_size(STACK).build();
    pool.map_err(|error| Error::io("a thread")(std::io::Error::other(error)))
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    /// Longer than any machine takes.
    const LONG: Duration = Duration::from_secs(600);

    #[tokio::test]
    async fn work_that_hangs_or_panics_leaves_the_worker_to_others() -> Result<(), Error> {
        let workers = Workers::new(1)?;
        let (_keep, wait) = std::sync::mpsc::channel::<()>();
        let late = workers.run(SHORT, move || wait.recv()).await?;
        assert_eq!(late.err(), Some(Ended::Late));
        let panicked = workers.run(LONG, || -> u8 { std::panic::panic_any("bad film") }).await?;
        assert_eq!(panicked.err(), Some(Ended::Panicked("bad film".into())));
        let done = workers.run(LONG, || 7).await?;
        assert_eq!(done, Ok(7));
        Ok(())
    }

    #[tokio::test]
    async fn too_much_that_hangs_is_an_error() -> Result<(), Error> {
        let workers = Workers::new(1)?;
        let mut kept = Vec::new();
        for _ in 0..8 {
            let (keep, wait) = std::sync::mpsc::channel::<()>();
            kept.push(keep);
            workers.run(SHORT, move || wait.recv()).await?.err();
        }
        let (_keep, wait) = std::sync::mpsc::channel::<()>();
        let last = workers.run(SHORT, move || wait.recv()).await;
        assert!(matches!(last, Err(Error::Hanging { films: 9, allowed: 8 })));
        Ok(())
    }
}
