//! Every setting with its meaning and its value in the presets: as a page of documentation, and as
//! a file to fill in.

use super::meanings::{Meaning, TABLES};
use crate::{Error, Preset, StudyConfig};
use std::fmt::Write;

/// Longest line of what is written here.
const WIDTH: usize = 100;

const ALL: [Preset; 3] = [Preset::Quick, Preset::Standard, Preset::Paper];

/// One setting of a study.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// The table of the file that it stands in; empty for the top of the file.
    pub table: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Its value in a preset, as TOML; `None` where it is not set.
    pub value: Option<String>,
    /// A value, as TOML, where the preset sets none.
    pub example: Option<&'static str>,
}

impl StudyConfig {
    /// Every setting, in the order in which they are documented, with its value here.
    ///
    /// # Errors
    /// [`Error::MalformedConfig`] if a setting cannot be written as TOML.
    pub fn settings(&self) -> Result<Vec<Setting>, Error> {
        let values = toml::Table::try_from(self).map_err(super::malformed)?;
        let of = |(table, meanings): &(&'static str, &'static [Meaning])| -> Vec<Setting> {
            let values = subtable(&values, table);
            let setting = |meaning: &'static Meaning| Setting {
                table,
                name: meaning.name,
                meaning: meaning.text,
                value: values.and_then(|v| v.get(meaning.name)).map(ToString::to_string),
                example: meaning.example,
            };
            meanings.iter().map(setting).collect()
        };
        Ok(TABLES.iter().flat_map(of).collect())
    }

    /// A file of settings in which all are commented out: each with its meaning and the value that
    /// it has here.
    ///
    /// # Errors
    /// As [`StudyConfig::settings`].
    pub fn to_template(&self) -> Result<String, Error> {
        let mut text = wrapped(
            "# ",
            "# ",
            "The settings of a study. Each has the value shown; to change one, take away the # \
             before it. `study --preset` chooses other values for those that are left as they are.",
        );
        let mut table = "";
        for setting in self.settings()? {
            if setting.table != table {
                table = setting.table;
                let _ = write!(text, "\n[{table}]\n"); // writing to a String cannot fail
            }
            text += &wrapped("# ", "# ", setting.meaning);
            let value = setting.value.as_deref().or(setting.example).unwrap_or_default();
            let _ = writeln!(text, "#{} = {value}", setting.name);
        }
        Ok(text)
    }
}

/// `docs/SETTINGS.md`: every setting, its meaning, and its values in the presets.
///
/// # Errors
/// As [`StudyConfig::settings`].
pub fn settings_page() -> Result<String, Error> {
    let presets = ALL.map(|preset| StudyConfig::preset(preset).settings());
    let [quick, standard, paper] = presets;
    let (quick, standard, paper) = (quick?, standard?, paper?);
    let mut text = String::from("# Settings of a study\n\n");
    text += &wrapped("", "", INTRODUCTION);
    let mut table = None;
    for ((quick, standard), paper) in quick.iter().zip(&standard).zip(&paper) {
        if table != Some(quick.table) {
            table = Some(quick.table);
            let heading = if quick.table.is_empty() { "Top of the file" } else { quick.table };
            let _ = write!(text, "\n## {heading}\n\n");
        }
        let line =
            format!("`{}`: {} {}", quick.name, quick.meaning, values(quick, standard, paper));
        text += &wrapped("- ", "  ", &line);
    }
    Ok(text)
}

const INTRODUCTION: &str = "`study` reads settings from the file `--config`, or from `study.toml` of the cohort folder. A \
     file names what differs from the preset (`--preset quick`, `standard` or `paper`); \
     `study --init DIR` writes one with every setting commented out, and `study --print-config` \
     prints all with their values. `study --print-settings` writes this page from the code.";

/// The values in the presets, those that are equal once.
fn values(quick: &Setting, standard: &Setting, paper: &Setting) -> String {
    let Some(first) = &quick.value else {
        let example = quick.example.unwrap_or_default();
        return match (&standard.value, &paper.value) {
            (None, None) => format!("Not set; e.g. `{example}`."),
            (standard, paper) => {
                let shown = |value: &Option<String>| {
                    value.as_ref().map_or("not set".to_owned(), |value| format!("`{value}`"))
                };
                format!("Not set; standard {}, paper {}.", shown(standard), shown(paper))
            }
        };
    };
    let other = |name: &str, setting: &Setting| match &setting.value {
        Some(value) if value == first => String::new(),
        Some(value) => format!("; {name} `{value}`"),
        None => format!("; {name} not set"),
    };
    format!("`{first}`{}{}.", other("standard", standard), other("paper", paper))
}

fn subtable<'a>(values: &'a toml::Table, path: &str) -> Option<&'a toml::Table> {
    let mut steps = path.split('.').filter(|step| !step.is_empty());
    steps.try_fold(values, |table, step| table.get(step)?.as_table())
}

/// A text in lines of at most [`WIDTH`] columns.
fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let (mut lines, mut line) = (String::new(), first.to_owned());
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines += line.trim_end();
            lines.push('\n');
            line = rest.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line += word;
        empty = false;
    }
    lines + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The names of all values of a table, with those of the documented tables that they stand in.
    fn names(table: &toml::Table, path: &str, found: &mut BTreeSet<String>) {
        for (name, value) in table {
            let whole = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match value {
                toml::Value::Table(inner) if TABLES.iter().any(|(table, _)| *table == whole) => {
                    names(inner, &whole, found);
                }
                _ => drop(found.insert(whole)),
            }
        }
    }

    #[test]
    fn every_setting_of_every_preset_has_a_meaning() {
        let mut set = BTreeSet::new();
        for preset in ALL {
            names(&toml::Table::try_from(StudyConfig::preset(preset)).unwrap(), "", &mut set);
        }
        set.remove("preset"); // named by the program
        let documented = StudyConfig::default().settings().unwrap();
        let whole = |s: &Setting| [s.table, s.name].join(".").trim_start_matches('.').to_owned();
        let names: BTreeSet<String> = documented.iter().map(whole).collect();
        let undocumented: Vec<_> = set.difference(&names).collect();
        assert!(undocumented.is_empty(), "{undocumented:?}");
        for setting in documented.iter().filter(|s| !set.contains(&whole(s))) {
            assert!(setting.example.is_some(), "{} is set by no preset", whole(setting));
        }
    }

    #[test]
    fn a_template_changes_nothing_until_a_setting_is_taken_from_its_comment() {
        let quick = StudyConfig::default();
        let template = quick.to_template().unwrap();
        assert!(template.lines().all(|line| line.chars().count() <= 140), "{template}");
        let same = StudyConfig::from_toml(Preset::Quick, &template).unwrap();
        assert_eq!(StudyConfig { preset: quick.preset.clone(), ..same }, quick);
        // Without the comments every line is a setting of its name and kind.
        let is_setting = |line: &&str| line.starts_with('[') || !line.starts_with("# ");
        let patience = |line: &&str| *line != "#patience = 10"; // which a study forbids
        let all: Vec<&str> = template.lines().filter(is_setting).filter(patience).collect();
        let all = all.join("\n").replace("\n#", "\n");
        let config = StudyConfig::from_toml(Preset::Quick, &all).unwrap();
        assert_eq!(config.fits_at_once, Some(2));
        assert_eq!(config.covariates.len(), 1);
        assert_eq!(config.risk.encoder, quick.risk.encoder);
    }

    #[test]
    fn the_page_of_the_documentation_is_the_one_of_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SETTINGS.md");
        let (kept, page) = (std::fs::read_to_string(path).unwrap(), settings_page().unwrap());
        let made = std::env::temp_dir().join("vertebra-SETTINGS.md");
        if kept != page {
            std::fs::write(&made, &page).unwrap();
        }
        assert!(kept == page, "docs/SETTINGS.md: take {} in its place", made.display());
    }
}
