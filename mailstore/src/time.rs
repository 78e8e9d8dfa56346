//! Moments. The core takes them as arguments; only façades and front-ends ask the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The present, by the system's clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since 1970.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// INTERNALDATE: a moment to the second, and the zone in which the client gave it
/// (RFC 3501 2.3.3, 6.3.11: it is given back in the form it came in).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InternalDate {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub secs: i64,
    /// Minutes east of Greenwich.
    pub zone: i16,
}

impl From<Timestamp> for InternalDate {
    fn from(at: Timestamp) -> Self {
        Self { secs: at.secs(), zone: 0 }
    }
}

/// Year, month from 1 and day from 1 of a day counted from 1970-01-01, in the Gregorian calendar, also
/// before it began. The day is one that a moment in milliseconds can have.
///
/// Counts in years that begin in March, so that the leap day is a year's last, and in eras of 400.
pub const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + FROM_MARCH;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12 + 1;
    (era * 400 + year + (month <= 2) as i64, month, day)
}

/// The reverse of [`civil`]: of a day that there is not, such as 30 February, it is some other day.
pub const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - (month <= 2) as i64;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - FROM_MARCH
}

/// Days of 400 years.
const ERA: i64 = 146_097;
/// Days from 1 March of the year 0 to 1970-01-01.
const FROM_MARCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted() {
        for (day, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (47_541, (2100, 3, 1)),
            (-719_528, (0, 1, 1)),
        ] {
            assert_eq!((civil(day), days(date.0, date.1, date.2)), (date, day));
        }
        for day in -800_000..800_000 {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
    }
}
