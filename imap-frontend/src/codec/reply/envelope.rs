//! ENVELOPE in FETCH responses (RFC 9051 7.5.2).

use bytes::{BufMut, BytesMut};
use mailstore::mime::envelope::{Address, Envelope};

use super::Fetch;
use super::string::{nstring, string};

impl Fetch<'_> {
    /// `ENVELOPE (...)`.
    pub fn envelope(&mut self, envelope: &Envelope) {
        self.with("ENVELOPE", |out| write(out, envelope));
    }
}

/// An envelope, as it also stands in the body structure of an embedded message.
pub(super) fn write(out: &mut BytesMut, envelope: &Envelope) {
    let Envelope { from, sender, reply_to, to, cc, bcc, .. } = envelope;
    out.put_u8(b'(');
    nstring(out, envelope.date.as_deref());
    out.put_u8(b' ');
    nstring(out, envelope.subject.as_deref());
    for list in [from, sender, reply_to, to, cc, bcc] {
        addresses(out, list);
    }
    out.put_u8(b' ');
    nstring(out, envelope.in_reply_to.as_deref());
    out.put_u8(b' ');
    nstring(out, envelope.message_id.as_deref());
    out.put_u8(b')');
}

fn addresses(out: &mut BytesMut, list: &[Address]) {
    if list.is_empty() {
        return out.put_slice(b" NIL");
    }
    out.put_slice(b" (");
    for one in list {
        address(out, one);
    }
    out.put_u8(b')');
}

fn address(out: &mut BytesMut, address: &Address) {
    out.put_u8(b'(');
    match address {
        Address::Mailbox(mailbox) => {
            nstring(out, mailbox.name.as_deref());
            out.put_u8(b' ');
            nstring(out, mailbox.route.as_deref());
            out.put_u8(b' ');
            string(out, &mailbox.local);
            out.put_u8(b' ');
            string(out, &mailbox.host);
        }
        Address::GroupStart(name) => {
            out.put_slice(b"NIL NIL ");
            string(out, name);
            out.put_slice(b" NIL");
        }
        Address::GroupEnd => out.put_slice(b"NIL NIL NIL NIL"),
    }
    out.put_u8(b')');
}
