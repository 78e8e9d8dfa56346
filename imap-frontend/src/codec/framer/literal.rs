//! The announcement of a literal at the end of a line.

use crate::codec::cursor::Cursor;

/// Does the client wait before it sends a literal?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// `{n}`: it waits for a continuation request.
    Waits,
    /// `{n+}`: it sends at once (RFC 7888).
    Sends,
}

/// A literal the client announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its length in bytes; `u64::MAX` if the number is larger than that.
    pub len: u64,
    /// Does the client wait?
    pub sync: Sync,
    /// Is it a literal8 (`~{n}`, RFC 3516), which may contain NUL?
    pub binary: bool,
}

impl Announced {
    /// The longest announcement looked for when a line is passed over: `~{n+}` and a line end.
    pub(super) const MAX_LEN: usize = 64;

    /// The literal announced at the end of a line.
    pub(super) fn at_end(line: &[u8]) -> Option<Self> {
        let rest = without_line_end(line).strip_suffix(b"}")?;
        let (rest, sync) = match rest.strip_suffix(b"+") {
            Some(rest) => (rest, Sync::Sends),
            None => (rest, Sync::Waits),
        };
        let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let (rest, digits) = rest.split_at(rest.len() - digits);
        let before = rest.strip_suffix(b"{").filter(|_| !digits.is_empty())?;
        let len = digits.iter().fold(0u64, |len, digit| {
            len.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        Some(Self { len, sync, binary: before.ends_with(b"~") })
    }
}

/// A line without its CRLF, or its LF.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Is the literal announced at the end of this text a message: that of APPEND, or of REPLACE
/// (RFC 8508)? The literal that is the mailbox name is not.
pub(super) fn is_message(text: &[u8]) -> bool {
    let mut cursor = Cursor::new(text);
    let mut word = || {
        let word = cursor.run(|byte| byte.is_ascii_graphic()).to_ascii_uppercase();
        cursor.space().is_ok().then_some(word)
    };
    let (_tag, name) = (word(), word());
    let before_mailbox = match name.as_deref() {
        Some(b"APPEND") => 0,
        Some(b"REPLACE") => 1,
        Some(b"UID") if word().as_deref() == Some(b"REPLACE") => 1,
        _ => return false,
    };
    let skipped = (0..before_mailbox).all(|_| word().is_some());
    let named = skipped && cursor.astring().is_ok() && cursor.space().is_ok();
    // The mailbox may have the name URL.
    named && !is_url(cursor.run(|_| true))
}

/// Is the literal announced at the end of this text the URL of a CATENATE part (RFC 4469)?
pub(super) fn is_url(text: &[u8]) -> bool {
    let text = without_line_end(text);
    let before = text.iter().rposition(|byte| *byte == b'{').unwrap_or(0);
    let end = before.saturating_sub(4);
    text.get(end..before).is_some_and(|word| word.eq_ignore_ascii_case(b"URL "))
}
