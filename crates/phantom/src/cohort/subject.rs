//! One subject of the cohort: covariates, outcome, anatomy, and the films to be taken.

use crate::anatomy::fracture::Fracture;
use crate::cohort::hazard::{Calendar, FollowUp, Profile};
use crate::dice::Dice;
use crate::imaging::exposure::Exposure;
use crate::tissues::anatomy::Anatomy;
use crate::{Bone, Error, PhantomConfig};
use serde::{Deserialize, Serialize};
use vertebra_cohort::{DAYS_PER_YEAR, Date, Position, Quality};
use vertebra_run::Seed;

/// Why a subject is in the cohort: to be analysed, or to be excluded for a reason of the paper's
/// flow chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the documentation
#[non_exhaustive]
pub enum Role {
    Analysed,
    FragilityFractureAtBaseline,
    OneVisitOnly,
    NoNeutralLateral,
    ShortFollowUp,
    AntiOsteoporoticDrug,
    PoorImage,
}

impl Role {
    /// The reasons in the paper's order, with its counts.
    pub const REASONS: [(Self, usize); 6] = [
        (Self::FragilityFractureAtBaseline, 1982),
        (Self::OneVisitOnly, 2368),
        (Self::NoNeutralLateral, 697),
        (Self::ShortFollowUp, 113),
        (Self::AntiOsteoporoticDrug, 531),
        (Self::PoorImage, 439),
    ];

    /// The word in `truth.csv`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Analysed => "analysed",
            Self::FragilityFractureAtBaseline => "fragility_fracture_at_baseline",
            Self::OneVisitOnly => "one_visit_only",
            Self::NoNeutralLateral => "no_neutral_lateral",
            Self::ShortFollowUp => "short_follow_up",
            Self::AntiOsteoporoticDrug => "anti_osteoporotic_drug",
            Self::PoorImage => "poor_image",
        }
    }

    /// The role of every subject, in a random order. Reasons share the excluded subjects as in the
    /// paper, every reason at least once when there are six or more.
    pub(crate) fn assign(config: &PhantomConfig) -> Vec<Self> {
        let mut roles = vec![Self::Analysed; config.subjects()];
        for (reason, count) in shares(config.excluded()) {
            roles.extend(std::iter::repeat_n(reason, count));
        }
        let order = Dice::new(Seed::new(config.seed()).at(&[0x01de])).permutation(roles.len());
        order.into_iter().map(|i| roles[i]).collect()
    }
}

/// Largest-remainder shares of `n` with a minimum of one each where possible.
fn shares(n: usize) -> Vec<(Role, usize)> {
    let total: usize = Role::REASONS.iter().map(|r| r.1).sum();
    let least = usize::from(n >= Role::REASONS.len());
    let mut counts: Vec<usize> =
        Role::REASONS.iter().map(|r| (n * r.1 / total).max(least)).collect();
    let mut k = 0;
    while counts.iter().sum::<usize>() < n {
        counts[k % Role::REASONS.len()] += 1;
        k += 1;
    }
    while counts.iter().sum::<usize>() > n {
        if let Some(largest) = counts.iter_mut().max() {
            *largest -= 1;
        }
    }
    Role::REASONS.iter().map(|r| r.0).zip(counts).collect()
}

/// One film to be taken.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PlannedFilm {
    /// Day.
    pub date: Date,
    /// Posture.
    pub position: Position,
    /// Quality.
    pub quality: Quality,
    /// The subject on that day.
    pub anatomy: Anatomy,
    /// Settings of the exposure.
    pub exposure: Exposure,
    /// Seed of what changes from film to film.
    pub seed: u64,
}

/// One subject with everything that is true about it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PhantomSubject {
    /// Analysed or excluded, and why.
    pub role: Role,
    /// Covariates and density.
    pub profile: Profile,
    /// Years from the baseline film to the end of follow-up.
    pub time: f64,
    /// A fracture ended it.
    pub event: bool,
    /// The fracture, for subjects with an event.
    pub fracture: Option<Fracture>,
    /// Baseline film, then follow-up film if there is one.
    pub films: Vec<PlannedFilm>,
}

/// Density lost per year of follow-up, standard deviations.
const YEARLY_LOSS: f64 = 0.03;

/// Draws the subject `index` of a cohort. The same arguments give the same subject, whatever else
/// is drawn.
///
/// # Errors
/// [`Error::InvalidSetting`] for a configuration out of its domain.
pub fn sample_subject(
    config: &PhantomConfig,
    index: usize,
    role: Role,
) -> Result<PhantomSubject, Error> {
    config.check()?;
    draw_subject(config, &Calendar::for_event_rate(config.event_rate()), index, role)
}

pub(crate) fn draw_subject(
    config: &PhantomConfig,
    calendar: &Calendar,
    index: usize,
    role: Role,
) -> Result<PhantomSubject, Error> {
    let seed = Seed::new(config.seed()).at(&[0x50b7, index as u64]);
    let mut dice = Dice::new(seed);
    let profile = Profile::sample_older(config.years_older(), &mut dice);
    let mut follow_up = calendar.follow_up(profile.log_hazard(), &mut dice);
    match role {
        Role::ShortFollowUp => {
            let time = dice.uniform(0.05, 0.42);
            follow_up = FollowUp { time, event: false, end: time };
        }
        Role::FragilityFractureAtBaseline => follow_up.event = false,
        _ => {}
    }
    let days = (follow_up.time * DAYS_PER_YEAR).round();
    let (time, event) = (days / DAYS_PER_YEAR, follow_up.event && role != Role::OneVisitOnly);
    let fracture = Fracture::sample(&mut dice);
    let days = days as i64;
    let visits = match config.visits_every() {
        0.0 => vec![days],
        every => planned_visits(every, &follow_up, event.then_some(days), seed),
    };
    let plan = Plan { config, role, profile: &profile, days, visits, seed };
    let films = plan.films(event.then_some(&fracture), &fracture, &mut dice)?;
    Ok(PhantomSubject { role, profile, time, event, fracture: event.then_some(fracture), films })
}

/// Days of visits every so many years until the end of follow-up, the last one then; none after the
/// first that sees the fracture. They do not depend on when that happened.
fn planned_visits(every: f64, follow_up: &FollowUp, fracture: Option<i64>, seed: Seed) -> Vec<i64> {
    let mut dice = Dice::new(seed.at(&[0x7151]));
    let end = (follow_up.end * DAYS_PER_YEAR).round().max(fracture.unwrap_or(0) as f64) as i64;
    let mut visits = Vec::new();
    let gap = (0.25 * every * DAYS_PER_YEAR) as i64;
    for k in 1..1000 {
        let years = every * (f64::from(k) + dice.uniform(-0.1, 0.1));
        let day = (years * DAYS_PER_YEAR).round() as i64;
        if day > end - gap {
            break;
        }
        visits.push(day);
    }
    visits.push(end);
    let seen = fracture.and_then(|day| visits.iter().position(|&visit| visit >= day));
    visits.truncate(seen.map_or(visits.len(), |seen| seen + 1));
    visits
}

/// What is needed to plan a subject's films.
struct Plan<'a> {
    config: &'a PhantomConfig,
    role: Role,
    profile: &'a Profile,
    /// Of the fracture, if there is one.
    days: i64,
    /// Of the follow-up films.
    visits: Vec<i64>,
    seed: Seed,
}

impl Plan<'_> {
    fn films(
        &self,
        incident: Option<&Fracture>,
        prevalent: &Fracture,
        dice: &mut Dice,
    ) -> Result<Vec<PlannedFilm>, Error> {
        let first = Date::new(2010, 1, 4)?.plus_days(dice.index(5 * 365) as i64)?;
        let mut anatomy = self.anatomy();
        if self.role == Role::FragilityFractureAtBaseline {
            anatomy.spine = anatomy.spine.with_fracture(prevalent);
        }
        let later = |day: i64| {
            let mut later = anatomy.clone();
            if let Some(fracture) = incident.filter(|_| day >= self.days) {
                later.spine = later.spine.with_fracture(fracture);
            }
            let years = day as f64 / DAYS_PER_YEAR;
            later.bone = Bone::of_density(self.profile.density - YEARLY_LOSS * years);
            later
        };
        let mut films = vec![self.film(first, anatomy.clone(), 0, dice)];
        if self.role != Role::OneVisitOnly {
            for (number, &day) in (1..).zip(&self.visits) {
                films.push(self.film(first.plus_days(day)?, later(day), number, dice));
            }
        }
        Ok(films)
    }

    fn anatomy(&self) -> Anatomy {
        let p = self.profile;
        Anatomy::sample(p.sex, p.age, p.bmi, p.density, self.seed.value())
    }

    fn film(&self, date: Date, mut anatomy: Anatomy, number: u64, dice: &mut Dice) -> PlannedFilm {
        let position = self.position(dice);
        let bend = match position {
            Position::Neutral => 0.0,
            Position::Flexion => -5.0,
            Position::Extension => 3.0,
        };
        anatomy.spine = anatomy.spine.bent(bend, 0.7, dice);
        let mut exposure = Exposure::draw(dice, self.config.film_size());
        let quality = if self.role == Role::PoorImage { Quality::Poor } else { Quality::Good };
        if quality == Quality::Poor {
            exposure.spoil(dice);
        }
        if self.config.other_detector() {
            exposure.take_with_other_detector();
        }
        let seed = self.seed.at(&[number]).value();
        PlannedFilm { date, position, quality, anatomy, exposure, seed }
    }

    fn position(&self, dice: &mut Dice) -> Position {
        match self.role {
            Role::NoNeutralLateral if dice.chance(0.5) => Position::Flexion,
            Role::NoNeutralLateral => Position::Extension,
            _ => Position::Neutral,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_survival::{
        Outcomes,
        interval_censored::{IntervalOutcomes, turnbull},
        kaplan_meier,
    };

    #[test]
    fn reasons_share_the_excluded_as_in_the_paper() {
        for n in [0, 3, 6, 20, 150, 569] {
            let shares = shares(n);
            assert_eq!(shares.iter().map(|s| s.1).sum::<usize>(), n);
            assert!(n < 6 || shares.iter().all(|s| s.1 > 0), "{shares:?}");
        }
        assert!(shares(150)[1].1 > shares(150)[4].1);
    }

    /// Times of a cohort with films every two years: as they are, and as the films date them.
    fn timed(seed: u64, n: usize) -> (Outcomes, IntervalOutcomes) {
        let config = PhantomConfig::standard().with_visits_every(2.0).with_film_size([64, 64]);
        let config = config.with_event_rate(0.1).with_seed(seed);
        let calendar = Calendar::for_event_rate(config.event_rate());
        let (mut left, mut right, mut time, mut event) = (vec![], vec![], vec![], vec![]);
        for i in 0..n {
            let subject = draw_subject(&config, &calendar, i, Role::Analysed).unwrap();
            let years = |film: &PlannedFilm| film.date.years_since(subject.films[0].date);
            let visits: Vec<f64> = subject.films.iter().map(years).collect();
            let before = visits.len() - if subject.event { 2 } else { 1 };
            left.push(visits[before]);
            right.push(if subject.event { visits[before + 1] } else { f64::INFINITY });
            assert!(
                !subject.event || (visits[before]..=visits[before + 1]).contains(&subject.time)
            );
            time.push(subject.time);
            event.push(subject.event);
        }
        (Outcomes::new(time, event).unwrap(), IntervalOutcomes::new(left, right).unwrap())
    }

    /// The point of outcomes known to an interval: with films every two years the date of the film
    /// makes fractures too late, the interval does not. Of ten cohorts, since a 95 % interval may
    /// miss; the truth is the curve of the true times of all of them.
    #[test]
    fn films_every_two_years_date_fractures_too_late_and_intervals_do_not() {
        let cohorts: Vec<_> = (1..=10).map(|seed| timed(seed, 6000)).collect();
        let all = |of: fn(&Outcomes) -> Vec<f64>| cohorts.iter().flat_map(|c| of(&c.0)).collect();
        let event = cohorts.iter().flat_map(|c| c.0.event().to_vec()).collect();
        let truth = Outcomes::new(all(|o| o.time().to_vec()), event).unwrap();
        let truth = kaplan_meier(&truth).unwrap();
        for horizon in [3.0, 5.0] {
            let truth = truth.at(horizon);
            let (mut by_interval, mut by_film) = (0, 0);
            for (_, known) in &cohorts {
                let interval = turnbull(known).unwrap().interval_at(horizon, 0.95).unwrap();
                by_interval += usize::from(interval.contains(truth));
                let late = kaplan_meier(&known.at_the_visit().unwrap()).unwrap();
                by_film += usize::from(late.interval_at(horizon).contains(truth));
            }
            println!("{horizon}: {truth} {by_interval} {by_film}");
            assert!(by_interval >= 8, "{horizon}: {truth}, {by_interval} of 10 by the interval");
            assert!(by_film <= 5, "{horizon}: {truth}, {by_film} of 10 by the film");
        }
    }

    #[test]
    fn a_subject_depends_on_nothing_but_seed_and_index() {
        let config = PhantomConfig::quick().with_film_size([64, 64]);
        let a = sample_subject(&config, 5, Role::Analysed).unwrap();
        let b = sample_subject(&config.clone().with_subjects(9), 5, Role::Analysed).unwrap();
        assert_eq!(a, b);
        assert_ne!(a, sample_subject(&config, 6, Role::Analysed).unwrap());
    }
}
