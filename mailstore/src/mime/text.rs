//! The text of a message, decoded and case-folded, as SEARCH looks through it.

mod casemap;

use std::borrow::Cow;
use std::ops::Range;

pub use casemap::casemap;

use super::decode::decode_transfer;
use super::envelope::{self, Address};
use super::header::{Field, Fields, MAX_VALUE, decode_8bit, decode_charset, decode_words};
use super::{Kind, MimeTree, Part, TransferEncoding};

/// The most bytes of text that are made of one message's body; what is over is not searched.
pub const MAX_BODY_TEXT: usize = 16 * 1024 * 1024;

/// Appends `text` folded: as i;unicode-casemap has it ([`casemap`]), then in lower case. So all is
/// one that RFC 5051 makes one, and also what differs in case only after that (ﬁ and FI).
pub fn fold_into(text: &str, out: &mut String) {
    out.reserve(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let (plain, other) = rest.split_at_checked(ascii).unwrap_or((rest, ""));
        let start = out.len();
        out.push_str(plain);
        if let Some(copy) = out.get_mut(start..) {
            copy.make_ascii_lowercase();
        }
        let wide = other.find(|char: char| char.is_ascii()).unwrap_or(other.len());
        let (wide, after) = other.split_at_checked(wide).unwrap_or((other, ""));
        wide.chars().for_each(|char| fold_char(char, out));
        rest = after;
    }
}

fn fold_char(char: char, out: &mut String) {
    casemap::casemap_char(char, |mapped| match mapped {
        'Σ' => out.push('σ'),
        // The iota below a letter that was taken apart is what it is where it stands alone, so that
        // what is folded stays as it is when it is folded again.
        '\u{345}' => out.push('ι'),
        _ => out.extend(mapped.to_lowercase()),
    });
}

/// `text` folded: see [`fold_into`].
pub fn fold(text: &str) -> String {
    let mut out = String::new();
    fold_into(text, &mut out);
    out
}

/// A header's fields, decoded and folded, for SEARCH.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderText {
    /// `name: value` lines.
    text: String,
    /// Where names and values stand in it. A value of an address field has a second line, with its
    /// addresses as [`put_addresses`] writes them.
    fields: Vec<(Range<usize>, Range<usize>)>,
}

impl HeaderText {
    /// Of this header block, as far as [`Fields`] reads it.
    pub fn of(header: &[u8]) -> Self {
        let (mut this, mut rest) = (Self::default(), Fields::new(header));
        while let Some(next) = rest.next_or_lines() {
            match next {
                Ok(field) => this.put_field(&field),
                Err(lines) => this.put_value(lines),
            }
            this.text.push('\n');
        }
        this
    }

    fn put_field(&mut self, field: &Field<'_>) {
        let start = self.text.len();
        fold_into(&decode_8bit(field.name), &mut self.text);
        let colon = self.text.len();
        self.text.push_str(": ");
        self.put_value(field.raw);
        if ADDRESS_FIELDS.iter().any(|name| field.is(name)) {
            put_addresses(&field.value(), colon + 2, &mut self.text);
        }
        self.fields.push((start..colon, colon + 2..self.text.len()));
    }

    fn put_value(&mut self, raw: &[u8]) {
        let raw = raw.get(..MAX_VALUE).unwrap_or(raw);
        fold_into(&decode_words(&unfold_to_spaces(raw)), &mut self.text);
    }

    /// All of it: a line `name: value` for each field, and another for its addresses if they were
    /// written in another way; and the lines that are no field, which have no name to be found by.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Names and values.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.fields.iter().map(move |(name, value)| (text(name), text(value)))
    }

    /// The bytes it takes.
    pub fn memory(&self) -> usize {
        let places = self.fields.capacity() * size_of::<(Range<usize>, Range<usize>)>();
        size_of::<Self>() + self.text.capacity() + places
    }

    /// The value of the first field of this name (in lower case).
    pub fn first(&self, name: &str) -> Option<&str> {
        self.fields().find(|field| field.0 == name).map(|field| field.1)
    }
}

/// The fields in which addresses are looked for beside the text.
const ADDRESS_FIELDS: [&str; 6] = ["from", "to", "cc", "bcc", "sender", "reply-to"];

/// Appends a line with the addresses of a value, without comments, quotes and needless white space:
/// `Name <local@host>, group: local@host;`. Nothing if the text from `start` on has them so.
fn put_addresses(value: &[u8], start: usize, text: &mut String) {
    let mut line = String::from("\n");
    for address in envelope::addresses(value) {
        put_address(&address, &mut line);
    }
    let line = fold(line.trim_end_matches([' ', ',']));
    let written = text.get(start..).unwrap_or_default();
    if !written.contains(line.trim_start()) {
        text.push_str(&line);
    }
}

fn put_address(address: &Address, line: &mut String) {
    match address {
        Address::GroupStart(name) => line.extend([&*decode_words(name), ": "]),
        Address::GroupEnd => {
            line.truncate(line.trim_end_matches([' ', ',']).len());
            line.push_str("; ");
        }
        Address::Mailbox(it) => {
            let (local, host) = (decode_8bit(&it.local), decode_8bit(&it.host));
            match &it.name {
                Some(name) => {
                    line.extend([&*decode_words(name), " <", &local, "@", &host, ">, "]);
                }
                None => line.extend([&*local, "@", &host, ", "]),
            }
        }
    }
}

/// Unfolds a value for searching: each newline and the white space around it is one space, as
/// people see it.
fn unfold_to_spaces(raw: &[u8]) -> Cow<'_, [u8]> {
    let raw = raw.trim_ascii();
    if !raw.contains(&b'\n') {
        return Cow::Borrowed(raw);
    }
    let lines = raw.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    Cow::Owned(lines.join(&b' '))
}

/// The text of a part's body: transfer encoding and charset undone. Borrowed if there is nothing
/// to undo.
pub fn decode_text<'a>(part: &Part, body: &'a [u8]) -> Cow<'a, str> {
    let charset = part.content.charset.as_deref().unwrap_or("us-ascii");
    match decode_transfer(part.content.transfer, body) {
        Cow::Borrowed(bytes) => decode_charset(charset.as_bytes(), bytes),
        Cow::Owned(bytes) => Cow::Owned(decode_charset(charset.as_bytes(), &bytes).into_owned()),
    }
}

/// Is the body of this part text that SEARCH looks through? Text of any kind is, HTML as it
/// stands, and so are reports (message/delivery-status and the like).
pub fn is_searched(part: &Part) -> bool {
    let kind = part.content.media.kind();
    let unknown = part.content.transfer == TransferEncoding::Other;
    part.kind == Kind::Leaf && !unknown && matches!(kind, "text" | "message" | "multipart")
}

/// What stands in a body text between the header fields of the parts and the bodies.
const BEFORE_BODIES: char = '\0';

/// Appends the folded text of a message's body to `out`, a line feed after each piece: first of
/// every part but the message itself its header fields (so attachments are found by name, embedded
/// messages by subject), then of every part for which [`is_searched`] holds its body; [`bodies`]
/// are these alone. `read` gives the bytes of a range of the message; where it gives `None`, that
/// range is left out. Stops when `out` is longer than [`MAX_BODY_TEXT`].
pub fn append_body_text<B: AsRef<[u8]>>(
    tree: &MimeTree,
    mut read: impl FnMut(Range<u64>) -> Option<B>,
    out: &mut String,
) {
    for part in tree.parts().iter().filter(|part| part.parent.is_some()) {
        if out.len() > MAX_BODY_TEXT {
            break;
        }
        if let Some(header) = read(part.header.clone()) {
            out.extend(HeaderText::of(header.as_ref()).as_str().split(BEFORE_BODIES));
        }
    }
    out.push(BEFORE_BODIES);
    for part in tree.parts().iter().filter(|part| is_searched(part)) {
        if out.len() > MAX_BODY_TEXT {
            break;
        }
        if let Some(body) = read(capped(&part.body)) {
            fold_into(&decode_text(part, body.as_ref()), out);
            out.push('\n');
        }
    }
    truncate(out, MAX_BODY_TEXT);
}

/// A text that [`append_body_text`] has made, without the header fields.
pub fn bodies(text: &str) -> &str {
    text.split_once(BEFORE_BODIES).map_or(text, |(_, bodies)| bodies)
}

/// No more of a body than could be searched.
fn capped(body: &Range<u64>) -> Range<u64> {
    body.start..body.end.min(body.start.saturating_add(MAX_BODY_TEXT as u64))
}

fn truncate(text: &mut String, len: usize) {
    if text.len() > len {
        text.truncate(text.floor_char_boundary(len));
    }
}

#[cfg(test)]
mod tests;
