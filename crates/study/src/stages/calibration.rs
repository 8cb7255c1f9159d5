//! Calibration curves with bands, and what of a cohort they and recalibration rest on.

use crate::StudyConfig;
use crate::input::competing::FRACTURE;
use crate::input::subjects::StudyData;
use vertebra_evaluation::Figure;
use vertebra_report::results::{BandedCurve, BandedPoint};
use vertebra_survival::calibration::{BandPoint, CalibrationBands, CalibrationOptions};
use vertebra_survival::{BootstrapOptions, CompetingOutcomes, Endpoint, Error, Outcomes};

/// Points of a curve, at evenly spaced percentiles of the predictions.
const POINTS: usize = 40;

/// The subjects that have a risk, with their outcomes.
pub(crate) struct WithRisk {
    pub(crate) members: Vec<usize>,
    pub(crate) risk: Vec<f64>,
    outcomes: Outcomes,
    competing: Option<CompetingOutcomes>,
}

/// Something that is computed for one endpoint, whatever its type.
pub(crate) trait OnEndpoint {
    type Output;
    fn run(&self, endpoint: &impl Endpoint, risk: &[f64]) -> Result<Self::Output, Error>;
}

impl WithRisk {
    pub(crate) fn of(data: &StudyData, risks: &[Option<f64>]) -> Self {
        let known = risks.iter().enumerate().filter_map(|(i, risk)| Some((i, (*risk)?)));
        let (members, risk): (Vec<usize>, Vec<f64>) = known.unzip();
        Self {
            outcomes: data.outcomes.subset(&members),
            competing: data.competing.as_ref().map(|all| all.subset(&members)),
            members,
            risk,
        }
    }

    /// Some of them, by their places here.
    pub(crate) fn subset(&self, places: &[usize]) -> Self {
        Self {
            members: places.iter().map(|&k| self.members[k]).collect(),
            risk: places.iter().map(|&k| self.risk[k]).collect(),
            outcomes: self.outcomes.subset(places),
            competing: self.competing.as_ref().map(|all| all.subset(places)),
        }
    }

    pub(crate) fn event(&self) -> &[bool] {
        self.outcomes.event()
    }

    /// Computes something with fractures as the event, deaths competing where some are recorded.
    pub(crate) fn run<T: OnEndpoint>(&self, what: &T) -> Result<T::Output, Error> {
        match &self.competing {
            None => what.run(&self.outcomes, &self.risk),
            Some(competing) => what.run(&competing.cause(FRACTURE)?, &self.risk),
        }
    }
}

/// A curve with bands at one horizon.
struct Bands<'a> {
    horizon: f64,
    bootstrap: &'a BootstrapOptions,
}

impl OnEndpoint for Bands<'_> {
    type Output = CalibrationBands;

    fn run(&self, endpoint: &impl Endpoint, risk: &[f64]) -> Result<CalibrationBands, Error> {
        let mut sorted = risk.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let place = |k: usize| (2 * k + 1) * (sorted.len().saturating_sub(1)) / (2 * POINTS);
        let mut at: Vec<f64> = (0..POINTS).filter_map(|k| sorted.get(place(k)).copied()).collect();
        at.dedup();
        let options = CalibrationOptions::default();
        options.calibration_bands(endpoint, risk, self.horizon, &at, self.bootstrap)
    }
}

/// The calibration curve of risks by a horizon with bootstrap bands and intervals.
pub(crate) fn banded(
    data: &StudyData,
    (horizon, risks): (f64, &[Option<f64>]),
    config: &StudyConfig,
) -> Figure<BandedCurve> {
    let seed = config.seed_for("bands of calibration");
    let bootstrap = &BootstrapOptions::default().with_replicates(config.bootstrap).with_seed(seed);
    let bands = WithRisk::of(data, risks).run(&Bands { horizon, bootstrap });
    Figure::from(bands).map(|bands| {
        let point = |p: &BandPoint| BandedPoint::new(p.predicted, p.observed, p.interval);
        let CalibrationBands { curve, ici, e50, e90, .. } = &bands;
        let indices = [(curve.ici, *ici), (curve.e50, *e50), (curve.e90, *e90)];
        BandedCurve::new(horizon, indices, bands.points.iter().map(point).collect())
    })
}
