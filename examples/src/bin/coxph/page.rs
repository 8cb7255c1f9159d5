//! The report as one HTML file without scripts or links to elsewhere.

use crate::{arguments::Arguments, data::Data, pictures, report::Report};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use vertebra_baselines::CoxFit;
use vertebra_evaluation::Figure;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#1c2430;max-width:720px;\
margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid #e3e7ec}\
th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}\
figcaption,.note{color:#5b6675}figure{margin:1.5rem 0}";

pub(crate) fn page(
    arguments: &Arguments,
    data: &Data,
    fit: &CoxFit,
    report: &Report,
) -> anyhow::Result<String> {
    let name = arguments.input.table.display().to_string();
    let courses = pictures::courses(arguments, data, fit);
    let forms = pictures::forms(arguments, data, fit);
    let survival = pictures::survival(arguments, data, fit)?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Cox regression – " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Cox regression" }
                p { (name) ": " (fit.n) " rows, " (fit.events) " events, " (data.dropped)
                    " dropped for missing values." }
                h2 { "Hazard ratios" }
                (figure(&pictures::forest(report.forest()), "Hazard ratios with 95 % intervals."))
                h2 { "Tests" }
                (tests(report.tests()))
                h2 { "Proportional hazards" }
                p { "Score tests that coefficients change with " (arguments.scale_of_time()) "." }
                (tests(report.after.proportional_hazards.iter().map(|row| (row.name.clone(), &row.test))))
                @match courses {
                    Ok(courses) => { @for (column, svg) in &courses {
                        (figure(svg, &format!("{column}: scaled Schoenfeld residuals (grey), their \
                            means in groups of events with 95 % intervals (blue), and the \
                            coefficient (dashed). Where hazards are proportional the means lie \
                            along the line.")))
                    } }
                    Err(why) => { p class="note" { "No picture: " (why) "." } }
                }
                @match forms {
                    Ok(forms) => { @if !forms.is_empty() {
                        h2 { "Functional form" }
                        @for (column, svg) in &forms {
                            (figure(svg, &format!("{column}: martingale residuals of the model \
                                without it (grey), and their smooth (blue), which has about the \
                                course of its part of the log hazard. A straight smooth says that \
                                the column can stay as it is.")))
                        }
                    } }
                    Err(why) => { p class="note" { "No functional form: " (why) "." } }
                }
                h2 { "Survival" }
                (figure(&survival, "Survival by the regression, of the average over the rows and of \
                    rows of low and of high risk, with 95 % bands."))
            }
        }
    };
    Ok(page.into_string())
}

fn figure(svg: &str, caption: &str) -> Markup {
    html! { figure { (PreEscaped(svg)) figcaption { (caption) } } }
}

fn tests<'a>(rows: impl Iterator<Item = (String, &'a Figure<vertebra_baselines::Test>)>) -> Markup {
    html! {
        table {
            tr { th { "" } th { "Chi-square" } th { "df" } th { "P" } }
            @for (name, figure) in rows {
                tr {
                    td { (name) }
                    @match figure {
                        Figure::Defined(test) => {
                            td { (crate::report::number(test.statistic)) }
                            td { (crate::report::degrees(test.df.unwrap_or_default())) }
                            td { (crate::report::p_value(test.p)) }
                        }
                        Figure::Undefined(why) => { td colspan="3" { (why) } }
                    }
                }
            }
        }
    }
}
