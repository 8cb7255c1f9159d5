//! How often the intervals of all figures cover the truth, and how often all tests reject a true
//! null hypothesis, as one table for each size.

use std::collections::{BTreeMap, btree_map::Entry};

use rayon::prelude::*;
use vertebra_survival::{Error, Interval};

use crate::figures::{Cohort, Figure, Null};

/// Subjects of the large samples behind the truths, and how many of these.
const LARGE: usize = 300_000;
const LARGE_SAMPLES: u64 = 2;

/// What one sample gives: its figures with their truths, and its tests.
struct Drawn {
    events: usize,
    figures: Vec<(Figure, f64)>,
    nulls: Vec<Null>,
}

/// A share of samples.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    hits: usize,
    of: usize,
    undefined: usize,
}

impl Count {
    fn add<T>(&mut self, got: &Result<T, Error>, hit: impl FnOnce(&T) -> bool) {
        match got {
            Err(_) => self.undefined += 1,
            Ok(value) => {
                self.of += 1;
                self.hits += usize::from(hit(value));
            }
        }
    }

    fn cell(self) -> String {
        let share = self.hits as f64 / self.of as f64;
        let error = (share * (1.0 - share) / self.of as f64).sqrt();
        let undefined = match self.undefined {
            0 => String::new(),
            n => format!(" ({n} undefined)"),
        };
        format!("{:.1} ± {:.1}{undefined}", 100.0 * share, 100.0 * error)
    }
}

/// Figures of large samples by their names, and by the rates of the cohorts.
#[derive(Default)]
pub(crate) struct Truths(BTreeMap<u64, BTreeMap<&'static str, f64>>);

impl Truths {
    fn of(&mut self, cohort: &Cohort) -> Result<&BTreeMap<&'static str, f64>, Error> {
        Ok(match self.0.entry(cohort.rate.to_bits()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(truths(cohort)?),
        })
    }
}

/// Prints the tables of these cohorts, a column for each, from so many samples of each.
pub(crate) fn report(cohorts: &[(Cohort, u64)], all_truths: &mut Truths) -> Result<(), Error> {
    let (mut covers, mut rejects) = (Table::default(), Table::default());
    let mut heading = String::from("|");
    for (k, &(cohort, samples)) in cohorts.iter().enumerate() {
        let truths = all_truths.of(&cohort)?;
        let drawn: Vec<Drawn> = (0..samples)
            .into_par_iter()
            .map(|seed| {
                let sample = cohort.draw(seed, true)?;
                let truth = |name: &str| truths.get(name).copied().unwrap_or(f64::NAN);
                let with_truth = |figure: Figure| (truth(figure.0), figure);
                let figures = sample.figures().into_iter().map(with_truth);
                let mut all: Vec<(Figure, f64)> = figures.map(|(t, f)| (f, t)).collect();
                all.extend(sample.calibration());
                Ok(Drawn { events: sample.n_events(), figures: all, nulls: sample.nulls() })
            })
            .collect::<Result<_, Error>>()?;
        let events = drawn.iter().map(|d| d.events as f64).sum::<f64>() / samples as f64;
        let clusters = if cohort.clustered { ", clusters of 4" } else { "" };
        let n = cohort.n;
        heading += &format!(" {n} subjects, {events:.0} events{clusters}, {samples} samples |");
        for Drawn { figures, nulls, .. } in &drawn {
            for ((name, got), truth) in figures {
                let covers_it = |(_, interval): &(f64, Interval)| interval.contains(*truth);
                covers.cell(name, k, cohorts.len()).add(got, covers_it);
            }
            for (name, p) in nulls {
                rejects.cell(name, k, cohorts.len()).add(p, |p| *p < 0.05);
            }
        }
    }
    let lines = "---|".repeat(cohorts.len());
    println!("| covers, % {heading}\n|---|{lines}\n{}", covers.rows());
    println!("| rejects, % {heading}\n|---|{lines}\n{}", rejects.rows());
    Ok(())
}

/// The figures of large samples in which nobody is censored before 20 years, averaged.
fn truths(cohort: &Cohort) -> Result<BTreeMap<&'static str, f64>, Error> {
    let large = Cohort { n: LARGE, clustered: false, ..*cohort };
    let mut truths = BTreeMap::new();
    for seed in 0..LARGE_SAMPLES {
        for (name, got) in large.draw(u64::MAX - seed, false)?.figures() {
            *truths.entry(name).or_insert(0.0) += got?.0 / LARGE_SAMPLES as f64;
        }
    }
    Ok(truths)
}

/// Rows by name, in the order in which they came.
#[derive(Default)]
struct Table(Vec<(String, Vec<Count>)>);

impl Table {
    fn cell(&mut self, name: &str, column: usize, columns: usize) -> &mut Count {
        let place = self.0.iter().position(|row| row.0 == name).unwrap_or_else(|| {
            self.0.push((name.to_owned(), vec![Count::default(); columns]));
            self.0.len() - 1
        });
        &mut self.0[place].1[column]
    }

    fn rows(&self) -> String {
        let row = |(name, counts): &(String, Vec<Count>)| {
            let cells: Vec<String> = counts.iter().map(|count| count.cell()).collect();
            format!("| {name} | {} |\n", cells.join(" | "))
        };
        self.0.iter().map(row).collect()
    }
}
