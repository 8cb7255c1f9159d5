//! Internal-external validation: each centre of the development set is scored by models that were
//! fitted on the others alone.
//!
//! Cox regressions are fitted once more for each centre. Networks are judged so only where the
//! folds are the centres: their scores are those of the validation folds.
//!
//! Royston, Parmar & Sylvester, *Stat. Med.* 2004;23:907-926; Steyerberg & Harrell, *J. Clin.
//! Epidemiol.* 2016;69:245-247.

use crate::Error;
use crate::input::subgroups::CENTRE;
use crate::stages::Context;
use crate::stages::evaluation::{Evaluator, Scored};
use crate::stages::models::{Clinical, FittedModel};
use vertebra_baselines::{CoxOptions, CoxRegression};
use vertebra_evaluation::Grouping;
use vertebra_evaluation::discrimination::Subgroup;

/// C in each centre, and why a regression has none; nothing where there are fewer than two centres.
pub(crate) fn evaluate(
    context: Context<'_>,
    clinical: &[Clinical],
    models: &[FittedModel],
) -> Result<(Vec<Subgroup>, Vec<String>), Error> {
    let Some(centres) = Centres::of(context) else { return Ok(Default::default()) };
    let mut notes = Vec::new();
    let scored: Vec<Scored> = match context.config.folds_by_centre {
        true => models.iter().map(|m| (m.name.clone(), m.scores.log_hazard.clone())).collect(),
        false => {
            let fitted = clinical.iter().map(|c| (c, centres.cox(c)));
            let kept = fitted.filter_map(|(c, scores)| match scores {
                Ok(scores) => Some((c.model_name("Cox regression"), scores)),
                Err(error) => {
                    let number = c.number;
                    notes.push(format!("Model {number}: no centre is left out: {error}."));
                    None
                }
            });
            kept.collect()
        }
    };
    let found = Evaluator::of(context).subgroups(
        &centres.members,
        None,
        &scored,
        vec![Grouping::new(CENTRE, centres.labels, centres.names)],
    )?;
    Ok((found, notes))
}

/// Development subjects whose centre is known, and their centres.
struct Centres<'a> {
    context: Context<'a>,
    members: Vec<usize>,
    labels: Vec<usize>,
    names: Vec<String>,
}

impl<'a> Centres<'a> {
    fn of(context: Context<'a>) -> Option<Self> {
        let data = context.data;
        let names = data.cohort.levels(CENTRE);
        let place = |centre: &str| names.iter().position(|name| *name == centre);
        let known = data.development().iter();
        let known = known.filter_map(|&i| Some((i, place(data.subject(i).level(CENTRE)?)?)));
        let (members, labels): (Vec<usize>, Vec<usize>) = known.unzip();
        let several = labels.iter().any(|label| *label != labels[0]);
        let names = names.into_iter().map(str::to_owned).collect();
        several.then_some(Self { context, members, labels, names })
    }

    /// Every member's log hazard by the regression on the other centres, and on those whose centre
    /// is not known.
    fn cox(&self, clinical: &Clinical) -> Result<Vec<Option<f64>>, Error> {
        let data = self.context.data;
        let regression =
            CoxRegression::from(CoxOptions::default().with_ties(self.context.config.ties));
        let mut scores = vec![None; data.n()];
        for label in 0..self.names.len() {
            let here = self.members.iter().zip(&self.labels).filter(|(_, l)| **l == label);
            let here: Vec<usize> = here.map(|(i, _)| *i).collect();
            if here.is_empty() {
                continue;
            }
            let elsewhere = data.development().iter().copied().filter(|i| !here.contains(i));
            let train: Vec<usize> = elsewhere.collect();
            let fit = regression.fit(&data.outcomes.subset(&train), &clinical.design(&train)?)?;
            let found = fit.log_hazard(&clinical.design(&here)?)?;
            here.into_iter().zip(found).for_each(|(i, score)| scores[i] = Some(score));
        }
        Ok(scores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::covariates::Covariates;
    use crate::input::subjects::StudyData;
    use crate::test_data::{Scene, edited, with_cells};

    #[test]
    fn a_centre_is_scored_by_a_regression_that_never_saw_it() {
        let folder = edited("cohort.csv", |text| {
            with_cells(text, "centre", |row, _| ["Kiel", "Bonn"][row % 2].to_owned())
        });
        let mut scene = Scene::new();
        scene.data = StudyData::read(folder.path(), &scene.config).unwrap();
        let covariates = Covariates::of(&scene.data, scene.config.covariates()).unwrap();
        let clinical = [Clinical::new(&covariates, 1, &scene.config.clinical_models[0])];
        let (found, notes) = evaluate(scene.context(), &clinical, &[]).unwrap();
        assert_eq!((found.len(), notes.len()), (2, 0));
        let size = scene.data.size(scene.data.development());
        assert_eq!(found[0].n + found[1].n, size.n);
        assert_eq!(found[0].events + found[1].events, size.events);

        // By hand, the first centre: fitted on the second.
        let centre = |i: &usize| scene.data.subject(*i).level(CENTRE) == Some("Bonn");
        let (bonn, kiel): (Vec<usize>, Vec<usize>) =
            scene.data.development().iter().copied().partition(centre);
        let fit = CoxRegression::from(CoxOptions::default().with_ties(scene.config.ties))
            .fit(&scene.data.outcomes.subset(&kiel), &clinical[0].design(&kiel).unwrap())
            .unwrap();
        let risk = fit.log_hazard(&clinical[0].design(&bonn).unwrap()).unwrap();
        let pairs = vertebra_survival::concordance(&scene.data.outcomes.subset(&bonn), &risk);
        assert_eq!(found[0].group, "Bonn");
        let c = found[0].harrell.value().unwrap().estimate.value;
        assert!((c - pairs.unwrap().index()).abs() < 1e-12);
    }

    #[test]
    fn one_centre_has_no_others() {
        let scene = Scene::new();
        assert_eq!(evaluate(scene.context(), &[], &[]).unwrap(), Default::default());
    }
}
