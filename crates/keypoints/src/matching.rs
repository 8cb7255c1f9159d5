//! Annotations of films that are listed elsewhere: by the whole path, or by a file name that only
//! one film of either list has.

use crate::AnnotationSet;
use std::collections::{HashMap, HashSet};

/// How the films of an [`AnnotationSet`] were found in a list of films.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct NameMatch {
    /// Films whose path is in the list.
    pub by_path: usize,
    /// Films that have the file name of one film of the list alone, and now have its path.
    pub by_file_name: usize,
    /// Films that are not in the list, as the annotations name them.
    pub unmatched: Vec<String>,
}

impl AnnotationSet {
    /// Gives the annotated films the paths of `listed` films: those whose path is not among them,
    /// but whose file name is that of exactly one of them, and of no other annotated film.
    ///
    /// # Examples
    /// ```
    /// use vertebra_keypoints::{AnnotationSet, FilmAnnotation, VertebraKeypoints};
    /// let points = VertebraKeypoints::from_xy([(50.0, 20.0), (52.0, 40.0), (54.0, 60.0),
    ///     (53.0, 80.0), (50.0, 100.0)])?;
    /// let film = |name: &str| FilmAnnotation::new(name, [120, 100], points, Vec::new());
    /// let mut set = AnnotationSet::new(vec![film("a.png"), film("films/b.png"), film("c.png")]);
    /// let found = set.match_names(["films/a.png", "films/b.png"]);
    /// assert_eq!((found.by_path, found.by_file_name), (1, 1));
    /// assert_eq!(found.unmatched, ["c.png"]);
    /// assert!(set.get("films/a.png").is_some());
    /// # Ok::<(), vertebra_keypoints::Error>(())
    /// ```
    pub fn match_names<'a>(&mut self, listed: impl IntoIterator<Item = &'a str>) -> NameMatch {
        let paths: HashSet<&str> = listed.into_iter().collect();
        let of_name = once_by_file_name(paths.iter().copied());
        let names: Vec<String> = self.films.iter().map(|film| film.file_name.clone()).collect();
        let once = once_by_file_name(names.iter().map(String::as_str));
        let taken: HashSet<&str> =
            names.iter().map(String::as_str).filter(|name| paths.contains(name)).collect();
        let mut matched = NameMatch::default();
        for film in &mut self.films {
            let theirs = film.file_name.as_str();
            if paths.contains(theirs) {
                matched.by_path += 1;
                continue;
            }
            let name = file_name(theirs);
            let alone = once.get(name).copied().flatten().is_some();
            let path = of_name.get(name).copied().flatten().filter(|path| !taken.contains(path));
            match path.filter(|_| alone) {
                None => matched.unmatched.push(film.file_name.clone()),
                Some(path) => {
                    path.clone_into(&mut film.file_name);
                    matched.by_file_name += 1;
                }
            }
        }
        matched
    }
}

/// Each file name, and the path that has it; `None` where several have.
fn once_by_file_name<'a>(
    paths: impl Iterator<Item = &'a str>,
) -> HashMap<&'a str, Option<&'a str>> {
    let mut of_name = HashMap::new();
    for path in paths {
        of_name.entry(file_name(path)).and_modify(|one| *one = None).or_insert(Some(path));
    }
    of_name
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use crate::{AnnotationSet, FilmAnnotation, VertebraKeypoints};

    fn set(names: &[&str]) -> AnnotationSet {
        let xy = std::array::from_fn(|k| (50.0, 20.0 * (k as f64 + 1.0)));
        let points = VertebraKeypoints::from_xy(xy).unwrap();
        let film = |name: &&str| FilmAnnotation::new(*name, [120, 100], points, Vec::new());
        AnnotationSet::new(names.iter().map(film).collect())
    }

    #[test]
    fn a_file_name_that_two_films_have_matches_neither() {
        let mut twice = set(&["1.png"]);
        assert_eq!(twice.match_names(["a/1.png", "b/1.png"]).unmatched, ["1.png"]);
        let mut both = set(&["x/1.png", "y/1.png"]);
        assert_eq!(both.match_names(["a/1.png"]).unmatched, ["x/1.png", "y/1.png"]);
        let mut beside = set(&["a/1.png", "1.png"]);
        let found = beside.match_names(["a/1.png"]);
        assert_eq!((found.by_path, found.unmatched.len()), (1, 1));
        let mut windows = set(&["C:\\films\\1.png"]);
        assert_eq!(windows.match_names(["a/1.png"]).by_file_name, 1);
    }
}
