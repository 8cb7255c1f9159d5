//! The training loop.

use crate::average::moved;
use crate::batches::{batches, n_batches, step_seed};
use crate::beside::beside;
use crate::checkpoint::{RunFolder, State};
use crate::clip::clip_global_norm;
use crate::progress::{BegunEpoch, Progress};
use crate::snapshot::kept_snapshot;
use crate::{
    EpochSummary, Error, Event, StepGradients, StepLoss, StopReason, Task, TaskError,
    TrainingConfig,
};
use burn::module::Module;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;
use vertebra_run::Seed;

/// A finished run.
#[derive(Debug, Clone)]
#[non_exhaustive] // only a run makes one
pub struct Trained<M> {
    /// The network of the best epoch, or of the last one without validation; an inference copy.
    pub model: M,
    /// The epoch it comes from, from 1.
    pub epoch: usize,
    /// Every epoch, in order.
    pub history: Vec<EpochSummary>,
    /// Why the run ended.
    pub stopped: StopReason,
}

impl<M> Trained<M> {
    /// The same run with another model made of this one's.
    pub fn map<N>(self, model: impl FnOnce(M) -> N) -> Trained<N> {
        let Self { model: trained, epoch, history, stopped } = self;
        Trained { model: model(trained), epoch, history, stopped }
    }

    /// The model, and the run without it.
    pub fn apart(self) -> (M, Trained<()>) {
        let Self { model, epoch, history, stopped } = self;
        (model, Trained { model: (), epoch, history, stopped })
    }

    /// The same run with another model made of this one's, where that can fail.
    ///
    /// # Errors
    /// Those of `model`.
    pub fn try_map<N, E>(self, model: impl FnOnce(M) -> Result<N, E>) -> Result<Trained<N>, E> {
        let Self { model: trained, epoch, history, stopped } = self;
        Ok(Trained { model: model(trained)?, epoch, history, stopped })
    }
}

/// Trains `model` on `task`.
///
/// With a `run_folder` the run writes checkpoints there, at the ends of epochs and by time, and
/// goes on from the last one it finds: an interrupted and resumed run ends with bit-equal weights
/// to an uninterrupted one, on the same machine. The batch order depends on `(config.seed, epoch)`
/// only. A model on a device without autodiff is moved to its autodiff device. `on_event` learns of
/// every step and may end the run by [`ControlFlow::Break`]; [`keep_going`](crate::keep_going) does
/// neither.
///
/// # Errors
/// [`Error::InvalidSetting`], [`Error::EmptyTrainingSet`]; [`Error::RunChanged`] for a run folder
/// with other settings; [`Error::NonFiniteLoss`] and its kin, [`Error::Task`], [`Error::Io`];
/// [`Error::Cancelled`].
pub fn train<T: Task>(
    config: &TrainingConfig,
    task: &T,
    model: T::Model,
    run_folder: Option<&Path>,
    on_event: &mut dyn FnMut(&Event) -> ControlFlow<()>,
) -> Result<Trained<T::Model>, Error> {
    config.check()?;
    if task.n_samples() == 0 {
        return Err(Error::EmptyTrainingSet);
    }
    let folder = run_folder.map(|path| RunFolder::open(path, config, task)).transpose()?;
    let state = State {
        model: on_autodiff(model),
        optimizer: config.init_optimizer(),
        best: None,
        average: None,
        progress: Progress::default(),
    };
    let state = match &folder {
        Some(folder) => folder.resume(state)?,
        None => state,
    };
    Run { config, task, folder, on_event, state, saved: Instant::now() }.finish()
}

fn on_autodiff<M: Module>(model: M) -> M {
    if model.devices().iter().all(|device| device.is_autodiff()) { model } else { model.train() }
}

struct Run<'a, T: Task> {
    config: &'a TrainingConfig,
    task: &'a T,
    folder: Option<RunFolder<'a>>,
    on_event: &'a mut dyn FnMut(&Event) -> ControlFlow<()>,
    state: State<T::Model>,
    /// When the last checkpoint was written.
    saved: Instant,
}

impl<T: Task> Run<'_, T> {
    fn finish(mut self) -> Result<Trained<T::Model>, Error> {
        self.report(&Event::Started {
            epochs_done: self.state.progress.epochs_done(),
            epochs: self.config.epochs,
            steps_per_epoch: n_batches(self.task.n_samples(), self.config.batch_size),
        })?;
        let stopped = loop {
            match self.state.progress.stopped {
                Some(reason) => break reason,
                None => self = self.one_epoch()?,
            }
        };
        self.report(&Event::Stopped(stopped))?;
        Ok(into_trained(self.state, stopped))
    }

    fn report(&mut self, event: &Event) -> Result<(), Error> {
        match (self.on_event)(event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => {
                Err(Error::Cancelled { epochs: self.state.progress.epochs_done() })
            }
        }
    }

    fn one_epoch(mut self) -> Result<Self, Error> {
        let epoch = self.state.progress.epochs_done() + 1;
        let samples = (self.task.n_samples(), self.task.classes());
        let batches = batches(samples, self.config.batch_size, self.seed(), epoch);
        let BegunEpoch { steps: done, mut loss } = self.state.progress.begun;
        let mut learning_rate = 0.0;
        let mut ahead = None;
        for (step, batch) in batches.iter().enumerate().skip(done) {
            learning_rate = self.learning_rate(epoch, step, batches.len());
            let ready = ahead.take().unwrap_or_else(|| self.prepared(epoch, step, batch));
            let ready = ready.map_err(|source| Error::Task { epoch, source })?;
            let at = (epoch, step);
            let (next, step_loss) = match batches.get(step + 1) {
                Some(following) if self.task.prepares_ahead() => {
                    let (task, seed) = (self.task, step_seed(self.seed(), epoch, step + 1));
                    let prepare = || task.prepare(following, seed);
                    beside(&mut ahead, prepare, || self.one_step(at, ready, learning_rate))?
                }
                _ => self.one_step(at, ready, learning_rate)?,
            };
            self = next;
            loss += step_loss * batch.len() as f64 / self.task.n_samples() as f64;
            if step + 1 < batches.len() {
                self.state.progress.begun = BegunEpoch { steps: step + 1, loss };
                self.save_if_long_ago()?;
            }
        }
        self.average(epoch);
        let score = self.validate(epoch)?;
        self.close_epoch(EpochSummary { epoch, loss, learning_rate, score })?;
        Ok(self)
    }

    /// Takes the end of an epoch into the mean, where the settings ask for one.
    fn average(&mut self, epoch: usize) {
        let Some(n) = self.config.average_from.and_then(|from| (epoch + 1).checked_sub(from))
        else {
            return;
        };
        let model = self.state.model.valid();
        self.state.average = match self.state.average.take() {
            Some(mean) => Some(moved(mean, &model, 1.0 / n as f64)),
            None => (n > 0).then_some(model),
        };
    }

    /// Whether the last checkpoint was written as long ago as the settings allow.
    fn is_long_ago(&self) -> bool {
        let due = |seconds| self.saved.elapsed().as_secs() >= seconds;
        self.config.checkpoint_seconds.is_some_and(due)
    }

    /// A checkpoint in the middle of an epoch.
    fn save_if_long_ago(&mut self) -> Result<(), Error> {
        if let Some(folder) = self.folder.as_ref().filter(|_| self.is_long_ago()) {
            folder.save(&self.state)?;
            self.saved = Instant::now();
        }
        Ok(())
    }

    fn seed(&self) -> Seed {
        Seed::new(self.config.seed)
    }

    fn learning_rate(&self, epoch: usize, step: usize, steps: usize) -> f64 {
        self.config.learning_rate.at((epoch - 1) * steps + step, self.config.epochs * steps)
    }

    fn prepared(&self, epoch: usize, step: usize, batch: &[usize]) -> Result<T::Batch, TaskError> {
        self.task.prepare(batch, step_seed(self.seed(), epoch, step))
    }

    /// All of the step is given to the device before anything of it is read.
    fn one_step(
        mut self,
        (epoch, step): (usize, usize),
        batch: T::Batch,
        learning_rate: f64,
    ) -> Result<(Self, f64), Error> {
        let failed = |source| Error::Task { epoch, source };
        let StepGradients { loss, mut gradients } =
            self.task.gradients(&self.state.model, batch).map_err(failed)?;
        let clip = |max| clip_global_norm(&self.state.model, &mut gradients, max);
        // A step without gradients has the norm 0.
        let or_zero = |norm: Option<_>| norm.map_or(StepLoss::Known(0.0), StepLoss::from);
        let norm = self.config.clip_norm.map(clip).map(or_zero);
        let optimizer = &mut self.state.optimizer;
        self.state.model = optimizer.step(learning_rate, self.state.model, gradients);
        let step = step + 1;
        let loss = loss.read().map_err(failed)?;
        if !loss.is_finite() {
            return Err(Error::NonFiniteLoss { epoch, step, loss });
        }
        let gradient_norm = norm.map(StepLoss::read).transpose().map_err(failed)?;
        if let Some(norm) = gradient_norm.filter(|norm| !norm.is_finite()) {
            return Err(Error::NonFiniteGradient { epoch, step, norm });
        }
        self.report(&Event::Step { epoch, step, loss, learning_rate, gradient_norm })?;
        Ok((self, loss))
    }

    fn validate(&self, epoch: usize) -> Result<Option<f64>, Error> {
        if !epoch.is_multiple_of(self.config.validate_every) && epoch != self.config.epochs {
            return Ok(None);
        }
        let score = self
            .task
            .validate(&self.state.result())
            .map_err(|source| Error::Task { epoch, source })?;
        match score {
            Some(score) if !score.is_finite() => Err(Error::NonFiniteScore { epoch, score }),
            other => Ok(other),
        }
    }

    fn close_epoch(&mut self, summary: EpochSummary) -> Result<(), Error> {
        let best = self.state.progress.record(summary.clone());
        if best {
            let kept = kept_snapshot(&self.state.result());
            let failed = |e| Error::Task { epoch: summary.epoch, source: Box::new(e) };
            self.state.best = Some(kept.map_err(failed)?);
        }
        let progress = &mut self.state.progress;
        progress.stopped = progress.stop_reason(self.config.epochs, self.config.patience);
        let due = summary.epoch.is_multiple_of(self.config.checkpoint_every) || self.is_long_ago();
        let State { progress, .. } = &self.state;
        if let Some(folder) = self.folder.as_ref().filter(|_| due || progress.stopped.is_some()) {
            folder.save(&self.state)?;
            self.saved = Instant::now();
        }
        self.report(&Event::Epoch { summary, best })
    }
}

impl<M: Module> State<M> {
    /// The network as it is now, an inference copy: of the mean, where there is one.
    fn result(&self) -> M {
        self.average.as_ref().unwrap_or(&self.model).valid()
    }
}

fn into_trained<M: Module>(state: State<M>, stopped: StopReason) -> Trained<M> {
    let model = state.result();
    let State { best, progress, .. } = state;
    let last = progress.epochs_done();
    let (model, epoch) = match (best, progress.best) {
        (Some(record), Some(best)) => (model.load_record(record), best.epoch),
        _ => (model, last),
    };
    Trained { model, epoch, history: progress.history, stopped }
}
