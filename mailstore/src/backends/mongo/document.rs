//! Documents: how they are sealed, and how their fields are read.
//!
//! A small document ends in `v`, the version of its form, and `sum`, the CRC-32 of its bytes up to
//! there: whoever changes one by hand without the sum finds it refused, not believed.

use std::ops::RangeInclusive;

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document};

use super::failure::Failure;
use crate::id::{AccountId, EmailId, MailboxId};
use crate::time::Timestamp;
use crate::uid::{ModSeq, Uid, UidSet};

/// The version of the documents that this release writes.
pub(super) const VERSION: i32 = 1;

/// The years 1 to 9999, in milliseconds: what a MongoDB shell can show as a date.
const DATES: RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

pub(super) type Read<T> = Result<T, Failure>;

/// Ends a document with its version and its checksum.
pub(super) fn seal(mut document: Document) -> Read<Document> {
    document.insert("v", VERSION);
    let sum = checksum(&document)?;
    document.insert("sum", sum);
    Ok(document)
}

/// The reverse of [`seal`]; `what` is what it should be.
pub(super) fn open(mut document: Document, what: &'static str) -> Read<Fields> {
    check_version(&document, what)?;
    let sum = document.remove("sum").and_then(|sum| sum.as_i64());
    document.remove(LOCK);
    if sum != Some(checksum(&document)?) {
        let id = document.get("_id").map(ToString::to_string).unwrap_or_default();
        return Err(Failure::corrupt(format!("{what} {id} has a wrong checksum")));
    }
    Ok(Fields { document, what })
}

/// Counts up in an account's head while a transaction holds it; none of the sealed fields.
pub(super) const LOCK: &str = "lock";

pub(super) fn check_version(document: &Document, what: &'static str) -> Read<()> {
    match document.get("v").and_then(number) {
        Some(version) if version == i64::from(VERSION) => Ok(()),
        version => {
            let id = document.get("_id").map(ToString::to_string).unwrap_or_default();
            let version = version.map_or_else(|| "none".to_owned(), |v| v.to_string());
            Err(Failure::corrupt(format!(
                "{what} {id} is of document version {version}; this release knows version {VERSION}"
            )))
        }
    }
}

fn checksum(document: &Document) -> Read<i64> {
    Ok(i64::from(crc32fast::hash(&document.to_vec()?)))
}

/// An opened document.
#[derive(Debug)]
pub(super) struct Fields {
    document: Document,
    what: &'static str,
}

impl Fields {
    /// Fields of a document that carries its checksum elsewhere.
    pub(super) fn unsealed(document: Document, what: &'static str) -> Self {
        Self { document, what }
    }

    pub(super) fn wrong(&self, name: &str) -> Failure {
        let id = self.document.get("_id").map(ToString::to_string).unwrap_or_default();
        Failure::corrupt(format!(
            "{} {id}: `{name}` is missing or is not what it should be",
            self.what
        ))
    }

    pub(super) fn value(&self, name: &str) -> Option<&Bson> {
        self.document.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.document.contains_key(name)
    }

    fn read<'a, T>(&'a self, name: &str, read: impl FnOnce(&'a Bson) -> Option<T>) -> Read<T> {
        self.document.get(name).and_then(read).ok_or_else(|| self.wrong(name))
    }

    pub(super) fn i64(&self, name: &str) -> Read<i64> {
        self.read(name, number)
    }

    pub(super) fn u64(&self, name: &str) -> Read<u64> {
        self.read(name, |value| number(value)?.try_into().ok())
    }

    pub(super) fn u32(&self, name: &str) -> Read<u32> {
        self.read(name, |value| number(value)?.try_into().ok())
    }

    /// 64 bits without a sign.
    pub(super) fn bits(&self, name: &str) -> Read<u64> {
        Ok(self.i64(name)?.cast_unsigned())
    }

    pub(super) fn modseq(&self, name: &str) -> Read<ModSeq> {
        self.u64(name).map(ModSeq)
    }

    pub(super) fn moment(&self, name: &str) -> Read<Timestamp> {
        self.read(name, |value| match value {
            Bson::DateTime(at) => Some(Timestamp::from_millis(at.timestamp_millis())),
            value => number(value).map(Timestamp::from_millis),
        })
    }

    pub(super) fn text(&self, name: &str) -> Read<&str> {
        self.read(name, Bson::as_str)
    }

    pub(super) fn bytes(&self, name: &str) -> Read<&[u8]> {
        self.read(name, bytes)
    }

    pub(super) fn array<const N: usize>(&self, name: &str) -> Read<[u8; N]> {
        self.read(name, |value| bytes(value)?.try_into().ok())
    }

    pub(super) fn list(&self, name: &str) -> Read<&[Bson]> {
        self.read(name, |value| value.as_array().map(Vec::as_slice))
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> Read<Vec<&str>> {
        let texts = self.list(name)?.iter().map(Bson::as_str);
        texts.collect::<Option<_>>().ok_or_else(|| self.wrong(name))
    }

    /// The fields of a document within.
    pub(super) fn inner(&self, name: &str) -> Read<Self> {
        let document = self.read(name, Bson::as_document)?.clone();
        Ok(Self { document, what: self.what })
    }

    /// The documents of a list.
    pub(super) fn inners(&self, name: &str) -> Read<Vec<Self>> {
        let each = |value: &Bson| {
            let document = value.as_document().ok_or_else(|| self.wrong(name))?.clone();
            Ok(Self { document, what: self.what })
        };
        self.list(name)?.iter().map(each).collect()
    }

    pub(super) fn uids(&self, name: &str) -> Read<UidSet> {
        self.read(name, |value| uids_from(value.as_str()?))
    }

    /// What `read` makes of a field, if there is one.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Read<T>,
    ) -> Read<Option<T>> {
        if self.has(name) { read(self, name).map(Some) } else { Ok(None) }
    }
}

/// A whole number, in whichever of its forms a shell has left it.
fn number(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        _ => None,
    }
}

pub(super) fn bytes(value: &Bson) -> Option<&[u8]> {
    match value {
        Bson::Binary(binary) => Some(&binary.bytes),
        _ => None,
    }
}

pub(super) fn binary(bytes: impl Into<Vec<u8>>) -> Bson {
    Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.into() })
}

/// A number below 2^63.
pub(super) fn count(number: u64) -> Bson {
    Bson::Int64(number.cast_signed())
}

pub(super) fn moment(at: Timestamp) -> Bson {
    if DATES.contains(&at.millis()) {
        Bson::DateTime(DateTime::from_millis(at.millis()))
    } else {
        Bson::Int64(at.millis())
    }
}

/// A set as IMAP writes it: `1:4,7`.
pub(super) fn uids_to(uids: &UidSet) -> String {
    let mut text = String::new();
    for range in uids.ranges() {
        let (from, to) = (range.start().get(), range.end().get());
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&from.to_string());
        if to > from {
            text.push(':');
            text.push_str(&to.to_string());
        }
    }
    text
}

pub(super) fn uids_from(text: &str) -> Option<UidSet> {
    let mut uids = UidSet::new();
    if text.is_empty() {
        return Some(uids);
    }
    for range in text.split(',') {
        let (from, to) = range.split_once(':').unwrap_or((range, range));
        let uid = |text: &str| text.parse().ok().and_then(Uid::new);
        let (from, to) = (uid(from)?, uid(to)?);
        if to < from || uids.last().is_some_and(|last| last >= from) {
            return None;
        }
        uids.insert_range(from..=to);
    }
    Some(uids)
}

/// An `_id`: the account, then what it is within it; in the order of both.
pub(super) fn id(account: AccountId, rest: &[&[u8]]) -> Bson {
    let mut bytes = account.get().to_be_bytes().to_vec();
    rest.iter().for_each(|part| bytes.extend_from_slice(part));
    binary(bytes)
}

pub(super) fn mailbox_id(account: AccountId, mailbox: MailboxId) -> Bson {
    id(account, &[&mailbox.0.to_be_bytes()])
}

pub(super) fn email_id(email: EmailId) -> Bson {
    binary(email.to_bytes())
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn what_is_sealed_opens_and_what_was_altered_does_not() {
        let sealed = seal(doc! { "_id": 1, "a": "b" }).unwrap();
        assert_eq!(open(sealed.clone(), "thing").unwrap().text("a").unwrap(), "b");
        let mut altered = sealed.clone();
        altered.insert("a", "c");
        let error = open(altered, "thing").unwrap_err();
        assert_eq!(error.to_string(), "thing 1 has a wrong checksum");
    }

    #[test]
    fn another_version_is_said() {
        let mut newer = seal(doc! { "_id": 1 }).unwrap();
        newer.insert("v", 2);
        assert_eq!(
            open(newer, "thing").unwrap_err().to_string(),
            "thing 1 is of document version 2; this release knows version 1"
        );
    }

    #[test]
    fn sets_are_written_as_imap_does() {
        for text in ["", "1", "1:4,7", "2,4:4294967295"] {
            assert_eq!(uids_to(&uids_from(text).unwrap()), text);
        }
        for text in ["0", "4:1", "3,2", "a", "1:", ","] {
            assert_eq!(uids_from(text), None, "{text}");
        }
    }

    #[test]
    fn moments_out_of_the_range_of_dates_are_numbers() {
        for millis in [0, -1, i64::MIN, i64::MAX, 253_402_300_799_999] {
            let at = Timestamp::from_millis(millis);
            let fields = Fields::unsealed(doc! { "at": moment(at) }, "thing");
            assert_eq!(fields.moment("at").unwrap(), at);
        }
    }
}
