//! What an encoder of images has to offer, so that one's own can stand in the place of a ResNet.
use crate::{Error, Pooling};
use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use std::path::Path;
use vertebra_conv::{Layers, MapShape, Maps, Tracer};

/// A network from one grey image to feature maps.
///
/// Written over [`Maps`] it is trained by burn, predicts as a plan, is exported as ONNX and explained
/// by heat maps like the encoders of this crate. What [`Maps`] does not have,
/// [`Maps::by_burn`] does, at the price of plan and export.
pub trait Encoder: Module + ModuleDisplay + Sync + 'static {
    /// Feature maps of each image.
    ///
    /// # Shapes
    /// - `images`: `[n, 1, height, width]`
    /// - output: `[n, features, ceil(height / stride), ceil(width / stride)]`
    #[must_use]
    fn forward<M: Maps>(&self, images: M) -> M;

    /// Gives back memory that only further training steps would use, as that of
    /// [`Layers`](vertebra_conv::Layers); nothing by default.
    fn release_buffers(&self) {}
}

/// The settings of an encoder, which a model folder keeps and from which the encoder is built again.
///
/// # Examples
/// An encoder of one's own: two convolutions of stride 2.
/// ```
/// use burn::module::Module;
/// use serde::{Deserialize, Serialize};
/// use vertebra_conv::{Conv2d, Layers, Maps};
/// use vertebra_deepsurv::{
///     Encoder, EncoderSettings, ImageSet, RiskInputs, RiskModel, RiskModelConfig, RiskTrainer,
///     RiskTraining,
/// };
/// use vertebra_survival::Outcomes;
/// use vertebra_training::keep_going;
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// struct Shallow {
///     width: usize,
/// }
///
/// #[derive(Module, Debug)]
/// struct ShallowNetwork {
///     first: Conv2d,
///     second: Conv2d,
///     #[module(skip)]
///     layers: Layers,
/// }
///
/// impl EncoderSettings for Shallow {
///     type Encoder = ShallowNetwork;
///
///     fn build(&self, layers: &Layers) -> ShallowNetwork {
///         let conv = |channels| layers.same_conv(channels, 3, 2);
///         let (first, second) = (conv([1, self.width]), conv([self.width; 2]));
///         ShallowNetwork { first, second, layers: layers.clone() }
///     }
///
///     fn n_features(&self) -> usize {
///         self.width
///     }
///
///     fn stride(&self) -> usize {
///         4
///     }
/// }
///
/// impl Encoder for ShallowNetwork {
///     fn forward<M: Maps>(&self, images: M) -> M {
///         images.conv(&self.first).relu().conv(&self.second).relu()
///     }
///
///     fn release_buffers(&self) {
///         self.layers.release_buffers();
///     }
/// }
///
/// // Ten subjects; the brighter their picture, the sooner the event.
/// let pixels = (0..10 * 64).map(|i| (i / 64 * 7 % 10) as f32 / 10.0).collect();
/// let inputs = RiskInputs::from_images(ImageSet::new(pixels, [1, 8, 8])?);
/// let time = (0..10).map(|i| 10.0 - f64::from(i * 7 % 10)).collect();
/// let outcomes = Outcomes::new(time, vec![true; 10])?;
///
/// let mut settings = RiskTraining::default();
/// settings.training.epochs = 5;
/// let config = RiskModelConfig::image_only(Shallow { width: 4 }, [1, 8, 8]);
/// let trainer = RiskTrainer::new(config).with_settings(settings);
/// let model = trainer.fit((&inputs, &outcomes), None, &mut keep_going)?.model;
///
/// let folder = std::env::temp_dir().join("vertebra-shallow");
/// model.save(&folder)?;
/// let back = RiskModel::<Shallow>::load_own(&folder, model.device())?;
/// assert_eq!(model.log_hazard(&inputs)?, back.log_hazard(&inputs)?);
/// let exported = back.to_onnx()?;
/// assert!(!exported.is_empty());
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait EncoderSettings:
    Debug + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The network that they describe.
    type Encoder: Encoder;

    /// Builds the network of these layers, on their device. Its weights are drawn anew afterwards,
    /// from the seed of the training, as [`initialize`](vertebra_training::initialize) says.
    fn build(&self, layers: &Layers) -> Self::Encoder;

    /// Number of features per image, the channels of what [`Encoder::forward`] gives.
    fn n_features(&self) -> usize;

    /// By how much the encoder divides height and width.
    fn stride(&self) -> usize;

    /// How the features of a subject's images become one feature vector; their mean by default.
    fn pooling(&self) -> Pooling {
        Pooling::Mean
    }

    /// Checks the settings; nothing by default.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`].
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The network with the weights of an image classifier in a file, for
    /// [`RiskTrainer::with_encoder_weights`](crate::RiskTrainer::with_encoder_weights).
    ///
    /// # Errors
    /// What is wrong with the file; by default [`Error::InvalidSetting`].
    fn build_from(&self, weights: &Path, _device: &Device) -> Result<Self::Encoder, Error> {
        Err(Error::invalid(
            "encoder weights",
            "an encoder that reads such files",
            weights.display(),
        ))
    }
}

/// Sees, before anything is trained, that an encoder gives as many features as its settings say, and
/// that what it does to pictures of this size can be planned as it is computed, where it can be
/// planned at all.
///
/// # Errors
/// [`Error::LengthMismatch`], or [`Error::Inference`] for maps that do not fit each other.
pub(crate) fn check_encoder<N: Encoder>(
    encoder: &N,
    [height, width]: [usize; 2],
    expected: usize,
) -> Result<(), Error> {
    let tracer = Tracer::new();
    let maps = encoder.forward(tracer.input("image", MapShape::new(1, height, width)));
    let traced = maps.channels();
    let got = match tracer.finish("features", &maps) {
        Ok(_) => traced,
        Err(vertebra_conv::Error::Unsupported { .. }) => {
            // A copy, because running statistics belong to the trained one.
            let encoder = encoder.valid();
            let device = encoder.devices().into_iter().next().unwrap_or_default();
            encoder.forward(Tensor::<4>::zeros([1, 1, height, width], &device)).channels()
        }
        Err(error) => return Err(error.into()),
    };
    match got == expected {
        true => Ok(()),
        false => {
            let (name, unit) = ("what the encoder gives for an image", "features");
            Err(Error::LengthMismatch { name, unit, expected, got })
        }
    }
}
