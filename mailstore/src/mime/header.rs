//! Header fields: found exactly, unfolded, decoded (RFC 5322 2.2, RFC 2047, RFC 2231).
//!
//! All of it is total and linear: any bytes give fields, and no field costs more than its length.

mod charset;
mod date;
mod params;
mod words;

use std::borrow::Cow;

use memchr::{memchr, memchr3};

pub use charset::{decode_8bit, decode_charset};
pub use date::SentDate;
pub use params::{Parameter, Parameters, token};
pub use words::decode_words;
pub(super) use words::encoded_word_len;
pub(crate) use words::undecodable;

/// The most bytes of a header block in which fields are looked for.
pub const MAX_BLOCK: usize = 256 * 1024;

/// The most bytes of one field's value that are ever looked at; the rest is kept, not understood.
pub const MAX_VALUE: usize = 64 * 1024;

/// One header field as it stands in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Where it starts in the header block, in bytes.
    pub start: usize,
    /// All its lines with their newlines.
    pub lines: &'a [u8],
    /// The name, without white space before the colon.
    pub name: &'a [u8],
    /// What follows the colon, folds and all, without the last newline.
    pub raw: &'a [u8],
}

impl<'a> Field<'a> {
    /// Is this its name, in any case?
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value unfolded: see [`unfold`]. At most [`MAX_VALUE`] bytes of it.
    pub fn value(&self) -> Cow<'a, [u8]> {
        unfold(self.raw.get(..MAX_VALUE).unwrap_or(self.raw))
    }

    /// The value unfolded and decoded: encoded words (RFC 2047), UTF-8 (RFC 6532), else
    /// Windows-1252. At most [`MAX_VALUE`] bytes of it.
    pub fn text(&self) -> String {
        decode_words(&self.value()).into_owned()
    }

    fn parse(start: usize, lines: &'a [u8]) -> Option<Self> {
        let colon = memchr(b':', lines)?;
        let name = trim_end(&lines[..colon]);
        let valid = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        let raw = without_newline(&lines[colon + 1..]);
        valid.then_some(Self { start, lines, name, raw })
    }
}

/// The fields of a header block, in order. Lines that are no field (a mbox `From ` line, text
/// without a colon) are passed over; the first empty line ends the block.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    block: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// The fields of this block, which may hold the empty line at its end and what follows it. Only
    /// its first [`MAX_BLOCK`] bytes are looked at.
    pub fn new(block: &'a [u8]) -> Self {
        Self { block: block.get(..MAX_BLOCK).unwrap_or(block), at: 0 }
    }

    /// The first field of this name.
    pub fn first(&self, name: &str) -> Option<Field<'a>> {
        self.clone().find(|field| field.is(name))
    }

    /// The next field, or lines that are none.
    pub(super) fn next_or_lines(&mut self) -> Option<Result<Field<'a>, &'a [u8]>> {
        let (start, lines) = self.next_lines()?;
        Some(Field::parse(start, lines).ok_or(lines))
    }

    fn next_lines(&mut self) -> Option<(usize, &'a [u8])> {
        let start = self.at;
        let rest = self.block.get(start..)?;
        if rest.is_empty() || rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
            return None;
        }
        let len = lines_len(rest);
        self.at = start + len;
        Some((start, &rest[..len]))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            if let Ok(field) = self.next_or_lines()? {
                return Some(field);
            }
        }
    }
}

/// The length of the first line and of the lines that continue it.
fn lines_len(block: &[u8]) -> usize {
    let mut end = 0;
    while let Some(newline) = memchr(b'\n', &block[end..]) {
        end += newline + 1;
        if !matches!(block.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
    block.len()
}

/// Unfolds a value (RFC 5322 2.2.3): newlines go, the white space after them stays; white space
/// at both ends goes. NUL and lone CR, which no IMAP string can carry, go too.
pub fn unfold(raw: &[u8]) -> Cow<'_, [u8]> {
    let raw = raw.trim_ascii();
    match memchr3(b'\r', b'\n', 0, raw) {
        None => Cow::Borrowed(raw),
        Some(_) => {
            Cow::Owned(raw.iter().copied().filter(|byte| !b"\r\n\0".contains(byte)).collect())
        }
    }
}

fn trim_end(name: &[u8]) -> &[u8] {
    let len = name.iter().rposition(|byte| !b" \t".contains(byte)).map_or(0, |last| last + 1);
    &name[..len]
}

fn without_newline(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(block: &[u8]) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Fields::new(block).map(|field| (text(field.name), text(&field.value()))).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn fields_in_any_newline_up_to_the_empty_line() {
        let block =
            b"From user@x Fri Feb 22 17:06:23 2008\nA: 1\r\nB :\t2\r\n three\n\tfour\nC:\n\nD: no";
        assert_eq!(names(block), pairs(&[("A", "1"), ("B", "2 three\tfour"), ("C", "")]));
    }

    #[test]
    fn lines_without_a_name_are_passed_over() {
        let block = b" lost: x\nno colon here\n: none\nw\xe9: no\nA: 1";
        assert_eq!(names(block), pairs(&[("A", "1")]));
    }

    #[test]
    fn a_fold_of_white_space_only_goes_on() {
        assert_eq!(names(b"A: 1\r\n \r\nB: 2\r\n\r\n"), pairs(&[("A", "1"), ("B", "2")]));
    }

    #[test]
    fn fields_know_their_lines() {
        let block = b"A: 1\r\nB: 2\r\n x\r\n\r\nbody";
        let field = Fields::new(block).first("b").unwrap();
        assert_eq!(
            (field.start, field.lines, field.raw),
            (6, &b"B: 2\r\n x\r\n"[..], &b" 2\r\n x"[..])
        );
    }

    #[test]
    fn nul_and_lone_cr_never_survive_unfolding() {
        assert_eq!(unfold(b" a\0b\rc\r\n d ").as_ref(), b"abc d");
    }
}
