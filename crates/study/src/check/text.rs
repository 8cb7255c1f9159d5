//! A check as a page of text.

use super::{CheckedCategory, CheckedFilms, CohortCheck, StudyCost};
use std::fmt;
use vertebra_report::results::SetSize;

/// Of more problems with films, the rest is counted.
const MOST_FILMS: usize = 10;

impl fmt::Display for CohortCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Subjects")?;
        writeln!(f, "  {} of {} subjects are analysed", self.analysed, self.subjects)?;
        for step in self.exclusions.iter().filter(|s| s.excluded > 0 || s.not_recorded > 0) {
            write!(f, "  {:>6} left: {}", step.excluded, step.reason)?;
            match step.not_recorded {
                0 => writeln!(f)?,
                n => writeln!(f, " (not recorded for {n}, who stay)")?,
            }
        }
        self.outcomes(f)?;
        self.values(f)?;
        writeln!(f, "\nModels (events of the development set per covariate)")?;
        for (model, number) in self.models.iter().zip(1..) {
            let names = model.covariates.join(", ");
            write!(f, "  {number}: {names} ({:.1})", model.events_per_covariate)?;
            match &model.needed {
                Some(size) => {
                    let (n, events) = (size.n, size.events);
                    writeln!(f, "; takes {n} subjects, {events:.0} events (Riley et al. 2020)")?;
                }
                None => writeln!(f)?,
            }
        }
        self.films.write(self.annotated, f)?;
        writeln!(f, "\nThe study")?;
        match self.cost {
            None => writeln!(f, "  time and memory are not known for these networks")?,
            Some(StudyCost { minutes, memory_gb, cores, .. }) => writeln!(
                f,
                "  about {minutes:.1} minutes on {cores} cores and {memory_gb:.1} GB, within a \
                 factor of two on a current processor"
            )?,
        }
        if !self.notes.is_empty() {
            writeln!(f, "\nNotes")?;
            self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))?;
        }
        Ok(())
    }
}

impl CohortCheck {
    fn outcomes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nOutcomes from {}", self.outcome.source)?;
        let size = |name: &str, size: &SetSize, f: &mut fmt::Formatter<'_>| {
            writeln!(f, "  {name:<12} {:>6} subjects, {:>5} events", size.n, size.events)
        };
        size("development", &self.sets.development, f)?;
        for (fold, number) in self.sets.folds.iter().zip(1..) {
            size(&format!("  fold {number}"), fold, f)?;
        }
        size("test", &self.sets.test, f)?;
        let years = self.outcome.person_years;
        write!(f, "  {years:.0} person-years, {:.1} events per 100", self.outcome.rate_per_100)?;
        match self.outcome.median_follow_up {
            Some(median) => writeln!(f, ", median follow-up {median:.1} years"),
            None => writeln!(f),
        }
    }

    fn values(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nColumns{:>34} {:>10} {:>10} {:>10}",
            "recorded", "least", "median", "greatest"
        )?;
        for column in &self.columns {
            let values = [column.least, column.median, column.greatest].map(|v| format!("{v:.4}"));
            let values = values.map(|v| v.trim_end_matches('0').trim_end_matches('.').to_owned());
            let [least, median, greatest] = values;
            let (name, n) = (&column.name, column.recorded);
            writeln!(f, "  {name:<30} {n:>8} {least:>10} {median:>10} {greatest:>10}")?;
            if let Some(doubt) = &column.doubt {
                writeln!(f, "    {doubt}")?;
            }
        }
        for CheckedCategory { name, levels, missing } in &self.categories {
            let levels: Vec<String> = levels.iter().map(|(l, n)| format!("{l} {n}")).collect();
            writeln!(f, "  {name}: {}; not recorded {missing}", levels.join(", "))?;
        }
        Ok(())
    }
}

impl CheckedFilms {
    fn write(&self, annotated: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.opened + self.failed.len();
        writeln!(f, "\nBaseline films")?;
        writeln!(f, "  {annotated} of {n} are annotated")?;
        if self.opened > 0 {
            let ([low, high], [left, right]) = (self.rows, self.columns);
            writeln!(f, "  {low} to {high} rows, {left} to {right} columns")?;
        }
        write!(f, "  {} of {n} state their pixel spacing", self.with_spacing)?;
        match self.height_mm {
            Some([low, high]) => writeln!(f, ": {low:.0} to {high:.0} mm high")?,
            None => writeln!(f)?,
        }
        write_counts("they face", self.facing.iter().map(|(what, n)| (*what, n)), f)?;
        let stored = self.photometric.iter().map(|(what, n)| (what.as_str(), n));
        write_counts("grey values are stored as", stored, f)?;
        for (warning, n) in &self.warnings {
            writeln!(f, "  {n} films: {warning}")?;
        }
        write_list("marked points are odd", &self.odd_marks, f)?;
        write_list(&format!("of {n} films cannot be used"), &self.failed, f)
    }
}

/// `they face: left 3, right 4`.
fn write_counts<'a>(
    what: &str,
    counts: impl Iterator<Item = (&'a str, &'a usize)>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let counts: Vec<String> = counts.map(|(what, n)| format!("{what} {n}")).collect();
    if counts.is_empty() { Ok(()) } else { writeln!(f, "  {what}: {}", counts.join(", ")) }
}

/// The first of a list, and how many more there are.
fn write_list(what: &str, list: &[String], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(f, "  {} {what}:", list.len())?;
    list.iter().take(MOST_FILMS).try_for_each(|line| writeln!(f, "    {line}"))?;
    match list.len().saturating_sub(MOST_FILMS) {
        0 => Ok(()),
        more => writeln!(f, "    and {more} more"),
    }
}
