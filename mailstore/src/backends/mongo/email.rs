//! The documents of message contents: a tree that a person can read, values to search by, and the
//! derived values as they are.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use mongodb::bson::{Bson, Document, doc};

use super::document::{self, Fields, Read, VERSION, binary, count, moment};
use super::failure::Failure;
use super::tree;
use crate::id::{AccountId, EmailId};
use crate::message::{Email, Want};
use crate::mime::envelope::{Address, Envelope};
use crate::mime::{Derived, MimeTree};

/// Most bytes of a document. The server takes 16 MiB; this leaves room for what it adds.
const MAX_BYTES: usize = (16 << 20) - (64 << 10);
/// Most levels of documents within a document; the server takes 100.
const MAX_LEVELS: usize = 96;

/// What the fields that are read by [`email_from`] are called.
pub(super) fn fields(want: Want) -> Document {
    let mut fields = doc! { "id": 1, "v": 1 };
    if want.has_derived() {
        fields.extend(doc! { "derived": 1, "derivedSum": 1 });
    }
    if want.has_tree() {
        fields.extend(doc! { "tree": 1, "treeSum": 1 });
    }
    fields
}

/// What is stored of a content.
pub(super) fn email_to(account: AccountId, email: &Email) -> Read<Document> {
    let derived = email.derived.encode();
    let mut document = doc! {
        "_id": document::id(account, &[&email.id.to_bytes()]),
        "account": account.get(),
        "id": document::email_id(email.id),
        "v": VERSION,
        "received": moment(email.id.time()),
        "size": count(email.tree.size()),
    };
    document.extend(searchable(&email.tree));
    document.insert("preview", email.derived.preview());
    let blobs: Vec<_> = email.tree.blobs().map(|blob| binary(blob.digest.0)).collect();
    document.insert("blobs", blobs);
    document.insert("derivedSum", sum(email.id, &derived));
    document.insert("derived", binary(derived));
    let encoded = email.tree.encode();
    document.insert("treeSum", sum(email.id, &encoded));
    document.insert("tree", tree::tree_to(&email.tree).map_or_else(|| binary(encoded), Bson::from));
    check_limits(email.id, document, &email.tree)
}

/// A document beyond a limit keeps its tree in one piece, in our own stored form.
fn check_limits(id: EmailId, mut document: Document, tree: &MimeTree) -> Read<Document> {
    if levels(&document) > MAX_LEVELS || document.to_vec()?.len() > MAX_BYTES {
        document.insert("tree", binary(tree.encode()));
    }
    let bytes = document.to_vec()?.len();
    if bytes > MAX_BYTES {
        return Err(Failure::TooLarge(format!(
            "email {id} would be a document of {bytes} bytes; at most {MAX_BYTES} can be stored"
        )));
    }
    Ok(document)
}

/// How deep documents and lists stand within one another.
fn levels(document: &Document) -> usize {
    let mut deepest = 1;
    let mut open: Vec<(usize, &Bson)> = document.values().map(|value| (2, value)).collect();
    while let Some((level, value)) = open.pop() {
        match value {
            Bson::Document(inner) => open.extend(inner.values().map(|value| (level + 1, value))),
            Bson::Array(list) => open.extend(list.iter().map(|value| (level + 1, value))),
            _ => continue,
        }
        deepest = deepest.max(level);
    }
    deepest
}

/// What the header says, for whoever looks for a message in a shell.
fn searchable(tree: &MimeTree) -> Document {
    let header = tree.parts().first().and_then(|part| tree.bytes_of(part.header.clone()));
    let envelope = Envelope::of(&header.unwrap_or_default());
    let mut values = Document::new();
    for (name, text) in [
        ("subject", &envelope.subject),
        ("date", &envelope.date),
        ("messageId", &envelope.message_id),
        ("inReplyTo", &envelope.in_reply_to),
    ] {
        if let Some(text) = text {
            values.insert(name, lossy(text).into_owned());
        }
    }
    for (name, list) in [
        ("from", &envelope.from),
        ("to", &envelope.to),
        ("cc", &envelope.cc),
        ("bcc", &envelope.bcc),
    ] {
        let addresses: Vec<_> = list.iter().filter_map(address).collect();
        if !addresses.is_empty() {
            values.insert(name, addresses);
        }
    }
    values
}

fn address(address: &Address) -> Option<String> {
    match address {
        Address::Mailbox(mailbox) => {
            Some(format!("{}@{}", lossy(&mailbox.local), lossy(&mailbox.host)))
        }
        Address::GroupStart(_) | Address::GroupEnd => None,
    }
}

/// For looking at only: what is exact stands in the tree.
fn lossy(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// A content, as far as it was wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) derived: Option<Arc<Derived>>,
    pub(super) tree: Option<Arc<MimeTree>>,
}

/// The reverse of [`email_to`].
pub(super) fn email_from(document: Document, want: Want) -> Read<(EmailId, Content)> {
    document::check_version(&document, "email")?;
    let fields = Fields::unsealed(document, "email");
    let id = EmailId::from_bytes(fields.array("id")?);
    let mut content = Content::default();
    if want.has_derived() {
        let derived = Bytes::copy_from_slice(fields.bytes("derived")?);
        check_sum(&fields, "derivedSum", sum(id, &derived))?;
        let derived = Derived::decode(&derived).ok_or_else(|| fields.wrong("derived"))?;
        content.derived = Some(Arc::new(derived));
    }
    if want.has_tree() {
        let tree = match fields.value("tree") {
            Some(Bson::Document(tree)) => tree::tree_from(tree, &fields)?,
            _ => MimeTree::decode(Bytes::copy_from_slice(fields.bytes("tree")?))?,
        };
        check_sum(&fields, "treeSum", sum(id, &tree.encode()))?;
        content.tree = Some(Arc::new(tree));
    }
    Ok((id, content))
}

fn check_sum(fields: &Fields, name: &str, sum: i64) -> Read<()> {
    if fields.i64(name)? == sum { Ok(()) } else { Err(fields.wrong(name)) }
}

/// A CRC-32, bound to what it belongs to.
fn sum(id: EmailId, bytes: &[u8]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&id.to_bytes());
    hasher.update(bytes);
    i64::from(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Place;
    use crate::mime::{DetachRules, Limits, parse};

    fn email(raw: &[u8], limits: &Limits) -> Email {
        let whole = parse(Bytes::copy_from_slice(raw), limits);
        let derived = Derived::of(&whole, raw);
        let rules = DetachRules { attachment: 64, ..DetachRules::default() };
        let (mut tree, _) = whole.detach(&rules);
        tree.place_blobs(|_| Place::Ledger);
        Email { id: EmailId(5), tree, derived }
    }

    fn stored(email: &Email) -> Document {
        email_to(AccountId::new(1).unwrap(), email).unwrap()
    }

    #[test]
    fn a_person_can_read_it_and_it_comes_back() {
        let raw = b"From: A <a@b.example>\r\nSubject: hello\r\nMessage-ID: <1@x>\r\n\
            Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nthe text\r\n\
            --q\r\nContent-Type: text/plain\r\n\r\n\xff\xfe\r\n--q--\r\n";
        let email = email(raw, &Limits::default());
        let document = stored(&email);
        assert_eq!(document.get_str("subject").unwrap(), "hello");
        assert_eq!(document.get_array("from").unwrap(), &[Bson::from("a@b.example")]);
        let tree = document.get_document("tree").unwrap();
        let parts = tree.get_array("parts").unwrap();
        assert_eq!(parts[0].as_document().unwrap().get_str("body").unwrap(), "the text");
        assert!(matches!(parts[1].as_document().unwrap().get("body"), Some(Bson::Binary(_))));
        let (id, content) = email_from(document, Want::Email).unwrap();
        assert_eq!((id, &*content.tree.unwrap()), (email.id, &email.tree));
        assert_eq!(*content.derived.unwrap(), email.derived);
    }

    #[test]
    fn what_was_altered_is_refused() {
        let email = email(b"Subject: one\r\n\r\nbody", &Limits::default());
        let mut altered = stored(&email);
        altered.get_document_mut("tree").unwrap().insert("body", "BODY");
        let error = email_from(altered, Want::Tree).unwrap_err();
        assert!(error.to_string().contains("`treeSum`"), "{error}");
        let mut newer = stored(&email);
        newer.insert("v", 9);
        let error = email_from(newer, Want::Tree).unwrap_err();
        assert!(error.to_string().contains("of document version 9"), "{error}");
    }

    #[test]
    fn a_tree_at_the_limit_of_depth_fits() {
        let mut raw = b"Content-Type: message/rfc822\r\n\r\n".repeat(45);
        raw.extend_from_slice(b"x");
        for depth in [40, 60] {
            let email = email(&raw, &Limits { depth, ..Limits::default() });
            let document = stored(&email);
            assert!(levels(&document) <= MAX_LEVELS, "{}", levels(&document));
            assert_eq!(document.get_document("tree").is_ok(), depth == 40);
            let (_, content) = email_from(document, Want::Tree).unwrap();
            assert_eq!(*content.tree.unwrap(), email.tree);
        }
    }

    #[test]
    fn a_document_beyond_the_limit_is_an_error() {
        let mut raw = b"Subject: x\r\n\r\n".to_vec();
        raw.resize(17 << 20, b'x');
        let tree = parse(raw.clone().into(), &Limits::default());
        let derived = Derived::of(&tree, &raw);
        let email = Email { id: EmailId(5), tree, derived };
        let error = email_to(AccountId::new(1).unwrap(), &email).unwrap_err();
        assert!(error.to_string().contains("at most 16711680"), "{error}");
    }
}
