//! A cohort read whole and nothing computed: what a study of it would have to work with.

mod columns;
mod cost;
mod films;
mod page;
mod text;

use crate::input::covariates::Covariates;
use crate::input::subjects::StudyData;
use crate::{Error, Study};
pub use columns::{CheckedCategory, CheckedColumn};
pub use cost::StudyCost;
pub use films::CheckedFilms;
use serde::Serialize;
use vertebra_cohort::{ExclusionStep, UnreadColumn};
use vertebra_report::results::{MissingCovariate, OutcomeSummary, SplitSummary};
use vertebra_survival::Outcomes;
use vertebra_survival::sample_size::{DevelopmentOfSurvivalModel, DevelopmentSizes};

/// What a cohort holds, as a study would use it. `Display` is a page of text.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CohortCheck {
    /// Subjects of the cohort.
    pub subjects: usize,
    /// Who leaves, in the order of the flow.
    pub exclusions: Vec<ExclusionStep>,
    /// Subjects analysed.
    pub analysed: usize,
    /// The two sets and the folds, with their events.
    pub sets: SplitSummary,
    /// Follow-up and where it comes from.
    pub outcome: OutcomeSummary,
    /// Every covariate that is recorded for somebody, and the follow-up.
    pub columns: Vec<CheckedColumn>,
    /// Every categorical column, with its levels.
    pub categories: Vec<CheckedCategory>,
    /// Covariates of the models that are missing for some.
    pub missing: Vec<MissingCovariate>,
    /// Columns of `cohort.csv` that are not read, with what they may be meant as.
    pub unread: Vec<UnreadColumn>,
    /// The clinical models.
    pub models: Vec<CheckedModel>,
    /// Baseline films of the analysed subjects that are annotated.
    pub annotated: usize,
    /// The baseline films.
    pub films: CheckedFilms,
    /// Time and memory that the study will take; `None` for networks of which nothing is known.
    pub cost: Option<StudyCost>,
    /// What a reader of the results will be told about the input.
    pub notes: Vec<String>,
}

/// A clinical model and how many events there are to fit it on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CheckedModel {
    /// Its covariates.
    pub covariates: Vec<String>,
    /// Events of the development set per covariate.
    pub events_per_covariate: f64,
    /// How many subjects, with how many events, it takes to develop a model of so many covariates
    /// (Riley et al., *BMJ* 368:m441, 2020), where it explains 15 % of what can be explained;
    /// `None` where there is no event.
    pub needed: Option<DevelopmentSizes>,
}

impl Study<'_> {
    /// Reads the tables, the annotations and every baseline film that [`Study::run`] would use, and
    /// computes nothing. A film that cannot be used is listed; it does not end the check.
    ///
    /// # Errors
    /// As [`Study::run`] has them before it computes: every problem of the tables at once, too few
    /// subjects or events.
    pub fn check(mut self) -> Result<CohortCheck, Error> {
        let data = self.read()?;
        let (context, observer) = self.stages(&data, std::path::Path::new(""))?;
        let films = films::check(context, observer);
        let covariates = Covariates::of(&data, context.config.covariates())?;
        let events = data.size(data.development()).events as f64;
        let follow_up = data.outcomes.subset(data.development());
        let horizon = context.config.main_horizon;
        let model = |covariates: &Vec<_>| CheckedModel {
            covariates: covariates.iter().map(ToString::to_string).collect(),
            events_per_covariate: events / covariates.len() as f64,
            needed: needed(&follow_up, covariates.len(), horizon),
        };
        Ok(CohortCheck {
            subjects: data.flow.start(),
            exclusions: data.flow.steps().to_vec(),
            analysed: data.n(),
            sets: data.split_summary(),
            outcome: data.outcome_summary.clone(),
            columns: columns::check(&data),
            categories: columns::categories(&data),
            missing: covariates.missing(&data),
            unread: data.cohort.unread_columns().to_vec(),
            models: context.config.clinical_models.iter().map(model).collect(),
            annotated: annotated(&data),
            cost: cost::of(context.config, &data, films.seconds),
            films,
            notes: data.notes.clone(),
        })
    }
}

/// The sample size by the rate of events and the mean follow-up of these outcomes.
fn needed(outcomes: &Outcomes, covariates: usize, horizon: f64) -> Option<DevelopmentSizes> {
    let years: f64 = outcomes.time().iter().sum();
    let (rate, mean) = (outcomes.n_events() as f64 / years, years / outcomes.n_subjects() as f64);
    let r2 = EXPLAINED * DevelopmentOfSurvivalModel::max_r2(rate, mean);
    DevelopmentOfSurvivalModel::new(covariates, r2, rate, mean, horizon).sizes().ok()
}

/// The share of the largest R2 that is planned for.
const EXPLAINED: f64 = 0.15;

fn annotated(data: &StudyData) -> usize {
    (0..data.n()).filter(|&i| data.annotation(i).is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{self, config, edited, with_column};

    fn check(folder: &std::path::Path) -> CohortCheck {
        Study::new(folder).config(config()).check().unwrap()
    }

    #[test]
    fn a_check_counts_what_a_study_reads() {
        let found = check(test_data::folder());
        let data = test_data::data();
        assert_eq!((found.subjects, found.analysed), (60, data.n()));
        assert_eq!(found.sets, data.split_summary());
        let left: usize = found.exclusions.iter().map(|step| step.excluded).sum();
        assert_eq!(left, 12);
        assert_eq!((found.annotated, found.films.opened), (data.n(), data.n()));
        assert_eq!((found.films.rows, found.films.columns), ([160, 160], [128, 128]));
        let events = data.size(data.development()).events;
        assert_eq!(found.models[0].covariates, ["age", "sex"]);
        assert_eq!(found.models[0].events_per_covariate, events as f64 / 2.0);
        let needed = found.models[0].needed.unwrap();
        assert!(needed.n > data.n() && needed.events > events as f64, "{needed:?}");
        let age = found.columns.iter().find(|column| column.name == "age").unwrap();
        let ages: Vec<f64> = (0..data.n()).map(|i| data.subject(i).age).collect();
        let least = ages.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!((age.recorded, age.least), (data.n(), least));
        assert_eq!(age.doubt, None);
        let text = found.to_string();
        assert!(text.contains("48 of 60 subjects are analysed"), "{text}");
        let size = format!("takes {} subjects, {:.0} events", needed.n, needed.events);
        assert!(text.contains(&size), "{text}");
        assert!(serde_json::to_string(&found).unwrap().contains("\"analysed\":48"));
        assert_eq!(found.films.facing.values().sum::<usize>(), data.n());
        assert!(found.films.photometric.contains_key("MONOCHROME2"), "{:?}", found.films);
        assert_eq!(found.films.sheets.len(), 2);
        assert!(found.cost.unwrap().minutes > 0.0 && text.contains("minutes on"), "{text}");
        let folder = tempfile::tempdir().unwrap();
        found.write_page(&folder.path().join("check.html")).unwrap();
        let page = std::fs::read_to_string(folder.path().join("check.html")).unwrap();
        assert!(page.contains("48 of 60 subjects") && page.matches("data:image/png").count() == 2);
    }

    #[test]
    fn units_that_cannot_be_meant_and_films_that_cannot_be_read_are_named() {
        let folder = edited("cohort.csv", |text| with_column(text, "weight", "160"));
        let found = check(folder.path());
        let weight = found.columns.iter().find(|column| column.name == "weight").unwrap();
        assert!(weight.doubt.as_ref().unwrap().contains("pounds"), "{weight:?}");
        let films = folder.path().join("radiographs");
        std::fs::remove_file(&films).unwrap(); // a link to the small cohort's folder
        std::fs::create_dir(&films).unwrap();
        for film in test_data::folder().join("radiographs").read_dir().unwrap() {
            let film = film.unwrap();
            std::fs::copy(film.path(), films.join(film.file_name())).unwrap();
        }
        let first = test_data::data().films[0].clone();
        std::fs::write(folder.path().join(&first), b"no film").unwrap();
        let found = check(folder.path());
        assert_eq!((found.films.opened, found.films.failed.len()), (found.analysed - 1, 1));
        assert!(found.films.failed[0].contains(&first), "{:?}", found.films.failed);
        assert!(found.to_string().contains("1 of 48 films cannot be used"), "{found}");
    }
}
