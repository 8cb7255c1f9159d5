//! The options from which a study's settings follow: `--preset`, `--config`, `--seed`,
//! and where decoded films are kept: `--film-cache`.

use anyhow::Context;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use vertebra_study::{Preset, SETTINGS_FILE, StudyConfig};

/// Options shared by the programs that train.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How much to compute
    #[arg(long, value_enum, default_value = "quick")]
    preset: PresetName,
    /// A TOML file with the settings that differ from the preset [default: study.toml of the cohort
    /// folder, where there is one]
    #[arg(long)]
    config: Option<PathBuf>,
    /// Seed of every random choice
    #[arg(long)]
    seed: Option<u64>,
    /// Folder where decoded and reduced films are kept for the next run; up to 1 MB a film, delete
    /// it at will
    #[arg(long, value_name = "DIR")]
    film_cache: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PresetName {
    Quick,
    Standard,
    Paper,
}

impl Arguments {
    /// The preset that was asked for.
    #[must_use]
    pub fn preset(&self) -> Preset {
        match self.preset {
            PresetName::Quick => Preset::Quick,
            PresetName::Standard => Preset::Standard,
            PresetName::Paper => Preset::Paper,
        }
    }

    /// Whether a file of settings was given.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.config.is_some()
    }

    /// The preset, changed by the file and the seed where given; the file may be that of the cohort
    /// folder.
    ///
    /// # Errors
    /// The file cannot be read, or a setting in it is unknown or out of its domain.
    pub fn resolve(&self, cohort: Option<&Path>) -> anyhow::Result<StudyConfig> {
        let mut config = settings(self.preset(), self.config.as_deref(), cohort)?;
        if let Some(seed) = self.seed {
            config.seed = seed;
        }
        config.film_cache.clone_from(&self.film_cache);
        Ok(config)
    }
}

/// A preset, changed by a file, or by that of the cohort folder where there is one.
///
/// # Errors
/// The file cannot be read, or a setting in it is unknown or out of its domain.
pub fn settings(
    preset: Preset,
    file: Option<&Path>,
    cohort: Option<&Path>,
) -> anyhow::Result<StudyConfig> {
    let of_cohort = cohort.map(|folder| folder.join(SETTINGS_FILE));
    let of_cohort = of_cohort.filter(|path| path.is_file());
    let Some(path) = file.or(of_cohort.as_deref()) else { return Ok(StudyConfig::preset(preset)) };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    StudyConfig::from_toml(preset, &text).with_context(|| path.display().to_string())
}
