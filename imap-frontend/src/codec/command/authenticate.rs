//! AUTHENTICATE: SASL (RFC 9051 6.2.2), with an initial response (RFC 4959).

use std::fmt;

use data_encoding::BASE64;

use super::{Cursor, Parsed};

/// AUTHENTICATE. What the client answers to challenges is read with `Framer::next_line`.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// The mechanism, in upper case.
    pub mechanism: String,
    /// The initial response, decoded; `=` is an empty one.
    pub initial: Option<Vec<u8>>,
}

impl fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authenticate({})", self.mechanism)
    }
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Authenticate> {
    cursor.space()?;
    let mechanism = cursor.atom("a SASL mechanism")?.to_ascii_uppercase();
    let initial = if cursor.more() { Some(initial(cursor)?) } else { None };
    Ok(Authenticate { mechanism, initial })
}

fn initial(cursor: &mut Cursor<'_>) -> Parsed<Vec<u8>> {
    let at = cursor.at();
    match cursor.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')) {
        b"=" => Ok(Vec::new()),
        [] => Cursor::expected_at(at, "base64"),
        encoded => BASE64
            .decode(encoded)
            .or_else(|error| Cursor::expected_at(at + error.position, "base64")),
    }
}
