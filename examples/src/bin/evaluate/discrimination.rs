//! C and AUC of each score, and their paired differences.

use crate::{Evaluation, arguments::Data};
use serde_json::{Map, Value, json};
use vertebra_examples::output;
use vertebra_survival::{
    BootstrapOptions, ConcordanceOptions, Endpoint, Error, JointBootstrap, OneCause, Outcomes,
    PairedDifference, StudentisedBootstrap, TimeWeight, accuracy_at, auc_at, auc_jointly,
    compare_auc_at, compare_c_u_statistic, fine_gray, holm, incident_auc, roc_at, youden_threshold,
};

const LEVEL: f64 = 0.95;
const INTERVALS: [&str; 4] = ["percentile", "basic", "bca", "studentised"];
pub(crate) const ACCURACY: [&str; 5] = ["threshold", "sensitivity", "specificity", "ppv", "npv"];
const DIFFERENCE: [&str; 6] = ["difference", "se", "z", "p", "lower", "upper"];

/// The scores with one way of computing C, and its bootstrap if asked for.
struct Concordances<'a> {
    data: &'a Data,
    outcomes: &'a Outcomes,
    options: ConcordanceOptions,
    /// Why this C does not exist for these outcomes.
    undefined: Option<&'static str>,
    drawn: Option<Result<JointBootstrap, Error>>,
}

/// An object for each score, and one for each pair of them.
pub(crate) fn discrimination<E: Endpoint>(evaluation: &Evaluation<'_, E>) -> (Value, Value) {
    let (arguments, data) = (evaluation.arguments, evaluation.data);
    let harrell = Concordances::new(evaluation, ConcordanceOptions::default(), None);
    let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
    let uno = match arguments.tau {
        Some(tau) => uno.with_horizon(tau),
        None => uno,
    };
    let undefined = evaluation
        .cause
        .map(|_| "not defined for competing risks; the AUC at a horizon weights by censoring");
    let uno = Concordances::new(evaluation, uno, undefined);
    let one = |k: usize| {
        let (name, risk) = &data.risks[k];
        let auc = arguments.horizons.iter().map(|&h| auc(evaluation, risk, h));
        let mut value = json!({
            "harrell": harrell.index(k),
            "uno": output::with(uno.index(k), "tau", json!(arguments.tau)),
            "other_weights": other_weights(evaluation, risk),
            "auc": auc.collect::<Vec<_>>(),
            "incident_auc": incident(evaluation, risk),
            "bootstrap": harrell.bootstrap(k),
            "bootstrap_uno": uno.bootstrap(k),
        });
        if let Some(cause) = evaluation.cause {
            value = output::with(value, "fine_gray", subdistribution(cause, risk));
        }
        (name.clone(), value)
    };
    let risks: Map<String, Value> = (0..data.risks.len()).map(one).collect();
    let pairs = (0..data.risks.len()).flat_map(|a| (a + 1..data.risks.len()).map(move |b| (a, b)));
    let compare = |(a, b): (usize, usize)| {
        let (first, second) = (&data.risks[a], &data.risks[b]);
        let at = |&horizon: &f64| {
            let got = compare_auc_at(evaluation.endpoint, &first.1, &second.1, horizon);
            output::with(difference(got), "horizon", json!(horizon))
        };
        json!({
            "first": first.0,
            "second": second.0,
            "harrell": harrell.difference(a, b),
            "uno": uno.difference(a, b),
            "u_statistic": u_statistic(evaluation, &first.1, &second.1),
            "auc": arguments.horizons.iter().map(at).collect::<Vec<_>>(),
        })
    };
    let mut comparisons: Vec<Value> = pairs.map(compare).collect();
    for kind in ["harrell", "uno"] {
        adjust(&mut comparisons, kind);
    }
    (Value::Object(risks), Value::Array(comparisons))
}

/// Adds P values adjusted for the number of comparisons by Holm's method.
fn adjust(comparisons: &mut [Value], kind: &str) {
    let mut tests: Vec<&mut Value> = comparisons
        .iter_mut()
        .filter_map(|pair| pair.get_mut(kind))
        .filter(|test| test["p"].is_number())
        .collect();
    let p: Vec<f64> = tests.iter().filter_map(|test| test["p"].as_f64()).collect();
    if let Ok(adjusted) = holm(&p) {
        for (test, p) in tests.iter_mut().zip(adjusted) {
            test["p_holm"] = json!(p);
        }
    }
}

/// C with pairs weighted by time in the other ways.
fn other_weights<E: Endpoint>(evaluation: &Evaluation<'_, E>, risk: &[f64]) -> Value {
    let weights = [
        ("survival", TimeWeight::Survival),
        ("schemper", TimeWeight::Schemper),
        ("per_event", TimeWeight::PerEvent),
    ];
    let mut value = json!({});
    for (name, weight) in weights {
        // As Uno's, Schemper's weights take who had another event as never censored.
        let concordances = Concordances {
            data: evaluation.data,
            outcomes: &evaluation.pairs,
            options: options_of(evaluation, ConcordanceOptions::default().with_time_weight(weight)),
            undefined: evaluation.cause.map(|_| "not defined for competing risks"),
            drawn: None,
        };
        value = output::with(value, name, concordances.of(risk));
    }
    value
}

/// The options with the strata and clusters of the command line.
fn options_of<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    mut options: ConcordanceOptions,
) -> ConcordanceOptions {
    if let Some(strata) = &evaluation.data.strata {
        options = options.with_strata(strata.clone());
    }
    if let Some(clusters) = &evaluation.data.clusters {
        options = options.with_clusters(clusters.clone());
    }
    options
}

impl<'a> Concordances<'a> {
    fn new<E: Endpoint>(
        evaluation: &'a Evaluation<'a, E>,
        options: ConcordanceOptions,
        undefined: Option<&'static str>,
    ) -> Self {
        let (arguments, data) = (evaluation.arguments, evaluation.data);
        let (options, outcomes) = (options_of(evaluation, options), &evaluation.pairs);
        let drawn = arguments.bootstrap.filter(|_| undefined.is_none()).map(|samples| {
            let bootstrap =
                BootstrapOptions::default().with_replicates(samples).with_seed(arguments.seed);
            let risks: Vec<&[f64]> = data.risks.iter().map(|(_, risk)| risk.as_slice()).collect();
            options.bootstrap(outcomes, &risks, &bootstrap)
        });
        Self { data, outcomes, options, undefined, drawn }
    }

    fn index(&self, k: usize) -> Value {
        self.of(&self.data.risks[k].1)
    }

    fn of(&self, risk: &[f64]) -> Value {
        let names = ["c", "se", "lower", "upper", "concordant", "discordant"];
        let names = [&names[..], &["tied_risk", "tied_time", "tied_both"]].concat();
        if let Some(why) = &self.undefined {
            return output::nothing(&names, why);
        }
        match self.options.estimate(self.outcomes, risk) {
            Ok(got) => json!({
                "c": got.c, "se": got.se, "lower": got.lower, "upper": got.upper,
                "concordant": output::count(got.pairs.concordant),
                "discordant": output::count(got.pairs.discordant),
                "tied_risk": output::count(got.pairs.tied_risk),
                "tied_time": output::count(got.pairs.tied_time),
                "tied_both": output::count(got.pairs.tied_both),
            }),
            Err(why) => output::nothing(&names, &why),
        }
    }

    fn bootstrap(&self, k: usize) -> Value {
        if let Some(why) = &self.undefined {
            return output::nothing(&INTERVALS, why);
        }
        let drawn = match &self.drawn {
            None => return output::nothing(&INTERVALS, &"not asked for: --bootstrap N"),
            Some(drawn) => drawn.as_ref().map_err(Clone::clone).and_then(|drawn| drawn.score(k)),
        };
        let risk = &self.data.risks[k].1;
        let influence = self.options.jackknife_values(self.outcomes, risk);
        match drawn.and_then(|drawn| Ok((drawn, influence?))) {
            Ok((drawn, influence)) => {
                let studentised = drawn.studentised_logit(LEVEL);
                self.intervals(&drawn, &influence, studentised)
            }
            Err(why) => output::nothing(&INTERVALS, &why),
        }
    }

    fn intervals(
        &self,
        drawn: &StudentisedBootstrap,
        influence: &[f64],
        studentised: Result<(f64, f64), Error>,
    ) -> Value {
        let influence = self.by_cluster(influence);
        let bootstrap = &drawn.bootstrap;
        let all = [
            bootstrap.percentile(LEVEL),
            bootstrap.basic(LEVEL),
            bootstrap.bca(LEVEL, &influence),
            studentised,
        ];
        let mut object = Map::new();
        for (name, interval) in INTERVALS.iter().zip(all) {
            match interval {
                Ok(interval) => object.insert((*name).to_owned(), json!(interval)),
                Err(why) => {
                    object.insert("why".to_owned(), json!(why.to_string()));
                    object.insert((*name).to_owned(), Value::Null)
                }
            };
        }
        object.insert("samples".to_owned(), json!(bootstrap.replicates.len()));
        object.insert("undefined".to_owned(), json!(bootstrap.n_undefined));
        Value::Object(object)
    }

    /// Influence of what the bootstrap draws: subjects, or clusters.
    fn by_cluster(&self, influence: &[f64]) -> Vec<f64> {
        let Some(clusters) = &self.data.clusters else { return influence.to_vec() };
        let mut sums = vec![0.0; clusters.iter().max().map_or(0, |last| last + 1)];
        clusters.iter().zip(influence).for_each(|(&cluster, value)| sums[cluster] += value);
        sums
    }

    fn difference(&self, a: usize, b: usize) -> Value {
        if let Some(why) = &self.undefined {
            return output::nothing(&DIFFERENCE, why);
        }
        let (outcomes, risks) = (self.outcomes, &self.data.risks);
        let value = difference(self.options.compare(outcomes, &risks[a].1, &risks[b].1));
        let Some(Ok(drawn)) = &self.drawn else { return value };
        let values = |k: usize| self.options.jackknife_values(outcomes, &risks[k].1);
        let intervals = drawn.difference(a, b).and_then(|drawn| {
            let (first, second) = (values(a)?, values(b)?);
            let influence: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
            let studentised = drawn.studentised(LEVEL);
            Ok(self.intervals(&drawn, &influence, studentised))
        });
        let intervals = intervals.unwrap_or_else(|why| output::nothing(&INTERVALS, &why));
        output::with(value, "bootstrap", intervals)
    }
}

/// The U-statistic test, which knows neither strata nor clusters.
fn u_statistic<E: Endpoint>(
    evaluation: &Evaluation<'_, E>,
    first: &[f64],
    second: &[f64],
) -> Value {
    let data = evaluation.data;
    if data.strata.is_some() || data.clusters.is_some() {
        return output::nothing(&DIFFERENCE, &"not defined for strata or clusters");
    }
    difference(compare_c_u_statistic(&evaluation.pairs, first, second))
}

/// A paired difference as JSON.
pub(crate) fn difference(got: Result<PairedDifference, Error>) -> Value {
    match got {
        Ok(PairedDifference { difference, se, z, p, lower, upper, .. }) => json!({
            "difference": difference, "se": se, "z": z, "p": p, "lower": lower, "upper": upper,
        }),
        Err(why) => output::nothing(&DIFFERENCE, &why),
    }
}

/// Whether all scores have the same AUC: at each horizon, and at all of them together.
pub(crate) fn auc_equality<E: Endpoint>(evaluation: &Evaluation<'_, E>) -> Value {
    let data = evaluation.data;
    let risks: Vec<&[f64]> = data.risks.iter().map(|(_, risk)| risk.as_slice()).collect();
    let test = |horizons: &[f64]| {
        let got = auc_jointly(evaluation.endpoint, &risks, horizons);
        let value = output::object(
            got.and_then(|joint| joint.test_of_equality()),
            &["chi_square", "degrees_of_freedom", "p"],
        );
        output::with(value, "horizons", json!(horizons))
    };
    let all = &evaluation.arguments.horizons;
    if data.risks.len() < 2 || all.is_empty() {
        return json!([]);
    }
    let mut tests: Vec<Value> = all.iter().map(|&horizon| test(&[horizon])).collect();
    if all.len() > 1 {
        tests.push(test(all));
    }
    Value::Array(tests)
}

/// The cumulative/dynamic area at a horizon, with the ROC curve behind it and its best threshold.
fn auc<E: Endpoint>(evaluation: &Evaluation<'_, E>, risk: &[f64], horizon: f64) -> Value {
    let endpoint = evaluation.endpoint;
    let value = match auc_at(endpoint, risk, horizon) {
        Ok(got) => json!({
            "auc": got.auc, "se": got.se, "lower": got.lower, "upper": got.upper,
            "cases": got.n_cases, "controls": got.n_controls,
            "youden": youden(endpoint, risk, horizon),
            "roc": roc(endpoint, risk, horizon),
        }),
        Err(why) => output::nothing(&["auc", "se", "lower", "upper"], &why),
    };
    output::with(value, "horizon", json!(horizon))
}

/// Sensitivity, specificity and predictive values at Youden's threshold.
fn youden(endpoint: &impl Endpoint, risk: &[f64], horizon: f64) -> Value {
    let best = youden_threshold(endpoint, risk, horizon);
    let got = best.and_then(|threshold| accuracy_at(endpoint, risk, horizon, threshold));
    output::object(got, &ACCURACY)
}

/// At most a hundred and one points of the ROC curve, by decreasing threshold.
fn roc(endpoint: &impl Endpoint, risk: &[f64], horizon: f64) -> Value {
    let points = match roc_at(endpoint, risk, horizon) {
        Ok(points) => points,
        Err(why) => return output::nothing(&["points"], &why),
    };
    let most = points.len().min(101);
    let thinned = (1..=most).map(|k| points[k * points.len() / most - 1]);
    json!(thinned.collect::<Vec<_>>())
}

/// The incident/dynamic area at each horizon: events of the cause against those still at risk.
fn incident<E: Endpoint>(evaluation: &Evaluation<'_, E>, risk: &[f64]) -> Value {
    let (own, arguments) = (&evaluation.own, evaluation.arguments);
    let longest = own.time().iter().copied().fold(0.0, f64::max);
    let bandwidth = arguments.bandwidth.unwrap_or(longest / 10.0);
    let one = |&horizon: &f64| {
        let got = incident_auc(own, risk, &[horizon], bandwidth).map(|at| at[0]);
        let value = output::object(got, &["auc", "se", "lower", "upper", "n_events"]);
        let value = output::with(value, "bandwidth", json!(bandwidth));
        output::with(value, "time", json!(horizon))
    };
    arguments.horizons.iter().map(one).collect()
}

/// Fine and Gray's model of the score alone: the hazard ratio is for one unit of it.
fn subdistribution(cause: OneCause<'_>, risk: &[f64]) -> Value {
    let fit = fine_gray(cause, &[risk]);
    let got = fit.and_then(|fit| {
        let ratio = fit.hazard_ratio(0)?;
        Ok(json!({
            "coefficient": fit.coefficients[0], "se": fit.std_errors[0],
            "hazard_ratio": ratio.ratio, "lower": ratio.lower, "upper": ratio.upper,
            "z": ratio.z, "p": ratio.p,
        }))
    });
    output::object(got, &["coefficient", "se", "hazard_ratio", "lower", "upper", "z", "p"])
}
