//! From a cohort folder to the subjects a study analyses: films, outcomes, covariates, split.
//!
//! Everything that can be wrong with the input is looked for here, before anything is computed, and
//! reported at once.

use crate::Error;
use crate::config::StudyConfig;
use std::path::{Path, PathBuf};
use vertebra_cohort::{
    Characteristic, Cohort, Covariate, EligibilityFlow, FilmHeights, Folds, Imputation, Imputer,
    ReferenceTable, Split, Subject, SubjectOutcome, TableOne, Visit, eligibility,
    outcomes_from_films, survival_outcomes,
};
use vertebra_keypoints::{AnnotationSet, FilmAnnotation, Level};
use vertebra_report::results::{MissingCovariate, OutcomeSummary, SetSize, SplitSummary};
use vertebra_survival::{Outcomes, kaplan_meier};

/// The file with the annotations, in the cohort folder.
/// The phantom's true log hazards, in the cohort folder; read for the oracle only.
pub(crate) const TRUTH: &str = "truth.csv";

/// The analysed subjects; every vector has one entry per analysed subject, in cohort order, and
/// index lists are positions in them.
pub(crate) struct StudyData {
    pub(crate) cohort: Cohort,
    pub(crate) flow: EligibilityFlow,
    pub(crate) outcomes: Outcomes,
    /// Baseline films, relative to the cohort folder.
    pub(crate) films: Vec<PathBuf>,
    pub(crate) annotations: AnnotationSet,
    pub(crate) split: Split,
    /// Folds of the development set; fold of `split.train()[i]` is `folds.fold_of()[i]`.
    pub(crate) folds: Folds,
    /// The phantom's true log hazard, where the folder has it.
    pub(crate) truth: Option<Vec<f64>>,
    pub(crate) split_method: &'static str,
    pub(crate) outcome_summary: OutcomeSummary,
    pub(crate) notes: Vec<String>,
}

impl StudyData {
    /// Reads a cohort folder.
    ///
    /// # Errors
    /// Every fault of the tables and the annotations at once; too few subjects or events.
    pub(crate) fn read(folder: &Path, config: &StudyConfig) -> Result<Self, Error> {
        let (cohort, annotations) = read_inputs(folder, config)?;
        let mut notes = Vec::new();
        if !cohort.ignored_columns().is_empty() {
            let columns = cohort.ignored_columns().join(", ");
            notes.push(format!("Columns of cohort.csv that were not read: {columns}."));
        }
        let flow = eligibility(&cohort, &config.eligibility);
        let (flow, outcomes, reference) = derive_outcomes(&cohort, flow, &annotations, config)?;
        let survival = survival_outcomes(&outcomes)?;
        let (split, split_method) = split(&cohort, &flow, &survival, config)?;
        let event = |list: &[usize]| list.iter().map(|&i| survival.event()[i]).collect::<Vec<_>>();
        let fold_seed = config.seed_for("folds");
        let folds = Folds::stratified(&event(split.train()), config.folds, fold_seed)?;
        let films = flow.analysed().iter().map(|selected| {
            let subject = &cohort.subjects()[selected.subject];
            subject.visits[selected.baseline].radiograph.clone()
        });
        let films = films.collect();
        let truth = read_truth(folder, &cohort, &flow)?;
        let outcome_summary = summarise_outcomes(&outcomes, &survival, reference)?;
        let data = Self {
            films,
            annotations,
            truth,
            split_method,
            outcome_summary,
            notes,
            outcomes: survival,
            cohort,
            flow,
            split,
            folds,
        };
        data.check_horizon(config.main_horizon)?;
        Ok(data)
    }

    /// Measures at the main horizon need events before it and subjects followed beyond it, in both
    /// sets.
    fn check_horizon(&self, horizon: f64) -> Result<(), Error> {
        for (set, positions) in [("development", self.split.train()), ("test", self.split.test())] {
            let outcomes = self.outcomes.subset(positions);
            let followed = outcomes.time().iter().filter(|t| **t > horizon).count();
            let by_horizon = |(t, e): (&f64, &bool)| *e && *t <= horizon;
            let events = outcomes.time().iter().zip(outcomes.event()).filter(|p| by_horizon(*p));
            let events = events.count();
            if followed == 0 || events == 0 {
                let needed = format!(
                    "an event by {horizon} years and a subject followed beyond, in the {set} set"
                );
                let got = format!("{events} and {followed}; set main_horizon in a --config file");
                return Err(Error::TooFew("the main horizon", needed, got));
            }
        }
        Ok(())
    }

    /// Number of analysed subjects.
    pub(crate) fn n(&self) -> usize {
        self.films.len()
    }

    pub(crate) fn subject(&self, position: usize) -> &Subject {
        &self.cohort.subjects()[self.flow.analysed()[position].subject]
    }

    /// The annotation of a subject's baseline film.
    pub(crate) fn annotation(&self, position: usize) -> Option<&FilmAnnotation> {
        self.annotations.get(&slashed(&self.films[position]))
    }

    /// Positions of the fold's development subjects that it fits on, and those it validates on.
    pub(crate) fn fold(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        let positions = |list: Vec<usize>| list.iter().map(|&i| self.split.train()[i]).collect();
        (positions(self.folds.train(fold)), positions(self.folds.validation(fold)))
    }

    /// The fold that validates on a development subject; `None` for a test subject.
    pub(crate) fn fold_of(&self, position: usize) -> Option<usize> {
        let place = self.split.train().binary_search(&position).ok()?;
        Some(self.folds.fold_of()[place])
    }

    pub(crate) fn size(&self, positions: &[usize]) -> SetSize {
        let events = positions.iter().filter(|&&i| self.outcomes.event()[i]).count();
        SetSize { n: positions.len(), events }
    }

    pub(crate) fn split_summary(&self) -> SplitSummary {
        let folds = (0..self.folds.n_folds()).map(|fold| self.size(&self.fold(fold).1));
        SplitSummary {
            method: self.split_method.to_owned(),
            development: self.size(self.split.train()),
            test: self.size(self.split.test()),
            folds: folds.collect(),
        }
    }

    /// The covariates `names`, one row per subject, what is missing imputed with a value learnt on
    /// the development set.
    pub(crate) fn covariates(&self, names: &[Covariate]) -> Result<Vec<Vec<f64>>, Error> {
        let mut rows = vec![Vec::with_capacity(names.len()); self.n()];
        for &name in names {
            let values = self.values(name);
            let column = self.imputer(name, &values)?.apply(&values);
            rows.iter_mut().zip(column).for_each(|(row, value)| row.push(value));
        }
        Ok(rows)
    }

    /// Covariates of which some value is missing.
    pub(crate) fn missing(&self, names: &[Covariate]) -> Result<Vec<MissingCovariate>, Error> {
        let mut missing = Vec::new();
        for &name in names {
            let values = self.values(name);
            let count = |list: &[usize]| list.iter().filter(|&&i| values[i].is_none()).count();
            let (development, test) = (count(self.split.train()), count(self.split.test()));
            if development + test > 0 {
                let imputation = self.imputer(name, &values)?.to_string();
                let name = name.name().to_owned();
                missing.push(MissingCovariate { name, development, test, imputation });
            }
        }
        Ok(missing)
    }

    /// Characteristics of the development and the test set.
    pub(crate) fn table_one(&self) -> Result<TableOne, Error> {
        let second: Vec<bool> = (0..self.n()).map(|i| self.fold_of(i).is_none()).collect();
        let mut rows: Vec<_> = TABLE_ONE.iter().map(|row| self.characteristic(row)).collect();
        let follow_up = self.outcomes.time().iter().map(|t| Some(*t)).collect();
        rows.push(Characteristic::numbers("Follow-up, years", follow_up));
        let event = self.outcomes.event().iter().map(|e| Some(*e)).collect();
        rows.push(Characteristic::flags("Incident vertebral fracture", event));
        Ok(TableOne::new(["Development", "Test"], &second, &rows)?)
    }

    fn characteristic(&self, (column, label): &(&str, &str)) -> Characteristic {
        let Ok(covariate) = column.parse::<Covariate>() else {
            return Characteristic::numbers(*label, vec![None; self.n()]);
        };
        let values = self.values(covariate);
        if covariate.is_flag() {
            let flags = values.into_iter().map(|value| value.map(|v| v > 0.5)).collect();
            Characteristic::flags(*label, flags)
        } else {
            Characteristic::numbers(*label, values)
        }
    }

    fn values(&self, name: Covariate) -> Vec<Option<f64>> {
        (0..self.n()).map(|i| name.value(self.subject(i))).collect()
    }

    pub(crate) fn imputer(
        &self,
        name: Covariate,
        values: &[Option<f64>],
    ) -> Result<Imputer, Error> {
        let method = if name.is_flag() { Imputation::Mode } else { Imputation::Median };
        let development: Vec<_> = self.split.train().iter().map(|&i| values[i]).collect();
        Ok(Imputer::fit(name.name(), &development, method)?)
    }

    /// The imputed value of each covariate for a new subject, as the model folder keeps it.
    pub(crate) fn stand_ins(&self, names: &[Covariate]) -> Result<Vec<f64>, Error> {
        names.iter().map(|&n| Ok(self.imputer(n, &self.values(n))?.value())).collect()
    }
}

/// The paper's Table 1: column of the cohort table, label.
const TABLE_ONE: [(&str, &str); 7] = [
    ("age", "Age, years"),
    ("sex", "Female sex"),
    ("bmi", "BMI, kg/m²"),
    ("previous_fracture", "Previous fracture"),
    ("secondary_osteoporosis", "Secondary osteoporosis"),
    ("rheumatoid_arthritis", "Rheumatoid arthritis"),
    ("glucocorticoids", "Glucocorticoids"),
];

/// A relative path with `/` as separator, as annotations name films.
pub(crate) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn read_inputs(folder: &Path, config: &StudyConfig) -> Result<(Cohort, AnnotationSet), Error> {
    let mut faults = Vec::new();
    let cohort = match Cohort::read(folder) {
        Ok(cohort) => Some(cohort),
        Err(problems) => {
            faults.extend(problems.as_slice().iter().map(ToString::to_string));
            None
        }
    };
    let path = AnnotationSet::file_in(folder);
    let annotations = match AnnotationSet::read(&path) {
        Ok(annotations) => Some(annotations),
        Err(_) if !path.exists() && config.keypoint_model.is_some() => {
            Some(AnnotationSet::default())
        }
        Err(error) => {
            faults.push(error.to_string());
            None
        }
    };
    match (cohort, annotations) {
        (Some(cohort), Some(annotations)) if faults.is_empty() => Ok((cohort, annotations)),
        _ => Err(Error::Input(faults)),
    }
}

type Derived = (EligibilityFlow, Vec<SubjectOutcome>, Option<String>);

/// Outcomes as given in the table or from the films, and the flow without those that have neither.
fn derive_outcomes(
    cohort: &Cohort,
    flow: EligibilityFlow,
    annotations: &AnnotationSet,
    config: &StudyConfig,
) -> Result<Derived, Error> {
    let from_films =
        flow.subjects().iter().any(|&s| cohort.subjects()[s].given_outcome().is_none());
    let heights = |visit: &Visit| heights(annotations, visit);
    let (outcomes, source) = if from_films {
        let reference = reference(cohort, &flow, config, heights)?;
        let rule = &config.fracture_rule;
        let outcomes = outcomes_from_films(cohort, &flow, &reference, rule, heights);
        (outcomes, Some(reference.source().to_owned()))
    } else {
        let given = |s: usize| cohort.subjects()[s].given_outcome();
        let outcome = |s: &usize| given(*s).map(|(t, e)| SubjectOutcome::given(t, e));
        (flow.subjects().iter().map(outcome).collect(), None)
    };
    let unknown: Vec<usize> = flow
        .analysed()
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.is_none())
        .map(|(selected, _)| selected.subject)
        .collect();
    let flow = if unknown.is_empty() {
        flow
    } else {
        flow.excluding("Outcome unknown: no morphometry", |s| unknown.contains(&s.subject))
    };
    Ok((flow, outcomes.into_iter().flatten().collect(), source))
}

/// The reference the user gave, or one learnt from the baseline films of the analysed subjects.
fn reference(
    cohort: &Cohort,
    flow: &EligibilityFlow,
    config: &StudyConfig,
    heights: impl Fn(&Visit) -> Option<FilmHeights>,
) -> Result<ReferenceTable, Error> {
    if let Some(path) = &config.reference {
        return Ok(ReferenceTable::read(path)?);
    }
    let baseline = flow.analysed().iter().filter_map(|selected| {
        let subject = &cohort.subjects()[selected.subject];
        Some((subject.sex, heights(&subject.visits[selected.baseline])?))
    });
    Ok(ReferenceTable::from_films(&baseline.collect::<Vec<_>>(), &config.trimming)?)
}

/// Heights by the six points; ratios of heights need no calibration, so px serve.
fn heights(annotations: &AnnotationSet, visit: &Visit) -> Option<FilmHeights> {
    let film = annotations.get(&slashed(&visit.radiograph))?;
    let of = |level| Some(film.vertebra(level)?.six_points?.heights([1.0, 1.0]));
    let heights = Level::ALL.map(of);
    heights.iter().any(Option::is_some).then_some(heights)
}

fn split(
    cohort: &Cohort,
    flow: &EligibilityFlow,
    outcomes: &Outcomes,
    config: &StudyConfig,
) -> Result<(Split, &'static str), Error> {
    let parts: Vec<_> = flow.subjects().iter().map(|&s| cohort.subjects()[s].split).collect();
    if parts.iter().any(Option::is_some) {
        return Ok((Split::from_column(&parts)?, "column split of cohort.csv"));
    }
    let seed = config.seed_for("split");
    let split = Split::stratified(outcomes.event(), config.test_fraction, seed)?;
    Ok((split, "by seed, stratified by event"))
}

fn summarise_outcomes(
    outcomes: &[SubjectOutcome],
    survival: &Outcomes,
    reference: Option<String>,
) -> Result<OutcomeSummary, Error> {
    let person_years: f64 = survival.time().iter().sum();
    let reversed = survival.event().iter().map(|e| !e).collect();
    let reverse = Outcomes::new(survival.time().to_vec(), reversed)?;
    let count = |level: Level| {
        outcomes.iter().filter(|o| o.levels.iter().any(|f| f.level == level)).count()
    };
    let source =
        if reference.is_some() { "morphometry of the films" } else { "columns time, event" };
    Ok(OutcomeSummary {
        source: source.to_owned(),
        person_years,
        median_follow_up: kaplan_meier(&reverse)?.quantile(0.5),
        rate_per_100: 100.0 * survival.n_events() as f64 / person_years,
        fractures: Level::ALL.map(|level| (level, count(level))).to_vec(),
        reference,
    })
}

/// Reads `truth.csv` (columns `subject_id`, `log_hazard`) when the folder has one.
fn read_truth(
    folder: &Path,
    cohort: &Cohort,
    flow: &EligibilityFlow,
) -> Result<Option<Vec<f64>>, Error> {
    #[derive(serde::Deserialize)]
    struct Row {
        subject_id: String,
        log_hazard: f64,
    }
    let path = folder.join(TRUTH);
    if !path.exists() {
        return Ok(None);
    }
    let fault = |what: String| Error::Input(vec![format!("{TRUTH}: {what}")]);
    let mut reader = csv::Reader::from_path(&path).map_err(|e| fault(e.to_string()))?;
    let mut by_id = std::collections::HashMap::new();
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let line = index + 2;
        let row = row.map_err(|e| fault(format!("line {line}: {e}")))?;
        if !row.log_hazard.is_finite() {
            let got = row.log_hazard;
            return Err(fault(format!("line {line}: expected a finite log_hazard, got {got}")));
        }
        if by_id.insert(row.subject_id.clone(), row.log_hazard).is_some() {
            let id = row.subject_id;
            return Err(fault(format!("line {line}: expected each subject once, got {id} again")));
        }
    }
    let of = |&subject: &usize| {
        let id = &cohort.subjects()[subject].id;
        by_id.get(id).copied().ok_or_else(|| fault(format!("expected a row for {id}, got none")))
    };
    flow.subjects().iter().map(of).collect::<Result<_, _>>().map(Some)
}
