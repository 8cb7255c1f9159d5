//! A small synthetic cohort, made once for all unit tests of this crate.

use crate::input::covariates::Covariates;
use crate::input::subjects::StudyData;
use crate::stages::Context;
use crate::stages::models::Clinical;
use crate::work_folder::WorkFolder;
use crate::{Preset, StudyConfig};
use burn::tensor::Device;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use vertebra_hrnet::KeypointDetector;
use vertebra_keypoints::VertebraKeypoints;
use vertebra_phantom::{PhantomConfig, generate};

/// A cohort folder of 48 subjects to analyse and 12 to exclude, with very small films.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let config = PhantomConfig::quick()
            .with_subjects(48)
            .with_excluded(12)
            .with_film_size([160, 128])
            .with_event_rate(0.5)
            .with_synthetic_frax(0.9)
            .with_seed(5);
        generate(&config, folder.path(), &mut |_| {}).unwrap();
        folder
    };
    FOLDER.get_or_init(make).path()
}

/// Networks that barely learn, two folds, small pictures.
pub(crate) fn config() -> StudyConfig {
    let text = "
        folds = 2
        test_fraction = 0.4
        horizons = [1.0, 3.0]
        bootstrap = 100
        pictures = 1
        film_height = 128
        variants = ['l1_l5', 'patches', 'patches_masked']
        clinical_models = [['age', 'sex'], ['age', 'sex', 'bmi']]
        [trimming]
        pool_sexes = true
        [keypoints]
        input_size = [64, 64]
        [keypoints.training]
        epochs = 1
        [picture]
        size = 32
        patch_size = 32
        [risk.image_training.training]
        epochs = 1
        [risk.clinical_training.training]
        epochs = 2
    ";
    StudyConfig::from_toml(Preset::Quick, text).unwrap()
}

/// The small cohort as a study reads it.
pub(crate) fn data() -> StudyData {
    read(&config())
}

/// The same by another configuration.
pub(crate) fn read(config: &StudyConfig) -> StudyData {
    StudyData::read(folder(), config).unwrap()
}

/// A copy of the small cohort with one file changed; the radiographs are links.
pub(crate) fn edited(file: &str, mut change: impl FnMut(&str) -> String) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in folder().read_dir().unwrap() {
        let path = entry.unwrap().path();
        let to = copy.path().join(path.file_name().unwrap());
        if path.is_dir() {
            std::os::unix::fs::symlink(&path, &to).unwrap();
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
    let path = copy.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(&text)).unwrap();
    copy
}

/// A CSV text with a column of one value, in the place of a column of that name if there is one.
pub(crate) fn with_column(text: &str, name: &str, value: &str) -> String {
    with_cells(text, name, |_, _| value.to_owned())
}

/// The same with a value that depends on the row's number, from 0, and its text.
pub(crate) fn with_cells(
    text: &str,
    name: &str,
    mut value: impl FnMut(usize, &str) -> String,
) -> String {
    let header: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
    let old = header.iter().position(|column| *column == name);
    let line = |(k, line): (usize, &str)| {
        let mut cells: Vec<&str> = line.split(',').collect();
        old.map(|place| cells.remove(place));
        let last = if k == 0 { name.to_owned() } else { value(k - 1, line) };
        cells.push(&last);
        cells.join(",") + "\n"
    };
    text.lines().enumerate().map(line).collect()
}

/// The small cohort with a run folder of its own, as the stages see it.
pub(crate) struct Scene {
    pub(crate) data: StudyData,
    pub(crate) config: StudyConfig,
    pub(crate) cohort: PathBuf,
    run_folder: TempDir,
    device: Device,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let run_folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(run_folder.path().join("pictures")).unwrap();
        let (cohort, device) = (folder().to_owned(), Device::default());
        Self { data: data(), config: config(), cohort, run_folder, device }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            data: &self.data,
            config: &self.config,
            cohort: &self.cohort,
            run_folder: self.run_folder.path(),
            device: &self.device,
            device_name: "of tests",
            command: &[],
            work: WorkFolder::NONE,
            share: None,
        }
    }

    /// The annotated points of every film, px of the original films.
    pub(crate) fn annotated(&self) -> Vec<VertebraKeypoints> {
        (0..self.data.n()).map(|i| self.data.annotation(i).unwrap().keypoints).collect()
    }

    /// A detector that was never trained, with points anywhere on a film.
    pub(crate) fn blind_detector(&self) -> KeypointDetector {
        let settings = self.config.keypoints.clone();
        let network = settings.network.init(&self.device).unwrap().with_initial_weights(1);
        KeypointDetector::new(network, settings).unwrap()
    }

    /// The covariates of clinical model 2 of the configuration.
    pub(crate) fn clinical(&self) -> Clinical {
        let covariates = Covariates::of(&self.data, self.config.covariates()).unwrap();
        Clinical::new(&covariates, 2, &self.config.clinical_models[1])
    }
}

/// Every subject's points moved by as many px to the right.
pub(crate) fn moved(points: &[VertebraKeypoints], px: f64) -> Vec<VertebraKeypoints> {
    let xy = |p: &VertebraKeypoints| p.points().each_ref().map(|p| (p.x + px, p.y));
    points.iter().map(|p| VertebraKeypoints::from_xy(xy(p)).unwrap()).collect()
}
