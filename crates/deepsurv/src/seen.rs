//! What a model was trained on, as ranges: beyond them it extrapolates, and its number means
//! nothing.

use crate::{Error, RiskInputs};
use serde::{Deserialize, Serialize};

/// A range is widened by this share of itself on either side before a value counts as outside.
const MARGIN: f64 = 0.25;

/// Least and greatest values among the training subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seen {
    /// Of each covariate, in natural units.
    pub covariates: Vec<[f64; 2]>,
    /// Of the mean over the pixels of a subject's pictures; `None` without pictures.
    pub pixel_mean: Option<[f64; 2]>,
    /// Of their standard deviation.
    pub pixel_sd: Option<[f64; 2]>,
    /// Of the log hazard.
    pub log_hazard: [f64; 2],
}

/// A value beyond all that was seen in training.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outside {
    /// Of what.
    pub name: String,
    /// What it is here.
    pub value: f64,
    /// The least and the most that are accepted: the range seen and a quarter of it on either side.
    pub range: [f64; 2],
}

impl Seen {
    /// Of the training subjects and their log hazards.
    ///
    /// # Errors
    /// Images that cannot be read.
    pub fn of(inputs: &RiskInputs, log_hazard: &[f64]) -> Result<Self, Error> {
        let covariate = |c: usize| range(inputs.covariates().iter().map(|row| f64::from(row[c])));
        let pictures: Vec<(f64, f64)> = match inputs.images() {
            Some(images) => {
                let subjects = 0..images.n_subjects();
                subjects
                    .map(|s| Ok(mean_and_sd(&images.there(s)?)))
                    .collect::<Result<_, Error>>()?
            }
            None => Vec::new(),
        };
        let of = |value: fn(&(f64, f64)) -> f64| {
            (!pictures.is_empty()).then(|| range(pictures.iter().map(value)))
        };
        Ok(Self {
            covariates: (0..inputs.n_covariates()).map(covariate).collect(),
            pixel_mean: of(|p| p.0),
            pixel_sd: of(|p| p.1),
            log_hazard: range(log_hazard.iter().copied()),
        })
    }

    /// The same of a model whose log hazards are multiplied by `factor`.
    pub(crate) fn with_log_hazard_times(self, factor: f64) -> Self {
        Self { log_hazard: self.log_hazard.map(|h| factor * h), ..self }
    }

    /// What of one subject's inputs and log hazard lies outside; `names` are the covariates'.
    ///
    /// # Errors
    /// Images that cannot be read.
    pub fn outside(
        &self,
        names: &[String],
        inputs: &RiskInputs,
        log_hazard: f64,
    ) -> Result<Vec<Outside>, Error> {
        let covariates = inputs.covariates().first().into_iter().flatten();
        let mut values: Vec<(String, f64, [f64; 2])> = covariates
            .zip(names.iter().zip(&self.covariates))
            .map(|(value, (name, range))| (name.clone(), f64::from(*value), *range))
            .collect();
        if let Some(images) = inputs.images() {
            let (mean, sd) = mean_and_sd(&images.there(0)?);
            let pictures = [
                ("the mean of the picture", mean, self.pixel_mean),
                ("the contrast of the picture", sd, self.pixel_sd),
            ];
            values.extend(pictures.into_iter().filter_map(|(name, value, range)| {
                range.map(|range| (name.to_owned(), value, range))
            }));
        }
        values.push(("the log hazard".to_owned(), log_hazard, self.log_hazard));
        let outside =
            values.into_iter().filter_map(|(name, value, range)| outside(name, value, range));
        Ok(outside.collect())
    }
}

fn outside(name: String, value: f64, [least, most]: [f64; 2]) -> Option<Outside> {
    let margin = MARGIN * (most - least);
    let range = [least - margin, most + margin];
    (value < range[0] || value > range[1]).then_some(Outside { name, value, range })
}

fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], v| [least.min(v), most.max(v)])
}

/// Over all pixels of a subject's pictures.
fn mean_and_sd(pixels: &[f32]) -> (f64, f64) {
    let n = pixels.len().max(1) as f64;
    let mean = pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / n;
    let variance = pixels.iter().map(|&p| (f64::from(p) - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageSet;

    fn inputs(rows: &[[f32; 2]], grey: &[f32]) -> RiskInputs {
        let pixels = grey.iter().flat_map(|&g| [g, 0.0, g, 0.0]).collect();
        let images = ImageSet::new(pixels, [1, 2, 2]).unwrap();
        let rows = rows.iter().map(|row| row.to_vec()).collect();
        RiskInputs::from_covariates(rows).unwrap().with_images(images).unwrap()
    }

    #[test]
    fn what_lies_beyond_a_quarter_of_the_range_is_outside() {
        let train = inputs(&[[50.0, 0.0], [90.0, 1.0]], &[0.4, 0.8]);
        let seen = Seen::of(&train, &[-1.0, 1.0]).unwrap();
        assert_eq!(seen.covariates, [[50.0, 90.0], [0.0, 1.0]]);
        let names = ["age", "female"].map(String::from);
        let outside = |age: f32, grey: f32, log_hazard: f64| -> Vec<String> {
            let one = inputs(&[[age, 1.0]], &[grey]);
            let found = seen.outside(&names, &one, log_hazard).unwrap();
            found.into_iter().map(|outside| outside.name).collect()
        };
        assert!(outside(60.0, 0.5, 0.2).is_empty());
        assert!(outside(99.0, 0.5, 1.4).is_empty());
        assert_eq!(outside(101.0, 0.5, 0.2), ["age"]);
        let picture = ["the mean of the picture", "the contrast of the picture"];
        assert_eq!(outside(60.0, 2.0, 0.2), picture);
        assert_eq!(outside(60.0, 0.5, -1.6), ["the log hazard"]);
    }

    #[test]
    fn without_pictures_only_covariates_and_the_log_hazard_are_judged() {
        let train = RiskInputs::from_covariates(vec![vec![1.0], vec![2.0]]).unwrap();
        let seen = Seen::of(&train, &[0.0, 0.5]).unwrap();
        assert_eq!((seen.pixel_mean, seen.pixel_sd), (None, None));
        let one = RiskInputs::from_covariates(vec![vec![9.0]]).unwrap();
        assert_eq!(seen.outside(&["x".to_owned()], &one, 0.2).unwrap()[0].name, "x");
    }
}
