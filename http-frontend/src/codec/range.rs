//! Ranges of a body and conditions on it (RFC 9110 13, 14), for one range at a time: a request for
//! several is answered with the whole, as RFC 9110 14.2 allows.

use std::ops::Range;

use axum::http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderName};

/// What to answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200.
    Whole,
    /// 206.
    Part(Range<u64>),
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 416.
    Unsatisfiable,
}

/// What a request for content of that strong tag and size is answered with.
pub fn answer(headers: &HeaderMap, etag: &str, size: u64) -> Answer {
    let of = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if of(IF_MATCH).is_some_and(|list| !names(list, etag)) {
        return Answer::PreconditionFailed;
    }
    if of(IF_NONE_MATCH).is_some_and(|list| names(list, etag)) {
        return Answer::NotModified;
    }
    // A range of something else than what the client has is of no use to it.
    let same = of(IF_RANGE).is_none_or(|tag| tag.trim() == etag);
    match of(RANGE).filter(|_| same) {
        Some(range) => parse(range, size),
        None => Answer::Whole,
    }
}

fn names(list: &str, etag: &str) -> bool {
    let tags = list.split(',').map(str::trim);
    tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag)).any(|tag| tag == "*" || tag == etag)
}

fn parse(text: &str, size: u64) -> Answer {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Answer::Whole;
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        _ => return Answer::Whole,
    };
    match range.start < range.end {
        true => Answer::Part(range),
        false => Answer::Unsatisfiable,
    }
}

/// A number of digits only; the largest there is for one that is larger.
fn number(digits: &str) -> Option<u64> {
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(HeaderName, &str)]) -> Answer {
        let pairs = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        answer(&pairs.collect(), "\"e\"", 10)
    }

    #[test]
    fn ranges() {
        for (text, expected) in [
            ("bytes=0-3", Answer::Part(0..4)),
            ("bytes=3-", Answer::Part(3..10)),
            ("bytes=-3", Answer::Part(7..10)),
            ("bytes=-30", Answer::Part(0..10)),
            ("bytes=5-500", Answer::Part(5..10)),
            ("bytes=5-99999999999999999999999", Answer::Part(5..10)),
            ("bytes=10-", Answer::Unsatisfiable),
            ("bytes=-0", Answer::Unsatisfiable),
            ("bytes=4-3", Answer::Whole),
            ("bytes=0-1,3-4", Answer::Whole),
            ("bytes=+1-2", Answer::Whole),
            ("lines=0-3", Answer::Whole),
            ("bytes=-", Answer::Whole),
        ] {
            assert_eq!(asked(&[(RANGE, text)]), expected, "{text}");
        }
    }

    #[test]
    fn conditions() {
        assert_eq!(asked(&[(IF_NONE_MATCH, "\"a\", W/\"e\"")]), Answer::NotModified);
        assert_eq!(asked(&[(IF_NONE_MATCH, "\"a\"")]), Answer::Whole);
        assert_eq!(asked(&[(IF_MATCH, "\"a\"")]), Answer::PreconditionFailed);
        assert_eq!(asked(&[(IF_MATCH, "*")]), Answer::Whole);
        assert_eq!(asked(&[(IF_RANGE, "\"a\""), (RANGE, "bytes=0-3")]), Answer::Whole);
        assert_eq!(asked(&[(IF_RANGE, "\"e\""), (RANGE, "bytes=0-3")]), Answer::Part(0..4));
    }
}
