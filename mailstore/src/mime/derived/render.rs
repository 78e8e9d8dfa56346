//! Values as IMAP text (RFC 9051 9).

use std::ops::Range;

use crate::mime::envelope::{Address, Envelope, Mailbox};
use crate::mime::header::Parameters;
use crate::mime::structure::{Body, Structure};

/// A BODYSTRUCTURE, and where its extension data stands.
pub(super) struct Rendered {
    pub(super) text: Vec<u8>,
    pub(super) extensions: Vec<Range<usize>>,
}

/// `envelope`.
pub(super) fn envelope(envelope: &Envelope) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    put_envelope(&mut out, envelope);
    out
}

/// `body`, with its extension data.
pub(super) fn structure(structure: &Structure) -> Rendered {
    let mut rendered = Rendered { text: Vec::with_capacity(512), extensions: Vec::new() };
    rendered.part(structure);
    rendered
}

fn put_envelope(out: &mut Vec<u8>, envelope: &Envelope) {
    out.push(b'(');
    nstring(out, envelope.date.as_deref());
    out.push(b' ');
    nstring(out, envelope.subject.as_deref());
    let lists = [
        &envelope.from,
        &envelope.sender,
        &envelope.reply_to,
        &envelope.to,
        &envelope.cc,
        &envelope.bcc,
    ];
    for list in lists {
        out.push(b' ');
        addresses(out, list);
    }
    out.push(b' ');
    nstring(out, envelope.in_reply_to.as_deref());
    out.push(b' ');
    nstring(out, envelope.message_id.as_deref());
    out.push(b')');
}

fn addresses(out: &mut Vec<u8>, list: &[Address]) {
    if list.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for address in list {
        match address {
            Address::Mailbox(mailbox) => put_mailbox(out, mailbox),
            Address::GroupStart(name) => {
                out.extend_from_slice(b"(NIL NIL ");
                string(out, name);
                out.extend_from_slice(b" NIL)");
            }
            Address::GroupEnd => out.extend_from_slice(b"(NIL NIL NIL NIL)"),
        }
    }
    out.push(b')');
}

fn put_mailbox(out: &mut Vec<u8>, mailbox: &Mailbox) {
    out.push(b'(');
    nstring(out, mailbox.name.as_deref());
    out.push(b' ');
    nstring(out, mailbox.route.as_deref());
    out.push(b' ');
    string(out, &mailbox.local);
    out.push(b' ');
    string(out, &mailbox.host);
    out.push(b')');
}

impl Rendered {
    fn part(&mut self, part: &Structure) {
        self.text.push(b'(');
        match &part.body {
            Body::Multipart(children) => {
                children.iter().for_each(|child| self.part(child));
                self.text.push(b' ');
                string(&mut self.text, part.subtype.as_bytes());
            }
            body => {
                single(&mut self.text, part);
                self.rest_of_single(body);
            }
        }
        self.extension(part);
        self.text.push(b')');
    }

    /// What a text or a message has after its size.
    fn rest_of_single(&mut self, body: &Body) {
        if let Body::Message { envelope, structure, .. } = body {
            self.text.push(b' ');
            put_envelope(&mut self.text, envelope);
            self.text.push(b' ');
            self.part(structure);
        }
        if let Body::Text { lines } | Body::Message { lines, .. } = body {
            self.text.push(b' ');
            number(&mut self.text, *lines);
        }
    }

    fn extension(&mut self, part: &Structure) {
        let start = self.text.len();
        let out = &mut self.text;
        out.push(b' ');
        match part.body {
            Body::Multipart(_) => parameters(out, &part.parameters),
            _ => nstring(out, part.md5.as_deref()),
        }
        out.push(b' ');
        disposition(out, part);
        out.push(b' ');
        languages(out, &part.language);
        out.push(b' ');
        nstring(out, part.location.as_deref());
        self.extensions.push(start..self.text.len());
    }
}

/// `media-type SP body-fields`.
fn single(out: &mut Vec<u8>, part: &Structure) {
    string(out, part.media.as_bytes());
    out.push(b' ');
    string(out, part.subtype.as_bytes());
    out.push(b' ');
    parameters(out, &part.parameters);
    out.push(b' ');
    nstring(out, part.id.as_deref());
    out.push(b' ');
    nstring(out, part.description.as_deref());
    out.push(b' ');
    string(out, &part.encoding);
    out.push(b' ');
    number(out, part.size);
}

fn parameters(out: &mut Vec<u8>, parameters: &Parameters) {
    if parameters.0.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    let mut before = b'(';
    for one in &parameters.0 {
        for text in [&one.name, &one.value] {
            out.push(before);
            string(out, text);
            before = b' ';
        }
    }
    out.push(b')');
}

fn disposition(out: &mut Vec<u8>, part: &Structure) {
    let Some(disposition) = &part.disposition else { return out.extend_from_slice(b"NIL") };
    out.push(b'(');
    string(out, &disposition.kind);
    out.push(b' ');
    parameters(out, &disposition.parameters);
    out.push(b')');
}

/// `body-fld-lang`: a list also of one, which might be a string as well, since that is what clients
/// get from other servers.
fn languages(out: &mut Vec<u8>, languages: &[Vec<u8>]) {
    if languages.is_empty() {
        return nstring(out, None);
    }
    let mut before = b'(';
    for language in languages {
        out.push(before);
        string(out, language);
        before = b' ';
    }
    out.push(b')');
}

fn number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(number.to_string().as_bytes());
}

fn nstring(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// `string`: quoted if it may be, else a literal. NUL, which neither can carry, is left out.
fn string(out: &mut Vec<u8>, text: &[u8]) {
    let quotable = |byte: &u8| byte.is_ascii() && !b"\r\n\0".contains(byte);
    if !text.iter().all(quotable) {
        return literal(out, text);
    }
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

fn literal(out: &mut Vec<u8>, text: &[u8]) {
    let sent = || text.iter().copied().filter(|byte| *byte != 0);
    out.push(b'{');
    number(out, sent().count() as u64);
    out.extend_from_slice(b"}\r\n");
    out.extend(sent());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        let table: &[(&[u8], &[u8])] = &[
            (b"", b"\"\""),
            (b"a \"b\" \\c\t", b"\"a \\\"b\\\" \\\\c\t\""),
            ("é".as_bytes(), "{2}\r\né".as_bytes()),
            (b"a\r\nb\0", b"{4}\r\na\r\nb"),
        ];
        for (text, wanted) in table {
            let mut out = Vec::new();
            string(&mut out, text);
            assert_eq!(out, *wanted);
        }
    }
}
