//! The models among subjects of one kind: sex, age, centre, the side that the film shows, and every
//! categorical column.

use super::Judged;
use super::columns::Columns;
use crate::Error;
use crate::input::subjects::StudyData;
use vertebra_cohort::{Sex, Subject};
use vertebra_evaluation::{Evaluation, EvaluationOptions, Figure, Grouping, Reason, Undefined};
use vertebra_keypoints::Facing;
use vertebra_report::results::{SubgroupFigures, ValidatedSubgroup};

/// Who lacks the column.
const NOT_RECORDED: &str = "not recorded";

/// How the subjects are told apart; a column of which all have the same is none.
pub(super) fn groupings(judged: &Judged<'_>) -> Vec<Grouping> {
    let data = judged.data;
    let of = |name: &str, level: &dyn Fn(&Subject) -> String| {
        grouping(name, (0..data.n()).map(|i| level(data.subject(i))).collect())
    };
    let mut found = vec![
        of("sex", &|s| if s.sex == Sex::Female { "women" } else { "men" }.to_owned()),
        of("age", &|s| age_group(s.age).to_owned()),
    ];
    for column in data.cohort.categories() {
        let level = |s: &Subject| s.level(column).unwrap_or(NOT_RECORDED).to_owned();
        found.push(of(column, &level));
    }
    let films = &judged.predictions.films;
    if !films.is_empty() {
        let side = |facing: Option<Facing>| match facing {
            Some(Facing::Left) => "faces left",
            Some(Facing::Right) => "faces right",
            _ => "not known",
        };
        let sides = films.iter().map(|film| side(film.facing).to_owned());
        found.push(grouping("film", sides.collect()));
    }
    found.into_iter().flatten().collect()
}

fn age_group(years: f64) -> &'static str {
    match years {
        y if y < 65.0 => "under 65",
        y if y < 75.0 => "65 to 74",
        _ => "75 and over",
    }
}

/// Groups by increasing name, those without a level last.
fn grouping(name: &str, levels: Vec<String>) -> Option<Grouping> {
    let mut names = levels.clone();
    names.sort_unstable_by_key(|level| (level == NOT_RECORDED, level.clone()));
    names.dedup();
    if names.len() < 2 {
        return None;
    }
    let label = |level: &String| names.iter().position(|name| name == level).unwrap_or(0);
    let labels = levels.iter().map(label).collect();
    Some(Grouping::new(name, labels, names))
}

/// Every model among the members of every group.
pub(super) fn figures(
    columns: &Columns,
    data: &StudyData,
    groupings: &[Grouping],
) -> Result<Vec<ValidatedSubgroup>, Error> {
    let sample = columns.sample(data, &[columns.main_horizon])?;
    let mut found = Vec::new();
    for grouping in groupings {
        for (label, group) in grouping.names().iter().enumerate() {
            let members = grouping.members(label);
            let evaluation =
                Evaluation::of(&sample.subset(&members), &EvaluationOptions::default())?;
            let size = data.size(&members);
            let mut subgroup = ValidatedSubgroup::new(grouping.name(), group, size);
            let of = |column: &super::columns::Column| figures_of(&evaluation, &column.title);
            subgroup.models = columns.all.iter().map(of).collect();
            found.push(subgroup);
        }
    }
    Ok(found)
}

fn figures_of(evaluation: &Evaluation, title: &str) -> SubgroupFigures {
    let c = evaluation.score(title).map(|score| score.figures.headline.clone());
    let prediction = evaluation.predictions.iter().find(|p| p.name == title);
    SubgroupFigures::new(
        title,
        c.unwrap_or_else(none),
        prediction.map_or_else(none, |p| p.observed_expected.clone()),
        prediction.map_or_else(none, |p| p.slope.clone()),
    )
}

fn none<T>() -> Figure<T> {
    Undefined::new(Reason::NotDefined, "the score is no probability").into()
}
