//! A calendar date, and years between two of them.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Mean length of a year of the Julian calendar, days; converts day counts to years.
pub const DAYS_PER_YEAR: f64 = 365.25;

/// A date of the (proleptic) Gregorian calendar, years 1 to 9999.
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
pub struct Date(jiff::civil::Date);

impl Date {
    /// The date of a year, month (1 to 12) and day of the month (from 1).
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when the calendar has no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, Error> {
        Self::of_numbers(year, month, day)
            .ok_or_else(|| invalid(format!("{year:04}-{month:02}-{day:02}")))
    }

    fn of_numbers(year: u16, month: u8, day: u8) -> Option<Self> {
        let (year, month, day) =
            (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
        Self::of_civil(jiff::civil::Date::new(year, month, day).ok()?)
    }

    fn of_civil(date: jiff::civil::Date) -> Option<Self> {
        (1..=9999).contains(&date.year()).then_some(Self(date))
    }

    /// A DICOM date (`YYYYMMDD`, value representation DA).
    ///
    /// # Errors
    /// [`Error::InvalidValue`].
    pub fn from_dicom(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid(text.to_owned()));
        }
        format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]).parse()
    }

    /// What [`Date::from_text`] reads.
    pub(crate) const EXPECTED: &str = "a date as YYYY-MM-DD, YYYY/MM/DD, YYYYMMDD or DD.MM.YYYY";

    /// The date of a table's cell: `YYYY-MM-DD`, `YYYY/MM/DD`, `YYYYMMDD`, `DD.MM.YYYY` or
    /// `09Feb2012`, also with `-` or blanks between, with or without a time of day behind it; or the
    /// five digits that a spreadsheet program keeps of a date, days since 1899-12-30. Dates in which
    /// the month and the day could be exchanged (`03/04/2015`) are not guessed.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let day = match text.split_once(['T', ' ']) {
            Some((day, time)) if time.contains(':') => day,
            _ => text,
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let whole = day.split_once('.').map_or(day, |(days, _)| days);
        if whole.len() == 5 && digits(whole) && day.parse::<f64>().is_ok() {
            return Self::of_numbers(1899, 12, 30)?.plus_days(whole.parse().ok()?).ok();
        }
        if day.bytes().any(|b| b.is_ascii_alphabetic()) {
            let formats = ["%d%b%Y", "%d-%b-%Y", "%d %b %Y", "%d. %b %Y", "%d %B %Y"];
            return formats.into_iter().find_map(|format| Self::from_format(day, format));
        }
        let format = match day.as_bytes().get(4) {
            Some(b'-') if day.len() <= 10 => "%Y-%m-%d",
            Some(b'/') if day.len() <= 10 => "%Y/%m/%d",
            _ if day.len() == 8 && digits(day) => "%Y%m%d",
            _ if day.rsplit('.').next().is_some_and(|year| year.len() == 4 && digits(year)) => {
                "%d.%m.%Y"
            }
            _ => return None,
        };
        Self::from_format(day, format)
    }

    /// The date that a text in a `strftime` format stands for, e.g. `%d/%m/%Y`.
    #[must_use]
    pub fn from_format(text: &str, format: &str) -> Option<Self> {
        Self::of_civil(jiff::civil::Date::strptime(format, text).ok()?)
    }

    /// The same day as DICOM writes it: `YYYYMMDD`.
    #[must_use]
    pub fn to_dicom(self) -> String {
        format!("{:04}{:02}{:02}", self.0.year(), self.0.month(), self.0.day())
    }

    /// Year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.0.year().unsigned_abs() // never negative
    }

    /// Month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.0.month().unsigned_abs()
    }

    /// Day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.0.day().unsigned_abs()
    }

    /// Days from `earlier` to this date; negative when `earlier` is later.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_hours() / 24
    }

    /// Years of [`DAYS_PER_YEAR`] days from `earlier` to this date.
    #[must_use]
    pub fn years_since(self, earlier: Self) -> f64 {
        self.days_since(earlier) as f64 / DAYS_PER_YEAR
    }

    /// The date `days` later (earlier when negative).
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when that leaves the years 1 to 9999.
    pub fn plus_days(self, days: i64) -> Result<Self, Error> {
        let later = jiff::Span::new().try_days(days).and_then(|span| self.0.checked_add(span));
        later
            .ok()
            .and_then(Self::of_civil)
            .ok_or_else(|| invalid(format!("{self} and {days} days more")))
    }
}

fn invalid(got: String) -> Error {
    Error::InvalidValue {
        name: "date",
        expected: "a date as YYYY-MM-DD",
        got: format!("\"{got}\""),
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl FromStr for Date {
    type Err = Error;

    /// `YYYY-MM-DD` (ISO 8601), nothing else.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| match i {
                4 | 7 => *b == b'-',
                _ => b.is_ascii_digit(),
            });
        let date = || {
            let [year, month, day] = [&text[..4], &text[5..7], &text[8..]];
            Self::of_numbers(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        };
        shape.then(date).flatten().ok_or_else(|| invalid(text.to_owned()))
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
    fn rejects_days_that_no_calendar_has() {
        for text in [
            "2015-02-29",
            "2015-13-01",
            "2015-00-10",
            "15-01-01",
            "2015/01/02",
            "",
            "2015-1-2",
            "0000-01-01",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!(Date::from_dicom("2015-1-2").is_err());
    }

    #[test]
    fn reads_and_writes_dicom_dates() {
        assert_eq!(Date::from_dicom("20150228").unwrap(), date("2015-02-28"));
        assert_eq!(date("2015-02-28").to_dicom(), "20150228");
    }

    #[test]
    fn stays_within_the_years_1_to_9999() {
        assert!(date("0001-01-01").plus_days(-1).is_err());
        assert!(date("9999-12-31").plus_days(1).is_err());
        let error = date("2015-01-01").plus_days(i64::MAX).unwrap_err().to_string();
        assert!(error.contains("2015-01-01 and 9223372036854775807 days more"), "{error}");
        assert_eq!(date("9999-12-31").days_since(date("0001-01-01")), 3_652_058);
    }

    #[test]
    fn reads_the_dates_of_tables_that_can_mean_one_day_only() {
        for text in [
            "2015-02-01",
            "2015/02/01",
            "20150201",
            "01.02.2015",
            "1.2.2015",
            "2015-02-01 00:00:00",
            "2015-02-01T10:30",
            "2015-2-1",
            "01FEB2015",
            "1-Feb-2015",
            "1 February 2015",
            "42036",
            "42036.4375",
        ] {
            assert_eq!(Date::from_text(text), Some(date("2015-02-01")), "{text}");
        }
        for text in
            ["01/02/2015", "01.02.15", "1.2.15", "2015-02-30", "2015-2", "20151301", "4203", ""]
        {
            assert_eq!(Date::from_text(text), None, "{text}");
        }
        assert_eq!(Date::from_format("02/01/2015", "%m/%d/%Y"), Some(date("2015-02-01")));
        assert_eq!(Date::from_format("2015-02-01", "%m/%d/%Y"), None);
        assert_eq!(Date::from_format("2015-02-01", "%Q"), None);
    }

    proptest! {
        #[test]
        fn adding_days_and_counting_them_agree(
            start in 300_000i64..3_000_000, days in -250_000i64..250_000,
        ) {
            let first = date("0001-01-01").plus_days(start).unwrap();
            let second = first.plus_days(days).unwrap();
            prop_assert_eq!(second.days_since(first), days);
            prop_assert_eq!(second.to_string().parse::<Date>().unwrap(), second);
        }
    }
}
