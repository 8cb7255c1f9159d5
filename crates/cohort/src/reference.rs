//! Normal height ratios by level and sex.

use crate::column::{expected_sex, one_of};
use crate::table::{Row, Table};
use crate::write::write_rows;
use crate::{Error, FilmHeights, HeightRatio, Problem, Problems, Sex};
use serde::{Deserialize, Serialize};
use std::path::Path;
use vertebra_keypoints::Level;

/// Mean and SD of one ratio among normal vertebrae.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Normal {
    /// Mean, above zero.
    pub mean: f64,
    /// Standard deviation, above zero.
    pub sd: f64,
    /// Vertebrae it was computed from, where known.
    pub n: Option<usize>,
}

/// How a reference is built from films whose fractured vertebrae are not known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrimmingOptions {
    n_sd: f64,
    min_vertebrae: usize,
    pool_sexes: bool,
}

impl Default for TrimmingOptions {
    /// Trim beyond 3 SD, at least 20 vertebrae per cell, women and men apart.
    fn default() -> Self {
        Self { n_sd: 3.0, min_vertebrae: 20, pool_sexes: false }
    }
}

impl TrimmingOptions {
    /// Values further than this many SD from the mean are trimmed in each round.
    #[must_use]
    pub fn with_n_sd(mut self, n_sd: f64) -> Self {
        self.n_sd = n_sd;
        self
    }

    /// Fewest vertebrae of one level and sex that make a reference.
    #[must_use]
    pub fn with_min_vertebrae(mut self, n: usize) -> Self {
        self.min_vertebrae = n;
        self
    }

    /// Whether women and men share one reference, for small cohorts.
    #[must_use]
    pub fn with_pooled_sexes(mut self, pool: bool) -> Self {
        self.pool_sexes = pool;
        self
    }
}

/// Normal values for every level, sex and ratio that a film can have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceTable {
    source: String,
    cells: [[[Option<Normal>; 4]; 2]; 5],
}

const COLUMNS: [&str; 6] = ["level", "sex", "ratio", "mean", "sd", "n"];

impl ReferenceTable {
    /// Learns the reference from the user's own films, e.g. all baseline films.
    ///
    /// Per level, sex and ratio: mean and SD are computed, values further than
    /// [`TrimmingOptions::with_n_sd`] from the mean are dropped, and this repeats until none is.
    /// Trimming until the rest looks normal is how reference values are had from people whose
    /// fractures are not known (Black et al., *J Bone Miner Res* 1991;6(8):883-892); the rule by
    /// SD is ours.
    ///
    /// # Errors
    /// [`Error::TooFewVertebrae`]; [`Error::ConstantRatio`]; [`Error::InvalidSetting`] for `n_sd`
    /// below 2.
    pub fn from_films(
        films: &[(Sex, FilmHeights)],
        options: &TrimmingOptions,
    ) -> Result<Self, Error> {
        if options.n_sd.is_nan() || options.n_sd < 2.0 {
            return Err(Error::InvalidSetting {
                name: "n_sd",
                expected: "2 or more".to_owned(),
                got: options.n_sd.to_string(),
            });
        }
        let mut cells = [[[None; 4]; 2]; 5];
        for (level, sex, ratio) in keys() {
            let counts = |film_sex: Sex| options.pool_sexes || film_sex == sex;
            let values = films.iter().filter(|(film_sex, _)| counts(*film_sex));
            let values: Vec<f64> =
                values.filter_map(|(_, film)| ratio.value(film, level)).collect();
            let n = values.len();
            // A sex that is absent from the cohort needs no reference.
            let absent = !films.iter().any(|(film_sex, _)| counts(*film_sex));
            cells[level.index()][sex as usize][ratio as usize] = match trim(values, options) {
                // 1e-9: a constant ratio may differ in its last digits.
                Some(normal) if normal.sd <= 1e-9 * normal.mean => {
                    return Err(Error::ConstantRatio { level, sex: sex.to_string(), ratio });
                }
                Some(normal) => Some(normal),
                None if absent => None,
                None => {
                    let sex = if options.pool_sexes { "F and M".into() } else { sex.to_string() };
                    let expected = options.min_vertebrae;
                    return Err(Error::TooFewVertebrae { level, sex, ratio, expected, got: n });
                }
            };
        }
        let sexes = if options.pool_sexes { "pooled sexes" } else { "each sex" };
        let n_sd = options.n_sd;
        let source = format!("{} films of this cohort, {sexes}, trimmed at {n_sd} SD", films.len());
        Ok(Self { source, cells })
    }

    /// Reads a CSV (see [`table`](crate::table)) with the columns `level` (L1..L5), `sex` (F, M),
    /// `ratio` (`Ha/Hp`, `Hm/Hp`, `Hp/Hp_above`, `Hp/Hp_below`), `mean`, `sd` and optionally `n`.
    /// Rows may be absent (no published table covers L5); a vertebra without a row is not assessed
    /// by that ratio.
    ///
    /// # Errors
    /// [`Error::InvalidCohort`] that lists every bad row; [`Error::Io`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let mut reference = Self { source: file_name(path), cells: [[[None; 4]; 2]; 5] };
        let mut problems = Vec::new();
        let table = Table::scan(&reference.source, &bytes, &mut problems);
        for row in table.rows() {
            if let Err(problem) = reference.place(row) {
                problems.push(problem);
            }
        }
        Problems::check(problems)?;
        Ok(reference)
    }

    fn place(&mut self, row: Row) -> Result<(), Problem> {
        let level = row.required("level", "L1 to L5", |text| text.parse::<Level>().ok())?;
        let sex = row.required("sex", &expected_sex(), Sex::from_text)?;
        let ratios = one_of(HeightRatio::ALL.iter().map(|ratio| ratio.name()));
        let ratio_of = |text: &str| HeightRatio::ALL.into_iter().find(|r| r.name() == text);
        let ratio = row.required("ratio", &ratios, ratio_of)?;
        let above_0 = |text: &str| row.finite(text).filter(|v| *v > 0.0);
        let mean = row.required("mean", "a number above 0", above_0)?;
        let sd = row.required("sd", "a number above 0", above_0)?;
        let n = row.optional("n", "a number of vertebrae", |text| text.parse().ok())?;
        let cell = &mut self.cells[level.index()][sex as usize][ratio as usize];
        if cell.is_some() {
            let got = format!("{level}, {sex}, {ratio} again");
            return Err(row.problem("ratio", "each level, sex and ratio once", &got));
        }
        *cell = Some(Normal { mean, sd, n });
        Ok(())
    }

    /// Writes the table as [`ReferenceTable::read`] reads it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let row = |(level, sex, ratio): (Level, Sex, HeightRatio)| {
            let normal = self.get(level, sex, ratio)?;
            let n = normal.n.map(|n| n.to_string()).unwrap_or_default();
            let key = [level.to_string(), sex.to_string(), ratio.to_string()];
            Some(
                key.into_iter()
                    .chain([normal.mean.to_string(), normal.sd.to_string(), n])
                    .collect(),
            )
        };
        let header = COLUMNS.map(str::to_owned).to_vec();
        write_rows(path.as_ref(), std::iter::once(header).chain(keys().filter_map(row)))
    }

    /// The normal value, where the table has one.
    #[must_use]
    pub fn get(&self, level: Level, sex: Sex, ratio: HeightRatio) -> Option<Normal> {
        self.cells[level.index()][sex as usize][ratio as usize]
    }

    /// Where it came from, for a report.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Every cell a film can fill: L1 has no vertebra above, L5 none below.
fn keys() -> impl Iterator<Item = (Level, Sex, HeightRatio)> {
    let cell = |level: Level| {
        let ratios = HeightRatio::ALL.into_iter().filter(move |ratio| match ratio {
            HeightRatio::PosteriorAbove => level != Level::L1,
            HeightRatio::PosteriorBelow => level != Level::L5,
            _ => true,
        });
        ratios.flat_map(move |r| Sex::ALL.iter().map(move |&sex| (level, sex, r)))
    };
    Level::ALL.into_iter().flat_map(cell)
}

fn trim(mut values: Vec<f64>, options: &TrimmingOptions) -> Option<Normal> {
    loop {
        let n = values.len();
        if n < options.min_vertebrae.max(2) {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let sd = (squares / (n - 1) as f64).sqrt();
        values.retain(|v| (v - mean).abs() <= options.n_sd * sd);
        if values.len() == n {
            return Some(Normal { mean, sd, n: Some(n) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vertebra_keypoints::VertebralHeights;

    /// 40 normal films per sex whose anterior heights spread around 28 mm, and two crushed L2.
    fn films() -> Vec<(Sex, FilmHeights)> {
        let mut films = Vec::new();
        for i in 0..82 {
            let sex = if i % 2 == 0 { Sex::Female } else { Sex::Male };
            let wobble = f64::from(i % 9) / 4.0 - 1.0;
            let normal = VertebralHeights {
                anterior: 28.0 + wobble,
                middle: 27.0 - wobble / 2.0,
                posterior: 29.0 - wobble / 3.0,
            };
            // Each level's height wobbles in its own rhythm, so that no ratio is constant.
            let scale = |level: usize| 1.0 + ((i as usize * (level + 3)) % 11) as f64 / 500.0;
            let mut film: FilmHeights = std::array::from_fn(|level| {
                let s = scale(level);
                let (anterior, middle) = (normal.anterior * s, normal.middle * s);
                Some(VertebralHeights { anterior, middle, posterior: normal.posterior * s })
            });
            if i >= 80 {
                film[1] = Some(VertebralHeights { anterior: 14.0, ..normal });
            }
            films.push((sex, film));
        }
        films
    }

    #[test]
    fn trimming_removes_the_crushed_vertebrae() {
        let options = TrimmingOptions::default();
        let table = ReferenceTable::from_films(&films(), &options).unwrap();
        let l2 = table.get(Level::L2, Sex::Female, HeightRatio::AnteriorPosterior).unwrap();
        let l3 = table.get(Level::L3, Sex::Female, HeightRatio::AnteriorPosterior).unwrap();
        assert_eq!((l2.n, l3.n), (Some(40), Some(41)));
        assert!((l2.mean - l3.mean).abs() < 0.005);
        assert_eq!(table.get(Level::L1, Sex::Female, HeightRatio::PosteriorAbove), None);
    }

    #[test]
    fn a_constant_ratio_is_refused() {
        let same = VertebralHeights { anterior: 28.0, middle: 27.0, posterior: 29.0 };
        let films = vec![(Sex::Male, [Some(same); 5]); 30];
        let table = ReferenceTable::from_films(&films, &TrimmingOptions::default());
        assert!(matches!(table, Err(Error::ConstantRatio { level: Level::L1, .. })));
    }

    #[test]
    fn a_small_group_is_refused_unless_pooled() {
        let few: Vec<_> = films().into_iter().take(30).collect();
        let options = TrimmingOptions::default();
        let error = ReferenceTable::from_films(&few, &options).unwrap_err().to_string();
        assert!(error.contains("L1, sex F: expected at least 20 vertebrae, got 15"), "{error}");
        assert!(ReferenceTable::from_films(&few, &options.with_pooled_sexes(true)).is_ok());
    }

    #[test]
    fn a_written_table_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reference.csv");
        let table = ReferenceTable::from_films(&films(), &TrimmingOptions::default()).unwrap();
        table.write(&path).unwrap();
        let back = ReferenceTable::read(&path).unwrap();
        assert_eq!(back.cells, table.cells);
        assert_eq!(back.source(), "reference.csv");
    }

    #[test]
    fn every_bad_row_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reference.csv");
        let text = "level,sex,ratio,mean,sd,n\nL9,F,Ha/Hp,1,0.1,\nL1,F,Ha/Hp,1,0,\n\
                    L1,F,Ha/Hp,1,0.1,9\nL1,F,Ha/Hp,1,0.1,9\n";
        std::fs::write(&path, text).unwrap();
        let text = ReferenceTable::read(&path).unwrap_err().to_string();
        assert!(text.starts_with("3 problems"), "{text}");
        assert!(
            text.contains("reference.csv line 3, column sd: expected a number above 0, got \"0\""),
            "{text}"
        );
    }
}
