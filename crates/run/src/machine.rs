//! The machine a program runs on, as far as numbers and times may depend on it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a record of a run says of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Machine {
    /// Name of the processor, or its architecture where the system does not tell.
    pub processor: String,
    /// Threads that may run at once.
    pub threads: usize,
    /// Operating system and architecture, e.g. `linux x86_64`.
    pub system: String,
}

impl Machine {
    /// The machine that this program runs on. On other systems than Linux the processor is known by
    /// its architecture only.
    ///
    /// # Examples
    /// ```
    /// let machine = vertebra_run::Machine::this();
    /// assert!(machine.threads >= 1 && machine.system.contains(std::env::consts::ARCH));
    /// ```
    #[must_use]
    pub fn this() -> Self {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let told = std::fs::read_to_string("/proc/cpuinfo").ok();
        let processor = told.as_deref().and_then(model_name).unwrap_or(arch).to_owned();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { processor, threads, system: format!("{os} {arch}") }
    }
}

fn model_name(cpuinfo: &str) -> Option<&str> {
    let pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let mut names = pairs.filter(|(name, _)| name.trim() == "model name");
    names.next().map(|(_, name)| name.trim()).filter(|name| !name.is_empty())
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.threads {
            0 => f.write_str("not known"),
            n => write!(f, "{}, {n} threads, {}", self.processor, self.system),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_the_first_that_the_system_names() {
        let text = "processor\t: 0\nmodel name\t: Fast 1\n\nprocessor\t: 1\nmodel name\t: Fast 2\n";
        assert_eq!(model_name(text), Some("Fast 1"));
        assert_eq!(model_name("processor: 0\nmodel name:\n"), None);
    }

    #[test]
    fn a_machine_that_was_not_recorded_says_so() {
        assert_eq!(Machine::default().to_string(), "not known");
        assert!(Machine::this().to_string().ends_with(std::env::consts::ARCH));
    }
}
