//! COCO files with an annotation for each vertebra: categories `L1` to `L5` with an outline or a
//! run-length mask, or keypoints named after the six points of vertebrae.

use super::coco_file::{Annotation, Category, File, Image, Segmentation};
use super::label::Part;
use super::marks::Marks;
use crate::mask_outline::mask_outline;
use crate::polygon::polygon_area;
use crate::{Error, FilmAnnotation};
use std::path::Path;

/// Whether a file has such categories.
pub(super) fn has_bodies(file: &File) -> bool {
    let points = |c: &Category| c.keypoints.iter().any(|name| is_point(c, name));
    file.categories.iter().any(|c| Part::of_label(&c.name).is_some() || points(c))
}

fn is_point(category: &Category, name: &str) -> bool {
    matches!(Part::of_labels(Some(&category.name), name), Some(Part::Point(..)))
}

/// The films of such a file; those without vertebrae are left out.
pub(super) fn films(path: &Path, file: &File) -> Result<Vec<FilmAnnotation>, Error> {
    let film = |image| one_film(path, file, image).transpose();
    file.images.iter().filter_map(film).collect()
}

fn one_film(path: &Path, file: &File, image: &Image) -> Result<Option<FilmAnnotation>, Error> {
    let mut marks = Marks::new(path, image.file_name.clone(), image.size());
    for annotation in file.annotations.iter().filter(|a| a.image_id == image.id) {
        let category = file.categories.iter().find(|c| c.id == annotation.category_id);
        let Some(category) = category else { continue };
        add_keypoints(&mut marks, category, annotation)?;
        if let Some(part @ Part::Body(level)) = Part::of_label(&category.name)
            && let Some(outline) = outline(&marks, level.name(), &annotation.segmentation)?
        {
            marks.add(part, outline, true)?;
        }
    }
    marks.finish()
}

fn add_keypoints(
    marks: &mut Marks<'_>,
    category: &Category,
    annotation: &Annotation,
) -> Result<(), Error> {
    for (name, triple) in category.keypoints.iter().zip(annotation.keypoints.chunks(3)) {
        let part = Part::of_labels(Some(&category.name), name);
        let (Some(part), [x, y, visible]) = (part, triple) else { continue };
        if *visible != Some(0.0) {
            let point = (x.unwrap_or(f64::NAN), y.unwrap_or(f64::NAN));
            marks.add(part, vec![point], false)?;
        }
    }
    Ok(())
}

/// The largest outline of a segmentation, where there is any.
fn outline(
    marks: &Marks<'_>,
    level: &str,
    segmentation: &Segmentation,
) -> Result<Option<Vec<(f64, f64)>>, Error> {
    match segmentation {
        Segmentation::Polygons(list) => {
            let points = |flat: &Vec<f64>| flat.chunks_exact(2).map(|p| (p[0], p[1])).collect();
            let outlines = list.iter().map(points);
            let by_area = |a: &Vec<_>, b: &Vec<_>| polygon_area(a).total_cmp(&polygon_area(b));
            Ok(outlines.max_by(by_area))
        }
        Segmentation::Mask(rle) => {
            let Some((size, pixels)) = rle.mask() else {
                let expected = format!("a run-length mask of {level} with as many pixels as size");
                return Err(marks.bad(&expected, "other runs".to_owned()));
            };
            if marks.size.is_some_and(|film| film != size) {
                let expected = format!("a mask of {level} of the size of the film");
                return Err(marks.bad(&expected, format!("{} x {}", size[0], size[1])));
            }
            Ok(mask_outline(size, |x, y| pixels[x * size[0] + y]))
        }
        Segmentation::Other(_) => Ok(None),
    }
}
