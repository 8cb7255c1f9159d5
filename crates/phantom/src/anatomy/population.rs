//! The distribution of real lumbar spines from which the phantom's are drawn.
//!
//! Spacing and curvature: mean and covariance of the vertebral body centres T11..L5 of 1,746 CT
//! scans, computed from the landmarks of the VID vertebra identification dataset (ImFusion GmbH,
//! `ImFusionGmbH/VID-vertebra-identification-dataset` at commit f19fd3c6, licence CC BY-SA 4.0;
//! the numbers below are a derived summary under the same licence). `tests/landmarks.rs` computes
//! them again where the data is at hand.
//!
//! Heights and depths of women: chosen for the simulation, not taken from a publication; ratios of
//! men to women from Cook & Baker, Int J Spine Surg 2021;15(6):1072, Table 6.

/// Number of shape features: six distances of neighbouring centres T11..L5 and five angles.
pub const SHAPE_FEATURES: usize = 12;

/// Mean of the shape features of real spines.
///
/// 0..6: distance between the centres of T11-T12, T12-L1, .., L4-L5, mm, in space. 6..11: angle
/// by which the chain of centres turns at T12, L1, .., L4 in the sagittal plane, degrees, negative
/// where the caudal side turns backwards (lordosis). 11: angle of the chord L1-L2 from the
/// vertical, degrees, positive where L2 lies in front of L1.
pub const SHAPE_MEAN: [f64; SHAPE_FEATURES] =
    [29.504, 32.377, 34.500, 35.820, 36.562, 36.374, 0.383, 1.338, -2.479, -7.361, -13.069, 16.324];

/// Covariance of the shape features, in their units.
pub const SHAPE_COVARIANCE: [[f64; SHAPE_FEATURES]; SHAPE_FEATURES] = [
    [5.192, 3.649, 3.417, 3.325, 3.404, 3.311, 0.657, 0.466, 0.666, 1.506, 0.810, -2.219],
    [3.649, 9.817, 4.454, 4.141, 4.037, 3.524, -0.620, 0.044, 0.052, 1.405, 0.168, -2.166],
    [3.417, 4.454, 5.847, 4.228, 4.126, 3.652, -0.680, -0.744, -0.356, 0.815, 0.191, -1.323],
    [3.325, 4.141, 4.228, 7.174, 5.105, 4.718, 0.919, -0.100, -1.101, -0.149, -0.719, 0.955],
    [3.404, 4.037, 4.126, 5.105, 7.196, 5.323, 0.852, 1.033, 0.583, 0.188, -0.677, 0.901],
    [3.311, 3.524, 3.652, 4.718, 5.323, 9.073, 0.812, 1.575, 1.388, 0.877, -1.617, 0.213],
    [0.657, -0.620, -0.680, 0.919, 0.852, 0.812, 17.498, -1.700, 2.866, -0.190, -0.730, 5.487],
    [0.466, 0.044, -0.744, -0.100, 1.033, 1.575, -1.700, 16.366, 0.175, 3.358, 0.586, 3.785],
    [0.666, 0.052, -0.356, -1.101, 0.583, 1.388, 2.866, 0.175, 17.734, 4.533, 4.975, -8.724],
    [1.506, 1.405, 0.815, -0.149, 0.188, 0.877, -0.190, 3.358, 4.533, 19.619, 5.253, -10.255],
    [0.810, 0.168, 0.191, -0.719, -0.677, -1.617, -0.730, 0.586, 4.975, 5.253, 30.923, -8.971],
    [-2.219, -2.166, -1.323, 0.955, 0.901, 0.213, 5.487, 3.785, -8.724, -10.255, -8.971, 44.249],
];

/// Lower triangular Cholesky factor; `None` unless the matrix is positive definite.
pub(crate) fn cholesky<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut factor = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            let rest = matrix[i][j] - dot;
            factor[i][j] = if i == j {
                if rest <= 0.0 {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / factor[j][j]
            };
        }
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_covariance_is_symmetric_and_positive_definite() {
        for (i, row) in SHAPE_COVARIANCE.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                assert_eq!(*value, SHAPE_COVARIANCE[j][i], "{i} {j}");
            }
        }
        let factor = cholesky(&SHAPE_COVARIANCE).unwrap();
        let back: f64 = factor[7].iter().zip(&factor[4]).map(|(a, b)| a * b).sum();
        assert!((back - SHAPE_COVARIANCE[7][4]).abs() < 1e-9);
    }

    #[test]
    fn an_indefinite_matrix_has_no_factor() {
        assert_eq!(cholesky(&[[1.0, 2.0], [2.0, 1.0]]), None);
    }
}
