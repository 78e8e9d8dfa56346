//! Dates in commands and answers (RFC 9051 9: `date-time`, `date`).

use bytes::BufMut;
use mailstore::search::Day;
use mailstore::time::{InternalDate, civil, days};

use super::cursor::{Cursor, Parsed};

const MONTHS: [(&str, u8); 12] = [
    ("Jan", 1),
    ("Feb", 2),
    ("Mar", 3),
    ("Apr", 4),
    ("May", 5),
    ("Jun", 6),
    ("Jul", 7),
    ("Aug", 8),
    ("Sep", 9),
    ("Oct", 10),
    ("Nov", 11),
    ("Dec", 12),
];

const DAY_SECS: i64 = 86_400;

/// The day of a date of the Gregorian calendar; `None` if there is none (30 February).
pub fn day(year: u16, month: u8, day: u8) -> Option<Day> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    let days = || days(year.into(), month.into(), day.into());
    // Of a year of four digits it fits.
    (1..=last).contains(&day).then(|| Day(days() as i32))
}

/// Writes INTERNALDATE as FETCH gives it, with its quotes: `"17-Jul-1996 02:44:25 -0700"`. Years
/// before 0 and after 9999, which no client can give, are cut to these.
pub fn write_internal_date(out: &mut impl BufMut, date: InternalDate) {
    const FIRST: i64 = -719_528 * DAY_SECS;
    const LAST: i64 = 2_932_897 * DAY_SECS - 1;
    let zone = i64::from(date.zone).clamp(-5_999, 5_999);
    let local = date.secs.saturating_add(zone * 60).clamp(FIRST, LAST);
    let (year, month, day) = civil(local.div_euclid(DAY_SECS));
    let (year, day) = (year as u32, day as u32);
    let month = MONTHS.get(month as usize - 1).map_or("Jan", |month| month.0);
    let second = local.rem_euclid(DAY_SECS) as u32;
    let two = |n: u32| [b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];

    out.put_u8(b'"');
    out.put_slice(&if day < 10 { [b' ', b'0' + day as u8] } else { two(day) });
    out.put_u8(b'-');
    out.put_slice(month.as_bytes());
    out.put_u8(b'-');
    out.put_slice(&two(year / 100));
    out.put_slice(&two(year % 100));
    for (before, number) in [(b' ', second / 3600), (b':', second / 60 % 60), (b':', second % 60)] {
        out.put_u8(before);
        out.put_slice(&two(number));
    }
    out.put_slice(if zone < 0 { b" -" } else { b" +" });
    let zone = zone.unsigned_abs() as u32;
    out.put_slice(&two(zone / 60));
    out.put_slice(&two(zone % 60));
    out.put_u8(b'"');
}

impl Cursor<'_> {
    /// `date`: `1-Feb-1994`, quoted or not.
    pub(super) fn date(&mut self) -> Parsed<Day> {
        let quoted = self.eat(b'"');
        let at = self.at();
        let (mut ahead, mut date) = (self.clone(), None);
        if let Some(first) = ahead.digit() {
            let number = ahead.digit().map_or(first, |second| first * 10 + second);
            date = ahead.month_and_year(number);
        }
        let Some(date) = date else { return Self::expected_at(at, "a date such as 1-Feb-1994") };
        *self = ahead;
        if quoted {
            self.byte(b'"', "\"")?;
        }
        Ok(date)
    }

    /// `date-time`: `"17-Jul-1996 02:44:25 -0700"`, quoted.
    pub(super) fn date_time(&mut self) -> Parsed<InternalDate> {
        let at = self.at();
        let mut ahead = self.clone();
        let Some(date) = ahead.date_time_here() else {
            return Self::expected_at(at, "a date such as \"17-Jul-1996 02:44:25 -0700\"");
        };
        *self = ahead;
        Ok(date)
    }

    fn date_time_here(&mut self) -> Option<InternalDate> {
        let mark = |here: bool| here.then_some(());
        mark(self.eat(b'"'))?;
        let tens = if self.eat(b' ') { 0 } else { self.digit()? };
        // One digit without the space in front is not in the grammar, but in use.
        let number = match self.digit() {
            Some(ones) => tens * 10 + ones,
            None => tens,
        };
        let day = self.month_and_year(number)?;
        mark(self.eat(b' '))?;
        let hour = self.two_digits(23)?;
        mark(self.eat(b':'))?;
        let minute = self.two_digits(59)?;
        mark(self.eat(b':'))?;
        let second = self.two_digits(60)?;
        mark(self.eat(b' '))?;
        let zone = self.zone()?;
        mark(self.eat(b'"'))?;
        let of_day = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
        let local = i64::from(day.0) * DAY_SECS + of_day;
        Some(InternalDate { secs: local - i64::from(zone) * 60, zone })
    }

    /// `-Feb-1994`.
    fn month_and_year(&mut self, number: u8) -> Option<Day> {
        self.eat(b'-').then_some(())?;
        let month = self.one_of_months()?;
        self.eat(b'-').then_some(())?;
        let (century, year) = (self.two_digits(99)?, self.two_digits(99)?);
        day(u16::from(century) * 100 + u16::from(year), month, number)
    }

    fn one_of_months(&mut self) -> Option<u8> {
        let name = self.exactly(3)?;
        MONTHS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|m| m.1)
    }

    /// `-0700`, in minutes.
    fn zone(&mut self) -> Option<i16> {
        let west = self.eat(b'-');
        (west || self.eat(b'+')).then_some(())?;
        let minutes = i16::from(self.two_digits(23)?) * 60 + i16::from(self.two_digits(59)?);
        Some(if west { -minutes } else { minutes })
    }

    fn two_digits(&mut self, max: u8) -> Option<u8> {
        let number = self.digit()? * 10 + self.digit()?;
        (number <= max).then_some(number)
    }

    fn digit(&mut self) -> Option<u8> {
        let digit = self.peek().filter(u8::is_ascii_digit)?;
        self.eat(digit);
        Some(digit - b'0')
    }
}
