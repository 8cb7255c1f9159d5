/// Everything that can go wrong in this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A coordinate or confidence is not a finite number: (level, name, value).
    #[error("{0}: {1} = {2} is not finite")]
    NotFinite(crate::Level, &'static str, f64),
    /// A text that names no lumbar level.
    #[error("\"{0}\" is not a lumbar level; expected L1, L2, L3, L4 or L5")]
    UnknownLevel(String),
}
