//! Problems of the input as a text: those that are alike once, with their number.

use crate::Error;

/// Of more problems that are alike, only the first is printed, with their number.
const MOST_ALIKE: usize = 3;

/// Every problem, one per line, below their number.
pub(crate) fn list(problems: &[Error]) -> String {
    let count = |problem: &Error| match problem {
        Error::Tables { problems } => problems.as_slice().len(),
        _ => 1,
    };
    let n: usize = problems.iter().map(count).sum();
    let mut lines = Vec::new();
    for alike in alike(problems) {
        match alike[..] {
            [Error::Tables { problems }] => lines.extend(problems.lines()),
            [first, .., _] if alike.len() > MOST_ALIKE => {
                lines.push(format!("{first}; the same of {} more", alike.len() - 1));
            }
            _ => lines.extend(alike.iter().map(ToString::to_string)),
        }
    }
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} problem{plural} in the input:\n{}", lines.join("\n"))
}

/// The problems in groups that differ by what stands before the first colon, the file, only.
fn alike(problems: &[Error]) -> Vec<Vec<&Error>> {
    let mut groups: Vec<(String, Vec<&Error>)> = Vec::new();
    for problem in problems {
        let text = problem.to_string();
        let what = text.split_once(": ").map_or(text.as_str(), |(_, what)| what);
        match groups.iter_mut().find(|(key, _)| key == what) {
            Some((_, group)) => group.push(problem),
            None => groups.push((what.to_owned(), vec![problem])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_annotated(film: &str) -> Error {
        Error::NotAnnotated { film: film.into(), expected: "an annotation" }
    }

    #[test]
    fn several_problems_are_one_flat_list() {
        assert!(Error::check(Vec::new()).is_ok());
        let one = Error::check(vec![not_annotated("a.dcm")]).unwrap_err();
        let text = "1 problem in the input:\na.dcm: expected an annotation, got none";
        assert_eq!(one.to_string(), text);
        let two = Error::all(vec![not_annotated("b.dcm"), one]);
        assert_eq!(
            two.to_string(),
            "2 problems in the input:\nb.dcm: expected an annotation, got none\n\
             a.dcm: expected an annotation, got none"
        );
    }

    #[test]
    fn many_problems_that_are_alike_are_one_line_with_their_number() {
        let films = ["a", "b", "c", "d"].map(not_annotated);
        let other = Error::NotAnnotated { film: "e".into(), expected: "another" };
        let all = Error::all(films.into_iter().chain([other]).collect());
        assert_eq!(
            all.to_string(),
            "5 problems in the input:\na: expected an annotation, got none; the same of 3 more\n\
             e: expected another, got none"
        );
    }
}
