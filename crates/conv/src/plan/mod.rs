//! A network for inference with everything settled that does not depend on its input: merged
//! steps, packed weights, and the place of every intermediate result.

mod kernel;
mod memory;
mod passes;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::awake;
use crate::graph::{Graph, MapShape, Program, Step, StepKind, lower};
use crate::{Convolution, Error, Isa};
use kernel::{Kernel, Reads};
use memory::{Memory, Place};

/// Items go through the network together until their workspace has this many values (4 MB):
/// small networks fill their vectors better, large ones stay in the cache.
const GROUP_VALUES: usize = 1 << 20;
/// Most items that go through together, or more where they have fewer multiply-adds in all than
/// [`GROUP_PRODUCTS`].
const GROUP_ITEMS: usize = 16;
const GROUP_PRODUCTS: usize = 1 << 22;

/// How a plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanOptions {
    isa: Isa,
    winograd: bool,
    int8: bool,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { isa: Isa::detect(), winograd: true, int8: false }
    }
}

impl PlanOptions {
    /// Computes with another instruction set than the processor's best.
    #[must_use]
    pub fn with_isa(mut self, isa: Isa) -> Self {
        self.isa = isa;
        self
    }

    /// As [`Convolution::with_winograd`], for every layer.
    #[must_use]
    pub fn with_winograd(mut self, winograd: bool) -> Self {
        self.winograd = winograd;
        self
    }

    /// As [`Convolution::with_int8`], for every layer.
    #[must_use]
    pub fn with_int8(mut self, int8: bool) -> Self {
        self.int8 = int8;
        self
    }

    fn configure(self, layer: Convolution) -> Convolution {
        layer.with_isa(self.isa).with_winograd(self.winograd).with_int8(self.int8)
    }
}

/// A network ready to run on slices, made by [`Graph::plan`].
///
/// Batches run in groups of items whose size depends on the network alone, in parallel over
/// groups and within each; results are bit-equal for any number of threads. Each thread that runs
/// a group keeps a workspace of [`workspace_bytes`](Self::workspace_bytes) for the next call.
#[derive(Debug)]
pub struct Plan {
    steps: Vec<PlannedStep>,
    inputs: Vec<(String, MapShape)>,
    output: (String, MapShape, Range<usize>),
    /// Values of the workspace per item.
    size: usize,
    /// Items that go through together.
    group: usize,
    workspaces: Mutex<Vec<Vec<f32>>>,
}

#[derive(Debug)]
struct PlannedStep {
    kernel: Kernel,
    reads: Vec<(Place, usize)>,
    /// Within the workspace of one item.
    write: Range<usize>,
    label: String,
    multiply_adds: usize,
}

/// Time of one step of a plan.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive] // only a plan makes one
pub struct StepTime {
    /// What it does: operation, shapes.
    pub label: String,
    /// Multiply-adds of its definition (a convolution's; 0 for other steps), for the whole batch.
    pub multiply_adds: usize,
    /// Wall time.
    pub time: Duration,
}

impl Graph {
    /// Settles everything that does not depend on the input's values.
    ///
    /// # Errors
    /// [`Error::NoOperation`] if the graph has no output, [`Error::Device`] from one that does not
    /// give a layer's parameters.
    pub fn plan(&self) -> Result<Plan, Error> {
        self.plan_with(PlanOptions::default())
    }

    /// [`plan`](Self::plan) with options.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub fn plan_with(&self, options: PlanOptions) -> Result<Plan, Error> {
        let program = lower(self)?;
        let memory = Memory::plan(&program);
        let steps = program.steps.iter();
        let steps = steps.map(|step| planned(&program, &memory, step, options));
        let steps: Vec<PlannedStep> = steps.collect::<Result<_, _>>()?;
        let (name, value) = &program.output;
        let shape = program.shape(*value);
        let Some(Place::Workspace(start)) = memory.place(*value) else {
            return Err(Error::NoOperation);
        };
        let inputs = program.inputs.iter();
        let multiply_adds = steps.iter().map(|step| step.multiply_adds).sum();
        Ok(Plan {
            steps,
            inputs: inputs.map(|(name, v)| (name.clone(), program.shape(*v))).collect(),
            output: (name.clone(), shape, start..start + shape.len()),
            size: memory.size,
            group: group_items(memory.size, multiply_adds),
            workspaces: Mutex::new(Vec::new()),
        })
    }
}

/// Items that go through together, for a workspace of `size` values per item.
fn group_items(size: usize, multiply_adds: usize) -> usize {
    let most = GROUP_ITEMS.max(GROUP_PRODUCTS / multiply_adds.max(1));
    (GROUP_VALUES / size.max(1)).clamp(1, most)
}

fn planned(
    program: &Program,
    memory: &Memory,
    step: &Step,
    options: PlanOptions,
) -> Result<PlannedStep, Error> {
    let place = |value| memory.place(value).ok_or(Error::NoOperation);
    let Place::Workspace(start) = place(step.output)? else { return Err(Error::NoOperation) };
    let mut reads = Vec::new();
    for value in step.kind.reads() {
        reads.push((place(value)?, program.shape(value).len()));
    }
    let in_place = reads.get(1).is_some_and(|(place, _)| *place == Place::Workspace(start));
    let in_place = in_place && matches!(step.kind, StepKind::Convolution { .. });
    if in_place {
        reads.truncate(1);
    }
    let kernel = Kernel::new(program, step, in_place, |layer| options.configure(layer))?;
    let (label, multiply_adds) = described(program, step, &kernel);
    let write = start..start + program.shape(step.output).len();
    Ok(PlannedStep { kernel, reads, write, label, multiply_adds })
}

/// A step in words, and its multiply-adds per item.
fn described(program: &Program, step: &Step, kernel: &Kernel) -> (String, usize) {
    let to = program.shape(step.output);
    let words = |shape: MapShape| format!("{}x{}x{}", shape.channels, shape.height, shape.width);
    match &step.kind {
        StepKind::Convolution { layer, x, addend, .. } => {
            let [_, channels, height, width] = layer.weight_shape();
            let from = program.shape(*x);
            let sum = if addend.is_some() { " +" } else { "" };
            let int8 = if kernel.is_int8() { " int8" } else { "" };
            let label = format!("{height}x{width} {} -> {}{sum}{int8}", words(from), words(to));
            (label, to.len() * channels * height * width)
        }
        _ => (format!("{} {}", kernel.name(), words(to)), 0),
    }
}

impl Plan {
    /// Name and shape of each input, in the order of [`run`](Self::run).
    #[must_use]
    pub fn inputs(&self) -> &[(String, MapShape)] {
        &self.inputs
    }

    /// The output's shape.
    #[must_use]
    pub fn output_shape(&self) -> MapShape {
        self.output.1
    }

    /// Size of the workspace that each thread at work keeps.
    #[must_use]
    pub fn workspace_bytes(&self) -> usize {
        4 * self.size * self.group
    }

    /// Multiply-adds per item, by the definition of the convolutions.
    #[must_use]
    pub fn multiply_adds(&self) -> usize {
        self.steps.iter().map(|step| step.multiply_adds).sum()
    }

    /// The network's output for a batch of `items`.
    ///
    /// # Shapes
    /// - `inputs`: one slice per input, `[items, copies, channels, height, width]` row-major
    /// - output: `[items, ..]` of [`output_shape`](Self::output_shape)
    ///
    /// # Errors
    /// [`Error::InputCount`] or [`Error::LengthMismatch`].
    pub fn run(&self, inputs: &[&[f32]], items: usize) -> Result<Vec<f32>, Error> {
        self.check(inputs, items)?;
        let per_item = self.output.1.len();
        let mut output = vec![0.0; items * per_item];
        let groups: Vec<_> = output.chunks_mut(self.group * per_item).enumerate().collect();
        let cost = items * self.multiply_adds();
        let results = awake::on_pool(cost, || {
            awake::map(groups, cost, |(g, out)| {
                self.run_group(inputs, g * self.group, out, &mut |_, _| {})
            })
        });
        results.into_iter().collect::<Result<(), Error>>()?;
        Ok(output)
    }

    /// [`run`](Self::run), group after group, with the time of every step.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn profile(&self, inputs: &[&[f32]], items: usize) -> Result<Vec<StepTime>, Error> {
        self.check(inputs, items)?;
        let mut times = vec![Duration::ZERO; self.steps.len()];
        let per_item = self.output.1.len();
        let mut output = vec![0.0; items * per_item];
        awake::on_pool(items * self.multiply_adds(), || {
            for (g, out) in output.chunks_mut(self.group * per_item).enumerate() {
                self.run_group(inputs, g * self.group, out, &mut |step, time| times[step] += time)?;
            }
            Ok(())
        })?;
        let steps = self.steps.iter().zip(times);
        Ok(steps
            .map(|(step, time)| StepTime {
                label: step.label.clone(),
                multiply_adds: items * step.multiply_adds,
                time,
            })
            .collect())
    }

    fn check(&self, inputs: &[&[f32]], items: usize) -> Result<(), Error> {
        if inputs.len() != self.inputs.len() {
            let (expected, got) = (self.inputs.len(), inputs.len());
            return Err(Error::InputCount { expected, got });
        }
        for (input, (_, shape)) in inputs.iter().zip(&self.inputs) {
            if input.len() != items * shape.len() {
                let shape = [vec![items], shape.array().to_vec()].concat();
                return Err(Error::LengthMismatch { name: "input", shape, got: input.len() });
            }
        }
        Ok(())
    }

    /// Items from `first` on, as many as `output` has room for.
    fn run_group(
        &self,
        inputs: &[&[f32]],
        first: usize,
        output: &mut [f32],
        observe: &mut dyn FnMut(usize, Duration),
    ) -> Result<(), Error> {
        let items = output.len() / self.output.1.len();
        let inputs: Reads<'_> = (inputs.iter().zip(&self.inputs))
            .map(|(input, (_, shape))| &input[first * shape.len()..][..items * shape.len()])
            .collect();
        let mut workspace = self.take_workspace();
        for (i, step) in self.steps.iter().enumerate() {
            let start = Instant::now();
            let (reads, write) = split(&mut workspace, step, &inputs, items);
            step.kernel.run(items, &reads, write)?;
            observe(i, start.elapsed());
        }
        let start = self.output.2.start * items;
        output.copy_from_slice(&workspace[start..start + output.len()]);
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
        Ok(())
    }

    fn take_workspace(&self) -> Vec<f32> {
        let kept = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| vec![0.0; self.size * self.group])
    }
}

/// The slices that a step reads and the one that it writes.
fn split<'a>(
    workspace: &'a mut [f32],
    step: &PlannedStep,
    inputs: &Reads<'a>,
    items: usize,
) -> (Reads<'a>, &'a mut [f32]) {
    let write = step.write.start * items..step.write.start * items + step.write.len() * items;
    let (before, rest) = workspace.split_at_mut(write.start);
    let (output, after) = rest.split_at_mut(write.len());
    let (before, after) = (&*before, &*after);
    let reads = step.reads.iter().map(|&(place, length)| match place {
        Place::Input(i) => inputs[i],
        Place::Workspace(start) if start * items < write.start => {
            &before[start * items..][..length * items]
        }
        Place::Workspace(start) => &after[start * items - write.end..][..length * items],
    });
    (reads.collect(), output)
}
