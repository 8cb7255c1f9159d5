//! The small linear systems of test statistics.

/// Solves `matrix x = rhs` by Gaussian elimination with partial pivoting; `None` if singular.
pub(crate) fn solve(mut matrix: Vec<Vec<f64>>, mut rhs: Vec<f64>) -> Option<Vec<f64>> {
    let n = rhs.len();
    let scale = matrix.iter().flatten().fold(0.0f64, |a, b| a.max(b.abs()));
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column].abs() <= 1e-13 * scale {
            return None;
        }
        matrix.swap(column, pivot);
        rhs.swap(column, pivot);
        let top = matrix[column].clone();
        for row in column + 1..n {
            let factor = matrix[row][column] / top[column];
            matrix[row].iter_mut().zip(&top).for_each(|(below, above)| *below -= factor * above);
            rhs[row] -= factor * rhs[column];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| matrix[row][k] * rhs[k]).sum();
        rhs[row] = (rhs[row] - known) / matrix[row][row];
    }
    Some(rhs)
}

/// The inverse of a small matrix; `None` if singular.
pub(crate) fn invert(matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let unit = |k: usize| (0..n).map(|j| f64::from(u8::from(j == k))).collect();
    // Rows of the transpose: for the symmetric matrices of this crate the inverse itself.
    (0..n).map(|k| solve(matrix.clone(), unit(k))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_what_needs_a_pivot_and_refuses_what_is_singular() {
        let x = solve(vec![vec![0.0, 2.0], vec![4.0, 1.0]], vec![2.0, 9.0]).unwrap();
        assert_eq!(x, [2.0, 1.0]);
        assert_eq!(solve(vec![vec![1.0, 2.0], vec![2.0, 4.0]], vec![1.0, 2.0]), None);
    }
}
