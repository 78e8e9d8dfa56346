//! IMAP sections: `BODY[...]` of FETCH (RFC 9051 section 6.4.5.1, RFC 3501 section 6.4.5).

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr;

use super::plan::{Piece, Plan};
use super::scan;
use super::tree::content::TransferEncoding;
use super::tree::{Kind, MimeTree, Part};

/// What is between the brackets of `BODY[...]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Section {
    /// Part numbers, from 1, outermost first. Empty for the message itself.
    pub path: Vec<u32>,
    /// What of the part.
    pub what: What,
}

/// What of a part a section asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The whole message, or the body of a part.
    Full,
    /// The header of a message, with its blank line.
    Header,
    /// Some fields of the header of a message, and a blank line.
    HeaderFields {
        /// Field names, in any case.
        names: Vec<String>,
        /// Whether the fields are those named or the others.
        mode: FieldMode,
    },
    /// The body of a message.
    Text,
    /// The MIME header of a part.
    Mime,
}

/// Which fields of a header are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldMode {
    /// `HEADER.FIELDS`: those that are named.
    Only,
    /// `HEADER.FIELDS.NOT`: those that are not.
    Not,
}

/// The answer to a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// This.
    Plan(Plan),
    /// Fields of a header that is not inline (the headers of the message have over 1 MiB): read
    /// `header`, then take [`fields`] of it.
    Fields {
        /// The whole header block.
        header: Plan,
    },
}

impl MimeTree {
    /// What `section` asks for. `None` if there is no such part, or no such thing of that part;
    /// IMAP then says NIL.
    ///
    /// A part of a message that is not a multipart is numbered 1, also inside an embedded message.
    /// `HEADER`, `HEADER.FIELDS` and `TEXT` with a path are those of an embedded message.
    pub fn section(&self, section: &Section) -> Option<Selection> {
        let index = self.resolve(&section.path)?;
        let found = self.parts.get(index)?;
        let range = match &section.what {
            What::Full if section.path.is_empty() => 0..self.size,
            What::Full => found.body.clone(),
            What::Mime if section.path.is_empty() => return None,
            What::Mime => found.header.clone(),
            What::Text => self.message(section, index)?.body.clone(),
            What::Header => self.message(section, index)?.header.clone(),
            What::HeaderFields { names, mode } => {
                let header = self.message(section, index)?.header.clone();
                return Some(self.header_fields(header, names, *mode));
            }
        };
        Some(Selection::Plan(self.slice(range)))
    }

    /// How what `section` asks for is encoded as one (RFC 3516 3): the body of a part that is not
    /// divided, as its header says. All else is its own encoded form: headers, and multiparts and
    /// whole messages, in which each part has an encoding of its own (RFC 2045 6.4).
    pub fn transfer(&self, section: &Section) -> TransferEncoding {
        let index = self.resolve(&section.path).filter(|_| !section.path.is_empty());
        let part = index.and_then(|index| self.parts.get(index));
        match part {
            Some(part) if section.what == What::Full && part.kind == Kind::Leaf => {
                part.content.transfer
            }
            _ => TransferEncoding::default(),
        }
    }

    fn header_fields(&self, header: Range<u64>, names: &[String], mode: FieldMode) -> Selection {
        match self.bytes_of(header.clone()) {
            Some(bytes) => Selection::Plan(fields(&bytes, names, mode)),
            None => Selection::Fields { header: self.slice(header) },
        }
    }

    /// The message that HEADER and TEXT are about.
    fn message(&self, section: &Section, index: usize) -> Option<&Part> {
        let part = self.parts.get(index)?;
        match part.kind {
            _ if section.path.is_empty() => Some(part),
            Kind::Message => self.parts.get(index + 1),
            _ => None,
        }
    }

    /// The part at `path`.
    fn resolve(&self, path: &[u32]) -> Option<usize> {
        let mut index = 0;
        let mut as_message = true;
        for number in path {
            if !as_message && self.parts.get(index)?.kind == Kind::Message {
                index += 1;
                as_message = true;
            }
            let nth = usize::try_from(*number).ok()?.checked_sub(1)?;
            index = match self.parts.get(index)?.kind {
                Kind::Multipart { .. } => self.children(index).nth(nth)?,
                _ if as_message && nth == 0 => index,
                _ => return None,
            };
            as_message = false;
        }
        Some(index)
    }
}

/// The fields of a header block that are named, or the others, each with its folding exactly as
/// it is, and a blank line: the one of the block, or CRLF if the block has none.
pub fn fields(header: &Bytes, names: &[String], mode: FieldMode) -> Plan {
    let mut picked = Picked { header, plan: Plan::default(), open: 0..0 };
    let mut take = false;
    let mut at = 0;
    while let Some(line) = header.get(at..).filter(|line| !line.is_empty()) {
        if scan::newline_at(line).is_some() {
            break;
        }
        if at == 0 || !matches!(line[0], b' ' | b'\t') {
            take = is_named(line, names) == (mode == FieldMode::Only);
        }
        let end = scan::line_end(header, at);
        if take {
            picked.add(at..end);
        }
        at = end;
    }
    picked.finish(at)
}

/// Whether the field that starts here has one of the names.
fn is_named(line: &[u8], names: &[String]) -> bool {
    let Some(colon) = memchr(b':', line) else { return false };
    let name = scan::trim_end(line.get(..colon).unwrap_or_default());
    names.iter().any(|wanted| wanted.as_bytes().eq_ignore_ascii_case(name))
}

struct Picked<'a> {
    header: &'a Bytes,
    plan: Plan,
    open: Range<usize>,
}

impl Picked<'_> {
    fn add(&mut self, line: Range<usize>) {
        if line.start != self.open.end {
            self.flush();
            self.open = line.start..line.start;
        }
        self.open.end = line.end;
    }

    fn flush(&mut self) {
        self.plan.push(Piece::Bytes(self.header.slice(self.open.clone())));
    }

    /// `blank` is where the blank line is, or the end of a header that has none.
    fn finish(mut self, blank: usize) -> Plan {
        let text = self.header.get(self.open.clone()).unwrap_or_default();
        let unended = !text.is_empty() && !text.ends_with(b"\n");
        self.flush();
        if unended {
            self.plan.push(Piece::Bytes(Bytes::from_static(b"\r\n")));
        }
        let newline = self.header.slice(blank.min(self.header.len())..);
        let newline = if newline.is_empty() { Bytes::from_static(b"\r\n") } else { newline };
        self.plan.push(Piece::Bytes(newline));
        self.plan
    }
}
