//! The folder of results: `part-000001-00000.parquet` and so on, and `_plan/000001.parquet`, which
//! say which films belong to which part. Readers of Parquet folders leave out names that begin with
//! `_`.

use crate::Error;
use crate::store::Place;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A part: the number of its plan file, from 1, and its place in it, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct PartId(pub(crate) u32, pub(crate) u32);

impl PartId {
    /// The name of its file of results.
    pub(crate) fn file(self) -> String {
        format!("part-{:06}-{:05}.parquet", self.0, self.1)
    }

    pub(crate) fn parse(file: &str) -> Option<Self> {
        let (plan, part) = file.strip_prefix("part-")?.strip_suffix(".parquet")?.split_once('-')?;
        Some(Self(plan.parse().ok()?, part.parse().ok()?))
    }
}

/// A folder of results.
#[derive(Debug, Clone)]
pub(crate) struct OutFolder {
    place: Place,
}

impl OutFolder {
    pub(crate) fn new(place: Place) -> Self {
        Self { place }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The file of a part.
    pub(crate) fn part(&self, part: PartId) -> Place {
        self.place.child(&part.file())
    }

    /// A plan file.
    pub(crate) fn plan(&self, number: u32) -> Place {
        self.place.child(&format!("_plan/{number:06}.parquet"))
    }

    /// The numbers of the plan files, ascending.
    pub(crate) async fn plans(&self) -> Result<Vec<u32>, Error> {
        let names = self.names(&self.place.child("_plan")).await?;
        let number = |name: &String| name.strip_suffix(".parquet")?.parse().ok();
        let mut numbers: Vec<u32> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The parts that are written.
    pub(crate) async fn written(&self) -> Result<HashSet<PartId>, Error> {
        let names = self.names(&self.place).await?;
        Ok(names.iter().filter_map(|name| PartId::parse(name)).collect())
    }

    async fn names(&self, folder: &Place) -> Result<Vec<String>, Error> {
        let listed = folder.store().list_with_delimiter(Some(folder.path())).await;
        let listed = match listed {
            Err(object_store::Error::NotFound { .. }) => return Ok(Vec::new()),
            other => other.map_err(|error| folder.error(&error))?,
        };
        let name = |meta: &object_store::ObjectMeta| meta.location.filename().map(str::to_owned);
        Ok(listed.objects.iter().filter_map(name).collect())
    }

    /// The content digests of the films of a written part, by their paths.
    pub(crate) async fn digests(
        &self,
        part: PartId,
    ) -> Result<Vec<(String, Option<String>)>, Error> {
        crate::kept::digests(&self.part(part)).await
    }

    /// Whether there is room and leave to write: tried, before hours are spent on films.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        self.place.child("_plan/README.txt").write(README.as_bytes().to_vec()).await
    }
}

const README: &str = "Which films belong to which part of the results. Keep this folder beside \
the parts: with it the same command goes on where it stopped.\n";

#[cfg(test)]
mod tests {
    use super::PartId;

    #[test]
    fn names_of_parts_come_back() {
        let part = PartId(12, 34);
        assert_eq!(part.file(), "part-000012-00034.parquet");
        assert_eq!(PartId::parse(&part.file()), Some(part));
        assert_eq!(PartId::parse("part-x-1.parquet"), None);
    }
}
