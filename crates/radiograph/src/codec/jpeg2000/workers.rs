//! Independent tasks on several threads.

use super::Stop;
use std::sync::Mutex;

/// How many threads a picture of so many samples is worth: one where films are already read in
/// parallel, or where starting threads would take longer than decoding.
pub(super) fn count(samples: usize) -> usize {
    const SMALL: usize = 1 << 16;
    match samples < SMALL || rayon::current_thread_index().is_some() {
        true => 1,
        false => rayon::current_num_threads(),
    }
}

/// Does each task once, on `threads` threads that each have a state of their own. Every thread
/// stops at the first task that fails.
pub(super) fn for_each<T: Send, S>(
    threads: usize,
    tasks: Vec<T>,
    state: impl Fn() -> S + Sync,
    run: impl Fn(&mut S, T) -> Result<(), Stop> + Sync,
) -> Result<(), Stop> {
    let threads = threads.min(tasks.len());
    if threads <= 1 {
        let mut state = state();
        return tasks.into_iter().try_for_each(|task| run(&mut state, task));
    }
    // The last first, then taken from the end.
    let waiting = Mutex::new(tasks.into_iter().rev().collect::<Vec<_>>());
    let next = || waiting.lock().ok().and_then(|mut tasks| tasks.pop());
    let work = || {
        let mut state = state();
        while let Some(task) = next() {
            if let Err(stop) = run(&mut state, task) {
                // Nobody begins another task.
                if let Ok(mut tasks) = waiting.lock() {
                    tasks.clear();
                }
                return Err(stop);
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        others.into_iter().fold(own, |all, other| {
            let other = other.join().unwrap_or_else(|_| Err("a decoding thread failed".into()));
            all.and(other)
        })
    })
}
