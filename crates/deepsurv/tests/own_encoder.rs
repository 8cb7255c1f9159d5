//! An encoder from outside of the crate: trained, kept, exported and explained as the crate's own.
#![allow(clippy::unwrap_used)] // helpers of tests

use burn::module::Module;
use burn::tensor::{Device, activation::gelu};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use vertebra_conv::{Conv2d, Layers, Maps};
use vertebra_deepsurv::{
    Encoder, EncoderSettings, ImageSet, Pooling, RiskInputs, RiskModel, RiskModelConfig,
    RiskTrainer, RiskTraining, grad_cam, occlusion,
};
use vertebra_survival::{Outcomes, concordance};
use vertebra_training::keep_going;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shallow {
    width: usize,
    smooth: bool,
}

#[derive(Module, Debug)]
struct ShallowNetwork {
    first: Conv2d,
    second: Conv2d,
    #[module(skip)]
    smooth: bool,
    #[module(skip)]
    layers: Layers,
}

impl EncoderSettings for Shallow {
    type Encoder = ShallowNetwork;

    fn build(&self, layers: &Layers) -> ShallowNetwork {
        let conv = |channels| layers.same_conv(channels, 3, 2);
        let (first, second) = (conv([1, self.width]), conv([self.width; 2]));
        ShallowNetwork { first, second, smooth: self.smooth, layers: layers.clone() }
    }

    fn n_features(&self) -> usize {
        self.width
    }

    fn stride(&self) -> usize {
        4
    }

    fn pooling(&self) -> Pooling {
        Pooling::Max
    }
}

impl Encoder for ShallowNetwork {
    fn forward<M: Maps>(&self, images: M) -> M {
        let bend = |x: M| if self.smooth { x.by_burn("GELU", gelu) } else { x.relu() };
        bend(bend(images.conv(&self.first)).conv(&self.second))
    }

    fn release_buffers(&self) {
        self.layers.release_buffers();
    }
}

/// Noise with a square whose brightness is the log hazard.
fn squares(n: usize) -> (RiskInputs, Outcomes) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (mut pixels, mut time) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let strength: f32 = rng.random();
        pixels.extend((0..16 * 16).map(|i| {
            let inside = (5..11).contains(&(i / 16)) && (5..11).contains(&(i % 16));
            0.2 * rng.random::<f32>() + if inside { strength } else { 0.3 }
        }));
        time.push(-rng.random::<f64>().max(1e-12).ln() * (-6.0 * f64::from(strength)).exp());
    }
    let images = ImageSet::new(pixels, [1, 16, 16]).unwrap();
    (RiskInputs::from_images(images), Outcomes::new(time, vec![true; n]).unwrap())
}

fn fitted(smooth: bool) -> (RiskModel<Shallow>, RiskInputs) {
    let (inputs, outcomes) = squares(120);
    let config = RiskModelConfig::image_only(Shallow { width: 4, smooth }, [1, 16, 16]);
    let mut settings = RiskTraining::default();
    settings.training.epochs = 20;
    settings.training.batch_size = Some(40);
    let trainer = RiskTrainer::new(config).with_settings(settings).with_device(&Device::flex());
    let model = trainer.fit((&inputs, &outcomes), None, &mut keep_going).unwrap().model;
    let c = concordance(&outcomes, &model.log_hazard(&inputs).unwrap()).unwrap().index();
    assert!(c > 0.7, "{c}");
    (model, inputs)
}

fn comes_back(model: &RiskModel<Shallow>, inputs: &RiskInputs) {
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path()).unwrap();
    let back = RiskModel::<Shallow>::load_own(folder.path(), model.device()).unwrap();
    assert_eq!(model.log_hazard(inputs).unwrap(), back.log_hazard(inputs).unwrap());
    // A ResNet is not what the folder holds.
    let error = RiskModel::load(folder.path(), model.device()).unwrap_err().to_string();
    assert!(error.contains("risk.json") && error.contains("stem"), "{error}");
}

fn is_explained(model: &RiskModel<Shallow>, inputs: &RiskInputs) {
    let log_hazard = model.log_hazard(inputs).unwrap();
    let highest = (0..120).max_by(|&a, &b| log_hazard[a].total_cmp(&log_hazard[b])).unwrap();
    let subject = inputs.subset(&[highest]);
    let is_square = |i: usize| (5..11).contains(&(i / 16)) && (5..11).contains(&(i % 16));
    for map in [grad_cam(model, &subject).unwrap(), occlusion(model, &subject, 4).unwrap()] {
        // Of the 36 pixels that raise the hazard most those of the square, which is 0.14 of all.
        let inside = map.order()[..36].iter().filter(|&&i| is_square(i)).count();
        assert!(inside >= 18, "{inside} in {map:?}");
    }
}

#[test]
fn written_over_maps_it_is_planned_and_exported() {
    let (model, inputs) = fitted(false);
    comes_back(&model, &inputs);
    is_explained(&model, &inputs);
    let pixels = inputs.images().unwrap().to_vec().unwrap();
    let planned = model.graph().unwrap().plan().unwrap().run(&[&pixels], 120).unwrap();
    for (planned, expected) in planned.iter().zip(model.log_hazard(&inputs).unwrap()) {
        assert!((f64::from(*planned) - expected).abs() < 1e-4, "{planned}, expected {expected}");
    }
    assert!(!model.to_onnx().unwrap().is_empty());
}

#[test]
fn with_operations_of_burn_it_does_all_but_that() {
    let (model, inputs) = fitted(true);
    comes_back(&model, &inputs);
    is_explained(&model, &inputs);
    let error = model.to_onnx().unwrap_err().to_string();
    assert_eq!(error, "GELU cannot be part of an inference plan");
}

/// Settings that promise other features than the network gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrong(usize);

impl EncoderSettings for Wrong {
    type Encoder = ShallowNetwork;

    fn build(&self, layers: &Layers) -> ShallowNetwork {
        Shallow { width: 4, smooth: self.0 == 5 }.build(layers)
    }

    fn n_features(&self) -> usize {
        self.0
    }

    fn stride(&self) -> usize {
        4
    }
}

#[test]
fn features_are_as_many_as_the_settings_say() {
    let (inputs, outcomes) = squares(20);
    for (wrong, message) in [
        (5, "what the encoder gives for an image: expected 5 features, got 4"),
        (8, "what the encoder gives for an image: expected 8 features, got 4"),
        (0, "features of the encoder: expected at least one, got 0"),
    ] {
        let config = RiskModelConfig::image_only(Wrong(wrong), [1, 16, 16]);
        let trainer = RiskTrainer::new(config);
        let error = trainer.fit((&inputs, &outcomes), None, &mut keep_going).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn weights_of_others_are_refused_by_name() {
    let (inputs, outcomes) = squares(20);
    let config = RiskModelConfig::image_only(Shallow { width: 4, smooth: false }, [1, 16, 16]);
    let trainer = RiskTrainer::new(config).with_encoder_weights("resnet18.pth");
    let error = trainer.fit((&inputs, &outcomes), None, &mut keep_going).unwrap_err().to_string();
    assert!(error.contains("resnet18.pth"), "{error}");
}
