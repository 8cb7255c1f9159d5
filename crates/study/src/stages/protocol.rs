//! The stages of a study in their order, from films to the files of the run folder.

use crate::Error;
use crate::films::variant_pictures::VariantPictures;
use crate::input::covariates::Covariates;
use crate::input::subjects::StudyData;
use crate::input::table_one::table_one;
use crate::input::{tables, timing};
use crate::progress::Observer;
use crate::records::{self, Findings};
use crate::stages::decode::FilmFacts;
use crate::stages::evaluate_models::Evaluated;
use crate::stages::keypoints::Keypoints;
use crate::stages::models::{Clinical, Grid, GridNetworks};
use crate::stages::render::{PossibleVariants, render_kept};
use crate::stages::variants::Compared;
use crate::stages::{
    Context, decode, development_summary, evaluate_models, heat_maps, kept_models, keypoints,
    left_out_centres, models, timed_models, training_curves, variants,
};
use std::collections::BTreeMap;
use std::time::Instant;
use vertebra_hrnet::KeypointDetector;
use vertebra_report::results::{RunRecord, StudyResults, VariantResult};
use vertebra_run::Machine;

/// What the stages begin with.
pub(crate) struct Protocol<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) covariates: &'a Covariates,
    /// A detector that is given, instead of those trained here.
    pub(crate) detector: Option<KeypointDetector>,
}

impl Protocol<'_> {
    /// All stages.
    pub(crate) fn run(
        self,
        clock: &mut Clock,
        observer: &mut Observer<'_>,
    ) -> Result<StudyResults, Error> {
        self.with_points(clock, observer, |study, clock, observer| study.run(clock, observer))
    }

    /// The networks alone, all of which are kept.
    ///
    /// # Errors
    /// [`Error::PendingFits`] where other shares have some to do.
    pub(crate) fn fits(self, clock: &mut Clock, observer: &mut Observer<'_>) -> Result<(), Error> {
        self.with_points(clock, observer, |study, clock, observer| {
            study.fits(clock, observer).map(drop)
        })
    }

    fn with_points<R>(
        self,
        clock: &mut Clock,
        observer: &mut Observer<'_>,
        go_on: impl FnOnce(WithPoints<'_>, &mut Clock, &mut Observer<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let Self { context, covariates, detector } = self;
        let possible = PossibleVariants::of(context)?;
        let decoded = decode::films(context, observer)?;
        let digests = decoded.digests();
        context.work.same("films.txt", &digests)?;
        clock.lap("reading");
        let mut found = keypoints::find(context, &decoded.films, detector, observer)?;
        let reader_notes = decoded.notes();
        let films = decoded.facts;
        drop(decoded.films);
        let aligned = leave_unaligned(context, &mut found)?;
        let (context, covariates) = match &aligned {
            Some((data, covariates)) => (Context { data, ..context }, covariates),
            None => (context, covariates),
        };
        clock.lap("keypoints");
        let known =
            WithPoints { context, covariates, films, digests, found, possible, reader_notes };
        go_on(known, clock, observer)
    }
}

/// What the stages go on with once the points of every film are known.
struct WithPoints<'a> {
    context: Context<'a>,
    covariates: &'a Covariates,
    films: BTreeMap<String, FilmFacts>,
    /// The SHA-256 of every film.
    digests: String,
    found: Keypoints,
    possible: PossibleVariants,
    /// What the reader of films warned of.
    reader_notes: Vec<String>,
}

/// What is there when every network is fitted.
struct Fits {
    clinical: Vec<Clinical>,
    compared: Vec<VariantResult>,
    chosen: VariantPictures,
    networks: GridNetworks,
}

impl WithPoints<'_> {
    /// The pictures, the choice of a variant, and the networks.
    fn fits(&self, clock: &mut Clock, observer: &mut Observer<'_>) -> Result<Fits, Error> {
        let context = self.context;
        let films = (&*self.found.points(), &*self.digests);
        let mut rendered = render_kept(context, &self.possible.variants, films, observer)?;
        clock.lap("pictures of the variants");
        let Compared { results: compared, chosen, networks } =
            variants::compare(context, &rendered, observer)?;
        clock.lap("comparison of variants");
        let models = context.config.clinical_models.iter().zip(1..);
        let clinical: Vec<Clinical> =
            models.map(|(model, number)| Clinical::new(self.covariates, number, model)).collect();
        let chosen = rendered.swap_remove(chosen);
        let networks = models::fit_networks(context, &clinical, &chosen, networks, observer)?;
        Ok(Fits { clinical, compared, chosen, networks })
    }

    /// The models, what they are worth, and the files; results before models and pictures.
    fn run(self, clock: &mut Clock, observer: &mut Observer<'_>) -> Result<StudyResults, Error> {
        let context = self.context;
        let Fits { clinical, compared, chosen, networks } = self.fits(clock, observer)?;
        let chosen = &chosen;
        let grid = models::assemble(context, &clinical, chosen, &networks)?;
        clock.lap("models");
        let evaluated = evaluate_models::evaluate(context, &grid.models, &chosen.facing, observer)?;
        let (by_centre, left_out) = left_out_centres::evaluate(context, &clinical, &grid.models)?;
        clock.lap("evaluation");
        let mut results = self.results(compared, &grid, evaluated)?;
        results.left_out_centres = by_centre;
        results.notes.extend(left_out);
        results.training = training_curves::of(context, &grid.models, chosen);
        let findings = Findings {
            context,
            films: &self.films,
            judged: &self.found.films,
            models: &grid.models,
        };
        results.files = findings.write(&results.run)?;
        results.files.extend(kept_models::files());
        let path = context.run_folder.join("results.json");
        results.write(&path)?;
        let detector = &self.found.detector;
        let development =
            development_summary::of(context, &self.films, &grid.models, &results.models);
        let kept = (&*clinical, chosen.variant);
        kept_models::write(context, &grid, kept, detector, &development)?;
        let points = self.found.points();
        let explain = |kept| heat_maps::make(context, kept, chosen, &points, observer);
        let kept = grid.largest_with_images(&clinical);
        results.saliency = kept.map(explain).transpose()?;
        clock.lap("models and heat maps written");
        results.run.seconds.clone_from(&clock.laps);
        results.write(&path)?;
        records::write_run(&results.run, context.run_folder)?;
        Ok(results)
    }

    fn results(
        &self,
        variants: Vec<VariantResult>,
        grid: &Grid,
        evaluated: Evaluated,
    ) -> Result<StudyResults, Error> {
        let mut results = of_subjects(self.context, self.covariates)?;
        let digest = |(name, film): (&String, &FilmFacts)| (name.clone(), film.sha256.clone());
        results.run.inputs.extend(self.films.iter().map(digest));
        results.keypoints = self.found.results.clone();
        results.variants = variants;
        if let Some(timing) = &mut results.outcome_timing {
            timing.models = timed_models::judge(self.context, &grid.models, &evaluated.models)?;
        }
        results.models = evaluated.models;
        results.comparisons = evaluated.comparisons;
        results.subgroups = evaluated.subgroups;
        results.risk_groups = evaluated.risk_groups;
        let of_films = [&self.found.notes, &self.reader_notes];
        let notes = [&evaluated.notes, &self.possible.notes, &grid.notes].into_iter();
        results.notes.extend(notes.chain(of_films).flatten().cloned());
        Ok(results)
    }
}

/// The subjects without those whose film cannot be aligned, where there are some: the detector put
/// its points where no axis runs through them, and nobody annotated the film.
fn leave_unaligned(
    context: Context<'_>,
    found: &mut Keypoints,
) -> Result<Option<(StudyData, Covariates)>, Error> {
    if found.lost.is_empty() {
        return Ok(None);
    }
    let reason = "No usable points found on the film";
    let data = context.data.without(&found.lost, reason, context.config)?;
    let mut position = 0..;
    found.films.retain(|_| position.next().is_none_or(|i| !found.lost.contains(&i)));
    let covariates = Covariates::of(&data, context.config.covariates())?;
    Ok(Some((data, covariates)))
}

/// What is known of the run and its subjects before anything is computed.
fn of_subjects(context: Context<'_>, covariates: &Covariates) -> Result<StudyResults, Error> {
    let (data, config) = (context.data, context.config);
    let name = context.run_folder.file_name().unwrap_or_default().to_string_lossy();
    let mut run = RunRecord::new(name, &config.preset, config.seed);
    run.phantom = data.truth.is_some();
    run.revision = option_env!("VERTEBRA_REVISION").map(str::to_owned);
    run.device = context.device_name.to_owned();
    run.machine = Machine::this();
    run.command = context.command.to_vec();
    run.config = config.to_toml()?;
    run.inputs = tables::digests(context.cohort, config)?;
    let (flow, outcome) = (data.flow.clone(), data.outcome_summary.clone());
    let mut results = StudyResults::new(run, flow, data.split_summary(), table_one(data)?, outcome);
    results.missing = covariates.missing(data);
    results.details = config.report.clone();
    results.methods = config.described();
    results.notes.clone_from(&data.notes);
    if let Some(known) = &data.known {
        let truth = data.true_outcomes.as_ref();
        let found = timing::compare(known, &data.outcomes, truth, &config.horizons)?;
        let note = |why: &String| format!("The risk by interval has no smooth curve: {why}.");
        results.notes.extend(found.no_smooth.as_ref().map(note));
        results.outcome_timing = Some(found);
    }
    Ok(results)
}

/// Wall-clock time by stage.
pub(crate) struct Clock {
    began: Instant,
    laps: Vec<(String, f64)>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), laps: Vec::new() }
    }

    pub(crate) fn into_laps(self) -> Vec<(String, f64)> {
        self.laps
    }

    pub(crate) fn lap(&mut self, stage: &str) {
        self.laps.push((stage.to_owned(), self.began.elapsed().as_secs_f64()));
        self.began = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StudyConfig;
    use crate::test_data::Scene;

    #[test]
    fn results_begin_with_the_run_and_its_subjects() {
        let scene = Scene::new();
        let covariates = Covariates::of(&scene.data, scene.config.covariates()).unwrap();
        let results = of_subjects(scene.context(), &covariates).unwrap();
        assert_eq!(results.flow.remaining(), scene.data.n());
        assert!(results.run.phantom && results.run.preset == "quick, changed");
        assert_eq!(results.run.device, scene.context().device_name);
        for file in ["cohort.csv", "visits.csv", "annotations.json", "truth.csv"] {
            assert!(results.run.inputs.contains_key(file), "{file}");
        }
        let back = StudyConfig::from_toml(crate::Preset::Quick, &results.run.config).unwrap();
        assert_eq!(back.folds, scene.config.folds);
        assert!(results.models.is_empty() && results.notes.is_empty());
        assert_eq!(results.outcome_timing, None);
        let outcome = crate::OutcomeTiming::Interval;
        let config = StudyConfig { outcome, ..scene.config.clone() };
        let data = crate::test_data::read(&config);
        let context = Context { config: &config, data: &data, ..scene.context() };
        let timing = of_subjects(context, &covariates).unwrap().outcome_timing.unwrap();
        assert_eq!((timing.n, timing.risks.len()), (scene.data.n(), 2));
        assert!(timing.risks.iter().all(|risk| risk.truth.is_some()));
        assert!(timing.risks[0].interval.is_some() && timing.median_gap.is_some());
    }
}
