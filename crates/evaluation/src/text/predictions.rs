//! Calibration, Brier score, net benefit and accuracy of the predictions.

use super::cells::{cells, fixed, interval, line};
use crate::discrimination::AccuracyAt;
use crate::estimate::Estimate;
use crate::predictions::{BrierScore, CalibrationGroup, NetBenefit, Prediction, SampleSize};
use crate::{Evaluation, Figure};
use std::fmt::{Formatter, Result, Write};

pub(super) fn predictions(f: &mut Formatter<'_>, evaluation: &Evaluation) -> Result {
    for prediction in &evaluation.predictions {
        one(f, prediction, &evaluation.time_unit)?;
    }
    if !evaluation.integrated_brier.is_empty() {
        writeln!(f, "\nIntegrated Brier score")?;
    }
    for model in &evaluation.integrated_brier {
        let score = model.brier.clone().map(|brier| brier.score);
        brier(f, &model.names.join(", "), &score)?;
    }
    Ok(())
}

fn one(f: &mut Formatter<'_>, prediction: &Prediction, unit: &str) -> Result {
    let (name, horizon) = (&prediction.name, prediction.horizon);
    writeln!(f, "\n{name}: probability of an event by {horizon:?} {unit}")?;
    line(f, "observed / expected", &prediction.observed_expected, |o| {
        (Some(o.ratio), None, Some(o.interval.lower), Some(o.interval.upper))
    })?;
    f.write_char('\n')?;
    line(f, "calibration intercept", &prediction.intercept, |c| cells(&c.estimate))?;
    f.write_char('\n')?;
    line(f, "calibration slope", &prediction.slope, |slope| cells(&slope.estimate))?;
    f.write_char('\n')?;
    match &prediction.curve {
        Figure::Undefined(why) => writeln!(f, "{:<30} {:>8}   {why}", "ICI", "-")?,
        Figure::Defined(curve) => {
            let [ici, e50, e90] = [curve.ici, curve.e50, curve.e90].map(fixed);
            writeln!(f, "{:<30} {ici:>8}   E50 {e50}, E90 {e90}", "ICI")?;
        }
    }
    brier(f, "Brier score", &prediction.brier.clone().map(|brier| brier.score))?;
    match &prediction.groups {
        Figure::Undefined(why) => writeln!(f, "calibration groups: {why}")?,
        Figure::Defined(groups) => {
            writeln!(f, "  n     events  predicted  observed   95 % interval")?;
            groups.iter().try_for_each(|group| calibration_group(f, group))?;
        }
    }
    for at in &prediction.net_benefit {
        match at {
            Figure::Undefined(why) => writeln!(f, "  {why}")?,
            Figure::Defined(at) => net_benefit(f, at)?,
        }
    }
    prediction.accuracy.iter().try_for_each(|at| accuracy(f, at))?;
    prediction.sample_size.iter().try_for_each(|size| sample_size(f, size))
}

fn calibration_group(f: &mut Formatter<'_>, group: &CalibrationGroup) -> Result {
    let (n, events, bounds) = (group.n, group.events, interval(group.interval));
    let (predicted, observed) = (fixed(group.predicted), fixed(group.observed));
    writeln!(f, "  {n:<5} {events:>6}  {predicted:>9}  {observed:>8}   {bounds}")
}

fn net_benefit(f: &mut Formatter<'_>, at: &NetBenefit) -> Result {
    let threshold = format!("{:?}", at.threshold);
    let [model, all, flagged] = [at.model, at.treat_all, at.flagged].map(fixed);
    let bounds =
        |e: Option<Estimate>| e.map_or(String::new(), |e| format!(" ({})", interval(e.interval)));
    let (own, over) = (bounds(at.estimate), bounds(at.over_all));
    let gain = fixed(at.model - at.treat_all);
    writeln!(
        f,
        "  net benefit at {threshold:<6} {model:>9}{own}   all {all:>9}   over all {gain}{over}   \
         {flagged} flagged"
    )
}

fn accuracy(f: &mut Formatter<'_>, at: &AccuracyAt) -> Result {
    let label = format!("  at {:?}", at.threshold);
    match &at.accuracy {
        Figure::Undefined(why) => writeln!(f, "{label:<30} {why}"),
        Figure::Defined(a) => {
            let [sensitivity, specificity, ppv, npv] =
                [a.sensitivity, a.specificity, a.ppv, a.npv].map(fixed);
            writeln!(
                f,
                "{label:<10} sensitivity {sensitivity}, specificity {specificity}, PPV {ppv}, \
                 NPV {npv}"
            )
        }
    }
}

fn sample_size(f: &mut Formatter<'_>, size: &Figure<SampleSize>) -> Result {
    match size {
        Figure::Undefined(why) => writeln!(f, "  {why}"),
        Figure::Defined(size) => {
            let SampleSize { for_oe, for_slope, for_c, n, events } = size;
            writeln!(
                f,
                "  a validation as precise as asked takes {n} subjects followed to the horizon, \
                 {events:.0} events (observed / expected {for_oe}, slope {for_slope}, AUC {for_c})"
            )
        }
    }
}

fn brier(f: &mut Formatter<'_>, label: &str, brier: &Figure<BrierScore>) -> Result {
    match brier {
        Figure::Undefined(why) => writeln!(f, "{label:<30} {:>8}   {why}", "-"),
        Figure::Defined(brier) => {
            let [value, se, reference, scaled] =
                [brier.value, brier.std_error, brier.reference, brier.scaled].map(fixed);
            writeln!(f, "{label:<30} {value:>8} {se:>8}   reference {reference}, scaled {scaled}")
        }
    }
}
