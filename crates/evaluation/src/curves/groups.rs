//! Curves of groups and tests between them.

use crate::curves::curve::{IncidenceAt, Median, StepCurve, SurvivalAt};
use crate::estimate::Test;
use crate::run::{Run, figure};
use crate::{Error, Figure, Grouping, Keys, Sample, Undefined, keys};
use serde::{Deserialize, Serialize};
use vertebra_survival::{
    OneCause,
    curves::{GroupCurve, GroupIncidence, cumulative_incidence_by_group, kaplan_meier_by_group},
    group_tests::{GrayOptions, LogRank, LogRankOptions, LogRankWeight},
    kaplan_meier,
};

/// What subjects are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums)] // closed by nature: given groups, or groups of a score
pub enum GroupedBy {
    /// A column of groups, such as arms of a trial.
    Group(String),
    /// Thirds of a risk score.
    Risk(String),
}

impl GroupedBy {
    /// The column or score.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Group(name) | Self::Risk(name) => name,
        }
    }
}

/// Groups of subjects with the tests between them. The log-rank family compares cause-specific
/// hazards, Gray's test the cumulative incidences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Groups {
    /// What the groups are.
    #[serde(flatten)]
    pub by: GroupedBy,
    /// The log-rank test.
    #[serde(flatten)]
    pub log_rank: Figure<LogRankTest>,
    /// Gehan's test: early differences count more.
    pub gehan: Figure<ChiSquare>,
    /// Tarone and Ware's test.
    pub tarone_ware: Figure<ChiSquare>,
    /// Peto and Prentice's test.
    pub peto_prentice: Figure<ChiSquare>,
    /// Fleming and Harrington's test for late differences.
    pub late: Figure<ChiSquare>,
    /// Gray's test, under competing risks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gray: Option<Figure<ChiSquare>>,
    /// The curve of each group.
    pub curves: Figure<Vec<Group>>,
}

/// The log-rank test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogRankTest {
    /// Subjects of each group.
    pub n: Vec<usize>,
    /// (Weighted) observed events of each group.
    pub observed: Vec<f64>,
    /// Events expected under one hazard.
    pub expected: Vec<f64>,
    /// The test.
    #[serde(flatten, with = "keys::df")]
    pub test: Test,
}

impl Keys for LogRankTest {
    const KEYS: &'static [&'static str] = &["n", "observed", "expected", "chi_square", "df", "p"];
}

/// A chi-square test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChiSquare {
    /// The test.
    #[serde(flatten, with = "keys::df")]
    pub test: Test,
}

impl Keys for ChiSquare {
    const KEYS: &'static [&'static str] = &["chi_square", "df", "p"];
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// Its name.
    pub label: String,
    /// Its subjects.
    pub n: usize,
    /// Their events.
    pub events: usize,
    /// Its curve.
    #[serde(flatten)]
    pub curve: GroupPoints,
}

impl Keys for Vec<Group> {
    const KEYS: &'static [&'static str] = &["curves"];
}

/// The curve of a group at the horizons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[allow(clippy::exhaustive_enums)] // closed by nature: one event, or one cause among several
pub enum GroupPoints {
    /// Survival.
    Survival(SurvivalPoints),
    /// The cumulative incidence of the cause, under competing risks.
    Incidence {
        /// At each horizon.
        at: Vec<IncidenceAt>,
    },
}

/// Survival of a group at the horizons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SurvivalPoints {
    /// Median survival.
    #[serde(deserialize_with = "Option::deserialize")]
    pub median: Option<f64>,
    /// Lower bound of the median.
    #[serde(deserialize_with = "Option::deserialize")]
    pub median_lower: Option<f64>,
    /// Upper bound of the median.
    #[serde(deserialize_with = "Option::deserialize")]
    pub median_upper: Option<f64>,
    /// Why one of these is absent, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_why: Option<String>,
    /// At each horizon.
    pub at: Vec<SurvivalAt>,
}

/// The groups of the sample, then the thirds of each score.
pub(crate) fn groups(run: &Run<'_>) -> Vec<Groups> {
    let given = run.sample.groupings.iter().map(|grouping| one(run, grouping));
    let thirds = run.scores().iter().map(|score| {
        let (run, risks) = run.complete(&[&score.values]);
        one(&run, &Grouping::thirds(&score.name, &risks[0]))
    });
    given.chain(thirds).collect()
}

fn one(run: &Run<'_>, grouping: &Grouping) -> Groups {
    let what = format!("groups of {}", grouping.name);
    let weighted = |weight| {
        let test = log_rank(run, grouping, weight);
        figure(test, |t| ChiSquare::of(t.test)).named(&what)
    };
    let mut labels: Vec<usize> = grouping.labels.clone();
    labels.sort_unstable();
    labels.dedup();
    let n = |label: usize| run.sample.count(grouping.members(label).into_iter());
    let log_rank = figure(log_rank(run, grouping, LogRankWeight::LogRank), |t| LogRankTest {
        test: ChiSquare::of(t.test).test,
        n: labels.into_iter().map(n).collect(),
        observed: t.observed,
        expected: t.expected,
    })
    .named(&what);
    Groups {
        by: grouping.by(),
        log_rank,
        gehan: weighted(LogRankWeight::Gehan),
        tarone_ware: weighted(LogRankWeight::TaroneWare),
        peto_prentice: weighted(LogRankWeight::FlemingHarrington { rho: 1.0, gamma: 0.0 }),
        late: weighted(LogRankWeight::FlemingHarrington { rho: 0.0, gamma: 1.0 }),
        gray: run.cause().map(|cause| gray(run, cause, grouping).named(&what)),
        curves: match run.cause() {
            None => survival(run, grouping),
            Some(cause) => incidence(run, cause, grouping),
        }
        .named(&what),
    }
}

impl ChiSquare {
    fn of(test: vertebra_survival::Test) -> Self {
        Self { test: Test::of(test) }
    }
}

fn log_rank(
    run: &Run<'_>,
    grouping: &Grouping,
    weight: LogRankWeight,
) -> Result<LogRank, vertebra_survival::Error> {
    let mut options = LogRankOptions::default().with_weight(weight);
    if let Some(strata) = &run.sample.strata {
        options = options.with_strata(strata.clone());
    }
    options.test(&run.own, &grouping.labels)
}

fn gray(run: &Run<'_>, cause: OneCause<'_>, grouping: &Grouping) -> Figure<ChiSquare> {
    let mut options = GrayOptions::default();
    if let Some(strata) = &run.sample.strata {
        options = options.with_strata(strata.clone());
    }
    let test = options.test(&cause, &grouping.labels);
    figure(test, |t| ChiSquare::of(t.test))
}

fn survival(run: &Run<'_>, grouping: &Grouping) -> Figure<Vec<Group>> {
    let one = |group: GroupCurve<usize>| {
        let what = format!("group {} of {}", grouping.names[group.label], grouping.name);
        let at = |&h: &f64| SurvivalAt::of(&group.curve, h, &what);
        let Median { median, median_lower, median_upper, median_why } = Median::of(&group.curve);
        let median_why = median_why.map(|why| format!("{what}: {why}"));
        let at = run.options.horizons.iter().map(at).collect();
        Group {
            label: grouping.names[group.label].clone(),
            n: run.sample.count(grouping.members(group.label).into_iter()),
            events: group.events,
            curve: GroupPoints::Survival(SurvivalPoints {
                median,
                median_lower,
                median_upper,
                median_why,
                at,
            }),
        }
    };
    let by_group = run.curve().fit_by_group(&run.own, &grouping.labels);
    figure(by_group, |groups| groups.into_iter().map(one).collect())
}

fn incidence(run: &Run<'_>, cause: OneCause<'_>, grouping: &Grouping) -> Figure<Vec<Group>> {
    let any = run.curve().fit_by_group(cause.outcomes().any_event(), &grouping.labels);
    let any = match any {
        Ok(any) => any,
        Err(why) => return Undefined::from(why).into(),
    };
    let one = |group: GroupIncidence<usize>| {
        let members = grouping.members(group.label);
        let place = any.iter().position(|curve| curve.label == group.label);
        let Some(any) = place.map(|k| &any[k].curve) else {
            return Err(vertebra_survival::Error::Empty { name: "group" });
        };
        let curve = &group.curves[cause.number() - 1];
        let what = format!("group {} of {}", grouping.names[group.label], grouping.name);
        let at = |&h: &f64| IncidenceAt::of(any, curve, h, &what);
        Ok(Group {
            label: grouping.names[group.label].clone(),
            n: run.sample.count(members.iter().copied()),
            events: run.own.subset(&members).n_events(),
            curve: GroupPoints::Incidence { at: run.options.horizons.iter().map(at).collect() },
        })
    };
    let by_group = run.incidence().fit_by_group(cause.outcomes(), &grouping.labels);
    figure(by_group.and_then(|groups| groups.into_iter().map(one).collect()), |all| all)
}

/// The curve of one group, to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DrawnGroup {
    /// Its name.
    pub label: String,
    /// Its subjects.
    pub n: usize,
    /// Their events.
    pub events: usize,
    /// Its survival, or what the cumulative incidence of the cause leaves of 1.
    #[serde(flatten)]
    pub curve: StepCurve,
}

/// The curves of groups, to be drawn with the numbers at risk at `at_risk_times`; empty groups are
/// left out.
///
/// # Errors
/// [`Error::LengthMismatch`] unless the grouping has one label for each subject,
/// [`Error::Survival`] where there is no curve.
pub fn curves_of_groups(
    sample: &Sample,
    grouping: &Grouping,
    at_risk_times: &[f64],
) -> Result<Vec<DrawnGroup>, Error> {
    let (labels, cause) = (&grouping.labels, sample.observed.cause());
    if labels.len() != sample.n() {
        let (expected, got) = (sample.n(), labels.len());
        return Err(Error::LengthMismatch { name: grouping.name.clone(), expected, got });
    }
    let drawn = |label: usize, n: usize, events: usize, curve: StepCurve| DrawnGroup {
        label: grouping.names[label].clone(),
        n,
        events,
        curve,
    };
    let Some(cause) = cause else {
        let groups = kaplan_meier_by_group(sample.observed.any(), labels)?;
        let one = |g: GroupCurve<usize>| {
            let curve = StepCurve::survival(&g.curve, at_risk_times);
            drawn(g.label, g.n, g.events, curve)
        };
        return Ok(groups.into_iter().map(one).collect());
    };
    let own = cause.cause_specific();
    let one = |group: GroupIncidence<usize>| {
        let here = own.subset(&grouping.members(group.label));
        let incidence = &group.curves[cause.number() - 1];
        let curve = StepCurve::without_cause(incidence, &kaplan_meier(&here)?, at_risk_times);
        Ok(drawn(group.label, group.n, here.n_events(), curve))
    };
    cumulative_incidence_by_group(cause.outcomes(), labels)?.into_iter().map(one).collect()
}
