//! SHA-256 of bytes and of files (FIPS 180-4), so that a result can be tied to its input.

use crate::Error;
use sha2::Digest as _;
use std::fmt;
use std::io::Read;
use std::path::Path;

/// A SHA-256 digest; displays as 64 lower-case hexadecimal digits, as `sha256sum` prints it.
///
/// # Examples
/// ```
/// use vertebra_run::Digest;
/// let digest = Digest::of(b"abc").to_string();
/// assert!(digest.starts_with("ba7816bf") && digest.len() == 64);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest of a file, which is read in parts.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        let mut file = std::fs::File::open(path).map_err(Error::io(path))?;
        let mut hasher = sha2::Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer).map_err(Error::io(path))? {
                0 => return Ok(Self(hasher.finalize().into())),
                n => hasher.update(&buffer[..n]),
            }
        }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_abc_is_the_published_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        // FIPS 180-4, example B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of_file(&path).unwrap().to_string(), expected);
        assert_eq!(Digest::of_file(&path).unwrap(), Digest::of(b"abc"));
    }

    #[test]
    fn a_file_longer_than_the_buffer_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        let bytes = vec![7; 200_000];
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Digest::of_file(&path).unwrap(), Digest::of(&bytes));
    }

    #[test]
    fn the_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = Digest::of_file(&folder.path().join("absent.csv")).unwrap_err();
        assert!(error.to_string().contains("absent.csv"), "{error}");
    }
}
