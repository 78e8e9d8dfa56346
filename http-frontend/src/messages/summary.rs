//! A message in a list.

use bytes::Bytes;
use mailstore::message::Fetched;
use mailstore::mime::envelope::{self, Envelope};
use mailstore::mime::header::{MAX_BLOCK, SentDate, decode_words};
use mailstore::mime::{MimeTree, Part};
use mailstore::time::Timestamp;
use mailstore::{Error, Mailstore};
use serde::Serialize;
use utoipa::ToSchema;

use super::{content, flags, tree};
use crate::date;

/// Most addresses of one field that a list shows.
const ADDRESSES: usize = 100;

/// A message in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// Its UID in the mailbox.
    pub(crate) uid: u32,
    /// Its content: copies of a message have the same (RFC 8474 EMAILID).
    email: String,
    /// Its conversation (RFC 8474 THREADID).
    thread: String,
    /// The last change to it.
    modseq: u64,
    /// Its flags, as IMAP writes them.
    flags: Vec<String>,
    /// When it came in (INTERNALDATE).
    #[schema(format = DateTime)]
    internal_date: String,
    /// Its bytes.
    size: u64,
    /// `Subject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// `Date`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    sent: Option<String>,
    /// `From`.
    from: Vec<Address>,
    /// `To`.
    to: Vec<Address>,
    /// `Cc`.
    cc: Vec<Address>,
    /// `Message-ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// How its text begins, on one line.
    preview: String,
    /// Is anything attached to it?
    has_attachments: bool,
}

/// A mailbox as a header names it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Address {
    /// Its display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `local@domain`, as far as there is any.
    address: String,
}

impl Summary {
    /// Of a message that was fetched whole.
    pub(crate) async fn of(store: &Mailstore, message: &Fetched) -> Result<Self, Error> {
        let tree = tree(message)?;
        let header = match tree.parts().first() {
            Some(part) => header_of(store, &tree, part).await?,
            None => Bytes::new(),
        };
        let envelope = Envelope::of(&header);
        let derived = message.derived.as_ref();
        let row = &message.row;
        Ok(Self {
            uid: row.uid.get(),
            email: row.email.to_string(),
            thread: format!("{:016x}", row.thread.0),
            modseq: row.modseq.0,
            flags: flags::names(&row.flags),
            internal_date: date::text(row.internal_date),
            size: row.size,
            subject: text(envelope.subject),
            sent: envelope.date.as_deref().and_then(sent),
            from: addresses(&envelope.from),
            to: addresses(&envelope.to),
            cc: addresses(&envelope.cc),
            message_id: text(envelope.message_id),
            preview: derived.map(|derived| derived.preview().to_owned()).unwrap_or_default(),
            has_attachments: content::attachments(&tree).next().is_some(),
        })
    }
}

/// The header block of a part, as far as fields are looked for in it.
pub(crate) async fn header_of(
    store: &Mailstore,
    tree: &MimeTree,
    part: &Part,
) -> Result<Bytes, Error> {
    let range = part.header.start..part.header.end.min(part.header.start + MAX_BLOCK as u64);
    match tree.bytes_of(range.clone()) {
        Some(bytes) => Ok(bytes),
        None => store.read(tree.slice(range)).to_bytes().await,
    }
}

fn text(value: Option<Vec<u8>>) -> Option<String> {
    value.map(|value| decode_words(&value).into_owned())
}

fn sent(value: &[u8]) -> Option<String> {
    SentDate::parse(value).map(|sent| date::utc(Timestamp::from_secs(sent.secs())))
}

fn addresses(list: &[envelope::Address]) -> Vec<Address> {
    let mailboxes = list.iter().filter_map(|address| match address {
        envelope::Address::Mailbox(mailbox) => Some(mailbox),
        _ => None,
    });
    mailboxes.take(ADDRESSES).map(address).collect()
}

fn address(mailbox: &envelope::Mailbox) -> Address {
    let (local, host) = (decode_words(&mailbox.local), decode_words(&mailbox.host));
    let address = if host.is_empty() { local.into_owned() } else { format!("{local}@{host}") };
    Address { name: text(mailbox.name.clone()), address }
}
