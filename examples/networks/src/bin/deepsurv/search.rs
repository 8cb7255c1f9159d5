//! A small search for settings among the training rows alone: test rows, and rows marked `valid`,
//! take no part.

use crate::ensemble::Training;
use crate::settings::{Settings, Stop};
use vertebra_training::Seed;

/// Networks that judge one setting, each on rows that it holds out.
const NETWORKS: usize = 3;

/// The settings with the highest mean log partial likelihood per event on rows held out, among
/// those given and `n` drawn at random.
pub(crate) fn search(
    training: Training<'_>,
    first: &Settings,
    n: usize,
) -> anyhow::Result<Settings> {
    let seed = Seed::new(training.seed).named("search");
    let mut best = (first.clone(), score(training, first)?);
    for candidate in 0..n {
        let settings = first.drawn(seed.at(&[candidate as u64]));
        let score = score(training, &settings)?;
        if score > best.1 {
            best = (settings, score);
        }
    }
    Ok(best.0)
}

fn score(training: Training<'_>, settings: &Settings) -> anyhow::Result<f64> {
    let judged = Settings { stop: Stop::Likelihood, ..settings.clone() };
    let mut sum = 0.0;
    for network in 0..NETWORKS {
        let rows = &training.data.rows.train;
        let (train, held_out) = training.fold_of(rows, network)?;
        let [train, held_out] =
            [train, held_out].map(|part| part.iter().map(|&i| rows[i]).collect::<Vec<_>>());
        let seed = Seed::new(training.seed).named("networks").at(&[network as u64]);
        let trained = training.network(&judged, seed, (&train, &held_out))?;
        let scores = trained.history.iter().filter_map(|epoch| epoch.score);
        sum += scores.fold(f64::NEG_INFINITY, f64::max);
    }
    Ok(sum / NETWORKS as f64)
}
