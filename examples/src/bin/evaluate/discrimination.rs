//! C and AUC of each score, and their paired differences.

use crate::arguments::{Arguments, Data};
use serde_json::{Map, Value, json};
use vertebra_examples::output;
use vertebra_survival::{
    BootstrapOptions, ConcordanceOptions, Error, JointBootstrap, Outcomes, PairedDifference,
    StudentisedBootstrap, TimeWeight, auc_at, auc_jointly, compare_auc_at, compare_c_u_statistic,
};

const LEVEL: f64 = 0.95;
const INTERVALS: [&str; 4] = ["percentile", "basic", "bca", "studentised"];
const DIFFERENCE: [&str; 6] = ["difference", "se", "z", "p", "lower", "upper"];

/// The scores with one way of computing C, and its bootstrap if asked for.
struct Concordances<'a> {
    data: &'a Data,
    options: ConcordanceOptions,
    drawn: Option<Result<JointBootstrap, Error>>,
}

/// An object for each score, and one for each pair of them.
pub(crate) fn discrimination(arguments: &Arguments, data: &Data) -> (Value, Value) {
    let harrell = Concordances::new(arguments, data, ConcordanceOptions::default());
    let uno = ConcordanceOptions::default().with_time_weight(TimeWeight::Uno);
    let uno = match arguments.tau {
        Some(tau) => uno.with_horizon(tau),
        None => uno,
    };
    let uno = Concordances::new(arguments, data, uno);
    let one = |k: usize| {
        let (name, risk) = &data.risks[k];
        let auc = arguments.horizons.iter().map(|&h| auc(&data.outcomes, risk, h));
        let value = json!({
            "harrell": harrell.index(k),
            "uno": output::with(uno.index(k), "tau", json!(arguments.tau)),
            "auc": auc.collect::<Vec<_>>(),
            "bootstrap": harrell.bootstrap(k),
            "bootstrap_uno": uno.bootstrap(k),
        });
        (name.clone(), value)
    };
    let risks: Map<String, Value> = (0..data.risks.len()).map(one).collect();
    let pairs = (0..data.risks.len()).flat_map(|a| (a + 1..data.risks.len()).map(move |b| (a, b)));
    let compare = |(a, b): (usize, usize)| {
        let (first, second) = (&data.risks[a], &data.risks[b]);
        let at = |&horizon: &f64| {
            let got = compare_auc_at(&data.outcomes, &first.1, &second.1, horizon);
            output::with(difference(got), "horizon", json!(horizon))
        };
        json!({
            "first": first.0,
            "second": second.0,
            "harrell": harrell.difference(a, b),
            "uno": uno.difference(a, b),
            "u_statistic": u_statistic(data, &first.1, &second.1),
            "auc": arguments.horizons.iter().map(at).collect::<Vec<_>>(),
        })
    };
    (Value::Object(risks), Value::Array(pairs.map(compare).collect()))
}

impl<'a> Concordances<'a> {
    fn new(arguments: &Arguments, data: &'a Data, mut options: ConcordanceOptions) -> Self {
        if let Some(strata) = &data.strata {
            options = options.with_strata(strata.clone());
        }
        if let Some(clusters) = &data.clusters {
            options = options.with_clusters(clusters.clone());
        }
        let drawn = arguments.bootstrap.map(|samples| {
            let bootstrap =
                BootstrapOptions::default().with_replicates(samples).with_seed(arguments.seed);
            let risks: Vec<&[f64]> = data.risks.iter().map(|(_, risk)| risk.as_slice()).collect();
            options.bootstrap(&data.outcomes, &risks, &bootstrap)
        });
        Self { data, options, drawn }
    }

    fn index(&self, k: usize) -> Value {
        match self.options.estimate(&self.data.outcomes, &self.data.risks[k].1) {
            Ok(got) => json!({
                "c": got.c, "se": got.se, "lower": got.lower, "upper": got.upper,
                "concordant": output::count(got.pairs.concordant),
                "discordant": output::count(got.pairs.discordant),
                "tied_risk": output::count(got.pairs.tied_risk),
                "tied_time": output::count(got.pairs.tied_time),
                "tied_both": output::count(got.pairs.tied_both),
            }),
            Err(why) => {
                let names = ["c", "se", "lower", "upper", "concordant", "discordant"];
                let names = [&names[..], &["tied_risk", "tied_time", "tied_both"]].concat();
                output::nothing(&names, &why)
            }
        }
    }

    fn bootstrap(&self, k: usize) -> Value {
        let drawn = match &self.drawn {
            None => return output::nothing(&INTERVALS, &"not asked for: --bootstrap N"),
            Some(drawn) => drawn.as_ref().map_err(Clone::clone).and_then(|drawn| drawn.score(k)),
        };
        let risk = &self.data.risks[k].1;
        let influence = self.options.jackknife_values(&self.data.outcomes, risk);
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
        let (outcomes, risks) = (&self.data.outcomes, &self.data.risks);
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
fn u_statistic(data: &Data, first: &[f64], second: &[f64]) -> Value {
    if data.strata.is_some() || data.clusters.is_some() {
        return output::nothing(&DIFFERENCE, &"not defined for strata or clusters");
    }
    difference(compare_c_u_statistic(&data.outcomes, first, second))
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
pub(crate) fn auc_equality(arguments: &Arguments, data: &Data) -> Value {
    let risks: Vec<&[f64]> = data.risks.iter().map(|(_, risk)| risk.as_slice()).collect();
    let test = |horizons: &[f64]| {
        let got = auc_jointly(&data.outcomes, &risks, horizons);
        let value = match got.and_then(|joint| joint.test_of_equality()) {
            Ok(test) => json!(test),
            Err(why) => output::nothing(&["chi_square", "degrees_of_freedom", "p"], &why),
        };
        output::with(value, "horizons", json!(horizons))
    };
    let all = &arguments.horizons;
    if data.risks.len() < 2 || all.is_empty() {
        return json!([]);
    }
    let mut tests: Vec<Value> = all.iter().map(|&horizon| test(&[horizon])).collect();
    if all.len() > 1 {
        tests.push(test(all));
    }
    Value::Array(tests)
}

fn auc(outcomes: &Outcomes, risk: &[f64], horizon: f64) -> Value {
    let value = match auc_at(outcomes, risk, horizon) {
        Ok(got) => json!({
            "auc": got.auc, "se": got.se, "lower": got.lower, "upper": got.upper,
            "cases": got.n_cases, "controls": got.n_controls,
        }),
        Err(why) => output::nothing(&["auc", "se", "lower", "upper"], &why),
    };
    output::with(value, "horizon", json!(horizon))
}
