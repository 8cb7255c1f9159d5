//! A sum of weights that members join and leave, right to its last digits.
//!
//! What is left when large terms are subtracted again has the rounding errors of the large sums;
//! they are kept apart (Neumaier, *Z. Angew. Math. Mech.* 54:39-51, 1974), and without members the
//! sum is 0.

/// A running sum with the number of its members.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Running {
    sum: f64,
    rest: f64,
    members: usize,
}

impl Running {
    pub(crate) fn join(&mut self, weight: f64) {
        self.members += 1;
        self.add(weight);
    }

    pub(crate) fn leave(&mut self, weight: f64) {
        self.members -= 1;
        self.add(-weight);
        if self.members == 0 {
            *self = Self::default();
        }
    }

    #[inline]
    pub(crate) fn value(&self) -> f64 {
        self.sum + self.rest
    }

    #[inline]
    fn add(&mut self, x: f64) {
        let total = self.sum + x;
        self.rest += match self.sum.abs() >= x.abs() {
            true => (self.sum - total) + x,
            false => (x - total) + self.sum,
        };
        self.sum = total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_weights_leave_no_rounding_behind() {
        let mut sum = Running::default();
        for weight in [0.1, 3e15, 0.2] {
            sum.join(weight);
        }
        sum.leave(3e15);
        assert!((sum.value() - 0.3).abs() < 1e-16, "{}", sum.value());
        sum.leave(0.1);
        sum.leave(0.2);
        assert_eq!(sum.value(), 0.0);
    }
}
