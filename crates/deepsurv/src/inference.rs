//! Passes without gradients: on the CPU by a plan, elsewhere by burn's operations.
use crate::{
    Encoder, Error, ImageSet, Preprocessing, RiskInputs,
    network::{Inputs, RiskBatch, RiskNetwork},
    preprocessing::{Standardised, as_it_is, present},
    task::to_host,
};
use burn::{module::Module, tensor::Device};
use vertebra_conv::{MapShape, Plan, Traced, Tracer, runs_on_flex};

/// Most subjects per pass, and most bytes of their images.
const BATCH: usize = 128;
const BYTES: usize = 128 << 20;

/// What a pass computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// What the network gives for each subject.
    Outputs,
    /// Inputs of the head.
    Features,
}

/// A network ready to predict for inputs of one shape.
#[derive(Debug)]
pub(crate) struct Inference<N: Encoder> {
    runner: Runner<N>,
    wanted: Wanted,
}

#[derive(Debug)]
enum Runner<N: Encoder> {
    /// On burn's flex backend the same network as a plan: several times faster.
    Plan(Box<Plan>),
    /// Elsewhere burn's operations.
    Network(Box<RiskNetwork<N>>, Device),
}

/// The shapes of a network's inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InputShapes {
    pub(crate) n_covariates: usize,
    /// `[images per subject, height, width]`.
    pub(crate) images: Option<[usize; 3]>,
    /// Whether some images may be missing.
    pub(crate) missing_images: bool,
}

/// The input of a graph that says which images are there.
const PRESENT: &str = "present";

impl InputShapes {
    fn of(inputs: &RiskInputs) -> Self {
        let images = inputs.images().map(ImageSet::shape);
        let missing_images = inputs.images().is_some_and(ImageSet::has_missing);
        Self { n_covariates: inputs.n_covariates(), images, missing_images }
    }

    /// The inputs of a graph: images, which of them are there, covariates.
    pub(crate) fn trace(self, tracer: &Tracer) -> Inputs<Traced> {
        let maps = self.images.map(|[per_subject, height, width]| {
            tracer.input("images", MapShape::new(1, height, width).with_copies(per_subject))
        });
        let copies = self.images.map_or(1, |[n, ..]| n);
        let present = self
            .missing_images
            .then(|| tracer.input(PRESENT, MapShape::vector(1).with_copies(copies)));
        let covariates = (self.n_covariates > 0)
            .then(|| tracer.input("covariates", MapShape::vector(self.n_covariates)));
        Inputs { maps, copies, present, covariates }
    }
}

impl<N: Encoder> Inference<N> {
    /// For what the network gives.
    pub(crate) fn new(network: &RiskNetwork<N>, shapes: InputShapes) -> Result<Self, Error> {
        Self::of(network, shapes, Wanted::Outputs)
    }

    fn of(network: &RiskNetwork<N>, shapes: InputShapes, wanted: Wanted) -> Result<Self, Error> {
        let burn = || {
            let network = network.valid();
            let device = network.devices().into_iter().next().unwrap_or_default();
            Runner::Network(Box::new(network), device)
        };
        let runner = match network.devices().iter().all(runs_on_flex) {
            true => match plan(network, shapes, wanted) {
                Err(Error::Inference(vertebra_conv::Error::Unsupported { .. })) => burn(),
                plan => Runner::Plan(Box::new(plan?)),
            },
            false => burn(),
        };
        Ok(Self { runner, wanted })
    }

    /// What the network gives for all subjects, `[n, outputs]`; `inputs` were checked before.
    pub(crate) fn outputs(
        &self,
        preprocessing: &Preprocessing,
        inputs: &RiskInputs,
    ) -> Result<Vec<f64>, Error> {
        let outputs = self.run(preprocessing, inputs)?;
        match outputs.iter().position(|h| !h.is_finite()) {
            Some(k) => {
                let per_subject = outputs.len() / inputs.n_subjects();
                Err(Error::Diverged { subject: k / per_subject, value: outputs[k] })
            }
            None => Ok(outputs),
        }
    }

    fn run(&self, preprocessing: &Preprocessing, inputs: &RiskInputs) -> Result<Vec<f64>, Error> {
        let subjects: Vec<usize> = (0..inputs.n_subjects()).collect();
        let standardised = Standardised::new(preprocessing, inputs);
        let mut values = Vec::with_capacity(subjects.len());
        for part in subjects.chunks(at_once(inputs)) {
            values.extend(match &self.runner {
                Runner::Plan(plan) => run_plan(plan, &standardised, part)?,
                Runner::Network(network, device) => {
                    let batch = standardised.batch(part, as_it_is)?.on(device);
                    run_network(network, batch, self.wanted)?
                }
            });
        }
        Ok(values)
    }
}

/// Subjects per pass.
fn at_once(inputs: &RiskInputs) -> usize {
    let bytes = |images: &ImageSet| images.per_subject() * size_of::<f32>();
    inputs.images().map_or(BATCH, |images| (BYTES / bytes(images)).clamp(1, BATCH))
}

fn plan<N: Encoder>(
    network: &RiskNetwork<N>,
    shapes: InputShapes,
    wanted: Wanted,
) -> Result<Plan, Error> {
    let tracer = Tracer::new();
    let inputs = shapes.trace(&tracer);
    let output = match wanted {
        Wanted::Outputs => network.outputs(inputs)?,
        // An operation, because covariates alone come out as they go in.
        Wanted::Features => network.head_inputs(inputs)?.then(|g, x| g.concatenate(&[x])),
    };
    Ok(tracer.finish("output", &output)?.plan()?)
}

fn run_plan(plan: &Plan, inputs: &Standardised<'_>, subjects: &[usize]) -> Result<Vec<f64>, Error> {
    let pixels = inputs.pixels(subjects)?;
    let covariates = inputs.covariates(subjects);
    let asks = plan.inputs().iter().any(|(name, _)| name == PRESENT);
    let present = match inputs.images().filter(|_| asks) {
        Some(images) => present(images, subjects)
            .unwrap_or_else(|| vec![1.0; subjects.len() * images.shape()[0]]),
        None => Vec::new(),
    };
    let given = [&*pixels, &*present, &*covariates];
    let given: Vec<&[f32]> = given.into_iter().filter(|values| !values.is_empty()).collect();
    let values = plan.run(&given, subjects.len())?;
    Ok(values.into_iter().map(f64::from).collect())
}

fn run_network<N: Encoder>(
    network: &RiskNetwork<N>,
    batch: RiskBatch,
    wanted: Wanted,
) -> Result<Vec<f64>, Error> {
    let inputs = batch.into_inputs();
    to_host(match wanted {
        Wanted::Outputs => network.outputs(inputs)?,
        Wanted::Features => network.head_inputs(inputs)?,
    })
}

/// What a network that is used once gives for all subjects; `inputs` were checked before.
pub(crate) fn predict<N: Encoder>(
    network: &RiskNetwork<N>,
    preprocessing: &Preprocessing,
    inputs: &RiskInputs,
) -> Result<Vec<f64>, Error> {
    Inference::new(network, InputShapes::of(inputs))?.outputs(preprocessing, inputs)
}

/// What the head of `network` reads, as if it were covariates: pooled features of the images, then
/// standardised covariates.
pub(crate) fn head_inputs<N: Encoder>(
    network: &RiskNetwork<N>,
    preprocessing: &Preprocessing,
    inputs: &RiskInputs,
) -> Result<RiskInputs, Error> {
    let features = Inference::of(network, InputShapes::of(inputs), Wanted::Features)?;
    let values = features.run(preprocessing, inputs)?;
    let width = values.len() / inputs.n_subjects().max(1);
    let rows = values.chunks(width.max(1));
    RiskInputs::from_covariates(rows.map(|row| row.iter().map(|&v| v as f32).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        EncoderConfig, Fusion, Normalization, Pooling, ResNet, RiskModel, RiskModelConfig,
        RiskTrainer, RiskTraining,
    };
    use vertebra_survival::{Outcomes, losses::TimeGrid};
    use vertebra_training::keep_going;

    const SHAPE: [usize; 3] = [3, 20, 24];

    fn inputs(covariates: bool, images: bool) -> RiskInputs {
        let n = 20;
        let rows = (0..n).map(|i| vec![60.0 + (i * 7 % 13) as f32, (i % 2) as f32]).collect();
        let pixels = (0..n * SHAPE.iter().product::<usize>()).map(|i| (i * 31 % 97) as f32 / 97.0);
        let images = images.then(|| ImageSet::new(pixels.collect(), SHAPE).unwrap());
        match (covariates, images) {
            (true, Some(images)) => {
                RiskInputs::from_covariates(rows).unwrap().with_images(images).unwrap()
            }
            (_, Some(images)) => RiskInputs::from_images(images),
            (_, None) => RiskInputs::from_covariates(rows).unwrap(),
        }
    }

    fn outcomes() -> Outcomes {
        let time = (0..20).map(|i| f64::from(i * 3 % 10) + 1.0).collect();
        Outcomes::new(time, (0..20).map(|i| i % 3 > 0).collect()).unwrap()
    }

    /// Two epochs, so that the running statistics are those of some data. On flex, because plans
    /// exist there alone.
    fn trainer(config: RiskModelConfig) -> RiskTrainer<'static> {
        let mut settings = RiskTraining::default();
        settings.training.epochs = 2;
        RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex())
    }

    fn fitted(config: RiskModelConfig, inputs: &RiskInputs) -> RiskModel {
        trainer(config).fit((inputs, &outcomes()), None, &mut keep_going).unwrap().model
    }

    /// Largest difference between plan and burn over the largest value.
    fn difference(model: &RiskModel, inputs: &RiskInputs, wanted: Wanted) -> f64 {
        let plan = Inference::of(model.network(), InputShapes::of(inputs), wanted).unwrap();
        assert!(matches!(plan.runner, Runner::Plan(_)));
        let network = Box::new(model.network().clone());
        let burn = Inference { runner: Runner::Network(network, model.device().clone()), wanted };
        let run =
            |inference: &Inference<ResNet>| inference.run(model.preprocessing(), inputs).unwrap();
        let (got, expected) = (run(&plan), run(&burn));
        assert_eq!(got.len(), expected.len());
        let scale = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let pairs = got.iter().zip(&expected);
        pairs.map(|(g, e)| (g - e).abs()).fold(0.0, f64::max) / scale
    }

    #[test]
    fn a_plan_gives_what_burn_gives() {
        let small = EncoderConfig::small(4);
        let published = EncoderConfig::resnet18().with_widths([8, 12]);
        let published = published.with_blocks([2, 1]);
        let image = |encoder| RiskModelConfig::image_only(encoder, SHAPE);
        let missing = |pooling| image(small.clone().with_pooling(pooling)).with_missing_images();
        for (config, covariates, images) in [
            (RiskModelConfig::clinical(["age", "female"]), true, false),
            (RiskModelConfig::clinical(["age", "female"]).with_batch_norm(true), true, false),
            (image(published.with_pooling(Pooling::Max)), false, true),
            (image(small.clone()).with_covariates(["age", "female"]), true, true),
            (image(small.clone().with_pooling(Pooling::Attention)), false, true),
            (
                image(small.clone().with_pooling(Pooling::Levels))
                    .with_covariates(["age", "female"]),
                true,
                true,
            ),
            (
                image(small.clone())
                    .with_covariates(["age", "female"])
                    .with_fusion(Fusion::Modulation),
                true,
                true,
            ),
            (
                image(small.clone())
                    .with_covariates(["age", "female"])
                    .with_fusion(Fusion::LogHazard)
                    .with_image_hidden([6]),
                true,
                true,
            ),
            (image(small.clone()).with_hidden([]), false, true),
            (missing(Pooling::Mean), false, true),
            (missing(Pooling::Max), false, true),
            (missing(Pooling::Attention), false, true),
            (missing(Pooling::Levels), false, true),
        ] {
            let inputs = match config.image.as_ref().is_some_and(|image| image.missing_images) {
                true => with_missing(inputs(covariates, images)),
                false => inputs(covariates, images),
            };
            let model = fitted(config, &inputs);
            for wanted in [Wanted::Outputs, Wanted::Features] {
                let difference = difference(&model, &inputs, wanted);
                assert!(difference < 1e-4, "{:?} {wanted:?}: {difference:e}", model.config());
            }
        }
    }

    /// What is exported reads inputs in natural units and gives what the model gives.
    #[test]
    fn the_whole_model_as_one_graph_gives_its_log_hazards() {
        let config = RiskModelConfig::image_only(EncoderConfig::small(4), SHAPE)
            .with_covariates(["age", "female"]);
        let inputs = inputs(true, true);
        let model = fitted(config, &inputs);
        let plan = model.graph().unwrap().plan().unwrap();
        let names: Vec<&str> = plan.inputs().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["images", "covariates"]);
        let rows = inputs.covariates().concat();
        let pixels = inputs.images().unwrap().to_vec().unwrap();
        let got = plan.run(&[&pixels, &rows], inputs.n_subjects()).unwrap();
        for (got, expected) in got.iter().zip(model.log_hazard(&inputs).unwrap()) {
            assert!((f64::from(*got) - expected).abs() < 1e-5, "{got}, expected {expected}");
        }
        let file = model.to_onnx().unwrap();
        for text in ["log_hazard", "covariates", "age,female", "log_cumulative", "batch"] {
            assert!(file.windows(text.len()).any(|w| w == text.as_bytes()), "{text}");
        }
    }

    fn with_missing(inputs: RiskInputs) -> RiskInputs {
        let missing: Vec<bool> = (0..20 * SHAPE[0]).map(|i| i % 4 == 3).collect();
        RiskInputs::from_images(inputs.images().unwrap().clone().with_missing(missing).unwrap())
    }

    /// Writes models, inputs and outputs for `tests/onnx/compare.py` where `VERTEBRA_ONNX` names a
    /// folder.
    #[test]
    fn models_are_written_for_other_runtimes() {
        let Some(folder) = std::env::var_os("VERTEBRA_ONNX").map(std::path::PathBuf::from) else {
            println!("skipped: VERTEBRA_ONNX is not set");
            return;
        };
        std::fs::create_dir_all(&folder).unwrap();
        let encoder = EncoderConfig::resnet18().with_widths([8, 12]);
        let encoder = encoder.with_blocks([2, 1]).with_pooling(Pooling::Max);
        let image = |encoder| RiskModelConfig::image_only(encoder, SHAPE);
        let fusion = image(EncoderConfig::small(4)).with_covariates(["age", "female"]);
        let pooled = |pooling| image(EncoderConfig::small(4).with_pooling(pooling));
        for (name, config, covariates, images) in [
            ("clinical", RiskModelConfig::clinical(["age", "female"]), true, false),
            (
                "batch-norm",
                RiskModelConfig::clinical(["age", "female"]).with_batch_norm(true),
                true,
                false,
            ),
            ("image", image(encoder), false, true),
            ("modulation", fusion.clone().with_fusion(Fusion::Modulation), true, true),
            ("one_number", fusion.clone().with_fusion(Fusion::LogHazard), true, true),
            ("fusion", fusion, true, true),
            ("attention", pooled(Pooling::Attention), false, true),
            ("levels", pooled(Pooling::Levels), false, true),
            ("missing-attention", pooled(Pooling::Attention).with_missing_images(), false, true),
            ("missing-levels", pooled(Pooling::Levels).with_missing_images(), false, true),
            ("missing-max", pooled(Pooling::Max).with_missing_images(), false, true),
        ] {
            let inputs = match name.starts_with("missing") {
                true => with_missing(inputs(covariates, images)),
                false => inputs(covariates, images),
            };
            let model = fitted(config, &inputs);
            std::fs::write(folder.join(format!("{name}.onnx")), model.to_onnx().unwrap()).unwrap();
            let write = |what: &str, values: &[f32]| write(&folder, name, what, values);
            if let Some(images) = inputs.images() {
                write("images", &images.to_vec().unwrap());
                if let Some(present) = present(images, &(0..20).collect::<Vec<_>>()) {
                    write("present", &present);
                }
            }
            if covariates {
                write("covariates", &inputs.covariates().concat());
            }
            let log_hazard = model.log_hazard(&inputs).unwrap();
            write("output", &log_hazard.iter().map(|&h| h as f32).collect::<Vec<_>>());
        }
        let inputs = inputs(true, false);
        let trainer = trainer(RiskModelConfig::clinical(["age", "female"]));
        let grid = TimeGrid::of_events(&outcomes(), 3).unwrap();
        let fitted = trainer.fit_curves(&grid, (&inputs, &outcomes()), None, &mut keep_going);
        let model = fitted.unwrap().model;
        std::fs::write(folder.join("curves.onnx"), model.to_onnx().unwrap()).unwrap();
        let curves = model.curves(&inputs).unwrap();
        let logits = (0..20).flat_map(|i| curves.logits(i).unwrap().to_vec());
        write(&folder, "curves", "output", &logits.map(|x| x as f32).collect::<Vec<_>>());
        write(&folder, "curves", "covariates", &inputs.covariates().concat());
    }

    fn write(folder: &std::path::Path, model: &str, what: &str, values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(folder.join(format!("{model}.{what}.f32")), bytes).unwrap();
    }

    /// The images of a subject in another order: attention weighs what each shows, wherever it
    /// stands, and levels know their places.
    #[test]
    fn only_levels_depend_on_the_order_of_images() {
        let inputs = inputs(false, true);
        let pixels = inputs.images().unwrap().to_vec().unwrap();
        let subjects = pixels.chunks(SHAPE.iter().product());
        let turned = subjects.flat_map(|s| s.chunks(SHAPE[1] * SHAPE[2]).rev().flatten().copied());
        let turned = RiskInputs::from_images(ImageSet::new(turned.collect(), SHAPE).unwrap());
        for (pooling, depends) in [
            (Pooling::Mean, false),
            (Pooling::Max, false),
            (Pooling::Attention, false),
            (Pooling::Levels, true),
        ] {
            let encoder = EncoderConfig::small(4).with_pooling(pooling);
            let model = fitted(RiskModelConfig::image_only(encoder, SHAPE), &inputs);
            let (a, b) = (model.log_hazard(&inputs).unwrap(), model.log_hazard(&turned).unwrap());
            let pairs = a.iter().zip(&b);
            let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert_eq!(apart > 1e-5, depends, "{pooling:?}: {apart:e}");
        }
    }

    #[test]
    fn group_normalisation_is_left_to_burn() {
        let encoder = EncoderConfig::small(4).with_normalization(Normalization::Group(2));
        let inputs = inputs(false, true);
        let model = fitted(RiskModelConfig::image_only(encoder, SHAPE), &inputs);
        let inference = Inference::new(model.network(), InputShapes::of(&inputs)).unwrap();
        assert!(matches!(inference.runner, Runner::Network(..)));
        assert_eq!(model.log_hazard(&inputs).unwrap().len(), 20);
        let error = model.to_onnx().unwrap_err().to_string();
        assert_eq!(error, "group normalisation cannot be part of an inference plan");
    }
}
