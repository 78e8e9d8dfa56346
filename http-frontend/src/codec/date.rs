//! Moments as HTTP and JSON write them (RFC 3339, RFC 9110 5.6.7 is not needed).

use mailstore::time::{InternalDate, Timestamp, civil, days};

use crate::problem::Problem;

const DAY: i64 = 86_400;

/// `2026-11-25T20:56:00Z`.
pub fn utc(at: Timestamp) -> String {
    text(InternalDate { secs: at.secs(), zone: 0 })
}

/// `2026-11-25T21:56:00+01:00`: the moment in its own zone.
pub fn text(date: InternalDate) -> String {
    let local = date.secs.saturating_add(i64::from(date.zone) * 60);
    let (year, month, day) = civil(local.div_euclid(DAY));
    let second = local.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let zone = match date.zone {
        0 => "Z".to_owned(),
        zone => {
            let sign = if zone < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", zone.unsigned_abs() / 60, zone.unsigned_abs() % 60)
        }
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
}

/// The reverse of [`text`]; fractions of a second are dropped.
pub fn parse(text: &str) -> Option<InternalDate> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let days = day(date)?;
    let end = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at_checked(end)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let [hour, minute, second] = numbers(time, ':')?;
    let in_day = hour < 24 && minute < 60 && second <= 60;
    let zone = zone_minutes(zone)?;
    let secs = days * DAY + hour * 3600 + minute * 60 + second.min(59) - i64::from(zone) * 60;
    in_day.then_some(InternalDate { secs, zone })
}

/// A moment that was given in a field.
pub(crate) fn given(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let wrong = || Problem::field(field, "not a moment, such as 2026-11-25T20:56:00Z");
    let at = |text: &str| parse(text).map(|date| Timestamp::from_secs(date.secs));
    text.map(|text| at(text).ok_or_else(wrong)).transpose()
}

/// The days since 1970 of `2026-11-25`.
pub fn day(text: &str) -> Option<i64> {
    let [year, month, day] = numbers(text, '-')?;
    let days = days(year, month, day);
    (civil(days) == (year, month, day) && (1..=9999).contains(&year)).then_some(days)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let digits = |piece: &str| piece.bytes().all(|byte| byte.is_ascii_digit());
    let pieces = text.split(separator).map(|piece| {
        let fits = digits(piece) && piece.len() <= 4;
        fits.then(|| piece.parse().ok()).flatten()
    });
    pieces.collect::<Option<Vec<i64>>>()?.try_into().ok()
}

fn zone_minutes(zone: &str) -> Option<i16> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let two = |digits: &str| {
        let fits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| digits.parse::<i16>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let total = hours * 60 + minutes;
    let fits = hours < 24 && minutes < 60;
    fits.then_some(if zone.starts_with('-') { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (text_of, secs, zone) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2000-02-29T23:59:59Z", 951_868_799, 0),
            ("2026-11-25T21:56:00+01:00", 1_795_640_160, 60),
            ("1969-12-31T19:00:00-05:00", 0, -300),
        ] {
            let date = InternalDate { secs, zone };
            assert_eq!(text(date), text_of);
            assert_eq!(parse(text_of), Some(date));
        }
        assert_eq!(parse("2026-11-25T20:56:00.75Z").unwrap().secs, 1_795_640_160);
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for wrong in [
            "",
            "2026-11-25",
            "2026-02-30T00:00:00Z",
            "2026-11-25T24:00:00Z",
            "2026-11-25T20:56Z",
            "2026-11-25T20:56:00",
            "2026-11-25T20:56:00+1",
            "2026-11-25T20:56:00++1:00",
            "2026-11-25T20:56:00.Z",
            "2026-11-25T20:56:00.5xZ",
            "+026-11-25T20:56:00Z",
            "T",
            "é-é-éTéZ",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
