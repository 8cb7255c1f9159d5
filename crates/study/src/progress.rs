//! What a running study tells its caller.

/// One message of a running study.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// A stage begins; `total` steps follow, where their number is known.
    Stage {
        /// What is being done, e.g. `decoding radiographs`.
        name: String,
        /// Number of steps.
        total: Option<u64>,
    },
    /// Steps of the current stage done so far.
    Step(u64),
    /// A line worth keeping: a result, a warning.
    Note(String),
}

/// Where messages go; called from the thread that runs the study.
pub type Observer<'a> = dyn FnMut(Progress) + 'a;
