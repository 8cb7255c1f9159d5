//! Subjects whose baseline film cannot be used leave before anything is computed, where the
//! settings allow it.

use crate::Error;
use crate::input::subjects::StudyData;
use crate::progress::{Observer, Tell};
use crate::stages::keypoints::usable::is_alignable;
use crate::stages::{Context, decode};
use rayon::prelude::*;

/// What is wrong with a film.
enum Fault {
    NotRead(Error),
    NotAligned,
}

/// The study's data without the subjects whose film cannot be read, or is not the one that was
/// annotated, or whose marked points cannot be aligned; `None` where all can be used. Every film is
/// opened once for it.
///
/// # Errors
/// Those who stay are too few.
pub(crate) fn leave(
    context: Context<'_>,
    observer: &mut Observer<'_>,
) -> Result<Option<StudyData>, Error> {
    let n = context.data.n();
    observer.stage("opening radiographs", Some(n));
    let faults: Vec<(usize, Fault)> =
        (0..n).into_par_iter().filter_map(|i| Some((i, fault(context, i)?))).collect();
    observer.done(n);
    let (mut not_read, mut not_aligned) = (Vec::new(), Vec::new());
    for (subject, fault) in faults {
        match fault {
            Fault::NotRead(why) => {
                observer.note(format!("excluded: {why}"));
                not_read.push(subject);
            }
            Fault::NotAligned => {
                let film = &context.data.films[subject];
                observer.note(format!("excluded: {film}: its marked points cannot be aligned"));
                not_aligned.push(subject);
            }
        }
    }
    if not_read.is_empty() && not_aligned.is_empty() {
        return Ok(None);
    }
    let left = context.data.without(&not_read, "Film cannot be read", context.config)?;
    // Positions among those who are left.
    let place = |i: &usize| i - not_read.iter().filter(|gone| *gone < i).count();
    let places: Vec<usize> = not_aligned.iter().map(place).collect();
    Ok(Some(left.without(&places, "Marked points cannot be aligned", context.config)?))
}

fn fault(context: Context<'_>, subject: usize) -> Option<Fault> {
    let film = match decode::open(context, subject) {
        Ok((film, _)) => film,
        Err(why) => return Some(Fault::NotRead(why)),
    };
    let annotation = context.data.annotation(subject)?;
    let fits = is_alignable(&film, &annotation.keypoints, &context.config.picture);
    (!fits).then_some(Fault::NotAligned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_data::{self, Scene};
    use vertebra_keypoints::VertebraKeypoints;

    #[test]
    fn films_that_cannot_be_used_leave_with_a_reason_each() {
        let mut scene = Scene::new();
        assert!(leave(scene.context(), &mut |_| {}).unwrap().is_none());
        let (first, other) = (scene.data.test()[0], scene.data.test()[1]);
        let names = [first, other].map(|i| scene.data.films[i].clone());
        let folder = tempfile::tempdir().unwrap();
        let films = folder.path().join("radiographs");
        std::fs::create_dir(&films).unwrap();
        for film in test_data::folder().join("radiographs").read_dir().unwrap() {
            let film = film.unwrap();
            std::os::unix::fs::symlink(film.path(), films.join(film.file_name())).unwrap();
        }
        let bad = folder.path().join(&names[0]);
        std::fs::remove_file(&bad).unwrap();
        std::fs::write(bad, b"no film").unwrap();
        scene.cohort = folder.path().to_owned();
        let annotated = &mut scene.data.annotations.films;
        let odd = annotated.iter_mut().find(|film| film.file_name == names[1]).unwrap();
        odd.keypoints = VertebraKeypoints::from_xy([(30.0, 40.0); 5]).unwrap();
        let left = leave(scene.context(), &mut |_| {}).unwrap().unwrap();
        let last: Vec<_> = left.flow.steps().iter().rev().take(2).collect();
        assert_eq!((last[1].reason.as_str(), last[1].excluded), ("Film cannot be read", 1));
        assert_eq!(
            (last[0].reason.as_str(), last[0].excluded),
            ("Marked points cannot be aligned", 1)
        );
        assert!(left.films.iter().all(|film| !names.contains(film)));
        assert_eq!(left.n(), scene.data.n() - 2);
    }
}
