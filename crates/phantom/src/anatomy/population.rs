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

/// Lower triangular Cholesky factor of [`SHAPE_COVARIANCE`], row by row up to the diagonal: a draw
/// is the mean plus the factor times independent standard normal numbers.
pub(crate) const SHAPE_FACTOR: [&[f64]; SHAPE_FEATURES] = [
    &[2.2785960589801784],
    &[1.601424695535183, 2.6930352661133212],
    &[1.4996076143172705, 0.7621479594591225, 1.737039864532176],
    &[1.4592318752136157, 0.6699318279350315, 0.880312320091525, 1.954708136621746],
    &[
        1.4939023468352324,
        0.6106967516372983,
        0.817650424455446,
        0.918877406849725,
        1.7545419203395485,
    ],
    &[
        1.4530877410021898,
        0.4444759494394578,
        0.6529396040853422,
        0.8825095959316231,
        0.8754389415242287,
        2.1891620528155205,
    ],
    &[
        0.2883354412076227,
        -0.4016833755426954,
        -0.4641504634155899,
        0.6015985510848563,
        0.2811441786907387,
        0.044575534303897886,
        4.0737117770320665,
    ],
    &[
        0.20451189589459998,
        -0.1052754132794943,
        -0.5586815678241128,
        0.08385463629986027,
        0.6677096901560228,
        0.47089359841674444,
        -0.569438315857564,
        3.87325422230664,
    ],
    &[
        0.2922852417721107,
        -0.1544995750890481,
        -0.3894911406681017,
        -0.5530922436664357,
        0.6083629753906457,
        0.5672462696166011,
        0.6567224255907258,
        -0.09594582366403429,
        4.004337779771353,
    ],
    &[
        0.6609332944576557,
        0.12868940281434102,
        -0.15786682406239202,
        -0.5426364823973956,
        -0.14263764094210957,
        0.2586544640695314,
        -0.011569462549198615,
        0.8159903626492784,
        1.0049175033212656,
        4.1331766222161646,
    ],
    &[
        0.3554820508039184,
        -0.1490057482819469,
        -0.1315566601572813,
        -0.5228893656318107,
        -0.3015143462754818,
        -0.5737383856888207,
        -0.12973429062424754,
        0.22347605517265232,
        1.2794006724186096,
        0.8150059565162171,
        5.2626751178130355,
    ],
    &[
        -0.9738452725109813,
        -0.22519576278924416,
        0.177899358110721,
        1.2126234249978842,
        0.7031147507269674,
        -0.033650615641524904,
        1.18668671860626,
        1.079266770453722,
        -2.2022624302907734,
        -1.8003416917857684,
        -0.6860727060457342,
        5.487930199773117,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_times_its_transpose_is_the_covariance() {
        for (i, row) in SHAPE_COVARIANCE.iter().enumerate() {
            assert_eq!(SHAPE_FACTOR[i].len(), i + 1);
            assert!(SHAPE_FACTOR[i][i] > 0.0);
            for (j, value) in row.iter().enumerate() {
                let product = SHAPE_FACTOR[i].iter().zip(SHAPE_FACTOR[j]).map(|(a, b)| a * b);
                assert!((product.sum::<f64>() - value).abs() < 1e-12, "{i} {j}");
                assert_eq!(*value, SHAPE_COVARIANCE[j][i], "{i} {j}");
            }
        }
    }
}
