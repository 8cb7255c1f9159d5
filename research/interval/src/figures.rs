//! The figures of a sample, and how near they come to the truth over many.

use crate::sample::{BETA, HORIZON, Sample, Truth};
use vertebra_survival::{
    Error, Interval,
    cox::{CoxOptions, Design},
    estimate::Estimate,
    interval_censored::{AccuracyOptions, FlexibleOptions, IntervalCoxOptions, turnbull},
    kaplan_meier,
    numeric::mean_and_sd,
};

/// One figure over all samples.
pub(crate) struct Row {
    name: &'static str,
    truth: f64,
    values: Vec<f64>,
    std_errors: Vec<f64>,
    covered: usize,
    undefined: usize,
}

/// A value, its standard error if it has one, and its interval.
type Found = Result<(f64, Option<f64>, Interval), Error>;

pub(crate) fn figures(sample: &Sample, truth: &Truth, rows: &mut Vec<Row>) {
    let found = [
        ("risk by the visit's time, Kaplan-Meier", truth.risk, at_the_visit(sample)),
        ("risk by interval, Turnbull", truth.risk, nonparametric(sample)),
        ("risk by interval, spline", truth.risk, smooth(sample)),
        ("log hazard ratio by the visit's time, Cox", BETA, cox_at_the_visit(sample)),
        ("log hazard ratio by interval, any baseline", BETA, any_baseline(sample)),
        ("log hazard ratio by interval, spline", BETA, spline(sample)),
        ("AUC at 5 years by interval", truth.auc, auc(sample)),
    ];
    for (k, (name, truth, found)) in found.into_iter().enumerate() {
        if rows.len() == k {
            let (values, std_errors) = (vec![], vec![]);
            rows.push(Row { name, truth, values, std_errors, covered: 0, undefined: 0 });
        }
        rows[k].add(found);
    }
}

fn of(estimate: &Estimate) -> (f64, Option<f64>, Interval) {
    (estimate.value, Some(estimate.std_error), estimate.interval)
}

fn risk_of(survival: f64, interval: Interval) -> (f64, Option<f64>, Interval) {
    let turned = Interval::new(1.0 - interval.upper, 1.0 - interval.lower, interval.level);
    (1.0 - survival, None, turned)
}

fn at_the_visit(sample: &Sample) -> Found {
    let curve = kaplan_meier(&sample.known.at_the_visit()?)?;
    Ok(risk_of(curve.at(HORIZON), curve.interval_at(HORIZON)))
}

fn nonparametric(sample: &Sample) -> Found {
    let curve = turnbull(&sample.known)?;
    Ok(risk_of(curve.at(HORIZON)?, curve.interval_at(HORIZON, 0.95)?))
}

fn smooth(sample: &Sample) -> Found {
    let curve = FlexibleOptions::default().fit_curve(&sample.known)?;
    Ok(of(&curve.risk(&[], HORIZON, 0.95)?))
}

fn cox_at_the_visit(sample: &Sample) -> Found {
    let design = Design::from_columns(&[&sample.x])?;
    let fit = CoxOptions::default().fit(&sample.known.at_the_visit()?, &design)?;
    let (value, se) = (fit.coefficients[0], fit.covariance[0][0].sqrt());
    let reach = 1.959964 * se;
    Ok((value, Some(se), Interval::new(value - reach, value + reach, 0.95)))
}

fn any_baseline(sample: &Sample) -> Found {
    let design = Design::from_columns(&[&sample.x])?;
    Ok(of(&IntervalCoxOptions::default().fit(&sample.known, &design)?.estimate(0, 0.95)?))
}

fn spline(sample: &Sample) -> Found {
    let design = Design::from_columns(&[&sample.x])?;
    Ok(of(&FlexibleOptions::default().fit(&sample.known, &design)?.estimate(0, 0.95)?))
}

fn auc(sample: &Sample) -> Found {
    let options = AccuracyOptions::default();
    Ok(of(&options.auc_at(&sample.known, &sample.x, HORIZON)?.estimate))
}

impl Row {
    fn add(&mut self, found: Found) {
        match found {
            Ok((value, std_error, interval)) => {
                self.values.push(value);
                self.std_errors.extend(std_error);
                self.covered += usize::from(interval.contains(self.truth));
            }
            Err(_) => self.undefined += 1,
        }
    }

    pub(crate) fn markdown(&self) -> String {
        let n = self.values.len() as f64;
        let (mean, sd) = mean_and_sd(&self.values);
        let covers = self.covered as f64 / n;
        let std_error = match self.std_errors.is_empty() {
            true => "–".to_owned(),
            false => format!("{:.4}", mean_and_sd(&self.std_errors).0),
        };
        format!(
            "| {} | {:.4} | {mean:.4} | {:+.4} ± {:.4} | {sd:.4} | {std_error} | {:.1} ± {:.1} | {} |",
            self.name,
            self.truth,
            mean - self.truth,
            sd / n.sqrt(),
            100.0 * covers,
            100.0 * (covers * (1.0 - covers) / n).sqrt(),
            self.undefined,
        )
    }
}
