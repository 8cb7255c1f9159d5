//! The detector: a network, how to use it, and the folder it is kept in.

use super::detect::{BATCH, Detection};
use super::film::check_film;
use super::inference::{Inference, is_planned};
use super::prepare::PreparedFilm;
use crate::{DetectorCalibration, DetectorConfig, Error, Hrnet, SpineFinding, Trust, WeightScope};
use burn::module::Module;
use burn::tensor::Device;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use vertebra_conv::{Isa, PlanOptions};
use vertebra_keypoints::{HeatmapCodec, Verdict, VertebraKeypoints};
use vertebra_raster::Film;
use vertebra_run::write_whole;

const WEIGHTS: &str = "keypoints.safetensors";
const SETTINGS: &str = "keypoints.json";
/// Goes up when a reader of the old layout would misread the new one.
const SCHEMA_VERSION: u32 = 1;

/// How a user of the exported network prepares its input.
const PREPROCESSING: &str = "Grey values, bone bright. The film is reduced with a prefilter to 1.5 \
times the resolution at which it fits into the input, clipped at its 0.5 % and 99.5 % quantiles, \
and brought to mean 0 and standard deviation 1; then fitted into the input bilinearly, its \
proportions kept, centred, edges meeting edges; 0 around it.";
/// What comes out of it.
const OUTPUT: &str = "One heatmap per vertebra, L1 to L5 and, of seven, T12 and S1: Gaussians of height 1 \
whose peak is the centre of the vertebra. A heatmap pixel covers 4 x 4 px of the input.";

/// Films that are reduced and held at once while a batch is detected.
const HELD: usize = 64;

#[derive(Serialize, Deserialize)]
struct Settings {
    #[serde(alias = "schema")]
    schema_version: u32,
    config: DetectorConfig,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibration: Option<DetectorCalibration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust: Option<Trust>,
}

impl Settings {
    fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let not_ours = |e| Error::malformed(path, "a keypoint detector", e);
        let version: Version = serde_json::from_str(text).map_err(not_ours)?;
        if version.schema_version != SCHEMA_VERSION {
            let (got, expected) = (version.schema_version, SCHEMA_VERSION);
            return Err(Error::SchemaVersion { path: path.to_owned(), expected, got });
        }
        let settings: Self = serde_json::from_str(text).map_err(not_ours)?;
        settings.config.check()?;
        Ok(settings)
    }
}

/// Read first, so that another layout is refused by its number, not by a field.
#[derive(Deserialize)]
struct Version {
    #[serde(alias = "schema")]
    schema_version: u32,
}

/// A trained network with all that is needed to find L1..L5 on a whole film.
#[derive(Debug, Clone)]
pub struct KeypointDetector {
    network: Hrnet,
    config: DetectorConfig,
    codec: HeatmapCodec,
    calibration: Option<DetectorCalibration>,
    /// Where it was fitted to this detector.
    trust: Option<Trust>,
    int8: bool,
    /// Made at the first detection.
    inference: Arc<OnceLock<Inference>>,
}

impl KeypointDetector {
    /// # Errors
    /// [`Error::InvalidSetting`], also where the network is not the one that `config` describes.
    pub fn new(network: Hrnet, config: DetectorConfig) -> Result<Self, Error> {
        config.check()?;
        if *network.config() != config.network {
            let (expected, got) =
                (format!("{:?}", config.network), format!("{:?}", network.config()));
            return Err(Error::invalid("network", expected, got));
        }
        let codec = config.codec()?;
        let (network, inference) = (network.valid(), Arc::default());
        Ok(Self { network, config, codec, calibration: None, trust: None, int8: false, inference })
    }

    /// How it was made and how it detects.
    #[must_use]
    pub fn config(&self) -> &DetectorConfig {
        &self.config
    }

    /// The network, for inference.
    #[must_use]
    pub fn network(&self) -> &Hrnet {
        &self.network
    }

    /// What its confidence is worth, where that was measured.
    #[must_use]
    pub fn calibration(&self) -> Option<&DetectorCalibration> {
        self.calibration.as_ref()
    }

    /// With what its confidence is worth; what it finds from now on has a
    /// [`probability`](SpineFinding::probability).
    #[must_use]
    pub fn with_calibration(mut self, calibration: DetectorCalibration) -> Self {
        self.calibration = Some(calibration);
        self
    }

    /// With products of 8-bit integers, where this processor has an instruction for them
    /// ([`vertebra_conv::Isa::has_int8`]) and the network is on the CPU; elsewhere this changes
    /// nothing. It is quicker and moves most points by a tenth of a millimetre, one in a hundred by
    /// more than two, so that findings differ between processors; docs/BENCHMARKS.md says how much.
    /// Calibration and trust were fitted to products of floats. It is not saved with the detector.
    #[must_use]
    pub fn with_int8(mut self, int8: bool) -> Self {
        if self.int8 != int8 {
            self.int8 = int8;
            self.inference = Arc::default();
        }
        self
    }

    /// Whether it may multiply 8-bit integers here: it was [told to](Self::with_int8), and this
    /// processor can.
    #[must_use]
    pub fn is_int8(&self) -> bool {
        self.int8 && Isa::detect().has_int8() && is_planned(&self.network)
    }

    /// When its findings may be trusted: as fitted to it, else the one that comes with this crate.
    ///
    /// # Errors
    /// As [`Trust::shipped`].
    pub fn trust(&self) -> Result<Trust, Error> {
        self.trust.clone().map_or_else(Trust::shipped, Ok)
    }

    /// With when its findings may be trusted, fitted to it.
    #[must_use]
    pub fn with_trust(mut self, trust: Trust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// The verdict on what was found on a film of this spacing, `[row, col]` mm.
    ///
    /// # Errors
    /// As [`KeypointDetector::trust`].
    pub fn verdict(
        &self,
        finding: &SpineFinding,
        spacing_mm: Option<[f64; 2]>,
    ) -> Result<Verdict, Error> {
        Ok(self.trust()?.verdict(finding, spacing_mm))
    }

    /// With heatmaps of T12 and S1 beside those of L1 to L5, silent until they are trained.
    ///
    /// # Errors
    /// None for a detector that works.
    pub fn with_neighbours(self) -> Result<Self, Error> {
        let network = self.network.with_heatmaps(DetectorConfig::WITH_NEIGHBOURS)?;
        let config = DetectorConfig { network: network.config().clone(), ..self.config };
        let (calibration, trust) = (self.calibration, self.trust);
        Ok(Self { calibration, trust, ..Self::new(network, config)? })
    }

    /// With or without averaging over the film and its mirror image.
    #[must_use]
    pub fn with_flip_test(mut self, flip_test: bool) -> Self {
        self.config.flip_test = flip_test;
        self
    }

    /// With this many vertebrae to choose from, see [`DetectorConfig::candidates`].
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] for none or more than [`DetectorConfig::MOST_CANDIDATES`].
    pub fn with_candidates(mut self, candidates: usize) -> Result<Self, Error> {
        self.config.candidates = candidates;
        self.config.check()?;
        Ok(self)
    }

    /// The centres of L1..L5 in px of the film, with the heatmaps' peaks as confidence.
    ///
    /// A film facing left or right is found alike. A point that the film does not show still gets
    /// the best place in the film, with a low confidence.
    ///
    /// # Errors
    /// [`Error::FilmTooSmall`], [`Error::InvalidSpacing`] or [`Error::Raster`] for a film that
    /// cannot be taken; [`Error::Device`], or [`Error::Keypoints`] where the network yields no
    /// finite numbers.
    pub fn detect(&self, film: Film<'_>) -> Result<VertebraKeypoints, Error> {
        Ok(self.detect_batch(&[film])?[0])
    }

    /// [`KeypointDetector::detect`] for many films, in their order.
    ///
    /// # Errors
    /// As [`KeypointDetector::detect`].
    pub fn detect_batch(&self, films: &[Film<'_>]) -> Result<Vec<VertebraKeypoints>, Error> {
        let mut found = Vec::with_capacity(films.len());
        for films in films.chunks(HELD) {
            let prepared = self.prepared(films)?;
            let prepared: Vec<&PreparedFilm> = prepared.iter().collect();
            found.extend(self.detection()?.points(&prepared)?);
        }
        Ok(found)
    }

    /// All that is found on each film: points, which of them were chosen against the highest peak,
    /// the side the subject faces, and the evidence for it, for which every film is looked at again,
    /// turned a little and upside down.
    ///
    /// # Errors
    /// As [`KeypointDetector::detect`].
    pub fn find(&self, films: &[Film<'_>]) -> Result<Vec<SpineFinding>, Error> {
        let mut found = Vec::with_capacity(films.len());
        for films in films.chunks(HELD) {
            let prepared = self.prepared(films)?;
            let prepared: Vec<&PreparedFilm> = prepared.iter().collect();
            found.extend(self.detection()?.findings(&prepared)?);
        }
        if let Some(calibration) = &self.calibration {
            for film in &mut found {
                film.probability = calibration.probability(film.confidence());
            }
        }
        Ok(found)
    }

    /// [`KeypointDetector::find`] on a stream of films of any length, in its order: each item comes
    /// back with what was found on it. At most as many films are held as go through the network at
    /// once. A film that cannot be taken, or that `view` refuses, gets its own error and stops no
    /// other.
    ///
    /// # Examples
    /// ```
    /// use burn::tensor::Device;
    /// use vertebra_hrnet::{DetectorConfig, KeypointDetector};
    /// use vertebra_raster::Film;
    /// let config = DetectorConfig::quick();
    /// let network = config.network.init(&Device::default())?.with_initial_weights(1);
    /// let detector = KeypointDetector::new(network, config)?;
    /// let films = (0..3).map(|i| vec![i as f32; 40 * 30]); // read one after another
    /// let found = detector.find_stream(films, |pixels| {
    ///     Ok(Film { pixels, height: 40, width: 30, spacing_mm: None })
    /// });
    /// assert_eq!(found.filter(|(_, found)| found.is_ok()).count(), 3);
    /// # Ok::<(), vertebra_hrnet::Error>(())
    /// ```
    pub fn find_stream<'a, T: 'a>(
        &'a self,
        films: impl IntoIterator<Item = T> + 'a,
        view: impl for<'t> Fn(&'t T) -> Result<Film<'t>, Error> + 'a,
    ) -> impl Iterator<Item = (T, Result<SpineFinding, Error>)> + 'a {
        let mut films = films.into_iter();
        let mut ready = VecDeque::new();
        std::iter::from_fn(move || {
            if ready.is_empty() {
                let batch: Vec<T> = films.by_ref().take(BATCH).collect();
                ready.extend(self.find_each(batch, &view));
            }
            ready.pop_front()
        })
    }

    fn find_each<T>(
        &self,
        films: Vec<T>,
        view: &impl for<'t> Fn(&'t T) -> Result<Film<'t>, Error>,
    ) -> Vec<(T, Result<SpineFinding, Error>)> {
        let checked = |film| {
            let film = view(film)?;
            check_film(&film).map(|()| film)
        };
        let views: Vec<Result<Film<'_>, Error>> = films.iter().map(checked).collect();
        let good: Vec<Film<'_>> = views.iter().flatten().copied().collect();
        let found: Vec<Result<SpineFinding, Error>> = match self.find(&good) {
            Ok(found) => {
                let mut found = found.into_iter();
                let mut next =
                    |_| found.next().ok_or_else(|| Error::device("no result for a film"));
                views.into_iter().map(|view| view.and_then(&mut next)).collect()
            }
            // One film can fail all that go with it: each is tried alone.
            Err(_) => views.into_iter().map(|v| v.and_then(|f| Ok(self.find(&[f])?[0]))).collect(),
        };
        films.into_iter().zip(found).collect()
    }

    fn prepared(&self, films: &[Film<'_>]) -> Result<Vec<PreparedFilm>, Error> {
        let prepare = |film: &Film<'_>| PreparedFilm::new(film, self.config.input_size);
        films.par_iter().map(prepare).collect()
    }

    fn detection(&self) -> Result<Detection<'_>, Error> {
        let DetectorConfig { candidates, flip_test, closer_looks, .. } = self.config;
        let (network, codec) = (self.inference()?, &self.codec);
        Ok(Detection { network, codec, candidates, flip_test, closer_looks })
    }

    fn inference(&self) -> Result<&Inference, Error> {
        if let Some(inference) = self.inference.get() {
            return Ok(inference);
        }
        let options = PlanOptions::default().with_int8(self.int8);
        let inference = Inference::new(&self.network, self.config.input_size, options)?;
        Ok(self.inference.get_or_init(|| inference))
    }

    /// The network as an `.onnx` file (operator set 17): input `image`, `[batch, 1, height,
    /// width]`, a film prepared as the metadata says; output `heatmaps`, `[batch, 5 or 7, height /
    /// 4, width / 4]`. Detection averages it over the mirrored film too if `flip_test` says so.
    ///
    /// # Errors
    /// [`Error::Inference`].
    pub fn to_onnx(&self) -> Result<Vec<u8>, Error> {
        let config = serde_json::to_string(&self.config)
            .map_err(|e| Error::invalid("settings", "finite numbers", e))?;
        let graph = self.network.graph(1, self.config.input_size)?;
        let metadata = [("preprocessing", PREPROCESSING), ("output", OUTPUT), ("config", &config)];
        Ok(graph.to_onnx("keypoints", &metadata)?)
    }

    /// Writes `keypoints.safetensors` and `keypoints.json` into a folder, which is made if needed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        self.network.save_weights(&folder.join(WEIGHTS))?;
        let path = folder.join(SETTINGS);
        let settings = Settings {
            schema_version: SCHEMA_VERSION,
            config: self.config.clone(),
            calibration: self.calibration.clone(),
            trust: self.trust.clone(),
        };
        let text = serde_json::to_string_pretty(&settings)
            .map_err(|e| Error::malformed(&path, "finite settings", e))?;
        Ok(write_whole(&path, text)?)
    }

    /// The detector that comes with this crate (folder `detector`, with its model card), trained on
    /// drawn films and openly licensed projections alone.
    ///
    /// # Errors
    /// None, unless its files were changed: a test reads them.
    pub fn shipped(device: &Device) -> Result<Self, Error> {
        let settings = include_str!("../../detector/keypoints.json");
        let weights = include_bytes!("../../detector/keypoints.safetensors");
        Self::from_bytes(settings, weights, device)
    }

    /// Reads what [`KeypointDetector::save`] has written.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::SchemaVersion`], [`Error::Malformed`], or [`Error::WeightsMismatch`]
    /// where weights and settings do not belong together.
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        let path = folder.join(SETTINGS);
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        let settings = Settings::parse(&path, &text)?;
        let network = settings.config.network.init(device)?;
        let network = network.load_weights(&folder.join(WEIGHTS), WeightScope::All)?;
        Self::of(network, settings)
    }

    /// The same from the text of `keypoints.json` and the bytes of `keypoints.safetensors`, for
    /// detectors that are part of a program.
    ///
    /// # Errors
    /// As [`KeypointDetector::load`], save [`Error::Io`].
    pub fn from_bytes(settings: &str, weights: &[u8], device: &Device) -> Result<Self, Error> {
        let settings = Settings::parse(Path::new(SETTINGS), settings)?;
        let network = settings.config.network.init(device)?;
        Self::of(network.load_bytes(Path::new(WEIGHTS), weights)?, settings)
    }

    fn of(network: Hrnet, settings: Settings) -> Result<Self, Error> {
        let detector = Self::new(network, settings.config)?;
        Ok(Self { calibration: settings.calibration, trust: settings.trust, ..detector })
    }
}
