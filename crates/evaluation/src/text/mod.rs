//! The evaluation as tables for people.

mod cells;
mod predictions;
mod scores;

use crate::curves::groups::{ChiSquare, Group, GroupPoints, GroupedBy, Groups};
use crate::curves::{Incidence, Survival};
use crate::curves::{IncidenceAt, SurvivalAt};
use crate::{Evaluation, Figure};
use cells::{count, fixed, line, p_value};
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Evaluation {
    /// The tables, section by section.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let of_cause = self.cause.map_or(String::new(), |cause| format!(" of cause {cause}"));
        let rows = self.rows.map_or(String::new(), |rows| format!(" in {rows} rows"));
        writeln!(f, "{} subjects{rows}, {} events{of_cause}", self.n, self.events)?;
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))?;
        survival(f, self)?;
        incidence(f, self)?;
        self.groups.iter().try_for_each(|groups| self::groups(f, groups, &self.time_unit))?;
        scores::discrimination(f, self)?;
        scores::comparisons(f, self)?;
        predictions::predictions(f, self)
    }
}

fn survival(f: &mut Formatter<'_>, evaluation: &Evaluation) -> Result {
    let unit = &evaluation.time_unit;
    let heading = match evaluation.cause {
        Some(_) => "Free of an event of any cause",
        None => "Survival",
    };
    let survival: &Survival = match &evaluation.survival {
        Figure::Defined(survival) => survival,
        Figure::Undefined(why) => return writeln!(f, "\n{heading}: {why}"),
    };
    let m = &survival.median;
    writeln!(
        f,
        "\n{heading}: median {}, median follow-up {} (reverse Kaplan-Meier)",
        median(m.median, m.median_lower, m.median_upper, unit),
        fixed(survival.median_follow_up)
    )?;
    for at in &survival.at {
        survival_at(f, &format!("S({:?} {unit}), ", at.horizon), at)?;
        if let Figure::Defined(point) = &at.point {
            let label = format!("mean up to {:?} {unit}", at.horizon);
            let (mean, se) = (point.restricted_mean, point.restricted_mean_std_error);
            writeln!(f, "{label:<30} {:>8} {:>8}", fixed(mean), fixed(se))?;
        }
    }
    Ok(())
}

fn survival_at(f: &mut Formatter<'_>, label: &str, at: &SurvivalAt) -> Result {
    let label = format!("{label}{} at risk", count(at.at_risk));
    line(f, &label, &at.point, |p| (Some(p.survival), p.std_error, p.lower, p.upper))?;
    f.write_char('\n')
}

fn incidence_at(f: &mut Formatter<'_>, label: &str, at: &IncidenceAt) -> Result {
    line(f, label, &at.point, |p| (Some(p.incidence), p.std_error, p.lower, p.upper))?;
    f.write_char('\n')
}

fn median(median: Option<f64>, lower: Option<f64>, upper: Option<f64>, unit: &str) -> String {
    format!("{} ({} to {}) {unit}", fixed(median), fixed(lower), fixed(upper))
}

fn incidence(f: &mut Formatter<'_>, evaluation: &Evaluation) -> Result {
    let all = evaluation.incidence.as_deref().unwrap_or_default();
    let says = |curve: &Figure<Incidence>| curve.value().is_none_or(|curve| !curve.at.is_empty());
    if all.iter().any(says) {
        writeln!(f, "\nCumulative incidence")?;
    }
    for curve in all {
        match curve {
            Figure::Undefined(why) => writeln!(f, "{why}")?,
            Figure::Defined(curve) => curve.at.iter().try_for_each(|at| {
                let unit = &evaluation.time_unit;
                let label = format!("cause {} by {:?} {unit}", curve.cause, at.horizon);
                incidence_at(f, &label, at)
            })?,
        }
    }
    Ok(())
}

fn groups(f: &mut Formatter<'_>, groups: &Groups, unit: &str) -> Result {
    let heading = match &groups.by {
        GroupedBy::Group(column) => format!("Groups of {column}"),
        GroupedBy::Risk(score) => format!("Thirds of {score}"),
    };
    match &groups.gray {
        None => writeln!(f, "\n{heading}")?,
        Some(_) => writeln!(
            f,
            "\n{heading} (F: cumulative incidence; log-rank family: cause-specific hazards)"
        )?,
    }
    match &groups.curves {
        Figure::Defined(all) => all.iter().try_for_each(|one| group(f, one, unit))?,
        Figure::Undefined(why) => writeln!(f, "  curves: {why}")?,
    }
    let log_rank = groups.log_rank.clone().map(|test| ChiSquare { test: test.test });
    for (name, test) in [
        ("log-rank", Some(&log_rank)),
        ("Gehan", Some(&groups.gehan)),
        ("Tarone-Ware", Some(&groups.tarone_ware)),
        ("Peto-Prentice", Some(&groups.peto_prentice)),
        ("late differences", Some(&groups.late)),
        ("Gray", groups.gray.as_ref()),
    ] {
        match test {
            None => {}
            Some(Figure::Undefined(why)) => writeln!(f, "  {name:<18} {why}")?,
            Some(Figure::Defined(ChiSquare { test })) => writeln!(
                f,
                "  {name:<18} chi-square {} on {} df, P {}",
                fixed(test.statistic),
                test.df,
                p_value(test.p)
            )?,
        }
    }
    Ok(())
}

fn group(f: &mut Formatter<'_>, group: &Group, unit: &str) -> Result {
    let (label, n, events) = (&group.label, group.n, group.events);
    match &group.curve {
        GroupPoints::Survival(points) => {
            let median = median(points.median, points.median_lower, points.median_upper, unit);
            writeln!(f, "{label}: {n} subjects, {events} events, median {median}")?;
            let at = |at: &SurvivalAt| format!("  S({:?} {unit}), ", at.horizon);
            points.at.iter().try_for_each(|point| survival_at(f, &at(point), point))
        }
        GroupPoints::Incidence { at } => {
            writeln!(f, "{label}: {n} subjects, {events} events")?;
            at.iter().try_for_each(|at| {
                let n = count(at.at_risk);
                incidence_at(f, &format!("  F({:?} {unit}), {n} at risk", at.horizon), at)
            })
        }
    }
}
