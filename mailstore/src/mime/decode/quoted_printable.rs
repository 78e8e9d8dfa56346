//! Quoted-printable (RFC 2045 6.7), undone for reading.

use memchr::memchr2;

/// Appends what quoted-printable text stands for: white space at the end of a line is not part of
/// it, soft line breaks are joined, a malformed escape stays as it is.
pub fn decode_quoted_printable(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    unquote(without_end(text), out);
}

/// Quoted-printable text that comes in pieces: what only the next piece can tell the meaning of,
/// an escape that is not whole or white space that may be at the end of a line.
#[derive(Clone, Debug, Default)]
pub(super) struct QuotedPrintable {
    held: Vec<u8>,
}

impl QuotedPrintable {
    /// Appends what can be decoded with this text.
    pub(super) fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let joined;
        let text = if self.held.is_empty() {
            text
        } else {
            self.held.extend_from_slice(text);
            joined = std::mem::take(&mut self.held);
            &joined[..]
        };
        let (decided, open) = text.split_at(decided(text));
        out.reserve(decided.len());
        unquote(decided, out);
        self.held.extend_from_slice(open);
    }

    /// Appends what the end of the text leaves.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        unquote(without_end(&self.held), out);
    }
}

/// The longest run of white space at the end of a line that is taken for padding: no encoder makes
/// lines longer than 76 characters. What is held between two pieces is not much longer.
const MAX_PADDING: usize = 80;

fn unquote(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr2(b'=', b'\n', text) {
        let (before, rest) = (&text[..at], &text[at + 1..]);
        if text[at] == b'\n' {
            line(before, out);
            text = rest;
            continue;
        }
        out.extend_from_slice(before);
        let used = match (escape(rest), soft_break(rest)) {
            (Some(byte), _) => {
                out.push(byte);
                2
            }
            (None, Some(len)) => len,
            (None, None) => {
                out.push(b'=');
                0
            }
        };
        text = &rest[used..];
    }
    out.extend_from_slice(text);
}

/// The end of a line, without its padding.
fn line(text: &[u8], out: &mut Vec<u8>) {
    let (text, newline) = match text.strip_suffix(b"\r") {
        Some(text) => (text, &b"\r\n"[..]),
        None => (text, &b"\n"[..]),
    };
    out.extend_from_slice(&text[..text.len() - padding(text)]);
    out.extend_from_slice(newline);
}

/// The length of the padding that a line without its newline ends with.
fn padding(line: &[u8]) -> usize {
    Some(blanks(line)).filter(|blanks| *blanks <= MAX_PADDING).unwrap_or(0)
}

fn blanks(line: &[u8]) -> usize {
    line.iter().rev().take_while(|byte| b" \t".contains(byte)).count()
}

/// The text without what means nothing at its very end: padding, and a soft break without newline.
fn without_end(text: &[u8]) -> &[u8] {
    let text = &text[..text.len() - padding(text)];
    text.strip_suffix(b"=").unwrap_or(text)
}

/// Up to where the text means the same whatever follows it.
fn decided(text: &[u8]) -> usize {
    let line = text.strip_suffix(b"\r").unwrap_or(text);
    let blanks = blanks(line);
    let bare = line.len() - blanks;
    match &text[..bare] {
        [.., b'='] if blanks <= MAX_PADDING => bare - 1,
        [.., b'=', _] if bare == text.len() => bare - 2,
        // Of a run that is too long to be padding, enough to know that it is.
        _ => bare.max(line.len().saturating_sub(MAX_PADDING + 1)),
    }
}

/// The byte that the two digits after a `=` stand for.
pub(super) fn escape(rest: &[u8]) -> Option<u8> {
    let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

/// The length of the newline after a `=`, with the padding before it.
fn soft_break(rest: &[u8]) -> Option<usize> {
    let blank = rest.iter().take(MAX_PADDING).take_while(|byte| b" \t".contains(byte)).count();
    match rest.get(blank..)? {
        [b'\n', ..] => Some(blank + 1),
        [b'\r', b'\n', ..] => Some(blank + 2),
        _ => None,
    }
}
