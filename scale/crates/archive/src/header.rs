//! Attributes of DICOM files, from their headers alone.

use crate::Error;
use crate::fetch::Beginning;
use crate::listing::ListedFile;
use crate::store::Place;
use object_store::ObjectStoreExt;
use vertebra_radiograph::{Attribute, Error as ReadError, FilmHeader, ReadOptions};

/// Bytes of a file that are read first; each further piece doubles what is there.
const FIRST: u64 = 64 << 10;
/// Bytes after which a header is given up.
const LAST: u64 = 64 << 20;

/// Attributes to be read.
#[derive(Debug, Clone)]
pub(crate) struct Attributes {
    attributes: Vec<Attribute>,
}

impl Attributes {
    pub(crate) fn new(attributes: impl Iterator<Item = Attribute>) -> Self {
        Self { attributes: attributes.collect() }
    }

    /// The attributes of a file, each `None` where the file has none of that name or is no DICOM
    /// radiograph.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn of(
        &self,
        place: &Place,
        file: &ListedFile,
    ) -> Result<Vec<Option<String>>, Error> {
        let place = place.sibling(&file.path)?;
        let header = self.header(&place, u64::try_from(file.size).unwrap_or(0)).await?;
        let found = header.map(|header| header.acquisition.attributes).unwrap_or_default();
        let value = |attribute: &Attribute| found.get(&attribute.to_string()).cloned();
        Ok(self.attributes.iter().map(value).collect())
    }

    async fn header(&self, place: &Place, size: u64) -> Result<Option<FilmHeader>, Error> {
        let options = ReadOptions::default().with_attributes(self.attributes.clone());
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < size.min(LAST) {
            let (from, to) = (bytes.len() as u64, (2 * bytes.len() as u64).max(FIRST).min(size));
            let piece = place.store().get_range(place.path(), from..to).await;
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(place.error(&error)),
            }
            let header = match to == size {
                true => options.read_header_bytes(&bytes),
                false => options.read_header_from(Beginning(&bytes)),
            };
            match header {
                Ok(header) => return Ok(Some(header)),
                // The header goes on behind what was fetched.
                Err(ReadError::Io { .. }) => {}
                Err(_) => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// The column of an attribute: `StudyDate` is `study_date`, which needs no quotes in SQL.
pub(crate) fn column_name(attribute: &str) -> String {
    let letters: Vec<char> = attribute.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_ascii_digit())
                || before.is_some_and(char::is_uppercase)
                    && after.is_some_and(|c| c.is_lowercase()));
        if begins {
            name.push('_');
        }
        match letter.is_alphanumeric() {
            true => name.extend(letter.to_lowercase()),
            false if letter == &',' => name.push('_'),
            false => {}
        }
    }
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("tag_{name}"),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::column_name;

    #[test]
    fn columns_need_no_quotes() {
        let names = ["StudyDate", "SOPInstanceUID", "KVP", "PatientID", "(0018,5101)"];
        let columns = ["study_date", "sop_instance_uid", "kvp", "patient_id", "tag_0018_5101"];
        assert_eq!(names.map(column_name), columns);
    }
}
