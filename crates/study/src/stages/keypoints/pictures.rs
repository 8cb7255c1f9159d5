//! Test films with annotated (ring) and detected (cross) points.

use super::accuracy::Accuracy;
use crate::Error;
use crate::films::pictures::Canvas;
use crate::stages::Context;
use vertebra_keypoints::VertebraKeypoints;
use vertebra_report::results::Picture;

/// The test films with the least, the median and the greatest error; none below three films.
pub(super) fn best_median_worst(
    context: Context<'_>,
    accuracy: &Accuracy<'_>,
    keypoints: &[VertebraKeypoints],
) -> Result<Vec<Picture>, Error> {
    let error = |&i: &usize| Some((i, accuracy.mean_error_mm(i, &keypoints[i])?));
    let mut errors: Vec<(usize, f64)> = context.data.test().iter().filter_map(error).collect();
    errors.sort_by(|a, b| a.1.total_cmp(&b.1));
    if errors.len() < 3 {
        return Ok(Vec::new());
    }
    let chosen = [("best", 0), ("median", errors.len() / 2), ("worst", errors.len() - 1)];
    let picture = |(name, k): (&str, usize)| {
        let (subject, mm) = errors[k];
        let file = format!("pictures/keypoints-{name}.png");
        let canvas = overlay(accuracy, subject, &keypoints[subject])?;
        canvas.write_png(&context.run_folder.join(&file))?;
        let caption = format!(
            "Test film with the {name} mean error ({mm:.1} mm); rings: annotated, crosses: \
             detected."
        );
        Ok(Picture::new(file, caption))
    };
    chosen.into_iter().map(picture).collect()
}

fn overlay(
    accuracy: &Accuracy<'_>,
    subject: usize,
    found: &VertebraKeypoints,
) -> Result<Canvas, Error> {
    let film = accuracy.films.of(subject)?;
    let mut canvas = Canvas::from_grey(&film.film.as_film());
    let radius = film.film.image().height as f64 / 60.0;
    if let Some(annotation) = accuracy.data.annotation(subject) {
        for p in film.reduced(&annotation.keypoints)?.points() {
            canvas.ring((p.x, p.y), radius, [64, 224, 208]);
        }
    }
    for p in film.reduced(found)?.points() {
        canvas.cross((p.x, p.y), radius as i64, [255, 140, 0]);
    }
    Ok(canvas)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::decode;
    use crate::test_data::{Scene, moved};

    #[test]
    fn three_test_films_are_drawn_in_order_of_their_error() {
        let scene = Scene::new();
        let context = scene.context();
        let films = decode::films(context, &mut |_| {}).unwrap().films;
        let accuracy = Accuracy { data: &scene.data, films: &films };
        let points = scene.annotated();
        let off = points.iter().zip(0..).map(|(p, i)| moved(&[*p], 0.1 * f64::from(i))[0]);
        let pictures = best_median_worst(context, &accuracy, &off.collect::<Vec<_>>()).unwrap();
        assert_eq!(pictures.len(), 3);
        for (picture, name) in pictures.iter().zip(["best", "median", "worst"]) {
            assert_eq!(picture.file, format!("pictures/keypoints-{name}.png"));
            assert!(picture.caption.contains(name), "{}", picture.caption);
            assert!(image::open(context.run_folder.join(&picture.file)).is_ok());
        }
    }
}
