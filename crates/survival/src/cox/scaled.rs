//! Positive numbers kept as `value * exp(scale)`, so that no exponent is too large.

/// A positive number, or 0 as [`Scaled::ZERO`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scaled {
    pub(crate) scale: f64,
    pub(crate) value: f64,
}

impl Scaled {
    pub(crate) const ZERO: Self = Self { scale: f64::NEG_INFINITY, value: 0.0 };

    #[inline]
    pub(crate) fn add(&mut self, other: Self) {
        if other.scale == self.scale {
            self.value += other.value;
        } else if other.scale < self.scale {
            self.value += other.value * (other.scale - self.scale).exp();
        } else {
            self.value = self.value * (self.scale - other.scale).exp() + other.value;
            self.scale = other.scale;
        }
    }

    fn plus(mut self, other: Self) -> Self {
        self.add(other);
        self
    }

    /// `factor / self`.
    #[inline]
    pub(crate) fn divide(self, factor: f64) -> Self {
        Self { scale: -self.scale, value: factor / self.value }
    }

    /// The product as a plain number.
    #[inline]
    pub(crate) fn times(self, other: Self) -> f64 {
        let scale = self.scale + other.scale;
        let product = self.value * other.value;
        if scale == 0.0 || product == 0.0 { product } else { product * scale.exp() }
    }

    /// `-inf` for 0.
    #[inline]
    pub(crate) fn ln(self) -> f64 {
        self.scale + self.value.ln()
    }
}

/// A binary tree of sums over fixed positions: one can be set or cleared, ranges are summed, both
/// in O(log n) and without ever subtracting, which would cancel.
#[derive(Debug, Clone)]
pub(crate) struct SumTree {
    leaves: usize,
    nodes: Vec<Scaled>,
}

impl SumTree {
    pub(crate) fn new(positions: usize) -> Self {
        let leaves = positions.next_power_of_two();
        Self { leaves, nodes: vec![Scaled::ZERO; 2 * leaves] }
    }

    pub(crate) fn set(&mut self, position: usize, value: Scaled) {
        let mut node = self.leaves + position;
        self.nodes[node] = value;
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.nodes[2 * node].plus(self.nodes[2 * node + 1]);
        }
    }

    pub(crate) fn total(&self) -> Scaled {
        self.nodes[1]
    }

    /// The sum over positions `from..to`.
    pub(crate) fn range(&self, from: usize, to: usize) -> Scaled {
        let (mut low, mut high) = (self.leaves + from, self.leaves + to);
        let mut sum = Scaled::ZERO;
        while low < high {
            if low % 2 == 1 {
                sum.add(self.nodes[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                sum.add(self.nodes[high]);
            }
            low /= 2;
            high /= 2;
        }
        sum
    }
}
