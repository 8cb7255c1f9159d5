//! Sums of exponentials kept as `scale + ln(sum)`, so that no exponent is too large.

/// `ln(sum of exp(x))` over the numbers added so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogSum {
    scale: f64,
    sum: f64,
}

impl LogSum {
    pub(crate) const EMPTY: Self = Self { scale: f64::NEG_INFINITY, sum: 0.0 };

    pub(crate) fn of(x: f64) -> Self {
        Self { scale: x, sum: 1.0 }
    }

    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        if x <= self.scale {
            self.sum += (x - self.scale).exp();
        } else {
            self.sum = self.sum * (self.scale - x).exp() + 1.0;
            self.scale = x;
        }
    }

    pub(crate) fn merge(self, other: Self) -> Self {
        if self.sum == 0.0 {
            return other;
        }
        if other.sum == 0.0 {
            return self;
        }
        let scale = self.scale.max(other.scale);
        let at = |part: Self| part.sum * (part.scale - scale).exp();
        Self { scale, sum: at(self) + at(other) }
    }

    /// `-inf` where nothing was added.
    #[inline]
    pub(crate) fn ln(self) -> f64 {
        self.scale + self.sum.ln()
    }
}

/// A binary tree of sums over fixed positions: one can be set or cleared, ranges are summed, both
/// in O(log n) and without ever subtracting, which would cancel.
#[derive(Debug, Clone)]
pub(crate) struct LogSumTree {
    leaves: usize,
    nodes: Vec<LogSum>,
}

impl LogSumTree {
    pub(crate) fn new(positions: usize) -> Self {
        let leaves = positions.next_power_of_two();
        Self { leaves, nodes: vec![LogSum::EMPTY; 2 * leaves] }
    }

    pub(crate) fn set(&mut self, position: usize, value: LogSum) {
        let mut node = self.leaves + position;
        self.nodes[node] = value;
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.nodes[2 * node].merge(self.nodes[2 * node + 1]);
        }
    }

    pub(crate) fn total(&self) -> LogSum {
        self.nodes[1]
    }

    /// The sum over positions `from..to`.
    pub(crate) fn range(&self, from: usize, to: usize) -> LogSum {
        let (mut low, mut high) = (self.leaves + from, self.leaves + to);
        let mut sum = LogSum::EMPTY;
        while low < high {
            if low % 2 == 1 {
                sum = sum.merge(self.nodes[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                sum = sum.merge(self.nodes[high]);
            }
            low /= 2;
            high /= 2;
        }
        sum
    }
}
