//! DeepSurv networks: from covariates, radiographs, or both, to a log hazard.
//!
//! A [`RiskModelConfig`] says what a model reads and is made of; a [`RiskTrainer`] fits it to
//! [`RiskInputs`] with their outcomes; the fitted [`RiskModel`] turns inputs into log hazards and
//! those into probabilities by a horizon, and is saved as a folder. [`grad_cam`],
//! [`integrated_gradients`] and [`occlusion`] show what in an image raised or lowered a subject's log hazard.
//!
//! # The network
//! Images go through a residual encoder ([`EncoderConfig`]: ResNet-18, -34 and -50 as published,
//! with the parameter names of torchvision and timm so that their weights can be loaded, or a small
//! one for the CPU). All images of a subject share it; its feature maps are averaged over positions
//! and pooled over the images by [`Pooling`]: their mean, their maximum, attention, or one after
//! the other; images that are missing ([`ImageSet::with_missing`]) are left out. The features,
//! joined with the standardised covariates, scaled and shifted by them, or made one number before
//! that joins them ([`Fusion`]), go through
//! fully connected layers to one number `h`, the log hazard (Katzman et al., *BMC Med. Res.
//! Methodol.* 18:24, 2018, extended to images as Kong et al., *Endocrinol. Metab.* 37(4):674-683,
//! 2022, say).
//!
//! # The loss
//! The negative log Cox partial likelihood, mean over events, ties as Breslow or Efron. It sees the
//! network only through the `n` numbers `h`, so its exact gradient at them is computed on the
//! host in f64, and each micro-batch of images back-propagates its own slice of it: the risk sets
//! are the whole cohort at the memory of a few images. With a batch size, risk sets are those of
//! each mini-batch instead, which makes more and rougher steps, and each may be given its share of
//! the events; or a step draws some subjects without the event for each event, weighted as in a
//! case-cohort study. Entry times, case weights and strata are those of the partial likelihood.
//!
//! [`RiskTrainer::fit_intervals`] trains on events known to an interval between two visits.
//!
//! [`RiskTrainer::fit_curves`] trains the same network for the hazards of some intervals instead, by
//! the likelihood of hazards that are constant within each
//! ([`HazardLikelihood`](vertebra_survival::losses::HazardLikelihood)); its [`CurveModel`] gives
//! survival curves that may cross.
//!
//! # Probabilities
//! A network that fits its training subjects too well puts out log hazards too far apart, and its
//! probabilities are too extreme. [`RiskTrainer::fit_recalibrated`] fits one network per fold too,
//! learns the right scale from their predictions for the subjects they never saw, and gives the
//! model that factor and the baseline hazard that belongs to it; see [`Recalibration`].
//!
//! [`RiskTrainer::fit_ensemble`] averages several networks, which differ by their seeds, by the subjects
//! that each holds out, or are snapshots of one training; those held out recalibrate the
//! [`RiskEnsemble`], and how far its members differ is an interval around each risk.
//!
//! # Numbers
//! Weights, dropout masks, augmentation and batch order come from explicit seeds: same seed, same
//! bits on one machine with burn's flex backend. Masks and augmentation depend on the subject and
//! the step, not on how a cohort is cut into batches. `log_hazard` 0 is the mean of the training
//! subjects; the baseline survival is Breslow's over the same subjects.
//!
#![doc = include_str!("../README.md")]

mod augmentation;
mod config;
mod curve_model;
mod curve_recalibration;
mod curve_store;
mod encoder;
mod ensemble;
mod error;
mod fitted;
mod image_file;
mod inference;
mod inputs;
mod model;
mod network;
mod objective;
mod predicted_curves;
mod preprocessing;
mod recalibration;
mod saliency;
mod seen;
mod settings;
mod store;
mod task;
mod trainer;
mod weights;

/// The version of burn whose types stand in this crate's signatures.
pub use burn;

pub use augmentation::Augmentation;
pub use config::{
    Activation, Block, EncoderConfig, Fusion, ImageConfig, Normalization, Pooling, RiskModelConfig,
    Stem,
};
pub use curve_model::CurveModel;
pub use curve_recalibration::CurveRecalibration;
pub use encoder::{Encoder, EncoderSettings};
pub use ensemble::{CurveEnsemble, Members, RiskEnsemble};
pub use error::Error;
pub use image_file::{ImageFile, ImageFileWriter};
pub use inputs::{ImageSet, RiskInputs};
pub use model::RiskModel;
pub use network::{Dropout, Head, ResNet, RiskBatch, RiskNetwork};
pub use predicted_curves::PredictedCurves;
pub use preprocessing::Preprocessing;
pub use recalibration::Recalibration;
pub use saliency::{
    Mass, Perturbation, Saliency, SaliencyMethod, grad_cam, integrated_gradients, occlusion,
    perturbation_curve,
};
pub use seen::{Outside, Seen};
pub use settings::{RiskTraining, ValidationScore};
pub use trainer::{RiskTrainer, TrainedEnsemble};
pub use vertebra_training::Trained;
