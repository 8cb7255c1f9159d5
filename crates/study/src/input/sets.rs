//! Which set and fold a subject belongs to.

use crate::Error;
use crate::config::StudyConfig;
use crate::input::centres;
use vertebra_cohort::{Cohort, EligibilityFlow, Folds, Split};
use vertebra_survival::Outcomes;

/// The development and the test set, and the folds of the development set.
#[derive(Debug, Clone)]
pub(crate) struct Sets {
    pub(crate) split: Split,
    /// The fold of `split.train()[i]` is `folds.fold_of()[i]`.
    pub(crate) folds: Folds,
    /// How subjects were assigned.
    pub(crate) method: &'static str,
}

impl Sets {
    /// By the column `split` where the cohort has it, else by the seed and stratified by event;
    /// folds by the seed, or one for each centre.
    pub(crate) fn new(
        cohort: &Cohort,
        flow: &EligibilityFlow,
        outcomes: &Outcomes,
        config: &StudyConfig,
    ) -> Result<Self, Error> {
        let column: Vec<_> = flow.subjects().iter().map(|&s| cohort.subjects()[s].split).collect();
        let (split, method) = if column.iter().any(Option::is_some) {
            (Split::from_column(&column)?, "column split of cohort.csv")
        } else {
            let seed = config.seed_for("split");
            let split = Split::stratified(outcomes.event(), config.test_fraction, seed)?;
            (split, "by seed, stratified by event")
        };
        let event: Vec<bool> = split.train().iter().map(|&i| outcomes.event()[i]).collect();
        let folds = match config.folds_by_centre {
            false => Folds::stratified(&event, config.folds, config.seed_for("folds"))?,
            true => {
                let centres = centres::labels(cohort, flow).ok_or_else(no_centres)?;
                let centres: Vec<usize> = split.train().iter().map(|&i| centres[i]).collect();
                Folds::by_group(&centres, &event)?
            }
        };
        Ok(Self { split, folds, method })
    }

    /// A cohort that finished models meet: everybody in the test set.
    pub(crate) fn evaluation_alone(n: usize) -> Self {
        let (split, folds) = (Split::evaluation_alone(n), Folds::none());
        Self { split, folds, method: "to the validation" }
    }

    /// Positions of the fold's development subjects that it fits on, and those it validates on.
    pub(crate) fn fold(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        let positions = |list: Vec<usize>| list.iter().map(|&i| self.split.train()[i]).collect();
        (positions(self.folds.train(fold)), positions(self.folds.validation(fold)))
    }

    /// The same without the subjects that do not stay.
    pub(crate) fn without(&self, stays: &[bool]) -> Self {
        let development: Vec<bool> = self.split.train().iter().map(|&i| stays[i]).collect();
        let (split, folds) = (self.split.without(stays), self.folds.without(&development));
        Self { split, folds, method: self.method }
    }

    /// The fold that validates on a development subject; `None` for a test subject.
    pub(crate) fn fold_of(&self, position: usize) -> Option<usize> {
        let place = self.split.train().binary_search(&position).ok()?;
        Some(self.folds.fold_of()[place])
    }
}

fn no_centres() -> Error {
    Error::InvalidSetting {
        name: "folds_by_centre".to_owned(),
        expected: "a column centre with two centres or more",
        got: "fewer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::StudyConfig;
    use crate::test_data::{config, data, edited, read, with_cells, with_column};

    #[test]
    fn every_subject_is_in_one_set_and_every_development_subject_is_validated_once() {
        let data = data();
        let mut all: Vec<usize> = [data.development(), data.test()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..data.n()).collect::<Vec<_>>());
        let mut validated: Vec<usize> = (0..data.n_folds()).flat_map(|k| data.fold(k).1).collect();
        validated.sort_unstable();
        assert_eq!(validated, data.development());
        for fold in 0..data.n_folds() {
            let (train, validation) = data.fold(fold);
            assert_eq!(train.len() + validation.len(), data.development().len());
            assert!(validation.iter().all(|i| !train.contains(i)));
            assert!(validation.iter().all(|&i| data.fold_of(i) == Some(fold)));
        }
        assert!(data.test().iter().all(|&i| data.fold_of(i).is_none()));
    }

    #[test]
    fn the_seed_decides_the_sets() {
        let other = read(&StudyConfig { seed: 9, ..config() });
        assert_eq!(data().sets.split, data().sets.split);
        assert_ne!(data().sets.split, other.sets.split);
        assert_eq!(data().sets.method, "by seed, stratified by event");
    }

    #[test]
    fn a_column_goes_before_the_seed() {
        let mut parts = ["train", "train", "test"].into_iter().cycle();
        let folder = edited("cohort.csv", |text| {
            with_column(text, "split", "").lines().fold(String::new(), |all, line| {
                let part = if all.is_empty() { "" } else { parts.next().unwrap_or_default() };
                format!("{all}{line}{part}\n")
            })
        });
        let data = crate::input::subjects::StudyData::read(folder.path(), &config()).unwrap();
        assert_eq!(data.sets.method, "column split of cohort.csv");
        for (i, part) in data.development().iter().map(|i| (i, "train")) {
            assert_eq!(data.subject(*i).split.map(|p| p.code()), Some(part));
        }
        assert!(data.test().len() < data.development().len());
    }

    #[test]
    fn sets_and_folds_have_their_share_of_events() {
        let data = data();
        let share = |positions: &[usize]| {
            let size = data.size(positions);
            size.events as f64 / size.n as f64
        };
        let all = share(&(0..data.n()).collect::<Vec<_>>());
        assert!((share(data.test()) - all).abs() < 0.1);
        assert!((0..data.n_folds()).all(|k| (share(&data.fold(k).1) - all).abs() < 0.15));
    }

    /// The small cohort with so many centres, which take turns.
    fn with_centres(n: usize) -> tempfile::TempDir {
        edited("cohort.csv", |text| with_cells(text, "centre", |row, _| format!("C{}", row % n)))
    }

    fn read_from(
        folder: &std::path::Path,
        config: &StudyConfig,
    ) -> crate::input::subjects::StudyData {
        crate::input::subjects::StudyData::read(folder, config).unwrap()
    }

    #[test]
    fn centres_are_folds() {
        let folder = with_centres(3);
        let config = StudyConfig { folds_by_centre: true, ..config() };
        let data = read_from(folder.path(), &config);
        assert_eq!(data.n_folds(), 3);
        for fold in 0..3 {
            let (train, validation) = data.fold(fold);
            let centre = |i: usize| data.subject(i).centre.clone().unwrap();
            assert!(validation.iter().all(|&i| centre(i) == centre(validation[0])));
            assert!(train.iter().all(|&i| centre(i) != centre(validation[0])));
        }
        let error = crate::input::subjects::StudyData::read(crate::test_data::folder(), &config);
        let error = error.err().unwrap().to_string();
        assert!(error.starts_with("configuration: folds_by_centre: expected a column"), "{error}");
    }

    #[test]
    fn enough_centres_are_clusters() {
        let few = read_from(with_centres(3).path(), &config());
        assert_eq!(few.outcomes.clusters(), None);
        assert!(few.notes[0].starts_with("3 centres are too few"), "{:?}", few.notes);
        let folder = with_centres(12);
        let many = read_from(folder.path(), &config());
        assert_eq!(many.outcomes.clusters().unwrap().len(), many.n());
        assert!(many.notes[0].starts_with("Subjects of one centre depend"), "{:?}", many.notes);
        let asked_not = StudyConfig { cluster_by_centre: false, ..config() };
        assert_eq!(read_from(folder.path(), &asked_not).outcomes.clusters(), None);
    }
}
