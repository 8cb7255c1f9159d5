//! What every model is worth on the test set where fractures are known to an interval between two
//! films.

use crate::Error;
use crate::input::timing::{risk_by_interval, risk_by_visit};
use crate::stages::Context;
use crate::stages::horizons::{TestScores, n_calibration_groups};
use crate::stages::models::FittedModel;
use vertebra_evaluation::{Estimate, Figure, Reason, Undefined};
use vertebra_report::results::{ModelResult, TimedGroup, TimedModel};
use vertebra_survival::interval_censored::{AccuracyOptions, IntervalOutcomes};
use vertebra_survival::{BootstrapOptions, Outcomes};

/// Every model by interval, beside its `results` by the day of the film; nothing where films are
/// not asked for intervals.
pub(crate) fn judge(
    context: Context<'_>,
    models: &[FittedModel],
    results: &[ModelResult],
) -> Result<Vec<TimedModel>, Error> {
    let (data, config) = (context.data, context.config);
    let Some(known) = &data.known else { return Ok(Vec::new()) };
    let horizon = config.main_horizon;
    let judged = models.iter().zip(results).map(|(model, result)| {
        let scores = TestScores::new(data, model)?;
        let (visit, risk) = scores.by_film();
        let known = known.subset(scores.members());
        let samples = BootstrapOptions::default()
            .with_replicates(REPLICATES)
            .with_seed(config.seed_for("bootstrap by interval"));
        let samples = match visit.clusters() {
            Some(labels) => samples.with_clusters(labels.to_vec()),
            None => samples,
        };
        let options = AccuracyOptions::default().with_bootstrap(samples);
        let c = options.c(&known, risk, horizon).map(|c| c.estimate).into();
        let auc = options.auc_at(&known, risk, horizon).map(|auc| auc.estimate).into();
        let mut timed = TimedModel::new(&model.name, horizon, [c, auc, by_visit(result, horizon)]);
        if let Some(predicted) = scores.risk_of_fracture(horizon) {
            timed.groups = groups(&known, visit, &predicted, horizon);
        }
        Ok(timed)
    });
    judged.collect()
}

/// As many as the library takes by default: the model of the score is fitted anew in each.
const REPLICATES: usize = 200;

fn by_visit(result: &ModelResult, horizon: f64) -> Figure<Estimate> {
    let at = result.horizons.iter().find(|at| at.horizon == horizon);
    let none = || {
        let why = "the horizon is not among those of the study";
        Undefined::new(Reason::NotRequested, why).into()
    };
    at.map_or_else(none, |at| at.auc.clone())
}

/// Groups of equal size by predicted risk.
fn groups(
    known: &IntervalOutcomes,
    visit: &Outcomes,
    predicted: &[f64],
    horizon: f64,
) -> Vec<TimedGroup> {
    let n = predicted.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| predicted[a].total_cmp(&predicted[b]));
    let n_groups = n_calibration_groups(n);
    let group = |k: usize| {
        let members = &order[k * n / n_groups..(k + 1) * n / n_groups];
        let sum: f64 = members.iter().map(|&i| predicted[i]).sum();
        let mut group = TimedGroup::new(members.len(), sum / members.len() as f64);
        group.visit = risk_by_visit(&visit.subset(members), horizon);
        group.interval = risk_by_interval(&known.subset(members), horizon);
        group
    };
    (0..n_groups.min(n)).map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::models::cox;
    use crate::test_data::{Scene, read};
    use crate::{OutcomeTiming, StudyConfig};

    #[test]
    fn a_model_is_judged_by_interval_beside_the_day_of_the_film() {
        let scene = Scene::new();
        let model = cox::fit(scene.context(), &scene.clinical()).unwrap();
        let result = ModelResult::new(&model.name, model.method);
        let none =
            judge(scene.context(), std::slice::from_ref(&model), std::slice::from_ref(&result))
                .unwrap();
        assert!(none.is_empty(), "films are dated by their day");
        let config = StudyConfig { outcome: OutcomeTiming::Interval, ..scene.config.clone() };
        let data = read(&config);
        let context = Context { config: &config, data: &data, ..scene.context() };
        let judged = judge(context, &[model], &[result]).unwrap();
        let n: usize = judged[0].groups.iter().map(|group| group.n).sum();
        assert_eq!((judged.len(), n), (1, data.test().len()));
        let groups = &judged[0].groups;
        assert!(groups.is_sorted_by(|a, b| a.predicted <= b.predicted));
        assert!(groups.iter().any(|group| group.interval.is_some()), "{groups:?}");
        for figure in [&judged[0].c, &judged[0].auc] {
            if let Some(estimate) = figure.value() {
                assert!(estimate.interval.contains(estimate.value), "{estimate:?}");
            }
        }
        assert!(judged[0].auc_visit.value().is_none());
    }
}
