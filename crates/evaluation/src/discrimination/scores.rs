//! How well each score separates those with an early event from the others.

use crate::discrimination::concordance::{
    BootstrapIntervals, Concordance, Concordances, OtherWeights, UnoConcordance, other_weights,
};
use crate::discrimination::headline::Headline;
use crate::discrimination::horizon::{AucAtHorizon, IncidentAucAt, auc, incident};
use crate::estimate::Interval;
use crate::predictions::prediction::{Slope, slope};
use crate::run::{Run, figure};
use crate::{Figure, Keys};
use serde::{Deserialize, Serialize};
use vertebra_survival::{Error, OneCause, fine_gray};

/// A score by its name, with its figures.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Score {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub figures: Discrimination,
}

/// Discrimination of one score, on the subjects that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Discrimination {
    /// Subjects that have the score.
    pub n: usize,
    /// Their events.
    pub events: usize,
    /// Harrell's C.
    pub harrell: Figure<Concordance>,
    /// Harrell's C with the interval to report.
    pub headline: Figure<Headline>,
    /// Uno's C.
    pub uno: UnoConcordance,
    /// C with pairs weighted by time in the other ways.
    pub other_weights: OtherWeights,
    /// Cumulative/dynamic AUC at each horizon.
    pub auc: Vec<AucAtHorizon>,
    /// Incident/dynamic AUC at each horizon.
    pub incident_auc: Vec<IncidentAucAt>,
    /// Bootstrap intervals of Harrell's C.
    pub bootstrap: Figure<BootstrapIntervals>,
    /// Bootstrap intervals of Uno's C.
    pub bootstrap_uno: Figure<BootstrapIntervals>,
    /// Fine and Gray's model of the score alone, under competing risks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_gray: Option<Figure<SubdistributionHazard>>,
    /// Calibration slope of a score that is a log hazard; 1 is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<Figure<Slope>>,
}

/// Fine and Gray's model of one score: the hazard ratio is for one unit of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubdistributionHazard {
    /// Logarithm of the subdistribution hazard ratio.
    pub coefficient: f64,
    /// Its standard error.
    #[serde(rename = "se")]
    pub std_error: f64,
    /// The hazard ratio.
    pub hazard_ratio: f64,
    /// Its interval.
    #[serde(flatten)]
    pub interval: Interval,
    /// The coefficient divided by its standard error.
    pub z: f64,
    /// Two-sided P value.
    pub p: f64,
}

impl Keys for SubdistributionHazard {
    const KEYS: &'static [&'static str] =
        &["coefficient", "se", "hazard_ratio", "lower", "upper", "z", "p"];
}

/// Scores without gaps on the same subjects, with their bootstrap in the same samples.
pub(crate) struct Joint<'a> {
    pub(crate) run: Run<'a>,
    pub(crate) risks: Vec<Vec<f64>>,
    pub(crate) harrell: Concordances,
    pub(crate) uno: Concordances,
    /// Which of the sample's scores these are.
    scores: Vec<usize>,
}

impl<'a> Joint<'a> {
    /// All scores of the sample that have no gaps.
    pub(crate) fn without_gaps(run: &Run<'a>) -> Self {
        let full = |&k: &usize| run.scores()[k].values.iter().all(Option::is_some);
        Self::of(run, (0..run.scores().len()).filter(full).collect())
    }

    /// These scores on the subjects that have all of them.
    fn of(run: &Run<'a>, scores: Vec<usize>) -> Self {
        let columns: Vec<&[Option<f64>]> =
            scores.iter().map(|&k| run.scores()[k].values.as_slice()).collect();
        let (run, risks) = run.complete(&columns);
        let (harrell, uno) = (Concordances::harrell(&run, &risks), Concordances::uno(&run, &risks));
        Self { run, risks, harrell, uno, scores }
    }

    /// Calls `f` with these scores: with this joint and their places in it where they have no gaps,
    /// or else with one of their own.
    pub(crate) fn with<T>(
        &self,
        run: &Run<'a>,
        scores: &[usize],
        f: impl FnOnce(&Self, &[usize]) -> T,
    ) -> T {
        let place = |score: &usize| self.scores.iter().position(|own| own == score);
        match scores.iter().map(place).collect::<Option<Vec<_>>>() {
            Some(places) => f(self, &places),
            None => {
                let places: Vec<usize> = (0..scores.len()).collect();
                f(&Self::of(run, scores.to_vec()), &places)
            }
        }
    }
}

pub(crate) fn scores(run: &Run<'_>, joint: &Joint<'_>) -> Vec<Score> {
    let one = |k: usize| Score {
        name: run.scores()[k].name.clone(),
        figures: joint.with(run, &[k], |joint, places| of_score(joint, places[0])),
    };
    (0..run.scores().len()).map(one).collect()
}

fn of_score(joint: &Joint<'_>, place: usize) -> Discrimination {
    let (run, risk) = (&joint.run, joint.risks[place].as_slice());
    let score = &run.scores()[joint.scores[place]];
    let harrell = joint.harrell.index(run, risk);
    let bootstrap = joint.harrell.bootstrap(run, place, risk);
    let horizons = run.options.horizons.iter();
    Discrimination {
        n: run.sample.n_subjects(),
        events: run.own.n_events(),
        headline: Headline::of_concordance(&harrell, &bootstrap),
        harrell,
        uno: UnoConcordance { concordance: joint.uno.index(run, risk), tau: run.options.tau },
        other_weights: other_weights(run, risk),
        auc: horizons.map(|&horizon| auc(run, risk, horizon, score.threshold)).collect(),
        incident_auc: incident(run, risk),
        bootstrap,
        bootstrap_uno: joint.uno.bootstrap(run, place, risk),
        fine_gray: run.cause().map(|cause| subdistribution(run, cause, risk)),
        slope: score.is_log_hazard.then(|| slope(run, Ok(risk))),
    }
}

fn subdistribution(
    run: &Run<'_>,
    cause: OneCause<'_>,
    risk: &[f64],
) -> Figure<SubdistributionHazard> {
    let fit = fine_gray(&cause, &[risk]).and_then(|fit| {
        let ratio = fit.hazard_ratio(0, run.level())?;
        match ratio.ratio.interval.upper.is_finite() {
            true => Ok((fit.coefficients[0], fit.std_errors[0], ratio)),
            false => Err(Error::Undefined {
                name: "the subdistribution hazard ratio",
                why: "its interval is not finite",
            }),
        }
    });
    figure(fit, |(coefficient, std_error, ratio)| SubdistributionHazard {
        coefficient,
        std_error,
        hazard_ratio: ratio.ratio.value,
        interval: ratio.ratio.interval,
        z: ratio.test.statistic,
        p: ratio.test.p,
    })
}
