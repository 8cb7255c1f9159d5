//! The report as one HTML file without scripts or links to elsewhere, in the style of the others.

use crate::{arguments::Arguments, data::Data, pictures, report::Report};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use vertebra_baselines::CoxFit;
use vertebra_evaluation::Figure;
use vertebra_report::STYLE;

type Section = (&'static str, &'static str, Markup);

pub(crate) fn page(
    arguments: &Arguments,
    data: &Data,
    fit: &CoxFit,
    report: &Report,
) -> anyhow::Result<String> {
    let name = arguments.input.table.display().to_string();
    let sections = sections(arguments, data, fit, report)?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Cox regression – " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav aria-label="Contents" { ol { @for (id, heading, _) in &sections {
                    li { a href=(format!("#{id}")) { (heading) } }
                } } }
                div.page {
                    header {
                        h1 { "Cox regression" }
                        p { (name) ": " (fit.n) " rows, " (fit.events) " events, " (data.dropped)
                            " dropped for missing values." }
                    }
                    main { @for (id, heading, body) in &sections {
                        section id=(id) { h2 { (heading) } (body) }
                    } }
                }
            }
        }
    };
    Ok(page.into_string())
}

fn sections(
    arguments: &Arguments,
    data: &Data,
    fit: &CoxFit,
    report: &Report,
) -> anyhow::Result<Vec<Section>> {
    let forest = pictures::forest(report.forest());
    let forest = figure(&forest, "Hazard ratios with 95 % intervals.");
    let survival = pictures::survival(arguments, data, fit)?;
    let survival = figure(
        &survival,
        "Survival by the regression, of the average over the rows and of rows of low and of high \
         risk, with 95 % bands.",
    );
    let forms = forms(arguments, data, fit).map(|body| ("form", "Functional form", body));
    let sections = [
        Some(("hazard-ratios", "Hazard ratios", forest)),
        Some(("tests", "Tests", tests(report.tests()))),
        Some(("proportional", "Proportional hazards", proportional(arguments, data, fit, report))),
        forms,
        Some(("survival", "Survival", survival)),
    ];
    Ok(sections.into_iter().flatten().collect())
}

fn proportional(arguments: &Arguments, data: &Data, fit: &CoxFit, report: &Report) -> Markup {
    let rows = report.after.proportional_hazards.iter().map(|row| (row.name.clone(), &row.test));
    html! {
        p { "Score tests that coefficients change with " (arguments.scale_of_time()) "." }
        (tests(rows))
        @match pictures::courses(arguments, data, fit) {
            Ok(courses) => { @for (column, svg) in &courses {
                (figure(svg, &format!("{column}: scaled Schoenfeld residuals (grey), their means in \
                    groups of events with 95 % intervals (blue), and the coefficient (dashed). \
                    Where hazards are proportional the means lie along the line.")))
            } }
            Err(why) => { p.note { "No picture: " (why) "." } }
        }
    }
}

/// `None` where no column has a form to look for.
fn forms(arguments: &Arguments, data: &Data, fit: &CoxFit) -> Option<Markup> {
    let forms = match pictures::forms(arguments, data, fit) {
        Ok(forms) => forms,
        Err(why) => return Some(html! { p.note { "No functional form: " (why) "." } }),
    };
    (!forms.is_empty()).then(|| html! { @for (column, svg) in &forms {
        (figure(svg, &format!("{column}: martingale residuals of the model without it (grey), and \
            their smooth (blue), which has about the course of its part of the log hazard. A \
            straight smooth says that the column can stay as it is.")))
    } })
}

fn figure(svg: &str, caption: &str) -> Markup {
    html! { figure.drawing {
        div.wide tabindex="0" role="group" aria-label="Drawing" { (PreEscaped(svg)) }
        figcaption { (caption) }
    } }
}

fn tests<'a>(rows: impl Iterator<Item = (String, &'a Figure<vertebra_baselines::Test>)>) -> Markup {
    html! { figure.table { div.wide tabindex="0" role="group" aria-label="Tests" { table {
        thead { tr {
            th.text scope="col" { "Test" }
            @for head in ["Chi-square", "df", "P"] { th scope="col" { (head) } }
        } }
        tbody { @for (name, figure) in rows { tr {
            td.text { (name) }
            @match figure {
                Figure::Defined(test) => {
                    td.number { (crate::report::number(test.statistic)) }
                    td.number { (crate::report::degrees(test.df.unwrap_or_default())) }
                    td.number { (crate::report::p_value(test.p)) }
                }
                Figure::Undefined(why) => { td.text colspan="3" { (why) } }
            }
        } } }
    } } } }
}
