//! When reading a file must be done.

use crate::{Error, Limits};
use std::time::{Duration, Instant};

/// The time that a file is given, from when its reading began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    /// `None` where there is no clock: a page in a browser, whose reader can close it.
    began: Option<Instant>,
    allowed: Duration,
}

impl Deadline {
    /// The time starts now.
    pub(crate) fn new(limits: &Limits) -> Self {
        let clock = cfg!(not(all(target_arch = "wasm32", target_os = "unknown")));
        Self { began: clock.then(Instant::now), allowed: limits.time }
    }

    fn elapsed(self) -> Duration {
        self.began.map_or(Duration::ZERO, |began| began.elapsed())
    }

    /// Whether the time is over.
    pub(crate) fn is_over(self) -> bool {
        self.elapsed() > self.allowed
    }

    /// An error where the time is over.
    pub(crate) fn check(self) -> Result<(), Error> {
        if !self.is_over() {
            return Ok(());
        }
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Err(Error::LimitExceeded {
            name: "milliseconds for the file",
            allowed: milliseconds(self.allowed),
            got: milliseconds(self.elapsed()),
        })
    }
}
