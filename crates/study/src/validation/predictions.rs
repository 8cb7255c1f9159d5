//! What every model says of every subject: each film is decoded once, its points are found once,
//! and models that see the same pictures share them.

use super::Validation;
use super::candidates::Candidate;
use crate::Error;
use crate::films::film::check_annotated;
use crate::films::variant_pictures::decided_facing;
use crate::input::subjects::StudyData;
use crate::model::description::FilmDescription;
use crate::model::found_points::FoundPoints;
use crate::model::model_folder::AnyModel;
use crate::model::trained_model::TrainedModel;
use crate::progress::Tell;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use vertebra_deepsurv::ImageSet;
use vertebra_keypoints::{Doubt, Facing, Verdict};
use vertebra_radiograph::{Film, Radiograph};
use vertebra_report::results::Refused;
use vertebra_run::Digest;

/// Subjects asked about between two messages.
const AT_ONCE: usize = 32;

/// A model's number for a subject, or the code of the reason why there is none.
pub(super) type Said = Result<Predicted, &'static str>;

/// What a model predicts for one subject.
#[derive(Debug, Clone)]
pub(super) struct Predicted {
    pub(super) log_hazard: f64,
    /// By horizon, years; `None` beyond the longest follow-up of the development.
    pub(super) risk: Vec<(f64, Option<f64>)>,
}

/// What is said of a subject's film, without the risk.
pub(super) struct SaidOfFilm {
    /// The verdict on film and points.
    pub(super) verdict: Verdict,
    pub(super) facing: Option<Facing>,
    pub(super) spacing_mm: Option<[f64; 2]>,
    pub(super) rows: Option<usize>,
    sha256: String,
}

/// What is said of all subjects.
pub(super) struct Predictions {
    /// By model, then by subject.
    pub(super) by_model: Vec<Vec<Said>>,
    /// By subject; empty where no model sees films.
    pub(super) films: Vec<SaidOfFilm>,
}

/// Asks every model about every subject, subjects in parallel.
pub(super) fn of_all(
    validation: &mut Validation<'_>,
    data: &StudyData,
    candidates: &[Candidate],
) -> Result<Predictions, Error> {
    let n = data.n();
    validation.on_progress.stage("predicting", Some(n));
    let (cohort, annotated, force) =
        (validation.cohort.clone(), validation.annotated_points, validation.force);
    let asker = Asker { data, candidates, cohort: &cohort, annotated, force };
    let mut all =
        Predictions { by_model: vec![Vec::with_capacity(n); candidates.len()], films: Vec::new() };
    for start in (0..n).step_by(AT_ONCE) {
        let subjects = start..(start + AT_ONCE).min(n);
        let done = subjects.end;
        let said: Vec<Result<_, Error>> =
            subjects.into_par_iter().map(|subject| asker.ask(subject)).collect();
        for said in said {
            let (said, film) = said?;
            all.by_model.iter_mut().zip(said).for_each(|(list, said)| list.push(said));
            all.films.extend(film);
        }
        validation.on_progress.done(done);
    }
    Ok(all)
}

/// What the models are asked with.
struct Asker<'a> {
    data: &'a StudyData,
    candidates: &'a [Candidate],
    cohort: &'a Path,
    /// Whether annotated points take the place of detected ones.
    annotated: bool,
    force: bool,
}

impl Asker<'_> {
    fn ask(&self, subject: usize) -> Result<(Vec<Said>, Option<SaidOfFilm>), Error> {
        let mut film = self.sees_films().then(|| self.open(subject)).transpose()?;
        let said = self.candidates.iter().map(|candidate| {
            let values = candidate.values(self.data, subject);
            match (&candidate.model, &mut film) {
                (AnyModel::Film(model), Some(film)) => film.ask(model, &values, self.force),
                (AnyModel::Covariates(model), _) => {
                    let found = model.predict(&values)?;
                    let predicted = Predicted { log_hazard: found.log_hazard, risk: found.risk };
                    Ok(checked(predicted, &found.verdict, self.force))
                }
                (AnyModel::Film(_), None) => Ok(Err("unreadable")),
            }
        });
        let said = said.collect::<Result<Vec<_>, Error>>()?;
        Ok((said, film.map(|film| film.said)))
    }

    fn sees_films(&self) -> bool {
        self.candidates.iter().any(|c| matches!(c.model, AnyModel::Film(_)))
    }

    /// Reads a subject's film and finds its points.
    fn open(&self, subject: usize) -> Result<AskedFilm, Error> {
        let name = &self.data.films[subject];
        let path = self.cohort.join(name);
        let read = self.data.read_options(subject).read(&path);
        let sha256 = Digest::of_file(&path).map(|digest| digest.to_string()).unwrap_or_default();
        let mut said = SaidOfFilm {
            verdict: Verdict::ok(),
            facing: None,
            spacing_mm: None,
            rows: None,
            sha256,
        };
        let radiograph = match read {
            Ok(radiograph) => radiograph,
            Err(error) => {
                said.verdict = Verdict::ok().with(Doubt::Unreadable { message: error.to_string() });
                return Ok(AskedFilm { said, read: None, pictures: Vec::new() });
            }
        };
        let view = Film::from(&radiograph);
        (said.spacing_mm, said.rows) = (view.spacing_mm, Some(view.height));
        let found = self.points(subject, &path, &radiograph)?;
        said.verdict = found.verdict.clone();
        said.facing = found.facing.map(|decided| decided.facing);
        Ok(AskedFilm { said, read: Some((radiograph, found)), pictures: Vec::new() })
    }

    /// The points of a film, by the detector of the folder or as annotated.
    fn points(
        &self,
        subject: usize,
        path: &Path,
        radiograph: &Radiograph,
    ) -> Result<FoundPoints, Error> {
        let annotation = self.data.annotation(subject);
        if let Some(annotation) = annotation {
            check_annotated(path, Film::from(radiograph).size(), annotation)?;
        }
        let mut models = self.candidates.iter().filter_map(|c| match &c.model {
            AnyModel::Film(model) => Some(model),
            AnyModel::Covariates(_) => None,
        });
        let expected = "a model that sees films";
        let model = models.next().ok_or_else(|| Error::NotAnnotated {
            film: self.data.films[subject].clone(),
            expected,
        })?;
        let found = model.find(path, radiograph)?;
        Ok(match annotation.filter(|_| self.annotated) {
            None => found,
            Some(annotation) => FoundPoints {
                keypoints: annotation.keypoints,
                facing: decided_facing(radiograph, &annotation.keypoints),
                verdict: Verdict::ok(),
                ..found
            },
        })
    }
}

/// One subject's film while it is asked about.
struct AskedFilm {
    said: SaidOfFilm,
    read: Option<(Radiograph, FoundPoints)>,
    /// What networks see of it, or the code of the reason why nothing.
    pictures: Vec<(FilmDescription, Result<ImageSet, &'static str>)>,
}

impl AskedFilm {
    fn ask(
        &mut self,
        model: &TrainedModel,
        values: &[Option<f64>],
        force: bool,
    ) -> Result<Said, Error> {
        if let Some(code) = code_of(&self.said.verdict).filter(|_| !force || self.read.is_none()) {
            return Ok(Err(code));
        }
        let images = match self.pictures(model)? {
            Ok(images) => images,
            Err(code) => return Ok(Err(code)),
        };
        let values = model.description().imputed(values, &mut Vec::new())?;
        let judged = model.judge(&values, &images)?;
        let verdict = judged.doubts.into_iter().fold(Verdict::ok(), Verdict::with);
        let predicted = Predicted { log_hazard: judged.log_hazard, risk: judged.risk };
        Ok(checked(predicted, &verdict, force))
    }

    /// The pictures that a model sees, rendered once for all models that see the same.
    fn pictures(&mut self, model: &TrainedModel) -> Result<Result<ImageSet, &'static str>, Error> {
        if let Some((_, images)) = self.pictures.iter().find(|(film, _)| film == model.film()) {
            return Ok(images.clone());
        }
        let Some((radiograph, found)) = &self.read else { return Ok(Err("unreadable")) };
        let rendered = match model.pictures(Path::new("the film"), radiograph, &found.keypoints) {
            Ok((images, _)) => Ok(images),
            Err(Error::Alignment { source, .. }) => {
                let doubt = Doubt::NotAlignable { message: source.to_string() };
                let code = doubt.code();
                self.said.verdict = self.said.verdict.clone().with(doubt);
                Err(code)
            }
            Err(error) => return Err(error),
        };
        self.pictures.push((model.film().clone(), rendered.clone()));
        Ok(rendered)
    }
}

fn checked(predicted: Predicted, verdict: &Verdict, force: bool) -> Said {
    match code_of(verdict) {
        Some(code) if !force => Err(code),
        _ => Ok(predicted),
    }
}

/// The code of the gravest doubt.
fn code_of(verdict: &Verdict) -> Option<&'static str> {
    verdict.doubts().first().map(Doubt::code)
}

impl Predictions {
    /// How many films no model that sees films answers, by reason.
    pub(super) fn refused_films(&self, data: &StudyData) -> Vec<Refused> {
        counted(data, self.films.iter().map(|film| code_of(&film.verdict)))
    }

    /// How many subjects a model does not answer, by reason.
    pub(super) fn refused(&self, data: &StudyData, model: usize) -> Vec<Refused> {
        counted(data, self.by_model[model].iter().map(|said| said.as_ref().err().copied()))
    }

    /// SHA-256 of every film that was read.
    pub(super) fn digests(&self, data: &StudyData) -> Vec<(String, String)> {
        let pairs = data.films.iter().zip(&self.films).filter(|(_, film)| !film.sha256.is_empty());
        pairs.map(|(name, film)| (name.clone(), film.sha256.clone())).collect()
    }
}

fn counted(data: &StudyData, codes: impl Iterator<Item = Option<&'static str>>) -> Vec<Refused> {
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (code, event) in codes.zip(data.outcomes.event()) {
        let Some(code) = code else { continue };
        let count = counts.entry(code).or_default();
        count[0] += 1;
        count[1] += usize::from(*event);
    }
    counts.into_iter().map(|(code, [n, events])| Refused::new(code, n, events)).collect()
}
