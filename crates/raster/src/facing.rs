//! Which side of a film the subject's front is on.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

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

impl FromStr for Facing {
    type Err = Error;

    /// `left` or `right`.
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "left" => Ok(Self::Left),
            "right" => Ok(Self::Right),
            _ => Err(Error::setting("facing", "left or right", format!("\"{text}\""))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_read_from_its_name() {
        assert_eq!("left".parse(), Ok(Facing::Left));
        assert_eq!("right".parse(), Ok(Facing::Right));
        let error = "up".parse::<Facing>().unwrap_err().to_string();
        assert_eq!(error, "facing: expected left or right, got \"up\"");
    }
}
