//! Moments as people read them.

use mailstore::time::Timestamp;

/// `2026-11-25T21:40:05Z`.
pub(crate) fn utc(at: Timestamp) -> String {
    let (days, second) = (at.secs().div_euclid(86_400), at.secs().rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date of a day counted from 1970-01-01. Years are taken to begin in March, so that the leap day
/// is their last.
fn date(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let from_march_of_0 = days + 719_468;
    let (era, day) = (from_march_of_0.div_euclid(ERA), from_march_of_0.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let january = i64::from(month >= 10);
    (era * 400 + year + january, (month + 2) % 12 + 1, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(Timestamp::from_secs(secs)), text);
        }
    }
}
