//! The shell of a page: everything in one HTML file that loads nothing from elsewhere and can be
//! read without scripts; a script within it sorts tables and saves figures.

use crate::{Figure, Table};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::cell::Cell;

/// The style of a page, for pages that other programs make of the same elements: `nav` and
/// `div.page` in `body`, `main` in this, `figure.drawing` and `figure.table` with `div.wide`.
pub const STYLE: &str = include_str!("../data/report.css");
const SCRIPT: &str = include_str!("../data/report.js");

/// A page.
pub(crate) struct Document<'a> {
    pub(crate) title: &'a str,
    /// Name of the run.
    pub(crate) run: &'a str,
    /// Above the title.
    pub(crate) kicker: String,
    /// What was asked, and of whom.
    pub(crate) question: String,
    pub(crate) data: String,
    /// The answer; the first sentence in larger print.
    pub(crate) lead: Vec<String>,
    /// What the page does not show, below them.
    pub(crate) not_shown: &'a str,
    pub(crate) synthetic: bool,
    /// Key numbers with their names.
    pub(crate) numbers: Vec<(String, &'a str)>,
    /// Id, heading and body of each section.
    pub(crate) sections: Vec<(&'a str, &'a str, Markup)>,
    /// Ids of the sections that are not printed.
    pub(crate) on_screen: &'a [&'a str],
}

impl Document<'_> {
    pub(crate) fn render(&self) -> String {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – " (self.run) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.contents())
                    div.page {
                        (self.header())
                        main { @for (id, heading, body) in &self.sections {
                            section.screen[self.on_screen.contains(id)] id=(id) {
                                h2 { (heading) } (body)
                            }
                        } }
                        p.print-only {
                            "Printed in short: further tables and figures, the checklists, the \
                             command and the settings are on the page itself and in its run folder."
                        }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
        .into_string()
    }

    fn contents(&self) -> Markup {
        html! { nav aria-label="Contents" { ol {
            li { a href="#top" { "Summary" } }
            @for (id, heading, _) in &self.sections {
                li { a href=(format!("#{id}")) { (heading) } }
            }
        } } }
    }

    fn header(&self) -> Markup {
        html! {
            header id="top" {
                p.kicker { (self.kicker) }
                h1 { (self.title) }
                div.summary id="summary" {
                    p.question { strong { "Question. " } (self.question) }
                    p { strong { "Data. " } (self.data) }
                    @for (i, sentence) in self.lead.iter().enumerate() {
                        @if i == 0 { p.lead { (sentence) } } @else { p { (sentence) } }
                    }
                }
                p.use { (self.not_shown) }
                @if self.synthetic { p.banner {
                    strong { "Synthetic cohort. " }
                    "Made by the phantom generator; no person’s data are in it."
                } }
                dl.numbers { @for (value, name) in &self.numbers {
                    div { dt { (name) } dd { (value) } }
                } }
            }
        }
    }
}

/// The figures and tables of a page, numbered in the order in which they are put on it.
pub(crate) struct Parts<'a> {
    figures: &'a [Figure],
    tables: &'a [Table],
    n_figures: Cell<usize>,
    n_tables: Cell<usize>,
    on_screen: &'a [&'a str],
}

impl<'a> Parts<'a> {
    /// `on_screen`: ids of those that are not printed.
    pub(crate) fn new(
        figures: &'a [Figure],
        tables: &'a [Table],
        on_screen: &'a [&'a str],
    ) -> Self {
        Self { figures, tables, n_figures: Cell::new(0), n_tables: Cell::new(0), on_screen }
    }

    pub(crate) fn figure(&self, id: &str) -> Option<Markup> {
        let figure = self.figures.iter().find(|figure| figure.id == id)?;
        let part = drawing(figure, Some(next(&self.n_figures)));
        Some(self.placed(id, part))
    }

    pub(crate) fn table(&self, id: &str) -> Option<Markup> {
        let table = self.tables.iter().find(|table| table.id() == id)?;
        Some(self.placed(id, tabular(table, next(&self.n_tables))))
    }

    /// A part within a box that print leaves out, where it is not printed.
    fn placed(&self, id: &str, part: Markup) -> Markup {
        match self.on_screen.contains(&id) {
            true => html! { div.screen { (part) } },
            false => part,
        }
    }

    /// A figure's drawing with its caption, as part of a figure that has a number of its own.
    pub(crate) fn drawn(&self, id: &str) -> Option<Markup> {
        let figure = self.figures.iter().find(|figure| figure.id == id)?;
        Some(drawing(figure, None))
    }

    /// The number of the next figure, for one that the page itself is made of.
    pub(crate) fn next_figure(&self) -> usize {
        next(&self.n_figures)
    }

    /// The ids of the figures that begin like this.
    pub(crate) fn figures_of(&self, begin: &str) -> Vec<&'a str> {
        let ids = self.figures.iter().map(|figure| figure.id.as_str());
        ids.filter(|id| id.starts_with(begin)).collect()
    }

    /// Figures, then tables; a sentence where there is none of them.
    pub(crate) fn several(&self, figures: &[&str], tables: &[&str]) -> Markup {
        let figures = figures.iter().filter_map(|id| self.figure(id));
        let parts: Vec<_> = figures.chain(tables.iter().filter_map(|id| self.table(id))).collect();
        html! {
            @if parts.is_empty() { p.quiet { "Not part of this run." } }
            @for part in parts { (part) }
        }
    }
}

fn next(counter: &Cell<usize>) -> usize {
    counter.set(counter.get() + 1);
    counter.get()
}

/// A figure as part of the page, with its number where it has one.
fn drawing(figure: &Figure, number: Option<usize>) -> Markup {
    let file = format!("figures/{}.svg", figure.id);
    let label = number.map_or("Drawing".to_owned(), |number| format!("Figure {number}"));
    html! {
        figure.drawing id=(figure.id) {
            div.wide tabindex="0" role="group" aria-label=(label) { (PreEscaped(&figure.svg)) }
            figcaption { @if let Some(n) = number { strong { "Figure " (n) ". " } } (figure.caption) }
            p.save { a href=(file) download data-save="svg" { "SVG" } }
        }
    }
}

/// A table as part of the page.
fn tabular(table: &Table, number: usize) -> Markup {
    let data = format!("data:text/csv;base64,{}", STANDARD.encode(table.to_csv()));
    html! {
        figure.table id=(table.id()) {
            figcaption { "Table " (number) ". " (table.caption()) }
            div.wide tabindex="0" role="group" aria-label=(format!("Table {number}")) {
                (table.to_html())
            }
            @if !table.note().is_empty() { p.note { (table.note()) } }
            p.save { a href=(data) download=(format!("{}.csv", table.id())) { "CSV" } }
        }
    }
}
