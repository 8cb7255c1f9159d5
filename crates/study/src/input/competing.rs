//! Death without a fracture as an event that competes with it.
//!
//! Models are of the cause-specific hazard of the fracture, in which a death is censored; a risk is
//! the cumulative incidence, `sum of D(t-) (S(t-) - S(t))` over the times of fractures, where S is
//! the model's probability of no fracture were there no death, and D that of no death, by
//! Nelson-Aalen's estimate on the development set. Without deaths this is `1 - S`.
//! Source: Putter, Fiocco & Geskus, *Stat. Med.* 2007;26:2389-2430, sections 3.2 and 4.1.

use crate::Error;
use crate::input::subjects::StudyData;
use vertebra_cohort::{Cohort, EligibilityFlow};
use vertebra_survival::{
    BaselineHazard, CompetingOutcomes, Outcomes, breslow_baseline, cumulative_incidence,
    kaplan_meier,
};

/// The cause of interest, and the other.
pub(crate) const FRACTURE: usize = 1;
const DEATH: usize = 2;

/// The outcomes with deaths as events of their own; `None` where nobody is recorded as dead.
pub(crate) fn outcomes(
    cohort: &Cohort,
    flow: &EligibilityFlow,
    outcomes: &Outcomes,
) -> Result<Option<CompetingOutcomes>, Error> {
    let died = |(films, event): (&vertebra_cohort::SelectedFilms, &bool)| match event {
        true => FRACTURE,
        false if cohort.subjects()[films.subject].death == Some(true) => DEATH,
        false => 0,
    };
    let cause: Vec<usize> = flow.analysed().iter().zip(outcomes.event()).map(died).collect();
    if !cause.contains(&DEATH) {
        return Ok(None);
    }
    let competing = CompetingOutcomes::new(outcomes.time().to_vec(), cause)?;
    Ok(Some(match outcomes.clusters() {
        Some(clusters) => competing.with_clusters(clusters.to_vec())?,
        None => competing,
    }))
}

/// What a reader of the results should know.
pub(crate) fn note(competing: &CompetingOutcomes, horizon: f64) -> Result<String, Error> {
    let deaths = competing.causes().iter().filter(|&&cause| cause == DEATH).count();
    let own = competing.cause(FRACTURE)?.cause_specific();
    let ignored = 1.0 - kaplan_meier(&own)?.at(horizon);
    let incidence = cumulative_incidence(competing)?;
    let incidence = incidence.iter().find(|c| c.cause == FRACTURE).map_or(0.0, |c| c.at(horizon));
    Ok(format!(
        "{deaths} deaths without a fracture compete with it: risks on the test set are cumulative \
         incidences ({:.1} % by {horizon} years; {:.1} % were deaths censored). Models are of the \
         cause-specific hazard, and the model folder's risks are those of a subject who does not \
         die.",
        100.0 * incidence,
        100.0 * ignored
    ))
}

/// How deaths of the development set thin out those at risk of a fracture.
#[derive(Debug, Clone)]
pub(crate) struct Deaths {
    hazard: BaselineHazard,
}

impl Deaths {
    /// Of the development set; `None` where nobody of it died.
    pub(crate) fn of(data: &StudyData) -> Result<Option<Self>, Error> {
        let Some(competing) = &data.competing else { return Ok(None) };
        let development = competing.subset(data.development());
        if !development.causes().contains(&DEATH) {
            return Ok(None);
        }
        let deaths = development.cause(DEATH)?.cause_specific();
        let hazard = breslow_baseline(&deaths, &vec![0.0; deaths.n_subjects()])?;
        Ok(Some(Self { hazard }))
    }

    /// The probability of a fracture by `horizon` years.
    pub(crate) fn incidence(&self, model: &BaselineHazard, log_hazard: f64, horizon: f64) -> f64 {
        let (mut before, mut incidence) = (1.0, 0.0);
        for &time in model.times().iter().take_while(|time| **time <= horizon) {
            let free = model.survival_prob(log_hazard, time);
            let alive = self.hazard.survival_prob(0.0, time.next_down());
            incidence += alive * (before - free);
            before = free;
        }
        incidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cause: &[usize]) -> (CompetingOutcomes, BaselineHazard, Deaths) {
        let time: Vec<f64> = (1..=cause.len()).map(|t| t as f64).collect();
        let competing = CompetingOutcomes::new(time, cause.to_vec()).unwrap();
        let zeros = vec![0.0; cause.len()];
        let baseline = |cause: usize| {
            breslow_baseline(&competing.cause(cause).unwrap().cause_specific(), &zeros).unwrap()
        };
        let (fracture, hazard) = (baseline(FRACTURE), baseline(DEATH));
        (competing, fracture, Deaths { hazard })
    }

    #[test]
    fn risks_of_a_cohort_are_its_cumulative_incidence_and_less_than_without_deaths() {
        let cause: Vec<usize> = (0..400).map(|i| [1, 2, 0, 2, 1, 0, 0][i % 7]).collect();
        let (competing, model, deaths) = of(&cause);
        let curve = &cumulative_incidence(&competing).unwrap()[0];
        for horizon in [100.0, 250.0, 350.0] {
            let risk = deaths.incidence(&model, 0.0, horizon);
            assert!((risk - curve.at(horizon)).abs() < 0.01, "{risk} {}", curve.at(horizon));
            assert!(risk < model.risk(0.0, horizon));
        }
        assert!(deaths.incidence(&model, 1.0, 250.0) > deaths.incidence(&model, 0.0, 250.0));
    }

    #[test]
    fn before_the_first_death_it_is_the_risk_of_the_model() {
        let (_, model, deaths) = of(&[1, 0, 1, 0, 1, 2, 0, 0]);
        let (risk, alone) = (deaths.incidence(&model, 0.7, 5.0), model.risk(0.7, 5.0));
        assert!((risk - alone).abs() < 1e-12);
    }

    #[test]
    fn a_column_of_deaths_makes_them_events_of_their_own() {
        use crate::test_data::{config, edited, with_column};
        let folder = edited("cohort.csv", |text| {
            let text = ["death", "event", "time"]
                .iter()
                .fold(text.to_owned(), |text, column| with_column(&text, column, ""));
            let header = text.lines().next().unwrap().to_owned();
            let place = |name: &str| header.split(',').position(|column| column == name).unwrap();
            let places = [place("time"), place("event"), place("death")];
            let line = |(k, line): (usize, &str)| {
                let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
                if k > 0 {
                    let values = [k % 8 + 1, usize::from(k % 3 == 0), usize::from(k % 3 == 1)];
                    places.iter().zip(values).for_each(|(&p, value)| cells[p] = value.to_string());
                }
                cells.join(",") + "\n"
            };
            text.lines().enumerate().map(line).collect()
        });
        let data = StudyData::read(folder.path(), &config()).unwrap();
        let competing = data.competing.as_ref().unwrap();
        let died = |i: usize| data.subject(i).death == Some(true);
        for (i, &cause) in competing.causes().iter().enumerate() {
            let expected =
                if data.outcomes.event()[i] { FRACTURE } else { 2 * usize::from(died(i)) };
            assert_eq!(cause, expected);
        }
        assert!(data.notes.iter().any(|note| note.contains("compete with it")), "{:?}", data.notes);
        assert!(Deaths::of(&data).unwrap().is_some());
        assert!(Deaths::of(&crate::test_data::data()).unwrap().is_none());
    }
}
