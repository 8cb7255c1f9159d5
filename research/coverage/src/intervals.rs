//! Every 95 % interval that the crate offers for a C and for a paired difference, on one sample.

use crate::scenario::{Sample, Scenario, indices};
use vertebra_survival::{
    BootstrapOptions, ConcordanceOptions, Error, Interval,
    concordance::{JointBootstrap, compare_c_u_statistic},
    estimate::{ReferenceDistribution, Scale},
    resampling::StudentisedBootstrap,
};

/// An interval with its name, or the reason why it does not exist.
pub(crate) type Named = (&'static str, Result<Interval, Error>);

/// The intervals of one index on one sample.
pub(crate) struct Intervals {
    /// Of the first score's C.
    pub(crate) c: Vec<Named>,
    /// Of the first score's C minus the third's.
    pub(crate) difference: Vec<Named>,
    /// Of the first score's C minus the second's, which is 0.
    pub(crate) null: Vec<Named>,
}

const LEVEL: f64 = 0.95;

/// Intervals of Harrell's C and of Uno's C; an error if the sample has no index.
pub(crate) fn intervals(
    scenario: Scenario,
    sample: &Sample,
    seed: u64,
) -> Result<[Intervals; 2], Error> {
    let options = BootstrapOptions::default().with_replicates(scenario.replicates).with_seed(seed);
    let one = |k: usize| {
        let (name, index) = &indices()[k];
        let risks: Vec<&[f64]> = sample.scores.iter().map(Vec::as_slice).collect();
        let drawn = match scenario.replicates {
            0 => None,
            _ => Some(index.bootstrap(&sample.outcomes, &risks, &options)?),
        };
        let drawn = drawn.as_ref();
        Ok(Intervals {
            c: of_index(index, sample, drawn)?,
            difference: of_difference(name, index, sample, drawn, 2)?,
            null: of_difference(name, index, sample, drawn, 1)?,
        })
    };
    Ok([one(0)?, one(1)?])
}

fn of_index(
    index: &ConcordanceOptions,
    sample: &Sample,
    drawn: Option<&JointBootstrap>,
) -> Result<Vec<Named>, Error> {
    let (outcomes, score) = (&sample.outcomes, &sample.scores[0]);
    let jackknife = |kind, reference| {
        let index = index.clone().with_scale(kind).with_reference(reference);
        index.estimate(outcomes, score).map(|c| c.estimate.interval)
    };
    let mut all = vec![
        ("jackknife, plain, normal", jackknife(Scale::Plain, ReferenceDistribution::Normal)),
        ("jackknife, plain, Student's t", jackknife(Scale::Plain, ReferenceDistribution::Student)),
        ("jackknife, logit, normal", jackknife(Scale::Logit, ReferenceDistribution::Normal)),
        ("jackknife, logit, Student's t", jackknife(Scale::Logit, ReferenceDistribution::Student)),
    ];
    let Some(drawn) = drawn else { return Ok(all) };
    let influence = index.jackknife_values(outcomes, score)?;
    let drawn = drawn.score(0)?;
    all.extend(of_bootstrap(&drawn, &influence));
    all.push(("bootstrap, studentised on the logit", drawn.studentised_logit(LEVEL)));
    Ok(all)
}

fn of_difference(
    name: &str,
    index: &ConcordanceOptions,
    sample: &Sample,
    drawn: Option<&JointBootstrap>,
    second: usize,
) -> Result<Vec<Named>, Error> {
    let (outcomes, scores) = (&sample.outcomes, &sample.scores);
    let jackknife = |reference| {
        let index = index.clone().with_reference(reference);
        index.compare(outcomes, &scores[0], &scores[second]).map(|d| d.difference.interval)
    };
    let mut all = vec![
        ("jackknife, normal", jackknife(ReferenceDistribution::Normal)),
        ("jackknife, Student's t", jackknife(ReferenceDistribution::Student)),
    ];
    if name == "Harrell" {
        let u = compare_c_u_statistic(outcomes, &scores[0], &scores[second]);
        all.push(("U-statistic", u.map(|d| d.difference.interval)));
    }
    let Some(drawn) = drawn else { return Ok(all) };
    let first = index.jackknife_values(outcomes, &scores[0])?;
    let other = index.jackknife_values(outcomes, &scores[second])?;
    let influence: Vec<f64> = first.iter().zip(&other).map(|(a, b)| a - b).collect();
    all.extend(of_bootstrap(&drawn.difference(0, second)?, &influence));
    Ok(all)
}

fn of_bootstrap(drawn: &StudentisedBootstrap, influence: &[f64]) -> Vec<Named> {
    vec![
        ("bootstrap, percentile", drawn.bootstrap.percentile(LEVEL)),
        ("bootstrap, basic", drawn.bootstrap.basic(LEVEL)),
        ("bootstrap, BCa", drawn.bootstrap.bca(LEVEL, influence)),
        ("bootstrap, studentised", drawn.studentised(LEVEL)),
    ]
}
