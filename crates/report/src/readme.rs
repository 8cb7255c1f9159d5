//! The README of a run folder: every file and every column, from the descriptions that the tables
//! are written by.

use crate::Table;
use crate::results::{FileColumn, RunFile};

/// Files that the report itself writes besides its tables, and the results it is made from.
const OWN: [(&str, &str); 5] = [
    ("report.html", "The report, one page that loads nothing from elsewhere"),
    ("results.json", "All results with full precision, from which the report is made"),
    ("figures/*.svg", "The figures of the report"),
    ("tables/*.md", "The tables of the report, rounded, as Markdown"),
    ("pictures/*.png", "Films and heat maps shown in the report"),
];

/// The README as Markdown.
pub(crate) fn readme(name: &str, files: &[RunFile], tables: &[Table]) -> String {
    let mut text = format!("# The files of run {name}\n\n");
    text += "In tables an empty cell is a value that does not exist. Intervals are 95 % intervals, \
             times are years.\n\n| File | Holds |\n| --- | --- |\n";
    let own = OWN.map(|(path, about)| RunFile::new(path, about));
    let tables: Vec<RunFile> = tables.iter().map(Table::file).collect();
    let files = || own.iter().chain(files).chain(&tables);
    for file in files() {
        text += &format!("| `{}` | {} |\n", file.path, escape(&file.about));
    }
    files().filter(|file| !file.columns.is_empty()).for_each(|file| text += &columns(file));
    text
}

fn columns(file: &RunFile) -> String {
    let head = format!("\n## `{}`\n\n{}.\n\n", file.path, file.about);
    let line = |c: &FileColumn| format!("| `{}` | {} |\n", c.name, escape(&c.meaning));
    let lines: String = file.columns.iter().map(line).collect();
    format!("{head}| Column | Meaning |\n| --- | --- |\n{lines}")
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}
