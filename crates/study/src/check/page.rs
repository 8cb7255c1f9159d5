//! A check as a page of HTML with the films in it.

use super::CohortCheck;
use crate::Error;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, PreEscaped, html};
use std::path::Path;
use vertebra_run::write_whole;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:80em;margin:2em auto;padding:0 1em}\
                     pre{background:#f4f4f4;padding:1em;overflow-x:auto}img{max-width:100%}";

impl CohortCheck {
    /// Writes the check as one file of HTML: its text, and the films with their marked points.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_page(&self, path: &Path) -> Result<(), Error> {
        let data = |png: &[u8]| format!("data:image/png;base64,{}", STANDARD.encode(png));
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { "A cohort checked" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { "A cohort checked" }
                    pre { (self.to_string()) }
                    h2 { "Baseline films, in the order of cohort.csv" }
                    p { "Rings: the marked centres of L1 to L5. Films that cannot be used are left \
                         out." }
                    @for (number, png) in (1..).zip(&self.films.sheets) {
                        p { img src=(data(png)) alt={ "Sheet " (number) " of the films" }; }
                    }
                }
            }
        };
        Ok(write_whole(path, page.into_string())?)
    }
}
