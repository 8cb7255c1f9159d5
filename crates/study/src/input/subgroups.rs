//! Groups of subjects in which models are judged too: by sex, age, centre, the side that they face
//! on the film, flags and categories.

use crate::Error;
use crate::config::StudyConfig;
use vertebra_cohort::{Cohort, Covariate, Sex, Subject};
use vertebra_evaluation::Grouping;
use vertebra_radiograph::Facing;

/// The column that stands for the side that a subject faces.
const FACING: &str = "facing";
/// The column of the centres.
pub(crate) const CENTRE: &str = "centre";

/// A subject, and the side that it faces on its film where that is known.
pub(crate) type Member<'a> = (&'a Subject, Option<Facing>);

/// The groups of `members` by each column of the settings' `subgroups` that has more than one;
/// those of whom it is not recorded are the last group.
///
/// # Errors
/// [`Error::InvalidSetting`] for a column that `cohort` does not have, or that holds numbers.
pub(crate) fn groupings(
    cohort: &Cohort,
    members: &[Member<'_>],
    config: &StudyConfig,
) -> Result<Vec<Grouping>, Error> {
    let grouped = |name: &String| -> Result<Option<Grouping>, Error> {
        let mut column = Column::of(cohort, name, config)?;
        let groups = members.iter().map(|member| (column.group)(*member));
        let unknown = column.names.len();
        let labels: Vec<usize> = groups.map(|group| group.unwrap_or(unknown)).collect();
        column.names.push("not recorded".to_owned());
        let several = labels.iter().any(|label| *label != labels[0]);
        Ok(several.then(|| Grouping::new(name.as_str(), labels, column.names)))
    };
    config.subgroups.iter().filter_map(|name| grouped(name).transpose()).collect()
}

/// A column as groups.
struct Column<'a> {
    names: Vec<String>,
    group: Box<dyn Fn(Member<'_>) -> Option<usize> + 'a>,
}

impl<'a> Column<'a> {
    fn of(cohort: &'a Cohort, name: &str, config: &'a StudyConfig) -> Result<Self, Error> {
        let levels = cohort.levels(name);
        let covariate = name.parse::<Covariate>().ok().filter(|c| cohort.design(c).is_ok());
        Ok(match (name, covariate) {
            (FACING, _) => Self::new(["left", "right"], |(_, facing)| {
                Some(usize::from(facing? == Facing::Right))
            }),
            ("sex", _) => {
                Self::new(["women", "men"], |(s, _)| Some(usize::from(s.sex == Sex::Male)))
            }
            ("age", _) => Self::of_age(&config.age_groups),
            (_, Some(flag)) if flag.is_flag() => {
                Self::new(["no", "yes"], move |(s, _)| Some(usize::from(flag.value(s)? > 0.0)))
            }
            (_, Some(category)) if name == CENTRE || !levels.is_empty() => {
                let names = levels.clone();
                let level = move |(s, _): Member<'_>| {
                    let level = s.level(category.column())?;
                    levels.iter().position(|known| *known == level)
                };
                Self::new(names, level)
            }
            _ => {
                return Err(Error::InvalidSetting {
                    name: "subgroups".to_owned(),
                    expected: "sex, age, centre, facing, or a column of yes and no or of levels",
                    got: format!("\"{name}\""),
                });
            }
        })
    }

    fn new<N: Into<String>>(
        names: impl IntoIterator<Item = N>,
        group: impl Fn(Member<'_>) -> Option<usize> + 'a,
    ) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), group: Box::new(group) }
    }

    /// Groups of age that begin at each of `bounds`.
    fn of_age(bounds: &'a [f64]) -> Self {
        let between = bounds.windows(2).map(|pair| format!("{} to under {}", pair[0], pair[1]));
        let first = bounds.first().map(|bound| format!("under {bound}"));
        let last = bounds.last().map(|bound| format!("{bound} or older"));
        let names: Vec<String> = first.into_iter().chain(between).chain(last).collect();
        let below = |(s, _): Member<'_>| Some(bounds.iter().filter(|b| s.age >= **b).count());
        Self::new(names, below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{data, edited};
    use vertebra_evaluation::GroupedBy;

    fn names(groupings: &[Grouping]) -> Vec<String> {
        let name = |grouping: &Grouping| match grouping.by() {
            GroupedBy::Group(name) | GroupedBy::Risk(name) => name,
        };
        groupings.iter().map(name).collect()
    }

    #[test]
    fn columns_become_groups_and_what_is_not_recorded_the_last() {
        let folder = edited("cohort.csv", |text| {
            let cell = |(k, line): (usize, &str)| match k {
                0 => format!("{line},smoking\n"),
                k => format!("{line},{}\n", ["never", "current", ""][k % 3]),
            };
            text.lines().enumerate().map(cell).collect()
        });
        let declared = "[covariates]\nsmoking = \"categorical\"\n";
        std::fs::write(folder.path().join("columns.toml"), declared).unwrap();
        let mut config = crate::test_data::config();
        config.subgroups =
            ["sex", "age", "facing", "smoking", "centre"].map(str::to_owned).to_vec();
        config.age_groups = vec![60.0, 70.0];
        let cohort = Cohort::read(folder.path()).unwrap();
        let side = |i: usize| [Facing::Left, Facing::Right][i % 2];
        let subjects = cohort.subjects().iter().enumerate();
        let members: Vec<Member> = subjects.map(|(i, s)| (s, (i > 4).then(|| side(i)))).collect();
        let found = groupings(&cohort, &members, &config).unwrap();
        assert_eq!(names(&found), ["sex", "age", "facing", "smoking"], "there is one centre");
        let sizes: Vec<usize> = (0..3).map(|group| found[3].members(group).len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), members.len());
        assert_eq!(found[2].members(2), [0, 1, 2, 3, 4], "not recorded");
        for i in found[1].members(1) {
            assert!((60.0..70.0).contains(&members[i].0.age));
        }
        assert!(found[0].members(0).iter().all(|&i| members[i].0.sex == Sex::Female));
    }

    #[test]
    fn numbers_and_columns_that_are_not_there_are_refused() {
        let mut config = crate::test_data::config();
        let data = data();
        for name in ["bmi", "smoking"] {
            config.subgroups = vec![name.to_owned()];
            let error = groupings(&data.cohort, &[], &config).unwrap_err().to_string();
            assert!(error.contains("subgroups: expected sex, age"), "{error}");
            assert!(error.ends_with(&format!("got \"{name}\"")), "{error}");
        }
        assert!(groupings(&data.cohort, &[], &crate::test_data::config()).is_ok());
    }
}
