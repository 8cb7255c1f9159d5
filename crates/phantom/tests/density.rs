//! The latent density can be seen on the films, and nowhere else than in the bones.
#![allow(clippy::unwrap_used)] // helpers of tests

use vertebra_cohort::Sex;
use vertebra_keypoints::Level;
use vertebra_phantom::{
    Anatomy, Exposure, PhantomConfig, PhantomFilm, Role, render_film, sample_subject,
};

/// Grey values of a film in a vertebra's own coordinates: `(across, along)` from the centre of a
/// body, in halves of its depth and height.
struct Reader<'a> {
    film: &'a PhantomFilm,
    low: f64,
    range: f64,
}

impl<'a> Reader<'a> {
    /// Normalised to the smallest and largest grey value around L1..L5, as alignment does.
    fn new(film: &'a PhantomFilm) -> Self {
        let [x, y, w, h] = film.annotation.bbox;
        let mut values: Vec<f64> = Vec::new();
        for row in y as usize..(y + h) as usize {
            for column in x as usize..(x + w) as usize {
                values.push(f64::from(film.image.pixels[row * film.image.width + column]));
            }
        }
        values.sort_by(f64::total_cmp);
        let (low, high) = (values[0], values[values.len() - 1]);
        Self { film, low, range: high - low }
    }

    fn at(&self, x: f64, y: f64) -> f64 {
        let (column, row) = (x.round() as usize, y.round() as usize);
        (f64::from(self.film.image.pixels[row * self.film.image.width + column]) - self.low)
            / self.range
    }

    /// Mean over the middle of a body, or over the same box moved down by `below` heights.
    fn mean(&self, level: Level, below: f64, half: (f64, f64)) -> f64 {
        let points = self.film.annotation.vertebra(level).unwrap().six_points.unwrap();
        let centre = points.centre();
        let axis = |p: (f64, f64), q: (f64, f64)| (0.5 * (p.0 - q.0), 0.5 * (p.1 - q.1));
        let front = axis(points.anterior_superior, points.posterior_superior);
        let down = axis(points.mid_inferior, points.mid_superior);
        let (mut sum, mut n) = (0.0, 0.0);
        for i in -6..=6 {
            for j in -6..=6 {
                let (a, b) = (f64::from(i) / 6.0 * half.0, f64::from(j) / 6.0 * half.1 + below);
                sum += self
                    .at(centre.0 + a * front.0 + b * down.0, centre.1 + a * front.1 + b * down.1);
                n += 1.0;
            }
        }
        sum / n
    }

    /// Brightness of the bodies L1..L4 over that of the discs below them.
    fn contrast(&self) -> f64 {
        let levels = &Level::ALL[..4];
        let one = |level: &Level| {
            self.mean(*level, 0.0, (0.6, 0.55)) - self.mean(*level, 1.33, (0.5, 0.12))
        };
        levels.iter().map(one).sum::<f64>() / levels.len() as f64
    }
}

#[test]
fn contrast_of_body_and_disc_rises_with_density() {
    for seed in 0..4 {
        let exposure = Exposure::sample([256, 208], seed);
        let contrasts: Vec<f64> = [-2.0, -1.0, 0.0, 1.0, 2.0]
            .into_iter()
            .map(|density| {
                let anatomy = Anatomy::sample(Sex::Female, 65.0, 24.0, density, seed);
                let film = render_film(&anatomy, &exposure, "film", seed).unwrap();
                Reader::new(&film).contrast()
            })
            .collect();
        assert!(contrasts.windows(2).all(|w| w[1] > w[0]), "{contrasts:?}");
    }
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(x), mean(y));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(a, b)| f(a - mx, b - my)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

/// Across people of different size, on films of different exposure, one simple reading already
/// tells much of the density; the rest is left to texture and cortex.
#[test]
fn a_simple_reading_correlates_with_density_across_people() {
    let config = PhantomConfig::quick().with_film_size([320, 260]);
    let (mut density, mut reading) = (Vec::new(), Vec::new());
    for index in 0..80 {
        let subject = sample_subject(&config, index, Role::Analysed).unwrap();
        let planned = &subject.films[0];
        let film = render_film(&planned.anatomy, &planned.exposure, "film", planned.seed).unwrap();
        density.push(subject.profile.density);
        reading.push(Reader::new(&film).contrast());
    }
    let r = correlation(&density, &reading);
    println!("correlation {r:.3}");
    assert!(r > 0.6 && r < 0.97, "{r}");
}
