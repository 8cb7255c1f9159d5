//! P values of several tests, adjusted.

use crate::error::Error;

/// Holm's step-down adjustment: keeps the chance of any false rejection below the level.
///
/// Source: Holm, *Scand. J. Stat.* 6:65-70, 1979. Equal to R `p.adjust(.., "holm")`.
///
/// # Errors
/// [`Error::OutOfDomain`] unless every P is in [0, 1].
///
/// # Examples
/// ```
/// use vertebra_survival::group_tests::holm;
/// assert_eq!(holm(&[0.01, 0.04, 0.03])?, [0.03, 0.06, 0.06]);
/// # Ok::<(), vertebra_survival::Error>(())
/// ```
pub fn holm(p: &[f64]) -> Result<Vec<f64>, Error> {
    let order = order(p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut largest = 0.0f64;
    for (rank, &i) in order.iter().enumerate() {
        largest = largest.max(p[i] * (p.len() - rank) as f64).min(1.0);
        adjusted[i] = largest;
    }
    Ok(adjusted)
}

/// Benjamini and Hochberg's step-up adjustment: bounds the expected share of false rejections.
///
/// Source: Benjamini & Hochberg, *JRSS B* 57:289-300, 1995. Equal to R `p.adjust(.., "BH")`.
///
/// # Errors
/// [`Error::OutOfDomain`] unless every P is in [0, 1].
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, Error> {
    let order = order(p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest = 1.0f64;
    for (rank, &i) in order.iter().enumerate().rev() {
        smallest = smallest.min(p[i] * p.len() as f64 / (rank + 1) as f64);
        adjusted[i] = smallest;
    }
    Ok(adjusted)
}

fn order(p: &[f64]) -> Result<Vec<usize>, Error> {
    if let Some(i) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(Error::OutOfDomain { name: "p", index: i, value: p[i], expected: "in [0, 1]" });
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden: R 4.2 `p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.2), ..)`.
    #[test]
    fn agree_with_r() {
        let near = |got: Vec<f64>, expected: [f64; 5]| {
            got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15)
        };
        let p = [0.04, 0.01, 0.2, 0.03, 0.02];
        assert!(near(holm(&p).unwrap(), [0.09, 0.05, 0.2, 0.09, 0.08]));
        assert!(near(benjamini_hochberg(&p).unwrap(), [0.05, 0.05, 0.2, 0.05, 0.05]));
    }

    #[test]
    fn rejects_p_outside_the_unit_interval() {
        assert!(matches!(
            holm(&[0.1, f64::NAN]),
            Err(Error::OutOfDomain { name: "p", index: 1, .. })
        ));
    }
}
