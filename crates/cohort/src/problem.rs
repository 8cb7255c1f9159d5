//! What is wrong with a table or a cohort, row by row.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

/// One thing wrong with a table or with one row of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// The file, relative to the folder for a cohort on disk; `"subjects"` for one built in memory.
    pub file: String,
    /// Line in that file, the header being line 1; the position in the list (from 1) for a cohort
    /// built in memory. `None` where the whole file is meant.
    pub line: Option<u64>,
    /// The column, where one is meant.
    pub column: Option<String>,
    /// What would have been right.
    pub expected: String,
    /// What was there.
    pub got: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": expected {}, got {}", self.expected, self.got)
    }
}

/// Of more problems that are alike, only the first is printed, with their number.
const MOST_ALIKE: usize = 3;

/// Every problem of a cohort, in file and line order; never empty. Problems that are alike are
/// printed once, with their number; [`Problems::as_slice`] has them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// `Ok` if the list is empty.
    ///
    /// # Errors
    /// The list, where it is not.
    pub fn check(list: Vec<Problem>) -> Result<(), Self> {
        if list.is_empty() { Ok(()) } else { Err(Self { list }) }
    }

    pub(crate) fn of(problem: Problem) -> Self {
        Self { list: vec![problem] }
    }

    /// What is printed of them: a line for each, or for many that are alike one with their number.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let of = |alike: Vec<&Problem>| {
            let shown = if alike.len() > MOST_ALIKE { 1 } else { alike.len() };
            let mut lines: Vec<String> = alike[..shown].iter().map(ToString::to_string).collect();
            if let Some(line) = lines.last_mut().filter(|_| shown < alike.len()) {
                *line += &format!("; the same on {} more lines", alike.len() - shown);
            }
            lines
        };
        self.alike().into_iter().flat_map(of).collect()
    }

    /// The problems in groups that differ by the line and the value only, each group at the place
    /// of its first.
    fn alike(&self) -> Vec<Vec<&Problem>> {
        let mut groups: Vec<Vec<&Problem>> = Vec::new();
        let mut group_of = HashMap::new();
        for problem in &self.list {
            let key = (&problem.file, &problem.column, &problem.expected);
            let group = *group_of.entry(key).or_insert(groups.len());
            match groups.get_mut(group) {
                Some(group) => group.push(problem),
                None => groups.push(vec![problem]),
            }
        }
        groups
    }

    /// All problems.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.list
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.list.as_slice() {
            [problem] => return problem.fmt(f),
            list => write!(f, "{} problems", list.len())?,
        }
        self.lines().iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for Problems {}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: u64, column: &str) -> Problem {
        Problem {
            file: "cohort.csv".to_owned(),
            line: Some(line),
            column: Some(column.to_owned()),
            expected: "F or M".to_owned(),
            got: format!("\"{line}\""),
        }
    }

    #[test]
    fn many_problems_that_are_alike_are_one_line() {
        let mut list: Vec<Problem> = (2..82).map(|line| problem(line, "sex")).collect();
        list.insert(1, problem(2, "age"));
        let problems = Problems::check(list).unwrap_err();
        assert_eq!(
            problems.to_string(),
            "81 problems\n  cohort.csv line 2, column sex: expected F or M, got \"2\"; the same on \
             79 more lines\n  cohort.csv line 2, column age: expected F or M, got \"2\""
        );
        assert_eq!(problems.as_slice().len(), 81);
        let one = Problems::check(vec![problem(3, "sex")]).unwrap_err();
        assert_eq!(one.to_string(), "cohort.csv line 3, column sex: expected F or M, got \"3\"");
    }
}
