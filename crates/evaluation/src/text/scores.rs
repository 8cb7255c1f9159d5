//! Discrimination of the scores, and their paired differences.

use super::cells::{cells, fixed, interval, line, p_value};
use crate::discrimination::{
    BootstrapIntervals, Difference, Discrimination, SubdistributionHazard,
};
use crate::{Evaluation, Figure, Reason};
use std::fmt::{Formatter, Result, Write};

pub(super) fn discrimination(f: &mut Formatter<'_>, evaluation: &Evaluation) -> Result {
    let level = level(evaluation) * 100.0;
    writeln!(f, "\n{:<30} {:>8} {:>8}   {level} % interval", "Discrimination", "", "se")?;
    let unit = &evaluation.time_unit;
    evaluation.scores.iter().try_for_each(|score| one(f, &score.name, &score.figures, unit))
}

/// Level of the intervals of C, which all scores share.
fn level(evaluation: &Evaluation) -> f64 {
    let defined = evaluation.scores.iter().find_map(|score| score.figures.harrell.value());
    defined.map_or(0.95, |harrell| harrell.estimate.interval.level)
}

fn one(f: &mut Formatter<'_>, name: &str, figures: &Discrimination, unit: &str) -> Result {
    for (kind, index, drawn) in [
        ("Harrell", &figures.harrell, &figures.bootstrap),
        ("Uno", &figures.uno.concordance, &figures.bootstrap_uno),
    ] {
        line(f, &format!("{name} ({kind})"), index, |c| cells(&c.estimate))?;
        f.write_char('\n')?;
        if index.value().is_some() {
            bootstrap(f, drawn)?;
        }
    }
    for at in &figures.auc {
        let label = format!("{name} AUC({:?} {unit})", at.horizon);
        line(f, &label, &at.auc, |auc| cells(&auc.estimate))?;
        f.write_char('\n')?;
    }
    for at in &figures.incident_auc {
        let label = format!("{name} incident AUC({:?})", at.time);
        line(f, &label, &at.auc, |auc| cells(&auc.estimate))?;
        f.write_char('\n')?;
    }
    match &figures.fine_gray {
        None => Ok(()),
        Some(fit) => subdistribution(f, &format!("{name} subdistribution HR"), fit),
    }
}

fn subdistribution(
    f: &mut Formatter<'_>,
    label: &str,
    fit: &Figure<SubdistributionHazard>,
) -> Result {
    match fit {
        Figure::Undefined(why) => writeln!(f, "{label:<30} {:>8}   {why}", "-"),
        Figure::Defined(fit) => {
            let (ratio, bounds) = (fixed(fit.hazard_ratio), interval(fit.interval));
            writeln!(f, "{label:<30} {ratio:>8} {:>8}   {bounds}  P {}", "", p_value(fit.p))
        }
    }
}

fn bootstrap(f: &mut Formatter<'_>, drawn: &Figure<BootstrapIntervals>) -> Result {
    let (intervals, why) = match drawn {
        Figure::Undefined(none) if none.reason == Reason::NotRequested => return Ok(()),
        Figure::Undefined(none) => ([None; 3], Some(&none.why)),
        Figure::Defined(drawn) => {
            ([drawn.percentile, drawn.bca, drawn.studentised], drawn.why.as_ref())
        }
    };
    for (name, bounds) in ["percentile", "bca", "studentised"].into_iter().zip(intervals) {
        let [lower, upper] = [bounds.map(|b| b.0), bounds.map(|b| b.1)].map(fixed);
        let label = format!("  bootstrap, {name}");
        writeln!(f, "{label:<30} {:>8} {:>8}   {lower} to {upper}", "", "")?;
    }
    why.map_or(Ok(()), |why| writeln!(f, "  bootstrap: {why}"))
}

pub(super) fn comparisons(f: &mut Formatter<'_>, evaluation: &Evaluation) -> Result {
    if !evaluation.comparisons.is_empty() {
        writeln!(f, "\nPaired differences")?;
    }
    for pair in &evaluation.comparisons {
        let names = format!("{} - {}", pair.first, pair.second);
        for (kind, adjusted) in [("harrell", &pair.harrell), ("uno", &pair.uno)] {
            let label = format!("{names} ({kind})");
            difference(f, &label, &adjusted.difference, adjusted.p_holm)?;
            adjusted.bootstrap.iter().try_for_each(|drawn| bootstrap(f, drawn))?;
        }
        difference(f, &format!("{names} (u_statistic)"), &pair.u_statistic, None)?;
        for at in &pair.auc {
            let label = format!("{names} AUC({:?})", at.horizon);
            difference(f, &label, &at.difference, None)?;
        }
    }
    subgroups(f, evaluation)?;
    for equality in &evaluation.auc_equality {
        let horizons: Vec<String> = equality.horizons.iter().map(|h| format!("{h:?}")).collect();
        let at = horizons.join(",");
        match &equality.test {
            Figure::Undefined(why) => writeln!(f, "all AUC equal at [{at}]: {why}")?,
            Figure::Defined(wald) => {
                writeln!(f, "all AUC equal at [{at}]: P {}", p_value(wald.test.p))?
            }
        }
    }
    brier(f, evaluation)
}

fn subgroups(f: &mut Formatter<'_>, evaluation: &Evaluation) -> Result {
    if !evaluation.subgroups.is_empty() {
        writeln!(f, "\nIn groups, and differences between them")?;
    }
    for group in &evaluation.subgroups {
        let name = format!("{}, {}", group.score, group.group);
        let figures = group.auc.iter().map(|at| (format!("AUC({:?})", at.horizon), &at.auc));
        for (of, figure) in std::iter::once(("Harrell".to_owned(), &group.harrell)).chain(figures) {
            line(f, &format!("{name} ({of})"), figure, |c| cells(&c.estimate))?;
            writeln!(f, "   n {}, events {}", group.n, group.events)?;
        }
        let Some(pair) = &group.difference else { continue };
        let names = format!("{name} - {}", pair.against);
        difference(f, &format!("{names} (Harrell)"), &pair.harrell, None)?;
        for at in &pair.auc {
            difference(f, &format!("{names} AUC({:?})", at.horizon), &at.difference, None)?;
        }
    }
    Ok(())
}

fn brier(f: &mut Formatter<'_>, evaluation: &Evaluation) -> Result {
    for pair in &evaluation.brier_comparisons {
        let (first, second) = (&pair.first, &pair.second);
        difference(f, &format!("{first} - {second} (Brier)"), &pair.brier, None)?;
        let net = pair.reclassification.clone().map(|net| net.total);
        difference(f, &format!("{second} over {first} (NRI)"), &net, None)?;
        let slopes = pair.discrimination.clone().map(|slopes| slopes.improvement);
        difference(f, &format!("{second} over {first} (IDI)"), &slopes, None)?;
    }
    Ok(())
}

fn difference(
    f: &mut Formatter<'_>,
    label: &str,
    figure: &Figure<Difference>,
    p_holm: Option<f64>,
) -> Result {
    line(f, label, figure, |difference| cells(&difference.estimate))?;
    let p = figure.value().map_or("-".to_owned(), |difference| p_value(difference.p));
    let holm = p_holm.map_or(String::new(), |p| format!(" (Holm {})", p_value(p)));
    writeln!(f, "  P {p}{holm}")
}
