//! Which side of a film the subject's front is on.

use serde::{Deserialize, Serialize};

/// The side of the film that the subject's front (anterior) is on.
///
/// There are two; the enum is closed by nature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facing {
    /// Anterior is towards column 0.
    Left,
    /// Anterior is towards the last column.
    Right,
}

impl Facing {
    /// The side of the mirror image.
    ///
    /// # Examples
    /// ```
    /// use vertebra_raster::Facing;
    /// assert_eq!(Facing::Left.mirrored(), Facing::Right);
    /// ```
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}
