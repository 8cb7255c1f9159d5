//! The normal, chi-square and Student's t distributions: tails for tests, quantiles for intervals.
//!
//! Tails are computed as tails, never as 1 minus the rest, and are right to nearly the last digit
//! however small they are. What does not exist (a level outside (0, 1), no degrees of freedom) is
//! NaN or infinite, as limits have it; the statistics of this crate check their settings before.
//!
//! # Examples
//! ```
//! use vertebra_survival::numeric::distributions::{ChiSquare, Normal, Student};
//! assert!((Normal.two_sided(0.95) - 1.959963984540054).abs() < 1e-14);
//! assert!((Student::new(16.0).two_sided(0.95) - 2.119905299221254).abs() < 1e-14);
//! assert!((ChiSquare::new(1.0).upper(3.841458820694124) - 0.05).abs() < 1e-15);
//! ```

mod chi_square;
mod fisher;
mod normal;
mod solve;
mod student;

pub use chi_square::ChiSquare;
pub(crate) use fisher::Fisher;
pub use normal::Normal;
pub use student::Student;

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
        let off = (got / expected - 1.0).abs();
        assert!(off <= tolerance, "{what}: got {got:e}, expected {expected:e}, off by {off:.1e}");
    }

    /// Golden: mpmath 1.3 with 40 digits, `ncdf` and its inverse.
    #[test]
    fn the_normal_distribution() {
        for (z, expected) in [
            (-20.0, 2.753_624_118_606_233_7e-89),
            (-5.0, 2.866_515_718_791_939e-7),
            (-1.3, 0.096_800_484_585_610_33),
            (0.2, 0.579_259_709_439_103),
            (6.0, 0.999_999_999_013_412_4),
        ] {
            close(Normal.cdf(z), expected, 5e-14, "cdf");
        }
        for (p, expected) in [
            (1e-300, -37.047_096_299_361_2),
            (1e-20, -9.262_340_089_798_408),
            (1e-6, -4.753_424_308_822_899),
            (0.01, -2.326_347_874_040_841),
            (0.3, -0.524_400_512_708_041),
            (0.975, 1.959_963_984_540_054),
            (0.9999999, 5.199_337_582_290_661),
        ] {
            close(Normal.quantile(p), expected, 4e-16, "quantile");
        }
        assert!(Normal.quantile(0.5).abs() < 1e-16);
        close(Normal.two_sided_p(-1.959_963_984_540_054), 0.05, 1e-15, "two-sided");
        assert_eq!(Normal.quantile(1.0), f64::INFINITY);
        assert!(Normal.quantile(-0.1).is_nan() && Normal.quantile(f64::NAN).is_nan());
    }

    /// Golden: mpmath 1.3, `gammainc(df / 2, x / 2, inf, regularized=True)` and its inverse.
    #[test]
    fn the_chi_square_distribution() {
        for (df, x, expected) in [
            (1.0, 1e-6, 0.999_202_115_572_177_9),
            (1.0, 3.84, 0.050_043_521_248_705_1),
            (1.0, 700.0, 2.990_226_975_124_620_3e-154),
            (2.0, 5.0, 0.082_084_998_623_898_8),
            (3.0, 30.0, 1.380_057_031_293_254_7e-6),
            (4.0, 0.01, 0.999_987_541_588_645_7),
            (7.0, 7.0, 0.428_879_857_553_054_7),
            (50.0, 30.0, 0.988_835_219_728_449_7),
            (50.0, 120.0, 1.095_880_711_259_977_9e-7),
            (101.0, 80.0, 0.939_034_474_770_504_4),
            (101.0, 180.0, 2.244_034_562_221_074_5e-6),
            (0.7, 2.5, 0.071_772_013_872_033_4),
            (2.437, 9.1, 0.016_782_462_974_411_06),
            (2.437, 0.02, 0.996_733_391_788_607_1),
            (30.25, 55.5, 0.003_402_430_941_620_688),
            (300.0, 420.0, 5.615_768_781_937_542e-6),
        ] {
            close(ChiSquare::new(df).upper(x), expected, 2e-13, &format!("upper {df} {x}"));
        }
        for (df, p, expected) in [
            (1.0, 0.95, 3.841_458_820_694_124_5),
            (2.0, 0.5, 1.386_294_361_119_890_6),
            (3.0, 0.975, 9.348_403_604_496_146),
            (10.0, 0.01, 2.558_212_160_187_206),
            (2.5, 0.9, 5.447_880_148_383_693),
            (100.0, 0.999, 149.449_252_779_038_7),
        ] {
            close(ChiSquare::new(df).quantile(p), expected, 1e-13, &format!("quantile {df} {p}"));
        }
        assert_eq!((ChiSquare::new(3.0).upper(0.0), ChiSquare::new(3.0).quantile(0.0)), (1.0, 0.0));
        assert!(ChiSquare::new(0.0).upper(1.0).is_nan());
    }

    /// Golden: mpmath 1.3, `betainc(df / 2, 1/2, 0, df / (df + t^2), regularized=True)`; from 1e6
    /// degrees of freedom R's `pt` and `qt`.
    #[test]
    fn students_t_distribution() {
        for (df, t, expected) in [
            (1.0, 1e-3, 0.999_363_380_439_838_9),
            (1.0, 30.0, 0.021_212_804_811_070_847),
            (1.0, 1e8, 6.366_197_723_675_813e-9),
            (2.0, 0.5, 0.666_666_666_666_666_7),
            (3.0, 4.5, 0.020_490_412_344_453_41),
            (4.5, 2.2, 0.085_115_319_023_666_55),
            (16.0, 0.1, 0.921_586_609_451_548),
            (16.0, 6.0, 1.852_213_287_090_580_5e-5),
            (30.0, 40.0, 1.372_604_519_440_640_3e-27),
            (119.0, 2.1, 0.037_841_133_138_160_73),
            (177.0, 3.3, 0.001_169_152_949_473_682),
            (999.5, 1.5, 0.133_930_196_687_689_55),
            (1001.0, 6.0, 2.754_471_327_590_726e-9),
            (9999.0, 6.0, 2.041_625_418_851_598e-9),
            (4e7, 0.3, 0.764_177_157_181_017_4),
            (4e7, 6.0, 1.973_192_150_712_353e-9),
        ] {
            close(Student::new(df).two_sided_p(-t), expected, 1e-13, &format!("p {df} {t}"));
        }
        for (df, level, expected) in [
            (1.0, 0.5, 1.0),
            (1.0, 0.95, 12.706_204_736_174_693),
            (2.0, 0.95, 4.302_652_729_749_462),
            (3.5, 0.9, 2.222_433_493_649_602),
            (16.0, 0.5, 0.690_132_253_810_560_7),
            (16.0, 0.95, 2.119_905_299_221_254),
            (119.0, 0.95, 1.980_099_876_456_939_5),
            (999.0, 0.95, 1.962_341_461_133_449_6),
            (1001.0, 0.95, 1.962_336_705_280_879_5),
            (9999.0, 0.95, 1.960_201_263_621_357_3),
            (1e6, 0.95, 1.959_966_356_814_106_6),
            (4e7, 0.95, 1.959_964_043_846_836),
            (1e9, 0.5, 0.674_489_750_441_416_6),
        ] {
            close(Student::new(df).two_sided(level), expected, 5e-14, &format!("q {df} {level}"));
        }
        // 1 - level is rounded.
        close(Student::new(16.0).two_sided(0.999999), 7.641_511_326_286_185, 1e-10, "strict");
        let t = Student::new(7.3);
        close(t.quantile(0.975), t.two_sided(0.95), 1e-14, "upper quantile");
        close(t.cdf(t.quantile(0.001)), 0.001, 1e-13, "lower quantile");
        assert!(Student::new(0.0).two_sided(0.95).is_nan());
    }
}
