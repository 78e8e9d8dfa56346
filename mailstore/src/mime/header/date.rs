//! The `Date:` field (RFC 5322 3.3 and 4.3, and what older and wrong mailers write).

use crate::time::days;

/// No date is longer, comments and all; the rest is not read.
const MAX_DATE: usize = 256;

/// When a message says it was written: the day and time in its own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentDate {
    /// The day in that zone: days since 1970-01-01.
    pub day: i32,
    /// Seconds since midnight in that zone; 0 if no time is given.
    pub seconds: u32,
    /// Minutes east of Greenwich; 0 if unknown.
    pub zone: i16,
}

impl SentDate {
    /// Reads an unfolded `Date:` value, or asctime's form. The weekday is not checked. `None` if
    /// there is no day, month and year in it.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = value.get(..MAX_DATE).unwrap_or(value);
        let mut date = Partial::default();
        for word in without_comments(value).split(|byte| b" \t,\r\n".contains(byte)) {
            date.word(word);
        }
        date.finish()
    }

    /// The moment: seconds since 1970-01-01T00:00:00Z.
    pub fn secs(self) -> i64 {
        i64::from(self.day) * 86_400 + i64::from(self.seconds) - i64::from(self.zone) * 60
    }
}

#[derive(Default)]
struct Partial {
    day: Option<u32>,
    month: Option<u32>,
    year: Option<i32>,
    seconds: Option<u32>,
    zone: Option<i16>,
}

impl Partial {
    fn word(&mut self, word: &[u8]) {
        let digits = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
        if digits {
            self.number(word);
        } else if word.contains(&b':') {
            self.seconds = self.seconds.or_else(|| time(word));
        } else if word.starts_with(b"+") || (word.starts_with(b"-") && self.seconds.is_some()) {
            self.zone = self.zone.or_else(|| offset(word));
        } else if word.contains(&b'-') {
            word.split(|byte| *byte == b'-').for_each(|piece| self.word(piece));
        } else if self.month.is_none() && month(word).is_some() {
            self.month = month(word);
        } else if self.zone.is_none() && self.seconds.is_some() {
            self.zone = named_zone(word);
        }
    }

    fn number(&mut self, digits: &[u8]) {
        let Some(number) = decimal(digits) else { return };
        if self.day.is_none() && digits.len() <= 3 && number <= 31 {
            self.day = Some(number);
        } else if self.year.is_none() {
            self.year = i32::try_from(number).ok().map(|year| full_year(year, digits.len()));
        }
    }

    fn finish(self) -> Option<SentDate> {
        let (day, month, year) = (self.day?, self.month?, self.year?);
        let valid = (1..=31).contains(&day) && (1..=9999).contains(&year);
        valid.then(|| SentDate {
            day: days(year.into(), month.into(), day.into()) as i32,
            seconds: self.seconds.unwrap_or(0),
            zone: self.zone.unwrap_or(0),
        })
    }
}

/// Years of two and three digits (RFC 5322 4.3).
fn full_year(year: i32, digits: usize) -> i32 {
    match (digits, year) {
        (..=2, 0..=49) => year + 2000,
        (..=3, _) => year + 1900,
        _ => year,
    }
}

fn decimal(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `hh:mm` or `hh:mm:ss`, in seconds since midnight.
fn time(word: &[u8]) -> Option<u32> {
    let mut fields = word.split(|byte| *byte == b':').map(decimal);
    let (hours, minutes) = (fields.next()??, fields.next()??);
    let seconds = fields.next().flatten().unwrap_or(0);
    (hours < 24 && minutes < 60 && seconds <= 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// `+hhmm`, in minutes; `+hmm` and `+hh` too.
fn offset(word: &[u8]) -> Option<i16> {
    let (sign, digits) = word.split_first()?;
    let number = i16::try_from(decimal(digits.get(..4).unwrap_or(digits))?).ok()?;
    let minutes = if digits.len() < 3 { number * 60 } else { number / 100 * 60 + number % 100 };
    Some(if *sign == b'-' { -minutes } else { minutes })
}

fn month(word: &[u8]) -> Option<u32> {
    let names =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = word.get(..3)?.to_ascii_lowercase();
    (1..).zip(names).find(|(_, name)| name.as_bytes() == start).map(|(number, _)| number)
}

/// The zones of RFC 822; the military ones and those not known count as Greenwich (RFC 5322 4.3).
fn named_zone(word: &[u8]) -> Option<i16> {
    let hours = match word.to_ascii_uppercase().as_slice() {
        b"EDT" => -4,
        b"EST" | b"CDT" => -5,
        b"CST" | b"MDT" => -6,
        b"MST" | b"PDT" => -7,
        b"PST" => -8,
        b"GMT" | b"UT" | b"UTC" | b"Z" => 0,
        _ => return None,
    };
    Some(hours * 60)
}

fn without_comments(value: &[u8]) -> Vec<u8> {
    let mut depth = 0usize;
    let mut out = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(*byte),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(value: &str) -> Option<i64> {
        SentDate::parse(value.as_bytes()).map(SentDate::secs)
    }

    #[test]
    fn forms() {
        let table = [
            ("Fri, 21 Nov 1997 09:55:06 -0600", 880_127_706),
            ("Fri, 21 Nov 97 09:55:06 -0600 (CST)", 880_127_706),
            ("21 Nov 1997 09:55:06 CST", 880_127_706),
            ("Thu, 13\n Feb\n 1969\n 23:32\n -0330 (Newfoundland Time)", -27_723_480),
            ("Tue, 1 Jul 2003 10:52:37 +0200", 1_057_049_557),
            ("Sat Feb  1 01:02:03 2007", 1_170_291_723),
            ("sat, 01 feb 2007 01:02:03 gmt", 1_170_291_723),
            ("1-Feb-2007 01:02:03 +0000", 1_170_291_723),
            ("029 Apr 2019 23:34:45 -800 (PST)", 1_556_609_685),
            ("1 Jun 2016 22:00:54 +02", 1_464_811_254),
            ("Sun, 29 Jul 2012 20:57 +0200", 1_343_588_220),
            ("Thu, 1 Jan 100 00:00:00 Z", 946_684_800),
        ];
        for (value, wanted) in table {
            assert_eq!(secs(value), Some(wanted), "{value}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for value in ["", "yesterday", "32 Jan 2007", "Jan 2007", "1 Jan", "0 Jan 2007 01:00:00"] {
            assert_eq!(secs(value), None, "{value}");
        }
    }

    #[test]
    fn white_space_in_the_time_loses_the_time_not_the_day() {
        let date = SentDate::parse(b"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600").unwrap();
        assert_eq!((date.day, date.seconds), (10_186, 0));
    }

    #[test]
    fn the_day_is_that_of_its_own_zone() {
        let date = SentDate::parse(b"Sat, 24 Mar 2007 23:00:00 +0200").unwrap();
        assert_eq!((date.day, date.zone), (13_596, 120));
    }
}
