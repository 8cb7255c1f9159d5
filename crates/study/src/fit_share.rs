//! Fits of one study that several calls share.

use crate::Error;
use std::str::FromStr;

/// The share of one call: of every `of` fits of a stage the one at this place.
///
/// It follows from the place of a fit in its stage, not from what is pending, so that calls that
/// begin at different times never take the same fit, and never leave one out.
///
/// # Examples
/// ```
/// use vertebra_study::FitShare;
/// let share: FitShare = "2/5".parse()?;
/// assert_eq!(share, FitShare::new(2, 5)?);
/// assert!("6/5".parse::<FitShare>().is_err());
/// # Ok::<(), vertebra_study::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FitShare {
    number: usize,
    of: usize,
}

impl FitShare {
    /// The share `number`, from 1, of `of`.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] unless `number` is one of 1 to `of`.
    pub fn new(number: usize, of: usize) -> Result<Self, Error> {
        let made = Self { number, of };
        (1..=of).contains(&number).then_some(made).ok_or_else(|| invalid(format!("{number}/{of}")))
    }

    /// Whether the fit at this place of its stage, from 0, belongs to it.
    pub(crate) fn has(self, place: usize) -> bool {
        place % self.of + 1 == self.number
    }
}

impl FromStr for FitShare {
    type Err = Error;

    /// `K/N`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        let (number, of) = numbers.ok_or_else(|| invalid(text.to_owned()))?;
        Self::new(number, of)
    }
}

fn invalid(got: String) -> Error {
    Error::InvalidSetting { name: "fit".to_owned(), expected: "K/N with K from 1 to N", got }
}

/// What a call that did its share leaves to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FitsLeft {
    /// The stage of the study that waits for fits of other shares.
    pub stage: String,
    /// How many fits of it are pending; 0 where every fit of the study is done.
    pub pending: usize,
}

impl FitsLeft {
    pub(crate) const NONE: Self = Self { stage: String::new(), pending: 0 };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fit_belongs_to_exactly_one_share() {
        let shares: Vec<FitShare> = (1..=3).map(|k| FitShare::new(k, 3).unwrap()).collect();
        for place in 0..10 {
            assert_eq!(shares.iter().filter(|share| share.has(place)).count(), 1);
        }
        assert!(shares[0].has(0) && shares[2].has(5));
    }

    #[test]
    fn what_is_no_share_is_refused_by_one_sentence() {
        for text in ["0/3", "4/3", "1/0", "a/3", "3", "", "-1/3"] {
            let error = text.parse::<FitShare>().unwrap_err().to_string();
            let expected = "configuration: fit: expected K/N with K from 1 to N, got ";
            assert_eq!(error, format!("{expected}{text}"));
        }
    }
}
