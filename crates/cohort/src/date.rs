//! A calendar date, and years between two of them.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Mean length of a year of the Julian calendar, days; converts day counts to years.
pub const DAYS_PER_YEAR: f64 = 365.25;

/// A date of the (proleptic) Gregorian calendar, years 1 to 9999.
///
/// Day counts follow Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
///
/// # Examples
/// ```
/// use vertebra_cohort::Date;
/// let baseline: Date = "2012-02-29".parse()?;
/// let follow_up: Date = "2015-02-28".parse()?;
/// assert_eq!(follow_up.days_since(baseline), 1095);
/// assert!((follow_up.years_since(baseline) - 1095.0 / 365.25).abs() < 1e-12);
/// # Ok::<(), vertebra_cohort::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date of a year, month (1 to 12) and day of the month (from 1).
    ///
    /// # Errors
    /// [`Error::Date`] when the calendar has no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, Error> {
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day);
        if exists {
            Ok(Self { year, month, day })
        } else {
            Err(Error::Date(format!("{year:04}-{month:02}-{day:02}")))
        }
    }

    /// A DICOM date (`YYYYMMDD`, value representation DA).
    ///
    /// # Errors
    /// [`Error::Date`].
    pub fn from_dicom(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::Date(text.to_owned()));
        }
        format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]).parse()
    }

    /// The same day as DICOM writes it: `YYYYMMDD`.
    #[must_use]
    pub fn to_dicom(self) -> String {
        format!("{:04}{:02}{:02}", self.year, self.month, self.day)
    }

    /// Year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// Days from `earlier` to this date; negative when `earlier` is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.day_number() - earlier.day_number()
    }

    /// Years of [`DAYS_PER_YEAR`] days from `earlier` to this date.
    #[must_use]
    pub fn years_since(self, earlier: Self) -> f64 {
        self.days_since(earlier) as f64 / DAYS_PER_YEAR
    }

    /// The date `days` later (earlier when negative).
    ///
    /// # Errors
    /// [`Error::Date`] when that leaves the years 1 to 9999.
    pub fn plus_days(self, days: i64) -> Result<Self, Error> {
        self.day_number()
            .checked_add(days)
            .and_then(Self::from_day_number)
            .ok_or_else(|| Error::Date(format!("{self} + {days} days")))
    }

    /// Days since 0000-03-01.
    fn day_number(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
    }

    fn from_day_number(number: i64) -> Option<Self> {
        let (era, day_of_era) = (number.div_euclid(146_097), number.rem_euclid(146_097));
        let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).ok()?;
        let month = u8::try_from(if shifted < 10 { shifted + 3 } else { shifted - 9 }).ok()?;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self::new(u16::try_from(year).ok()?, month, day).ok()
    }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = Error;

    /// `YYYY-MM-DD` (ISO 8601), nothing else.
    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Date(text.to_owned());
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| match i {
                4 | 7 => *b == b'-',
                _ => b.is_ascii_digit(),
            });
        if !shape {
            return Err(malformed());
        }
        let year = text[..4].parse().map_err(|_| malformed())?;
        let month = text[5..7].parse().map_err(|_| malformed())?;
        let day = text[8..].parse().map_err(|_| malformed())?;
        Self::new(year, month, day).map_err(|_| malformed())
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

impl TryFrom<String> for Date {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn counts_days_over_leap_years_and_centuries() {
        assert_eq!(date("1970-01-01").days_since(date("1900-01-01")), 25_567);
        assert_eq!(date("2000-03-01").days_since(date("2000-02-28")), 2);
        assert_eq!(date("1900-03-01").days_since(date("1900-02-28")), 1);
    }

    #[test]
    fn refuses_what_no_calendar_has() {
        for text in
            ["2015-02-29", "2015-13-01", "2015-00-10", "15-01-01", "2015/01/02", "", "2015-1-2"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!(Date::from_dicom("2015-1-2").is_err());
    }

    #[test]
    fn reads_and_writes_dicom_dates() {
        assert_eq!(Date::from_dicom("20150228").unwrap(), date("2015-02-28"));
        assert_eq!(date("2015-02-28").to_dicom(), "20150228");
    }

    proptest! {
        #[test]
        fn adding_days_and_counting_them_agree(start in 300_000i64..3_000_000, days in -250_000i64..250_000) {
            let first = Date::from_day_number(start).unwrap();
            let second = first.plus_days(days).unwrap();
            prop_assert_eq!(second.days_since(first), days);
            prop_assert_eq!(second.to_string().parse::<Date>().unwrap(), second);
        }
    }
}
