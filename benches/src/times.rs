//! Wall times of repeated runs.

use std::{hint::black_box, time::Instant};

/// Seconds of each run, in increasing order; never empty.
#[derive(Debug, Clone)]
pub struct Times(Vec<f64>);

impl Times {
    /// Times `runs` runs (at least one) after `warm_up` that do not count.
    pub fn of<T>(warm_up: usize, runs: usize, mut job: impl FnMut() -> T) -> Self {
        (0..warm_up).for_each(|_| drop(black_box(job())));
        Self::sorted((0..runs.max(1)).map(|_| once(&mut job)).collect())
    }

    /// Times at least `runs` runs, and more until `seconds` have passed; no new run starts after 20
    /// times `seconds`.
    pub fn within<T>(seconds: f64, runs: usize, mut job: impl FnMut() -> T) -> Self {
        let (begin, mut times) = (Instant::now(), Vec::new());
        loop {
            times.push(once(&mut job));
            let elapsed = begin.elapsed().as_secs_f64();
            if (times.len() >= runs && elapsed >= seconds) || elapsed > 20.0 * seconds {
                return Self::sorted(times);
            }
        }
    }

    fn sorted(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    /// The shortest run, in seconds.
    #[must_use]
    pub fn least(&self) -> f64 {
        self.0[0]
    }

    /// The median run, in seconds.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }
}

fn once<T>(job: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    black_box(job());
    start.elapsed().as_secs_f64()
}
