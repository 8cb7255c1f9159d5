//! Dates moved by a number of days, so that intervals stay.

use jiff::Span;
use jiff::civil::Date;

/// Every date of a value, of which there may be several, each a date or a range of two; `None`
/// where one of them cannot be shifted.
pub(super) fn shift_all(text: &str, days: i32) -> Option<String> {
    let value = |value: &str| {
        let parts = value.trim().split('-').enumerate();
        let shifted = parts.map(|(i, part)| match part {
            "" => Some(String::new()),
            // A time zone after a date with a time.
            zone if i > 0 && value.len() > 13 && is_number(zone, 4) => Some(zone.into()),
            date => shift(date, days),
        });
        Some(shifted.collect::<Option<Vec<_>>>()?.join("-"))
    };
    Some(text.split('\\').map(value).collect::<Option<Vec<_>>>()?.join("\\"))
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the rest of a date and time is no more than a time, its fraction and its zone.
fn is_time(text: &str) -> bool {
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    whole <= 6 && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit() || b".+".contains(&b))
}

/// A date `YYYYMMDD`, with or without a time after it, the given number of days later; `None` if
/// the text does not start with a date, or the year of the result is not one of four digits.
pub(super) fn shift(text: &str, days: i32) -> Option<String> {
    let (date, time) = text.split_at_checked(8)?;
    if !date.bytes().all(|b| b.is_ascii_digit()) || !is_time(time) {
        return None;
    }
    let year = date[..4].parse().ok()?;
    let (month, day) = (date[4..6].parse().ok()?, date[6..].parse().ok()?);
    let days = Span::new().try_days(days).ok()?;
    let later = Date::new(year, month, day).ok()?.checked_add(days).ok()?;
    let (year, month, day) = (later.year(), later.month(), later.day());
    (year >= 0).then(|| format!("{year:04}{month:02}{day:02}{time}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_date_of_a_value_is_shifted_or_none() {
        let shift = |text| shift_all(text, 1);
        assert_eq!(shift("20190101\\20180506").as_deref(), Some("20190102\\20180507"));
        assert_eq!(shift("20190102-20190203").as_deref(), Some("20190103-20190204"));
        assert_eq!(shift("20190102120000-0500").as_deref(), Some("20190103120000-0500"));
        assert_eq!(shift("-20190203").as_deref(), Some("-20190204"));
        for bad in ["20190102\\Smith", "20190102Smith", "2019010220190203", "20190102-2019"] {
            assert_eq!(shift(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_shift_over_leap_days_and_back() {
        assert_eq!(shift("20240228", 2).as_deref(), Some("20240301"));
        assert_eq!(shift("20230228", 1).as_deref(), Some("20230301"));
        assert_eq!(shift("20000101", -1).as_deref(), Some("19991231"));
        assert_eq!(shift("20000101235959.5", 366).as_deref(), Some("20010101235959.5"));
        for bad in ["19991301", "20230229", "2024", "1999-1-1", "99991231", "00000101"] {
            assert_eq!(shift(bad, if bad == "00000101" { -1 } else { 1 }), None, "{bad}");
        }
        for day in -5000..5000 {
            let later = shift("19840615", day).unwrap();
            assert_eq!(shift(&later, -day).as_deref(), Some("19840615"), "{day}");
        }
    }
}
