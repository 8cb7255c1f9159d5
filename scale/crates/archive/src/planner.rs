//! Which of the listed films are to be scored: those that no plan of the model has.

use crate::Error;
use crate::covariates::Covariates;
use crate::listing::{ListedFile, list};
use crate::out_folder::{OutFolder, PartId};
use crate::plan_file::{Part, PlanFile, PlannedFilm, encode};
use crate::store::Place;
use futures::StreamExt;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use vertebra_run::Digest;

/// Parts of one plan file.
const PARTS_OF_A_PLAN: usize = 256;
/// How often planning begins again where another run has planned in the meantime.
const TRIES: usize = 5;

/// What was planned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Files that were listed.
    pub(crate) listed: usize,
    /// Those of them that no plan had.
    pub(crate) new: usize,
    /// Those of the new that the table of covariates has no row for.
    pub(crate) without_covariates: usize,
    /// Parts that are not written, of this and of earlier runs.
    pub(crate) pending: Vec<PartId>,
}

/// What planning needs.
pub(crate) struct Planner<'a> {
    pub(crate) out: &'a OutFolder,
    /// Where the films are.
    pub(crate) films: &'a Place,
    /// Digest of the model.
    pub(crate) model: &'a str,
    pub(crate) covariates: &'a Covariates,
    /// Films of a part.
    pub(crate) part_films: usize,
}

/// The films of the plans so far, as 128 bits each.
#[derive(Default)]
struct Known {
    /// By path, version and covariates.
    films: HashSet<u128>,
    /// By path, covariates and a running number: where each version of a film is.
    versions: HashMap<u128, PartId>,
    last_plan: u32,
    parts: Vec<PartId>,
}

impl Planner<'_> {
    /// Plans what is new.
    ///
    /// # Errors
    /// A store fails; two rows of covariates have a film's name; others plan all the time.
    pub(crate) async fn plan(&self) -> Result<Planned, Error> {
        for _ in 0..TRIES {
            if let Some(planned) = self.plan_once().await? {
                return Ok(planned);
            }
        }
        let expected = "no other run that plans into the same folder";
        Err(Error::setting("out", expected, format!("{TRIES} that were faster")))
    }

    /// `None` where another run has planned in the meantime: its plan is to be read first.
    async fn plan_once(&self) -> Result<Option<Planned>, Error> {
        let written = self.out.written().await?;
        let mut known = self.known().await?;
        let mut planned = Planned::default();
        let mut parts: Vec<Part> = vec![Vec::new()];
        let mut files = list(self.films);
        while let Some(file) = files.next().await {
            planned.listed += 1;
            let Some(film) = self.new_film(file?, &known, &written).await? else { continue };
            planned.new += 1;
            let without = self.covariates.are_given() && film.covariates.is_none();
            planned.without_covariates += usize::from(without);
            match parts.last_mut() {
                Some(part) if part.len() < self.part_films => part.push(film),
                _ => parts.push(vec![film]),
            }
            let full = parts.len() == PARTS_OF_A_PLAN
                && parts.last().is_some_and(|part| part.len() == self.part_films);
            if full && !self.write(&mut parts, &mut known).await? {
                return Ok(None);
            }
        }
        if planned.listed == 0 {
            return Err(Error::NotFound { name: self.films.name(), expected: "films" });
        }
        if !self.write(&mut parts, &mut known).await? {
            return Ok(None);
        }
        planned.pending = known.parts;
        planned.pending.retain(|part| !written.contains(part));
        Ok(Some(planned))
    }

    async fn known(&self) -> Result<Known, Error> {
        let mut known = Known::default();
        for number in self.out.plans().await? {
            let plan = PlanFile::read(&self.out.plan(number)).await?;
            known.last_plan = number;
            if plan.model != self.model {
                continue;
            }
            for part in 0..plan.parts {
                known.add(PartId(number, part as u32), &plan.part(part)?);
            }
        }
        Ok(known)
    }

    /// The film of a file that is to be scored.
    async fn new_film(
        &self,
        file: ListedFile,
        known: &Known,
        written: &HashSet<PartId>,
    ) -> Result<Option<PlannedFilm>, Error> {
        let covariates = self.covariates.of(Path::new(&file.path))?;
        // Without a name for its version, its time says whether it is the same.
        let etag = file.etag.unwrap_or_else(|| file.modified.to_string());
        let film = PlannedFilm { path: file.path, size: file.size, etag, covariates };
        if known.films.contains(&key(&film)) {
            return Ok(None);
        }
        let versions: Vec<PartId> = known.versions(&film).collect();
        // A part that is not written yet will have the film as it is then.
        if versions.iter().any(|part| !written.contains(part)) {
            return Ok(None);
        }
        match self.is_scored(&film, &versions).await? {
            true => Ok(None),
            false => Ok(Some(film)),
        }
    }

    /// Whether one of these parts has the content of a film whose version has another name now, as
    /// when a folder was copied.
    async fn is_scored(&self, film: &PlannedFilm, versions: &[PartId]) -> Result<bool, Error> {
        if versions.is_empty() {
            return Ok(false);
        }
        let bytes = self.films.sibling(&film.path)?.read().await?;
        let content = Some(Digest::of(&bytes).to_string());
        for part in versions {
            let rows = self.out.digests(*part).await?;
            if rows.iter().any(|(path, digest)| *path == film.path && *digest == content) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes a plan file of these parts; whether no other run was faster.
    async fn write(&self, parts: &mut Vec<Part>, known: &mut Known) -> Result<bool, Error> {
        parts.retain(|part| !part.is_empty());
        let parts = std::mem::replace(parts, vec![Vec::new()]);
        if parts.is_empty() {
            return Ok(true);
        }
        let number = known.last_plan + 1;
        let bytes = encode(&parts, self.model)?;
        if !self.out.plan(number).write_new(bytes).await? {
            return Ok(false);
        }
        known.last_plan = number;
        known.parts.extend((0..parts.len()).map(|part| PartId(number, part as u32)));
        Ok(true)
    }
}

impl Known {
    fn add(&mut self, part: PartId, films: &[PlannedFilm]) {
        self.parts.push(part);
        for film in films {
            self.films.insert(key(film));
            let free = (0..).map(|n| version(film, n)).find(|key| !self.versions.contains_key(key));
            if let Some(key) = free {
                self.versions.insert(key, part);
            }
        }
    }

    /// The parts of all versions of a film.
    fn versions(&self, film: &PlannedFilm) -> impl Iterator<Item = PartId> {
        (0..).map_while(|n| self.versions.get(&version(film, n)).copied())
    }
}

fn key(film: &PlannedFilm) -> u128 {
    short(format!("{:?}", (&film.path, film.size, &film.etag, &film.covariates)))
}

fn version(film: &PlannedFilm, number: u32) -> u128 {
    short(format!("{:?}", (&film.path, &film.covariates, number)))
}

/// The first half of a SHA-256: no two of 1e12 films are taken for one another.
fn short(text: String) -> u128 {
    let digest = Digest::of(text.as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_bytes()[..16]);
    u128::from_be_bytes(half)
}
