//! A page on which the points of films are marked or corrected in a browser, without a network and
//! without anything beside the page.

use crate::{Error, VertebraKeypoints};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::path::Path;
use vertebra_run::write_whole;

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const GEOMETRY: &str = include_str!("geometry.js");
const FILES: &str = include_str!("files.js");
const VIEW: &str = include_str!("view.js");

/// One film on an [`AnnotationPage`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PageFilm {
    /// Path of the film relative to the folder that the annotation file will lie in.
    pub file_name: String,
    /// `[rows, columns]` of the film, in whose pixels points are saved; the picture may be smaller.
    pub size: [usize; 2],
    /// The picture as a `data:` address.
    picture: String,
    /// Points to start from, `[x, y]` of L1 to L5.
    points: Option<[[f64; 2]; 5]>,
    /// What the reader of the page is told about the film.
    remark: String,
}

impl PageFilm {
    /// A film of `[rows, columns]`, shown as this PNG, without points.
    #[must_use]
    pub fn new(file_name: impl Into<String>, size: [usize; 2], png: &[u8]) -> Self {
        let picture = format!("data:image/png;base64,{}", STANDARD.encode(png));
        let (file_name, remark) = (file_name.into(), String::new());
        Self { file_name, size, picture, points: None, remark }
    }

    /// With points to start from.
    #[must_use]
    pub fn with_keypoints(self, keypoints: &VertebraKeypoints) -> Self {
        Self { points: Some(keypoints.points().map(|p| [p.x, p.y])), ..self }
    }

    /// With something to tell about it.
    #[must_use]
    pub fn with_remark(self, remark: impl Into<String>) -> Self {
        Self { remark: remark.into(), ..self }
    }
}

/// A page with films, on which points can be placed, dragged, nudged and taken away: the five
/// centres, or six points for each vertebra, whose centre then follows from them. It saves COCO
/// JSON that [`AnnotationSet::read`](crate::AnnotationSet::read) reads: films with all five
/// vertebrae, while those of other films are kept in a category of their own, for the page to open
/// again.
///
/// # Examples
/// ```
/// use vertebra_keypoints::{AnnotationPage, PageFilm};
/// let png: &[u8] = &[]; // the picture of a film
/// let page = AnnotationPage::new(vec![PageFilm::new("films/1.dcm", [3000, 1500], png)]);
/// assert!(page.to_html()?.contains("films/1.dcm"));
/// # Ok::<(), vertebra_keypoints::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnnotationPage {
    films: Vec<PageFilm>,
}

impl AnnotationPage {
    /// A page with these films in this order.
    #[must_use]
    pub fn new(films: Vec<PageFilm>) -> Self {
        Self { films }
    }

    /// The page as one HTML file.
    ///
    /// # Errors
    /// [`Error::OutOfDomain`] for a point that JSON cannot hold.
    pub fn to_html(&self) -> Result<String, Error> {
        let points = self.films.iter().enumerate().filter_map(|(i, film)| Some((i, film.points?)));
        for (index, point) in points.flat_map(|(i, points)| points.map(|p| (i, p))) {
            if let Some(value) = point.into_iter().find(|v| !v.is_finite()) {
                let (name, expected) = ("points of the page's films", "finite numbers");
                return Err(Error::OutOfDomain { name, index, value, expected });
            }
        }
        let films = serde_json::to_string(&self.films).unwrap_or_default();
        // In a script, `</` would end it; in JSON a slash may be escaped.
        let films = films.replace("</", "<\\/").replace("<!--", "<\\u0021--");
        let script = [GEOMETRY, FILES, VIEW].concat();
        // The films last: their names may hold anything.
        let page = HTML.replace("/*STYLE*/", STYLE).replace("/*SCRIPT*/", &script);
        Ok(page.replacen("/*FILMS*/", &films, 1))
    }

    /// Writes the page, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`], and as [`to_html`](Self::to_html).
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        write_whole(path.as_ref(), self.to_html()?).map_err(|e| {
            let (path, source) = e.into_parts();
            Error::Io { path, source }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_name_cannot_end_the_script() {
        let film = PageFilm::new("</script><!--\"x.png", [4, 3], &[1, 2, 3]).with_remark("a & b");
        let html = AnnotationPage::new(vec![film]).to_html().unwrap();
        assert_eq!(html.matches("</script>").count(), 1);
        assert!(html.contains("data:image/png;base64,AQID") && !html.contains("<!--\\\"x"));
        assert!(!html.contains("http://") && !html.contains("https://"));
    }
}
