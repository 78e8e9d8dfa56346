//! Texts, strings and names (RFC 9051 4.3, 9).

use bytes::{BufMut, BytesMut};

use super::number;
use crate::codec::command::MessageUrl;
use crate::codec::cursor::is_astring_char;
use crate::codec::mailbox::Names;

/// The longest string that is quoted; longer ones are literals, so that no line grows long.
const MAX_QUOTED: usize = 1024;

/// A human-readable text: printable ASCII; all else becomes `?`. Never empty.
pub(super) fn text(out: &mut BytesMut, text: &str) {
    if text.is_empty() {
        return out.put_slice(b"-");
    }
    for c in text.chars() {
        out.put_u8(if matches!(c, ' '..='~') { c as u8 } else { b'?' });
    }
}

/// A quoted string if its bytes allow it, else a literal. The bytes arrive as they are.
pub(super) fn string(out: &mut BytesMut, bytes: &[u8]) {
    let quotable = |byte: &u8| matches!(byte, b' '..=b'~');
    if bytes.len() > MAX_QUOTED || !bytes.iter().all(quotable) {
        return literal(out, bytes);
    }
    out.put_u8(b'"');
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(*byte);
    }
    out.put_u8(b'"');
}

/// A URL in quotes, as long as URLs are. What could end the string, or the response code around it,
/// is percent-encoded, as it ought to have been.
pub(super) fn url(out: &mut BytesMut, url: &[u8]) {
    out.put_u8(b'"');
    for byte in url.iter().take(MessageUrl::MAX_LEN) {
        match byte {
            b'"' | b'\\' | b']' => out.put_slice(format!("%{byte:02X}").as_bytes()),
            b' '..=b'~' => out.put_u8(*byte),
            _ => out.put_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out.put_u8(b'"');
}

/// A string, or NIL.
pub(super) fn nstring(out: &mut BytesMut, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => string(out, bytes),
        None => out.put_slice(b"NIL"),
    }
}

/// An atom if its bytes allow it, else a string. `NIL` is quoted, since some clients take it for
/// nothing.
pub(super) fn astring(out: &mut BytesMut, bytes: &[u8]) {
    let bare = !bytes.is_empty() && bytes.iter().all(|byte| is_astring_char(*byte));
    if bare && !bytes.eq_ignore_ascii_case(b"NIL") {
        out.put_slice(bytes);
    } else {
        string(out, bytes);
    }
}

/// A literal.
pub(super) fn literal(out: &mut BytesMut, bytes: &[u8]) {
    literal_of(out, bytes.len() as u64);
    out.put_slice(bytes);
}

/// A literal8, which may contain NUL (RFC 3516 7).
pub(super) fn literal8(out: &mut BytesMut, bytes: &[u8]) {
    literal8_of(out, bytes.len() as u64);
    out.put_slice(bytes);
}

/// The announcement of a literal8; its bytes must follow.
pub(super) fn literal8_of(out: &mut BytesMut, len: u64) {
    out.put_u8(b'~');
    literal_of(out, len);
}

/// The announcement of a literal; its bytes must follow.
pub(super) fn literal_of(out: &mut BytesMut, len: u64) {
    out.put_u8(b'{');
    number::put(out, len);
    out.put_slice(b"}\r\n");
}

/// The name of a mailbox: an atom if it is a plain one, else a string, which every client takes. In
/// atoms some take brackets for a list, and do not know `~` and `#`.
pub(super) fn mailbox(out: &mut BytesMut, name: &str, names: Names) {
    let name = names.encode(name);
    match name.bytes().all(is_plain) {
        true => astring(out, name.as_bytes()),
        false => utf8(out, &name),
    }
}

/// The name of a mailbox as a string, where clients know it no other way.
pub(super) fn mailbox_string(out: &mut BytesMut, name: &str, names: Names) {
    utf8(out, &names.encode(name));
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'&' | b'+' | b'-' | b'.' | b'/' | b'_')
}

/// A string in UTF-8 for a client that takes it in quotes (RFC 9051 4.3).
pub(super) fn utf8(out: &mut BytesMut, text: &str) {
    if text.is_ascii() || text.len() > MAX_QUOTED || text.contains(char::is_control) {
        return string(out, text.as_bytes());
    }
    out.put_u8(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(byte);
    }
    out.put_u8(b'"');
}
