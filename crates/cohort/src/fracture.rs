//! Morphometric vertebral fractures: which levels lie below normal, and how far.

use crate::{FilmHeights, HeightRatio, ReferenceTable, Sex};
use serde::{Deserialize, Serialize};
use vertebra_keypoints::Level;

/// When a vertebra counts as fractured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FractureRule {
    n_sd: f64,
    min_reduction: f64,
}

impl Default for FractureRule {
    /// The paper's rule: any ratio more than 3 SD below the mean.
    fn default() -> Self {
        Self { n_sd: 3.0, min_reduction: 0.0 }
    }
}

impl FractureRule {
    /// How many SD below the mean a ratio must lie.
    #[must_use]
    pub fn with_n_sd(mut self, n_sd: f64) -> Self {
        self.n_sd = n_sd;
        self
    }

    /// The share of the mean by which the ratio must besides be reduced (0.2 asks for Genant's
    /// grade 1); guards against very small reference SDs.
    #[must_use]
    pub fn with_min_reduction(mut self, share: f64) -> Self {
        self.min_reduction = share;
        self
    }
}

/// Semi-quantitative grade by height reduction: Genant et al., *J Bone Miner Res*
/// 1993;8(9):1137-1148. The four are all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GenantGrade {
    /// Less than 20 % reduced.
    Normal,
    /// Grade 1: 20 to 25 %.
    Mild,
    /// Grade 2: 25 to 40 %.
    Moderate,
    /// Grade 3: 40 % or more.
    Severe,
}

/// The grade of a height that is reduced by this share (0.3 = 30 %).
#[must_use]
pub fn genant_grade(reduction: f64) -> GenantGrade {
    match reduction {
        r if r >= 0.40 => GenantGrade::Severe,
        r if r >= 0.25 => GenantGrade::Moderate,
        r if r >= 0.20 => GenantGrade::Mild,
        _ => GenantGrade::Normal,
    }
}

/// A fractured level on a film, by the ratio that is furthest below normal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FracturedLevel {
    /// The level.
    pub level: Level,
    /// The ratio with the lowest z.
    pub ratio: HeightRatio,
    /// SDs from the mean; negative.
    pub z: f64,
    /// Largest share by which a ratio is below its mean.
    pub reduction: f64,
    /// Genant grade of that reduction. The reference is the level's own normal shape, so that the
    /// natural wedge of L5 is no reduction.
    pub grade: GenantGrade,
}

/// What one film shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FilmReading {
    /// Levels that could be assessed: at least one ratio has a reference.
    pub assessed: [bool; 5],
    /// Fractured levels, L1 first.
    pub fractured: Vec<FracturedLevel>,
}

impl FilmReading {
    /// Whether a level is fractured.
    #[must_use]
    pub fn is_fractured(&self, level: Level) -> bool {
        self.fractured.iter().any(|f| f.level == level)
    }
}

/// Applies the rule to each level of a film.
///
/// # Examples
/// ```
/// use vertebra_cohort::{FractureRule, ReferenceTable, Sex, TrimmingOptions, read_film};
/// use vertebra_keypoints::{Level, VertebralHeights};
/// // Heights of L1..L5 on 30 films that differ a little.
/// let normal = |film: usize| std::array::from_fn(|level| {
///     let posterior = 28.0 + (film * (level + 3) % 11) as f64 / 10.0;
///     let anterior = 27.5 + (film % 5) as f64 / 5.0;
///     Some(VertebralHeights { anterior, middle: 27.0, posterior })
/// });
/// let films: Vec<_> = (0..30).map(|film| (Sex::Female, normal(film))).collect();
/// let reference = ReferenceTable::from_films(&films, &TrimmingOptions::default())?;
/// let mut film = normal(0);
/// film[0] = Some(VertebralHeights { anterior: 19.0, middle: 24.0, posterior: 28.5 });
/// let reading = read_film(&film, Sex::Female, &reference, &FractureRule::default());
/// assert!(reading.is_fractured(Level::L1) && !reading.is_fractured(Level::L2));
/// # Ok::<(), vertebra_cohort::Error>(())
/// ```
#[must_use]
pub fn read_film(
    film: &FilmHeights,
    sex: Sex,
    reference: &ReferenceTable,
    rule: &FractureRule,
) -> FilmReading {
    let mut reading = FilmReading { assessed: [false; 5], fractured: Vec::new() };
    for level in Level::ALL {
        let deviations = deviations(film, level, sex, reference);
        reading.assessed[level.index()] = !deviations.is_empty();
        let below = |d: &&Deviation| d.z < -rule.n_sd && d.reduction >= rule.min_reduction;
        let lowest = deviations.iter().filter(below).min_by(|a, b| a.z.total_cmp(&b.z));
        if let Some(lowest) = lowest {
            let reduction = deviations.iter().map(|d| d.reduction).fold(0.0, f64::max);
            let (ratio, z, grade) = (lowest.ratio, lowest.z, genant_grade(reduction));
            reading.fractured.push(FracturedLevel { level, ratio, z, reduction, grade });
        }
    }
    reading
}

struct Deviation {
    ratio: HeightRatio,
    z: f64,
    reduction: f64,
}

fn deviations(
    film: &FilmHeights,
    level: Level,
    sex: Sex,
    reference: &ReferenceTable,
) -> Vec<Deviation> {
    let deviation = |ratio: HeightRatio| {
        let value = ratio.value(film, level)?;
        let normal = reference.get(level, sex, ratio)?;
        let z = (value - normal.mean) / normal.sd;
        Some(Deviation { ratio, z, reduction: 1.0 - value / normal.mean })
    };
    HeightRatio::ALL.into_iter().filter_map(deviation).collect()
}
