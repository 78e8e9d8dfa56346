//! Encoded words (RFC 2047), decoded in one pass.
//!
//! Neighbours of one charset and encoding are joined before they are decoded: many mailers cut a
//! multi-byte character in two. Words need not be set off by white space, and the text of one may
//! hold spaces or `?`, as senders do all of that.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use super::charset::{decode_8bit, decode_charset, is_decodable};
use crate::mime::decode;

/// The longest charset label of an encoded word, in bytes.
const MAX_LABEL: usize = 64;

struct Word<'a> {
    charset: &'a [u8],
    encoding: u8,
    text: &'a [u8],
    len: usize,
}

impl<'a> Word<'a> {
    /// The encoded word at the start of `input`. Looks no further than the next `=?`, so that
    /// a value full of false starts is read once.
    fn parse(input: &'a [u8]) -> Option<Self> {
        let rest = input.strip_prefix(b"=?")?;
        let label = memchr(b'?', rest.get(..MAX_LABEL).unwrap_or(rest))?;
        let charset = &rest[..label];
        let encoding = rest.get(label + 1)?.to_ascii_uppercase();
        let start = label + 3;
        let known = matches!(encoding, b'Q' | b'B') && rest.get(label + 2) == Some(&b'?');
        if !known || charset.is_empty() || !charset.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let end = text_end(rest, start)?;
        Some(Self { charset, encoding, text: &rest[start..end], len: end + 4 })
    }

    fn label(&self) -> &'a [u8] {
        self.charset.split(|byte| *byte == b'*').next().unwrap_or_default()
    }

    fn joins(&self, other: &Self) -> bool {
        self.encoding == other.encoding && self.charset.eq_ignore_ascii_case(other.charset)
    }

    fn decode(&self, out: &mut Vec<u8>) {
        match self.encoding {
            b'B' => decode::decode_base64(self.text, out),
            _ => decode::decode_q(self.text, out),
        }
    }
}

/// Where the text that starts at `start` ends: at `?=`, before any further `=?`.
fn text_end(rest: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let mark = at + memchr(b'?', rest.get(at..)?)?;
        if rest.get(mark + 1) == Some(&b'=') {
            return Some(mark);
        }
        if mark > start && rest.get(mark - 1) == Some(&b'=') {
            return None;
        }
        at = mark + 1;
    }
}

/// The length of the encoded word at the start of `input`, if there is one without white space.
pub(crate) fn encoded_word_len(input: &[u8]) -> Option<usize> {
    let word = Word::parse(input)?;
    (!word.text.iter().any(u8::is_ascii_whitespace)).then_some(word.len)
}

/// The text of an unfolded value: encoded words decoded, white space between two of them dropped
/// (RFC 2047 6.2), all else as UTF-8 or Windows-1252.
pub fn decode_words(value: &[u8]) -> Cow<'_, str> {
    let Some(first) = find_start(value, 0) else { return decode_8bit(value) };
    let mut out = String::with_capacity(value.len());
    split(value, first, |piece| out.push_str(&piece.text()));
    Cow::Owned(out)
}

/// The octets of an unfolded value, its encoded words undone, if one of these is in a charset that
/// nobody knows or malformed in its own. [`decode_words`] guesses what it says.
pub(crate) fn undecodable(value: &[u8]) -> Option<Vec<u8>> {
    let first = find_start(value, 0)?;
    let (mut octets, mut decodable) = (Vec::with_capacity(value.len()), true);
    split(value, first, |piece| {
        octets.extend_from_slice(piece.bytes);
        decodable &= piece.is_decodable();
    });
    (!decodable).then_some(octets)
}

/// A piece of a value: bytes as they stand, or those of encoded words, with their charset.
struct Piece<'a> {
    label: Option<&'a [u8]>,
    bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    fn text(&self) -> Cow<'a, str> {
        match self.label {
            Some(label) => decode_charset(label, self.bytes),
            None => decode_8bit(self.bytes),
        }
    }

    fn is_decodable(&self) -> bool {
        self.label.is_none_or(|label| is_decodable(label, self.bytes))
    }
}

/// Gives the pieces of a value, in order; `first` is where the first encoded word may be.
fn split(value: &[u8], first: usize, piece: impl FnMut(Piece<'_>)) {
    let mut splitter = Splitter { piece, run: None };
    let (mut plain, mut next) = (0, Some(first));
    while let Some(at) = next {
        let mut resume = at + 2;
        if let Some(word) = Word::parse(&value[at..]) {
            splitter.plain(&value[plain..at]);
            resume = at + word.len;
            splitter.word(word);
            plain = resume;
        }
        next = find_start(value, resume);
    }
    splitter.finish(&value[plain..]);
}

fn find_start(value: &[u8], from: usize) -> Option<usize> {
    let mut signs = memchr_iter(b'=', value.get(from..)?).map(|at| from + at);
    signs.find(|at| value.get(at + 1) == Some(&b'?'))
}

/// Words of one charset and encoding in a row, and their bytes.
struct Run<'a> {
    word: Word<'a>,
    bytes: Vec<u8>,
}

struct Splitter<'a, F> {
    piece: F,
    run: Option<Run<'a>>,
}

impl<'a, F: FnMut(Piece<'_>)> Splitter<'a, F> {
    fn plain(&mut self, bytes: &[u8]) {
        let between = self.run.is_some() && bytes.iter().all(u8::is_ascii_whitespace);
        if !between {
            self.flush();
            (self.piece)(Piece { label: None, bytes });
        }
    }

    fn word(&mut self, word: Word<'a>) {
        if !self.run.as_ref().is_some_and(|run| run.word.joins(&word)) {
            self.flush();
        }
        let mut bytes = self.run.take().map_or_else(Vec::new, |run| run.bytes);
        word.decode(&mut bytes);
        self.run = Some(Run { word, bytes });
    }

    fn flush(&mut self) {
        if let Some(run) = self.run.take() {
            let bytes = without_empty_shifts(&run.bytes);
            (self.piece)(Piece { label: Some(run.word.label()), bytes: &bytes });
        }
    }

    fn finish(mut self, rest: &[u8]) {
        self.flush();
        (self.piece)(Piece { label: None, bytes: rest });
    }
}

/// Joined words of ISO-2022-JP hold shifts to ASCII and at once back, which its decoder takes for
/// an attempt to hide something. No other charset has escapes.
fn without_empty_shifts(bytes: &[u8]) -> Cow<'_, [u8]> {
    const TO_ASCII: &[u8] = b"\x1b(B";
    if !bytes.contains(&0x1b) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr(0x1b, rest) {
        let (before, escape) = rest.split_at(at);
        out.extend_from_slice(before);
        let empty = escape.starts_with(TO_ASCII) && escape.get(TO_ASCII.len()) == Some(&0x1b);
        let taken = if empty { TO_ASCII.len() } else { 1 };
        if !empty {
            out.push(0x1b);
        }
        rest = escape.get(taken..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2047 section 8, and what is seen in the wild.
    #[test]
    fn examples() {
        let table: &[(&[u8], &str)] = &[
            (b"=?ISO-8859-1?Q?a?=", "a"),
            (b"=?ISO-8859-1?Q?a?= b", "a b"),
            (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
            (b"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
            (b"=?ISO-8859-1?Q?a_b?=", "a b"),
            (b"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
            (b"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
            (b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=", "If you can read this yo"),
            (b"=?utf-8*en?q?=C3=A9?=", "é"),
            (b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
            (b"=?utf-8?B?w6k=?= =?UTF-8?b?w6k=?=", "éé"),
            (b"x=?utf-8?q?y?=z", "xyz"),
            (b"=?utf-8?Q?How are you??=", "How are you?"),
            (b"=?utf-8?Q?open", "=?utf-8?Q?open"),
            (b"=?utf-8?X?a?=", "=?utf-8?X?a?="),
            (b"=?bogus?Q?caf=E9?=", "café"),
            (b"=? =?utf-8?Q?a?=", "=? a"),
            (b"=?iso-2022-jp?B?GyRCJCIbKEI=?= =?iso-2022-jp?B?GyRCJCQbKEI=?=", "あい"),
            (b"=?iso-2022-jp?B?GyRCJA==?= =?iso-2022-jp?B?IhsoQg==?=", "あ"),
            (b"caf\xe9", "café"),
            (b"a =?utf-8?Q?=?= b", "a = b"),
        ];
        for (value, text) in table {
            assert_eq!(decode_words(value), *text, "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_octets() {
        let table: &[(&[u8], Option<&[u8]>)] = &[
            (b"caf\xe9", None),
            (b"=?utf-8?Q?caf=C3=A9?= caf\xe9", None),
            (b"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", None),
            (b"=?utf-8?Q?=C3?= =?utf-8?B?qQ==?=", Some(b"\xc3\xa9")),
            (b"Re: =?utf-8?Q?caf=E9?= =?koi8-r?Q?=E1?=", Some(b"Re: caf\xe9\xe1")),
            (b"=?bogus?Q?a?= b", Some(b"a b")),
        ];
        for (value, octets) in table {
            assert_eq!(undecodable(value).as_deref(), *octets, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn false_starts_are_kept() {
        let value = b"=?a?b?c ".repeat(1000);
        assert_eq!(decode_words(&value).as_bytes(), value);
    }
}
