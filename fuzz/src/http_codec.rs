//! What a request says in forms of HTTP's own is read without a panic: what is read is written as it
//! was, a range lies in what it is of, a cursor leads to its place.

use axum::http::{HeaderMap, HeaderValue, header};
use http_frontend::codec::range::{Answer, answer};
use http_frontend::codec::{cursor, date, last_event};

/// Sizes of which ranges are asked for.
const SIZES: [u64; 4] = [0, 1, 1000, u64::MAX];

/// Reads these bytes as each of them.
pub(crate) fn run(data: &[u8]) {
    ranges(data);
    let Ok(text) = str::from_utf8(data) else { return };
    moments(text);
    if let Some(modseq) = last_event::parse(text) {
        assert!(text.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(text.parse(), Ok(modseq.0));
    }
    if let Some(place) = cursor::place::<String>(text) {
        assert_eq!(cursor::cursor(&place), text);
    }
    assert_eq!(cursor::place::<String>(&cursor::cursor(&text)).as_deref(), Some(text));
}

fn moments(text: &str) {
    if let Some(date) = date::parse(text) {
        assert_eq!(date::parse(&date::text(date)), Some(date));
    }
    if let Some(day) = date::day(text) {
        assert_eq!(
            date::parse(&format!("{text}T00:00:00Z")).map(|date| date.secs),
            Some(day * 86_400)
        );
    }
}

fn ranges(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    for name in [header::RANGE, header::IF_RANGE, header::IF_MATCH, header::IF_NONE_MATCH] {
        let mut headers =
            HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=0-"))]);
        headers.insert(name, value.clone());
        for size in SIZES {
            if let Answer::Part(range) = answer(&headers, "\"e\"", size) {
                assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
