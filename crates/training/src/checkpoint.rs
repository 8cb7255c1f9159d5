//! The run folder: one `checkpoint.json` that names the files of the last complete checkpoint.
//!
//! New files get new names; then `checkpoint.json` is replaced by renaming a finished temporary
//! file over it, so that at every moment it names a complete set; then the old files go.
//! `curves.csv` lists the epochs for whoever wants to draw them.

use crate::progress::Progress;
use crate::snapshot::snapshot;
use crate::{EpochSummary, Error, Task, TrainingConfig};
use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use vertebra_run::write_whole;

const POINTER: &str = "checkpoint.json";
const CURVES: &str = "curves.csv";
/// 2: other batch orders and initial weights than 1, whose runs could not go on as they began. 3: other
/// masks of dropout and other sums of weight gradients than 2; the size of the optimiser's state.
const SCHEMA_VERSION: u32 = 3;

/// What `checkpoint.json` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Pointer {
    schema_version: u32,
    config: TrainingConfig,
    n_samples: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    progress: Progress,
    model: String,
    optimizer: String,
    /// Tensors of the optimiser's state: none before its first step, or where it keeps none.
    optimizer_tensors: usize,
    best: Option<String>,
    #[serde(default)]
    average: Option<String>,
}

/// Read first, so that another layout is refused by its number, not by a field.
#[derive(Debug, Deserialize)]
struct Version {
    #[serde(alias = "schema")]
    schema_version: u32,
}

/// Everything a run needs to go on.
pub(crate) struct State<M> {
    pub(crate) model: M,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) best: Option<ModuleRecord>,
    /// The mean over the ends of epochs so far, an inference copy; `None` before the first of them.
    pub(crate) average: Option<M>,
    pub(crate) progress: Progress,
}

/// A folder that belongs to one run.
pub(crate) struct RunFolder<'a> {
    path: &'a Path,
    config: &'a TrainingConfig,
    n_samples: usize,
    purpose: Option<String>,
}

impl<'a> RunFolder<'a> {
    pub(crate) fn open(
        path: &'a Path,
        config: &'a TrainingConfig,
        task: &impl Task,
    ) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io(path))?;
        Ok(Self { path, config, n_samples: task.n_samples(), purpose: task.purpose() })
    }

    /// The state of the last checkpoint, or the fresh state where there is none.
    pub(crate) fn resume<M: Module>(&self, fresh: State<M>) -> Result<State<M>, Error> {
        let Some(pointer) = self.read_pointer()? else { return Ok(fresh) };
        self.check_same_run(&pointer)?;
        let model = self.load_model(&pointer.model)?;
        let best = pointer.best.as_deref().map(|name| self.load_model(name)).transpose()?;
        let optimizer = self.load_optimizer(fresh.optimizer, &pointer)?;
        let filled = |empty: M, record, name: &str| {
            empty
                .try_load_record(record)
                .map_err(|e| Error::malformed(&self.path.join(name), "this network's weights", e))
        };
        let average = match &pointer.average {
            Some(name) => Some(filled(fresh.model.valid(), self.load_model(name)?, name)?),
            None => None,
        };
        let model = filled(fresh.model, model, &pointer.model)?;
        Ok(State { model, optimizer, best, average, progress: pointer.progress })
    }

    /// Writes a checkpoint and makes it the last one in one step.
    pub(crate) fn save<M: Module>(&self, state: &State<M>) -> Result<(), Error> {
        let name = name(&state.progress);
        let pointer = Pointer {
            schema_version: SCHEMA_VERSION,
            config: self.config.clone(),
            n_samples: self.n_samples,
            purpose: self.purpose.clone(),
            progress: state.progress.clone(),
            model: format!("model-{name}.bpk"),
            optimizer: format!("optimizer-{name}.bpk"),
            optimizer_tensors: state.optimizer.to_record().len(),
            average: state.average.as_ref().map(|_| format!("average-{name}.bpk")),
            best: state.progress.best.map(|best| format!("best-{:05}.bpk", best.epoch)),
        };
        self.write(&pointer.model, snapshot(&state.model).into_bytes())?;
        self.write(&pointer.optimizer, state.optimizer.into_bytes())?;
        if let (Some(name), Some(best)) = (&pointer.best, &state.best)
            && !self.path.join(name).exists()
        {
            self.write(name, best.clone().into_bytes())?;
        }
        if let (Some(name), Some(average)) = (&pointer.average, &state.average) {
            self.write(name, snapshot(average).into_bytes())?;
        }
        self.replace(CURVES, &curves(&pointer.progress.history))?;
        self.replace_pointer(&pointer)?;
        self.remove_stale(&pointer)
    }

    fn read_pointer(&self) -> Result<Option<Pointer>, Error> {
        let path = self.path.join(POINTER);
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::io(&path))?,
        };
        let not_ours = |e| Error::malformed(&path, "a training checkpoint", e);
        let version: Version = serde_json::from_str(&text).map_err(not_ours)?;
        if version.schema_version != SCHEMA_VERSION {
            let got = version.schema_version;
            let (path, expected) = (path.clone(), SCHEMA_VERSION);
            return Err(Error::SchemaVersion { path, expected, got });
        }
        serde_json::from_str(&text).map(Some).map_err(not_ours)
    }

    fn check_same_run(&self, pointer: &Pointer) -> Result<(), Error> {
        let path = self.path.join(POINTER);
        let changed = |name: &str, expected: String, got: String| Error::RunChanged {
            path: path.clone(),
            name: name.to_owned(),
            expected,
            got,
        };
        if pointer.n_samples != self.n_samples {
            let (was, is) = (pointer.n_samples.to_string(), self.n_samples.to_string());
            return Err(changed("number of samples", was, is));
        }
        if pointer.purpose != self.purpose {
            let said = |purpose: &Option<String>| purpose.clone().unwrap_or("none".to_owned());
            return Err(changed("purpose", said(&pointer.purpose), said(&self.purpose)));
        }
        match first_difference(&pointer.config, self.config) {
            Some((name, was, is)) => Err(changed(&name, was, is)),
            None => Ok(()),
        }
    }

    fn load_model(&self, name: &str) -> Result<ModuleRecord, Error> {
        let (path, bytes) = self.read(name)?;
        ModuleRecord::from_bytes(bytes).map_err(|e| Error::malformed(&path, "network weights", e))
    }

    fn load_optimizer(
        &self,
        fresh: ModuleOptimizer,
        pointer: &Pointer,
    ) -> Result<ModuleOptimizer, Error> {
        let (path, bytes) = self.read(&pointer.optimizer)?;
        let expected = "an optimiser state";
        let record =
            OptimizerRecord::from_bytes(bytes).map_err(|e| Error::malformed(&path, expected, e))?;
        let n = record.len();
        let optimizer = fresh.load_record(record);
        // burn skips what is not a state of this optimiser, and would start it afresh.
        match optimizer.to_record().len() {
            taken if taken == n && n == pointer.optimizer_tensors => Ok(optimizer),
            taken => {
                let saved = pointer.optimizer_tensors;
                let got = format!("{n} tensors, of which {taken} belong to one of {saved}");
                Err(Error::malformed(&path, expected, got))
            }
        }
    }

    /// A whole file. burn would read one tensor after another when it is first used, and panic
    /// where the file is gone by then.
    fn read(&self, name: &str) -> Result<(PathBuf, Bytes), Error> {
        let path = self.path.join(name);
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        Ok((path, Bytes::from_bytes_vec(bytes)))
    }

    fn write(&self, name: &str, bytes: Result<Bytes, RecordError>) -> Result<(), Error> {
        let path = self.path.join(name);
        let bytes = bytes.map_err(|e| Error::malformed(&path, "a state that can be written", e))?;
        Ok(write_whole(&path, &*bytes)?)
    }

    fn replace_pointer(&self, pointer: &Pointer) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(pointer)
            .map_err(|e| Error::malformed(&self.path.join(POINTER), "finite numbers", e))?;
        self.replace(POINTER, &text)
    }

    fn replace(&self, name: &str, text: &str) -> Result<(), Error> {
        Ok(write_whole(&self.path.join(name), text)?)
    }

    /// Removes weights and states of other checkpoints; nothing else that lies in the folder.
    fn remove_stale(&self, pointer: &Pointer) -> Result<(), Error> {
        let Pointer { model, optimizer, best, average, .. } = pointer;
        let kept = [Some(model), Some(optimizer), best.as_ref(), average.as_ref()];
        for entry in fs::read_dir(self.path).map_err(Error::io(self.path))? {
            let path = entry.map_err(Error::io(self.path))?.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if is_state_file(name) && !kept.iter().flatten().any(|k| *k == name) {
                fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        Ok(())
    }
}

/// What the files of a checkpoint are called by: its epoch, and its step in the middle of the next.
fn name(progress: &Progress) -> String {
    match (progress.epochs_done(), progress.begun.steps) {
        (epoch, 0) => format!("{epoch:05}"),
        (epoch, step) => format!("{epoch:05}-{step}"),
    }
}

/// The epochs as a table.
fn curves(history: &[EpochSummary]) -> String {
    let mut table = String::from("epoch,loss,learning_rate,score\n");
    for EpochSummary { epoch, loss, learning_rate, score } in history {
        let score = score.map(|score| score.to_string()).unwrap_or_default();
        table.push_str(&format!("{epoch},{loss},{learning_rate},{score}\n"));
    }
    table
}

/// The mean loss of each finished epoch of the run in a folder, the first epoch first.
///
/// # Errors
/// [`Error::Io`] where the folder holds no run; [`Error::Malformed`].
pub fn epoch_losses(folder: &Path) -> Result<Vec<f64>, Error> {
    let path = folder.join(CURVES);
    let text =
        fs::read_to_string(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
    let loss = |line: &str| {
        let loss = line.split(',').nth(1).and_then(|loss| loss.parse().ok());
        loss.ok_or_else(|| Error::Malformed {
            path: path.clone(),
            expected: "epoch,loss,learning_rate,score",
            got: line.to_owned(),
        })
    };
    text.lines().skip(1).map(loss).collect()
}

fn is_state_file(name: &str) -> bool {
    let stem = name.strip_suffix(".bpk").unwrap_or("");
    ["model-", "optimizer-", "best-", "average-"].iter().any(|prefix| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
    })
}

/// The first setting that differs, as (name, value before, value now).
fn first_difference(
    before: &TrainingConfig,
    now: &TrainingConfig,
) -> Option<(String, String, String)> {
    let as_map = |config| match serde_json::to_value(config) {
        Ok(serde_json::Value::Object(map)) => map,
        _ => serde_json::Map::new(),
    };
    let (before, now) = (as_map(before), as_map(now));
    before.into_iter().find_map(|(name, was)| {
        let is = now.get(&name).cloned().unwrap_or_default();
        (was != is).then(|| (name, was.to_string(), is.to_string()))
    })
}
