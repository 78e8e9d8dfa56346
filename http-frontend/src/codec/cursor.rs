//! Cursors: each names the last thing that was shown of a list.

use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

/// The cursor that names a place.
pub fn cursor(key: &impl ToString) -> String {
    BASE64URL_NOPAD.encode(key.to_string().as_bytes())
}

/// The place that a cursor names; `None` if it is no cursor of such a list.
pub fn place<T: FromStr>(cursor: &str) -> Option<T> {
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
    String::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_names_its_place() {
        assert_eq!(place::<u32>(&cursor(&5)), Some(5));
        for wrong in ["!", "NQ==", &cursor(&"x"), "__8"] {
            assert_eq!(place::<u32>(wrong), None, "{wrong}");
        }
    }
}
