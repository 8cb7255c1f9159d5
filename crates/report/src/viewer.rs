//! The film viewer: for chosen subjects the film with its points, what the network sees, the maps
//! over it, and the predicted risk beside that of all. Without a script the parts stand side by
//! side; with one, a subject is chosen and its map is laid over the film by a slider.

use crate::document::Parts;
use crate::format::fixed;
use crate::pictures::Pictures;
use crate::results::{SaliencyResults, ShownFilm, ShownMap, ShownSubject};
use maud::{Markup, html};

/// The viewer as one figure of the page.
pub(crate) fn viewer(saliency: &SaliencyResults, parts: &Parts<'_>, pictures: &Pictures) -> Markup {
    if saliency.shown.is_empty() {
        return html! {};
    }
    html! {
        figure.viewer id="viewer" {
            @for (k, subject) in (1..).zip(&saliency.shown) { (article(k, subject, parts, pictures)) }
            figcaption { strong { "Figure " (parts.next_figure()) ". " }
                "Test subjects from the best predicted to the worst, with a later fracture and \
                 without. Left: the part of the baseline film around the spine, with the centres of \
                 L1 to L5 by which it was aligned (rings). Then: what the network sees, drawn finer \
                 than it sees it, alone and with the maps of “" (saliency.model) "” laid over; red \
                 raises the log hazard, blue lowers it, at full strength at the greatest absolute \
                 value of each map. Grad-CAM: where the last layer of the encoder is active, times \
                 its gradient. Occlusion: by how much the log hazard falls when a window is covered. \
                 Below: the subject’s predicted risk among those of all test subjects."
            }
        }
    }
}

fn article(k: usize, subject: &ShownSubject, parts: &Parts<'_>, pictures: &Pictures) -> Markup {
    let outcome = match subject.event {
        true => format!("fracture seen at {} years", fixed(subject.time, 1)),
        false => format!("followed for {} years", fixed(subject.time, 1)),
    };
    html! {
        article.subject id=(format!("subject-{k}")) aria-label=(subject.why) {
            h3 { (subject.why) }
            p.quiet { (outcome) "; log hazard " (fixed(subject.log_hazard, 2)) }
            div.films {
                (film(&subject.film, pictures))
                figure.layer data-layer="none" {
                    (pictures.image(&subject.aligned, "What the network sees"))
                    figcaption { "What the network sees" }
                }
                @for map in &subject.maps { (layer(map, pictures)) }
            }
            @if let Some(curve) = parts.drawn(&format!("risk-of-subject-{k}")) { (curve) }
        }
    }
}

fn film(film: &ShownFilm, pictures: &Pictures) -> Markup {
    let [height, width] = film.size;
    let radius = height as f64 / 45.0;
    html! {
        figure.film {
            div.over {
                (pictures.image(&film.file, "Baseline film, the part around the spine"))
                svg viewBox=(format!("0 0 {width} {height}")) aria-hidden="true" {
                    @for ((x, y), level) in film.points.iter().zip(1..) {
                        circle cx=(fixed(*x, 1)) cy=(fixed(*y, 1)) r=(fixed(radius, 1)) {
                            title { "L" (level) }
                        }
                    }
                }
            }
            figcaption { "Baseline film with the centres of L1 to L5" }
        }
    }
}

fn layer(map: &ShownMap, pictures: &Pictures) -> Markup {
    let greatest = f64::from(map.range[0].abs().max(map.range[1].abs()));
    let digits = digits(greatest);
    let [low, high] = map.range.map(|value| fixed(f64::from(value), digits));
    html! {
        figure.layer data-layer=(map.method) {
            (pictures.image(&map.file, &map.method))
            figcaption {
                (map.method) ", " (low) " to " (high)
                span.bar { span { "−" (fixed(greatest, digits)) } span { "0" } span { "+" (fixed(greatest, digits)) } }
            }
        }
    }
}

/// Decimals with which a value shows two digits, at least two and at most six.
fn digits(value: f64) -> usize {
    let power = if value > 0.0 { -value.log10().floor() } else { 0.0 };
    (power + 1.0).clamp(2.0, 6.0) as usize
}

#[cfg(test)]
mod tests {
    #[test]
    fn small_values_are_not_printed_as_zero() {
        assert_eq!([0.0, 3.2, 0.31, 0.0042, 1e-12].map(super::digits), [2, 2, 2, 4, 6]);
    }
}
