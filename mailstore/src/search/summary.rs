//! What SORT and THREAD go by of one message: made once of its header, and small.

use std::mem::size_of;

use super::subject::{Origin, base_subject};
use crate::mime::envelope::{Address, Envelope};
use crate::mime::header::{Fields, SentDate, decode_8bit, decode_words, undecodable};
use crate::mime::text::casemap;

/// The most references of one message that are heeded: the last ones, next to it.
const MAX_REFERENCES: usize = 500;

/// The most bytes of a text that are sorted by.
const MAX_TEXT: usize = 256;

/// A message identifier (RFC 5322 3.6.4), without its quoting, as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(u128);

/// What is sorted and threaded by. Texts are as i;unicode-casemap compares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// `Date:`, in seconds since 1970; `None` if it is missing or no date.
    pub sent: Option<i64>,
    /// The base subject (RFC 5256 2.1).
    pub subject: Box<str>,
    /// What SORT takes in place of the base subject, if that could not be decoded.
    pub octets: Option<Box<str>>,
    /// Is it a reply or forward, by its subject?
    pub origin: Origin,
    /// The part before the `@` of the first address of `From:`, `To:` and `Cc:`.
    pub from: Box<str>,
    /// As `from`.
    pub to: Box<str>,
    /// As `from`.
    pub cc: Box<str>,
    /// The name of the first address of `From:` and `To:`, or else the address (RFC 5957 3).
    pub display_from: Box<str>,
    /// As `display_from`.
    pub display_to: Box<str>,
    /// `Message-ID:`.
    pub id: Option<MessageId>,
    /// `References:`, or the first of `In-Reply-To:`; the parent is the last.
    pub references: Box<[MessageId]>,
}

impl Summary {
    /// Of this header block.
    pub fn of(header: &[u8]) -> Self {
        let envelope = Envelope::of(header);
        let raw = envelope.subject.as_deref().unwrap_or_default();
        let (subject, origin) = base_subject(&decode_words(raw));
        let ids = |text: &Option<Vec<u8>>| message_ids(text.as_deref().unwrap_or_default());
        Self {
            sent: envelope.date.as_deref().and_then(SentDate::parse).map(SentDate::secs),
            subject: casemap(&subject).into(),
            octets: undecodable(raw).map(|octets| after_texts(&base_subject(&chars(&octets)).0)),
            origin,
            from: local(&envelope.from),
            to: local(&envelope.to),
            cc: local(&envelope.cc),
            display_from: display(&envelope.from),
            display_to: display(&envelope.to),
            id: ids(&envelope.message_id).first().copied(),
            references: references(header, ids(&envelope.in_reply_to)),
        }
    }

    /// What SORT (SUBJECT) goes by.
    pub fn sorted_subject(&self) -> &str {
        self.octets.as_deref().unwrap_or(&self.subject)
    }

    /// The bytes it takes.
    pub fn memory(&self) -> usize {
        let texts =
            [&self.subject, &self.from, &self.to, &self.cc, &self.display_from, &self.display_to];
        let texts = texts.into_iter().chain(&self.octets);
        let texts: usize = texts.map(|text| text.len()).sum();
        size_of::<Self>() + texts + self.references.len() * size_of::<MessageId>()
    }
}

/// The references (RFC 5256 BASE.6.4.THREAD).
fn references(header: &[u8], in_reply_to: Vec<MessageId>) -> Box<[MessageId]> {
    let field = Fields::new(header).first("references");
    let mut ids = field.map(|field| message_ids(&field.value())).unwrap_or_default();
    if ids.is_empty() {
        ids = in_reply_to.into_iter().take(1).collect();
    }
    ids.drain(..ids.len().saturating_sub(MAX_REFERENCES));
    ids.into()
}

/// The identifiers in an unfolded value: what stands in angle brackets and has an `@`.
fn message_ids(value: &[u8]) -> Vec<MessageId> {
    let (mut ids, mut id, mut state) = (Vec::new(), Vec::new(), State::Outside);
    for byte in value {
        state = match (state, byte) {
            (State::Outside, b'<') => {
                id.clear();
                State::Inside
            }
            (State::Outside, _) => State::Outside,
            (State::Escaped, _) => {
                id.push(*byte);
                State::Quoted
            }
            (State::Quoted, b'\\') => State::Escaped,
            (State::Quoted, b'"') | (State::Inside, b' ' | b'\t') => State::Inside,
            (State::Inside, b'"') => State::Quoted,
            (State::Inside, b'<') => {
                id.clear();
                State::Inside
            }
            (State::Inside, b'>') => {
                ids.extend(is_whole(&id).then(|| MessageId::of(&id)));
                State::Outside
            }
            (state, _) => {
                id.push(*byte);
                state
            }
        };
    }
    ids
}

/// Has it something on both sides of an `@`?
fn is_whole(id: &[u8]) -> bool {
    let at = id.iter().position(|byte| *byte == b'@');
    at.is_some_and(|at| at > 0 && at + 1 < id.len())
}

/// Where in a list of identifiers.
#[derive(Clone, Copy)]
enum State {
    Outside,
    Inside,
    Quoted,
    Escaped,
}

impl MessageId {
    fn of(id: &[u8]) -> Self {
        let mut digest = [0; 16];
        digest.copy_from_slice(&blake3::hash(id).as_bytes()[..16]);
        Self(u128::from_be_bytes(digest))
    }
}

/// `addr-mailbox` of the first address.
fn local(list: &[Address]) -> Box<str> {
    match list.first() {
        Some(Address::Mailbox(it)) => key(&decode_8bit(&it.local)),
        // In an ENVELOPE the name of a group stands in the same place.
        Some(Address::GroupStart(name)) => key_of_words(name),
        _ => Box::default(),
    }
}

/// The name of the first address, or else the address (RFC 5957 3).
fn display(list: &[Address]) -> Box<str> {
    let Some(Address::Mailbox(it)) = list.first() else { return local(list) };
    let name = it.name.as_deref().map(key_of_words).unwrap_or_default();
    if !name.is_empty() {
        return name;
    }
    let (local, host) = (decode_8bit(&it.local), decode_8bit(&it.host));
    if host.is_empty() { key(&local) } else { key(&format!("{local}@{host}")) }
}

fn key_of_words(value: &[u8]) -> Box<str> {
    match undecodable(value) {
        Some(octets) => after_texts(&chars(octets.get(..MAX_TEXT).unwrap_or(&octets))),
        None => key(&decode_words(value)),
    }
}

fn key(text: &str) -> Box<str> {
    let end = text.floor_char_boundary(MAX_TEXT);
    casemap(text.get(..end).unwrap_or_default()).into()
}

/// Octets as characters of the same numbers, which have the same order.
fn chars(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// What could not be decoded comes after every text (RFC 5255 4.6): behind the last of all characters.
fn after_texts(chars: &str) -> Box<str> {
    format!("{}{chars}", char::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(header: &str) -> Summary {
        Summary::of(header.as_bytes())
    }

    #[test]
    fn texts() {
        let all = summary(
            "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>, x@y\nTo: list: a@b;\n\
             Subject: Re: =?utf-8?q?gr=C3=BC=C3=9Fe?=\nDate: Thu, 1 Jan 1970 01:00:01 +0100\n\n",
        );
        assert_eq!(all.sent, Some(1));
        assert_eq!((&*all.subject, all.origin), ("GRU\u{308}ßE", Origin::Reply));
        assert_eq!((&*all.from, &*all.to, &*all.cc), ("J", "LIST", ""));
        assert_eq!((&*all.display_from, &*all.display_to), ("JO\u{308}RG", "LIST"));
        assert_eq!(summary("From: <a@b.org>\n\n").display_from, Box::<str>::from("A@B.ORG"));
        assert_eq!(summary("Date: soon\n\n").sent, None);
    }

    /// As octets: in either case another, and without `Re:`. THREAD has them as they are shown.
    #[test]
    fn texts_that_cannot_be_decoded_come_last() {
        let all = summary(
            "From: =?bogus?q?J=F6rg?= <j@example.org>\nTo: =?utf-8?q?=FF?=: a@b;\n\
             Subject: Re: =?utf-8?q?caf=E9?=\n\n",
        );
        assert_eq!(all.sorted_subject(), "\u{10ffff}café");
        assert_eq!((&*all.subject, all.origin), ("CAF\u{fffd}", Origin::Reply));
        assert_eq!((&*all.from, &*all.to), ("J", "\u{10ffff}ÿ"));
        assert_eq!((&*all.display_from, &*all.display_to), ("\u{10ffff}Jörg", "\u{10ffff}ÿ"));
        assert_eq!(summary("Subject: caf\u{e9}\n\n").sorted_subject(), "CAFE\u{301}");
    }

    #[test]
    fn identifiers() {
        let ids = |value: &str| message_ids(value.as_bytes());
        let id = |id: &str| MessageId::of(id.as_bytes());
        assert_eq!(ids("<\"01KF8\"@xxx.yyy>"), ids("<01KF8@xxx.yyy>"));
        assert_eq!(ids("<\"a\\\"b\"@c> <d@e>"), [id("a\"b@c"), id("d@e")]);
        assert_eq!(ids("<a@b><c@d>,text <no> <e @f> <g@h"), [id("a@b"), id("c@d"), id("e@f")]);
        assert_ne!(ids("<A@b>"), ids("<a@b>"));
        assert_eq!(ids("<@b> <a@> <>"), []);
    }

    #[test]
    fn references_before_in_reply_to() {
        let references = |header: &str| summary(header).references;
        let id = |id: &str| MessageId::of(id.as_bytes());
        let both = "References: <a@b>\n <c@d>\nIn-Reply-To: <e@f> <g@h>\n\n";
        assert_eq!(*references(both), [id("a@b"), id("c@d")]);
        assert_eq!(*references("References: none\nIn-Reply-To: <e@f> <g@h>\n\n"), [id("e@f")]);
        assert_eq!(*references("Subject: x\n\n"), []);
    }
}
