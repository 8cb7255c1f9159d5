//! A CT scan with the bodies of L1..L5 marked in it.

use crate::Error;
use crate::ct::nifti::{Volume, determinant};
use std::path::{Path, PathBuf};
use vertebra_keypoints::Level;

/// Labels of L1..L5 in a map of vertebrae, as TotalSegmentator numbers them.
const LABELS: [f32; 5] = [31.0, 30.0, 29.0, 28.0, 27.0];
/// A vertebral body in a mask of bodies, as TotalSegmentator's `vertebrae_body` numbers it.
const BODY: f32 = 1.0;
/// Below this only air and lung are, HU: a volume with such values is a scan, not a map.
const AIR: f32 = -200.0;

/// A CT scan with the bodies of L1..L5 marked in it, from which lateral films can be projected.
#[derive(Debug, Clone, PartialEq)]
pub struct CtScan {
    name: String,
    /// Hounsfield units.
    pub(crate) volume: Volume,
    /// From the patient's space to voxels.
    pub(crate) to_voxel: [[f64; 4]; 3],
    /// Middles of the bodies of L1..L5, mm to the right, to the front and upwards.
    pub(crate) bodies: [[f64; 3]; 5],
}

impl CtScan {
    /// Reads the scans of a folder: each lies in a folder of its own (or all of `folder` is one
    /// scan) with three NIfTI files of equal size, told apart by what they hold: the scan in
    /// Hounsfield units, a map of vertebrae with L1..L5 as 31 to 27, as TotalSegmentator numbers
    /// them, and a mask of vertebral bodies, which are 1 there.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Malformed`] for a file that is no NIfTI volume, and for a folder in
    /// which one of the three is missing or has another size, or which lacks one of L1..L5.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, Error> {
        let mut scans = Vec::new();
        if !volumes_in(folder)?.is_empty() {
            scans.push(Self::read(folder)?);
        }
        for inner in entries(folder)? {
            if inner.is_dir() && !volumes_in(&inner)?.is_empty() {
                scans.push(Self::read(&inner)?);
            }
        }
        match scans.is_empty() {
            true => Err(Error::malformed(folder, "CT scans (.nii, .nii.gz)", "none")),
            false => Ok(scans),
        }
    }

    /// Reads the scan of one folder.
    ///
    /// # Errors
    /// As [`CtScan::read_all`].
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let (mut scan, mut vertebrae, mut mask) = (None, None, None);
        for path in volumes_in(folder)? {
            let volume = Volume::read(&path)?;
            let least = volume.values.iter().copied().fold(f32::INFINITY, f32::min);
            let most = volume.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let kind = match (least, most) {
                (least, _) if least < AIR => &mut scan,
                (_, most) if most >= LABELS[0] => &mut vertebrae,
                _ => &mut mask,
            };
            if kind.replace(volume).is_some() {
                return Err(Error::malformed(&path, "one file of its kind in the folder", "two"));
            }
        }
        let wanted = |volume: Option<Volume>, what| {
            volume.ok_or_else(|| Error::malformed(folder, what, "none"))
        };
        let scan = wanted(scan, "a CT scan in Hounsfield units")?;
        let vertebrae = wanted(vertebrae, "a map of vertebrae")?;
        let mask = wanted(mask, "a mask of vertebral bodies")?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for other in [&vertebrae, &mask] {
            if other.size != scan.size {
                let got = format!("{:?} beside {:?}", other.size, scan.size);
                return Err(Error::malformed(folder, "volumes of one size", got));
            }
        }
        Self::marked(name, scan, &vertebrae, &mask)
            .map_err(|level| Error::malformed(folder, "L1..L5", format!("no body of {level}")))
    }

    /// The level that is missing, otherwise.
    pub(crate) fn marked(
        name: String,
        volume: Volume,
        vertebrae: &Volume,
        mask: &Volume,
    ) -> Result<Self, Level> {
        let (mut sums, mut counts) = ([[0.0; 3]; 5], [0usize; 5]);
        for (i, (label, body)) in vertebrae.values.iter().zip(&mask.values).enumerate() {
            let level = LABELS.iter().position(|l| l == label).filter(|_| *body == BODY);
            if let Some(level) = level {
                let place = volume.place(i);
                sums[level].iter_mut().zip(place).for_each(|(sum, v)| *sum += v);
                counts[level] += 1;
            }
        }
        if let Some(missing) = Level::ALL.into_iter().find(|level| counts[level.index()] == 0) {
            return Err(missing);
        }
        let bodies = std::array::from_fn(|k| sums[k].map(|sum| sum / counts[k] as f64));
        Ok(Self { name, to_voxel: inverse(&volume.to_patient), volume, bodies })
    }

    /// The name of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Of a map that is known to have an inverse.
fn inverse(m: &[[f64; 4]; 3]) -> [[f64; 4]; 3] {
    let det = determinant(m);
    let minor = |r: usize, c: usize| {
        let ([r0, r1], [c0, c1]) = ([(r + 1) % 3, (r + 2) % 3], [(c + 1) % 3, (c + 2) % 3]);
        m[r0][c0] * m[r1][c1] - m[r0][c1] * m[r1][c0]
    };
    std::array::from_fn(|row| {
        let back: [f64; 3] = std::array::from_fn(|column| minor(column, row) / det);
        let offset = -(0..3).map(|k| back[k] * m[k][3]).sum::<f64>();
        [back[0], back[1], back[2], offset]
    })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = std::fs::read_dir(folder).map_err(Error::io(folder))?;
    let paths: Result<Vec<PathBuf>, _> = listed.map(|entry| entry.map(|e| e.path())).collect();
    let mut paths = paths.map_err(Error::io(folder))?;
    paths.sort();
    Ok(paths)
}

fn volumes_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = entries(folder)?;
    paths.retain(|path| {
        let name = path.to_string_lossy();
        path.is_file() && (name.ends_with(".nii") || name.ends_with(".nii.gz"))
    });
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ct::nifti::tests::file;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    /// Voxels of 10 x 10 x 5 mm; the scan counts up, L1..L5 lie one above the other.
    fn write(folder: &Path, lowest: i16) {
        let rows = [[-10.0, 0.0, 0.0, 0.0], [0.0, 10.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]];
        let volume = |value: &dyn Fn(usize) -> i16| {
            file([4, 4, 10], rows, &(0..160).map(value).collect::<Vec<_>>())
        };
        let level = |i: usize| 27 + (i / 32) as i16;
        let scan = volume(&|i| i as i16 - 1000);
        std::fs::write(folder.join("a.nii"), scan).unwrap();
        let labels = volume(&|i| if level(i) < lowest { 0 } else { level(i) });
        let packed = std::fs::File::create(folder.join("b.nii.gz")).unwrap();
        let mut packed = GzEncoder::new(packed, Compression::fast());
        packed.write_all(&labels).unwrap();
        packed.finish().unwrap();
        // The second kind, discs, is not a body.
        let mask = volume(&|i| if i % 4 < 2 { 1 } else { 2 });
        std::fs::write(folder.join("c.nii"), mask).unwrap();
    }

    #[test]
    fn a_folder_of_three_files_is_a_scan() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("somebody");
        std::fs::create_dir(&inner).unwrap();
        write(&inner, 27);
        let scans = CtScan::read_all(folder.path()).unwrap();
        assert_eq!(scans.len(), 1);
        assert_eq!(scans[0].name(), "somebody");
        // Columns 0 and 1 of 4, all rows, the uppermost two slices.
        assert_eq!(scans[0].bodies[0], [-5.0, 15.0, 42.5]);
        let [x, y, z] = scans[0].bodies[4];
        let voxel = scans[0].to_voxel.map(|r| r[0] * x + r[1] * y + r[2] * z + r[3]);
        assert_eq!(voxel, [0.5, 1.5, 0.5]);
    }

    #[test]
    fn what_a_folder_lacks_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |folder: &Path| CtScan::read_all(folder).unwrap_err().to_string();
        assert!(refused(folder.path()).contains("expected CT scans (.nii, .nii.gz), got none"));
        write(folder.path(), 28);
        assert!(refused(folder.path()).ends_with("expected L1..L5, got no body of L5"));
        std::fs::remove_file(folder.path().join("c.nii")).unwrap();
        assert!(refused(folder.path()).contains("a mask of vertebral bodies"));
    }
}
