//! Batch order as a function of (seed, epoch) alone.

use vertebra_run::{Seed, shuffle};

/// The batches of one epoch: every sample once, sizes differing by at most one; with a class per
/// sample, each batch has its share of both.
pub(crate) fn batches(
    (n, class): (usize, Option<&[bool]>),
    batch_size: Option<usize>,
    seed: Seed,
    epoch: usize,
) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..n).collect();
    shuffle(&mut order, &mut seed.named("batches").at(&[epoch as u64]).generator());
    if let Some(class) = class {
        order = spread(&order, class);
    }
    let n_batches = n_batches(n, batch_size);
    (0..n_batches).map(|b| order[b * n / n_batches..(b + 1) * n / n_batches].to_vec()).collect()
}

/// The samples with both classes evenly along the order, each class in its own order.
fn spread(order: &[usize], class: &[bool]) -> Vec<usize> {
    let is = |i: usize| class.get(i).copied().unwrap_or(false);
    let n_true = order.iter().filter(|&&i| is(i)).count();
    let mut before = [0.0; 2];
    let place = |&i: &usize| {
        let n = if is(i) { n_true } else { order.len() - n_true };
        let before = &mut before[usize::from(is(i))];
        *before += 1.0;
        ((*before - 0.5) / n as f64, i)
    };
    let mut places: Vec<(f64, usize)> = order.iter().map(place).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    places.into_iter().map(|(_, i)| i).collect()
}

/// Steps in one epoch.
pub(crate) fn n_batches(n: usize, batch_size: Option<usize>) -> usize {
    n.div_ceil(batch_size.unwrap_or(n).max(1))
}

/// The size of the parts of `n` samples, as few as there can be with at most `most` in each. The last
/// part is smaller by less than the number of parts: the statistics of a small rest would count in
/// batch normalisation as much as those of a whole part.
///
/// # Examples
/// ```
/// assert_eq!(vertebra_training::even_parts(10, 8), 5);
/// assert_eq!(vertebra_training::even_parts(100, 32), 25);
/// ```
#[must_use]
pub fn even_parts(n: usize, most: usize) -> usize {
    n.div_ceil(n.div_ceil(most.max(1)).max(1)).max(1)
}

/// The seed a task gets for one step.
pub(crate) fn step_seed(seed: Seed, epoch: usize, step: usize) -> Seed {
    seed.named("steps").at(&[epoch as u64, step as u64])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_once_and_sizes_differ_by_at_most_one() {
        for (n, size) in [(17, Some(16)), (1, Some(8)), (100, Some(7)), (5, None), (6, Some(3))] {
            let batches = batches((n, None), size, Seed::new(3), 1);
            let mut all: Vec<usize> = batches.concat();
            all.sort_unstable();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            let sizes = batches.iter().map(Vec::len);
            let (min, max) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
            assert!(max - min <= 1 && max <= size.unwrap_or(n), "{n} {size:?}: {min}..{max}");
        }
    }

    #[test]
    fn order_depends_on_seed_and_epoch_and_on_nothing_else() {
        assert_eq!(
            batches((50, None), Some(8), Seed::new(1), 2),
            batches((50, None), Some(8), Seed::new(1), 2)
        );
        assert_ne!(
            batches((50, None), Some(8), Seed::new(1), 2),
            batches((50, None), Some(8), Seed::new(1), 3)
        );
        assert_ne!(
            batches((50, None), Some(8), Seed::new(1), 2),
            batches((50, None), Some(8), Seed::new(2), 2)
        );
        assert_eq!(
            batches((50, None), Some(8), Seed::new(1), 2).concat(),
            batches((50, None), None, Seed::new(1), 2).concat()
        );
    }

    #[test]
    fn every_batch_has_its_share_of_both_classes() {
        let class: Vec<bool> = (0..100).map(|i| i < 23).collect();
        let batches = |epoch| batches((100, Some(&class)), Some(20), Seed::new(4), epoch);
        for batch in batches(1) {
            let events = batch.iter().filter(|&&i| class[i]).count();
            assert!((4..=5).contains(&events) && batch.len() == 20, "{events}");
        }
        let mut all = batches(1).concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_ne!(batches(1), batches(2));
    }

    #[test]
    fn positions_are_uniform() {
        let mut counts = [[0_u32; 4]; 4];
        for epoch in 0..4000 {
            for (position, &sample) in
                batches((4, None), None, Seed::new(9), epoch)[0].iter().enumerate()
            {
                counts[sample][position] += 1;
            }
        }
        // 5 standard deviations of a binomial with n = 4000, p = 1/4.
        assert!(counts.iter().flatten().all(|&c| c.abs_diff(1000) < 137), "{counts:?}");
    }
}
