//! Pictures turned the way a person is to see them (TIFF 6.0 and Exif, tag Orientation).

/// One of the orientations 2 to 8; 1 needs no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn(u16);

impl Turn {
    pub(super) fn new(orientation: Option<u16>) -> Option<Self> {
        orientation.filter(|o| (2..=8).contains(o)).map(Self)
    }

    pub(super) fn number(self) -> u16 {
        self.0
    }

    /// Rows and columns of the turned picture.
    pub(super) fn size(self, height: usize, width: usize) -> [usize; 2] {
        if self.0 >= 5 { [width, height] } else { [height, width] }
    }

    /// The turned picture, row by row.
    pub(super) fn apply<T: Copy>(self, picture: &[T], height: usize, width: usize) -> Vec<T> {
        let [rows, columns] = self.size(height, width);
        // From a place in the turned picture to that in the stored one.
        let stored = |y: usize, x: usize| match self.0 {
            2 => [y, width - 1 - x],
            3 => [height - 1 - y, width - 1 - x],
            4 => [height - 1 - y, x],
            5 => [x, y],
            6 => [height - 1 - x, y],
            7 => [height - 1 - x, width - 1 - y],
            _ => [x, width - 1 - y],
        };
        let pixel = |y: usize, x: usize| {
            let [row, column] = stored(y, x);
            picture[row * width + column]
        };
        (0..rows)
            .flat_map(|y| (0..columns).map(move |x| (y, x)))
            .map(|(y, x)| pixel(y, x))
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The tag says at which side of the picture its row 0 and its column 0 are to be.
    #[test]
    fn row_0_and_column_0_come_to_the_sides_that_the_standard_says() {
        let picture: Vec<usize> = (0..12).collect();
        let turned = |o| Turn::new(Some(o)).unwrap().apply(&picture, 3, 4);
        assert_eq!(turned(2), [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8]);
        assert_eq!(turned(3), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(turned(4), [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]);
        assert_eq!(turned(5), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
        assert_eq!(turned(6), [8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3]);
        assert_eq!(turned(7), [11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0]);
        assert_eq!(turned(8), [3, 7, 11, 2, 6, 10, 1, 5, 9, 0, 4, 8]);
        assert_eq!(Turn::new(Some(1)).or(Turn::new(Some(9))).or(Turn::new(None)), None);
    }
}
