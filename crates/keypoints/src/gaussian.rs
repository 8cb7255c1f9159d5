//! Normal distributions of spine shapes.

/// A six-dimensional normal distribution.
pub(crate) struct Gaussian {
    pub(crate) mean: [f64; 6],
    pub(crate) covariance: [[f64; 6]; 6],
}

impl Gaussian {
    /// Squared Mahalanobis distance, and the logarithm of the density up to a constant.
    pub(crate) fn distance_and_log_density(&self, v: &[f64; 6]) -> (f64, f64) {
        let l = cholesky(&self.covariance);
        let mut squared = 0.0;
        let mut z = [0.0; 6];
        for i in 0..6 {
            let known: f64 = (0..i).map(|j| l[i][j] * z[j]).sum();
            z[i] = (v[i] - self.mean[i] - known) / l[i][i];
            squared += z[i] * z[i];
        }
        let log_root: f64 = (0..6).map(|i| l[i][i].ln()).sum();
        (squared, -0.5 * squared - log_root)
    }

    /// Standardised difference of one component.
    pub(crate) fn z(&self, v: &[f64; 6], i: usize) -> f64 {
        (v[i] - self.mean[i]) / self.covariance[i][i].sqrt()
    }
}

/// The lower triangular root of a positive definite matrix: ten lines for a size that is known,
/// where a library of linear algebra would be the crate's heaviest dependency.
fn cholesky(a: &[[f64; 6]; 6]) -> [[f64; 6]; 6] {
    let mut l = [[0.0; 6]; 6];
    for i in 0..6 {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            l[i][j] = if i == j { (a[i][i] - known).sqrt() } else { (a[i][j] - known) / l[j][j] };
        }
    }
    l
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_that_of_independent_parts_and_of_a_known_pair() {
        let mut covariance = [[0.0; 6]; 6];
        for (i, row) in covariance.iter_mut().enumerate() {
            row[i] = (i + 1) as f64;
        }
        covariance[0][1] = 0.5;
        covariance[1][0] = 0.5;
        let gaussian = Gaussian { mean: [1.0; 6], covariance };
        let (squared, log) = gaussian.distance_and_log_density(&[2.0, 3.0, 1.0, 1.0, 1.0, 4.0]);
        // Inverse of [[1, 0.5], [0.5, 2]] is [[2, -0.5], [-0.5, 1]] / 1.75.
        let expected = (2.0 - 0.5 * 2.0 * 2.0 + 4.0) / 1.75 + 9.0 / 6.0;
        assert!((squared - expected).abs() < 1e-12);
        let determinant: f64 = 1.75 * 3.0 * 4.0 * 5.0 * 6.0;
        assert!((log + 0.5 * expected + 0.5 * determinant.ln()).abs() < 1e-12);
    }
}
