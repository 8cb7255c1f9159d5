//! Finds the column that makes an information matrix singular.

use nalgebra::DMatrix;

/// The first column that the columns before it explain but for 1e-9 of its own information.
pub(crate) fn first_collinear(information: &DMatrix<f64>) -> Option<usize> {
    let p = information.nrows();
    let mut rest = information.clone();
    for column in 0..p {
        let pivot = rest[(column, column)];
        if pivot.is_nan() || pivot <= 1e-9 * information[(column, column)] || pivot <= 0.0 {
            return Some(column);
        }
        for row in column + 1..p {
            let factor = rest[(row, column)] / pivot;
            for other in column + 1..p {
                let change = factor * rest[(column, other)];
                rest[(row, other)] -= change;
            }
        }
    }
    None
}
