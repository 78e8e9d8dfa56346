//! Untagged data, except FETCH and LIST (RFC 9051 7.2-7.4).

use std::ops::RangeInclusive;

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use mailstore::flags::Flags;
use mailstore::id::MailboxKey;
use mailstore::uid::{ModSeq, Seq, Uid, UidSet};

use super::{Recent, Reply, fetch, number, string};
use crate::codec::command::StatusItem;
use crate::codec::{Tag, mailbox_id};

/// A field of ID and its value.
pub type IdField<'a> = (&'a str, Option<&'a str>);

/// A namespace: the prefix of its names, and its delimiter.
pub type Namespace<'a> = (&'a str, char);

/// What STATUS says of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusValue {
    /// A number.
    Number(u64),
    /// Its MAILBOXID.
    Mailbox(MailboxKey),
}

/// When messages went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vanished {
    /// Before the mailbox was selected: numbers do not change.
    Earlier,
    /// While it was selected: numbers change as they do at EXPUNGE.
    Now,
}

/// Most ranges of one VANISHED: some 8,000 bytes for usual UIDs.
const VANISHED_RANGES: usize = 1_000;

impl Reply {
    /// `* n EXISTS`.
    pub fn exists(&mut self, count: u32) {
        self.numbered(count, "EXISTS");
    }

    /// `* n RECENT`.
    pub fn recent(&mut self, count: u32) {
        self.numbered(count, "RECENT");
    }

    /// `* n EXPUNGE`.
    pub fn expunge(&mut self, seq: Seq) {
        self.numbered(seq.get(), "EXPUNGE");
    }

    /// `* VANISHED (EARLIER) 1:3,7`, or without `(EARLIER)`: these are gone (RFC 7162 3.2.10). Long
    /// sets make several lines. None for the empty set.
    pub fn vanished(&mut self, when: Vanished, uids: &UidSet) {
        let ranges: Vec<_> = uids.ranges().collect();
        for some in ranges.chunks(VANISHED_RANGES) {
            self.out.put_slice(match when {
                Vanished::Earlier => b"* VANISHED (EARLIER) ",
                Vanished::Now => b"* VANISHED ",
            });
            put_ranges(&mut self.out, some.iter().cloned());
            self.crlf();
        }
    }

    /// `* CAPABILITY ...`.
    pub fn capability(&mut self, names: &[Cow<'_, str>]) {
        self.words("CAPABILITY", names);
    }

    /// `* LANGUAGE (...)`: the languages there are, or the one that is spoken from now on (RFC 5255
    /// 3.3).
    pub fn language(&mut self, tags: &[&str]) {
        self.out.put_slice(b"* LANGUAGE (");
        for (i, tag) in tags.iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b' ');
            }
            string::astring(&mut self.out, tag.as_bytes());
        }
        self.out.put_slice(b")\r\n");
    }

    /// `* ENABLED ...`: what ENABLE has switched on (RFC 5161 3.2).
    pub fn enabled(&mut self, names: &[&str]) {
        self.words("ENABLED", names);
    }

    /// `* FLAGS (...)`: the flags in use in a mailbox.
    pub fn flags(&mut self, flags: &Flags) {
        self.out.put_slice(b"* FLAGS (");
        fetch::flag_names(&mut self.out, flags, Recent::No);
        self.out.put_slice(b")\r\n");
    }

    /// `* ID (...)` (RFC 2971 3.2).
    pub fn id(&mut self, fields: &[IdField<'_>]) {
        self.out.put_slice(b"* ID ");
        for (i, (name, value)) in fields.iter().enumerate() {
            self.out.put_u8(if i == 0 { b'(' } else { b' ' });
            string::string(&mut self.out, name.as_bytes());
            self.out.put_u8(b' ');
            string::nstring(&mut self.out, value.map(str::as_bytes));
        }
        self.out.put_slice(if fields.is_empty() { b"NIL" } else { b")" });
        self.crlf();
    }

    /// `* NAMESPACE`: personal, other users' and shared namespaces (RFC 2342 5).
    pub fn namespace(&mut self, classes: [&[Namespace<'_>]; 3]) {
        self.out.put_slice(b"* NAMESPACE");
        for class in classes {
            self.out.put_slice(if class.is_empty() { b" NIL" } else { b" (" });
            for (prefix, delimiter) in class {
                self.out.put_u8(b'(');
                string::utf8(&mut self.out, &self.names.encode(prefix));
                self.out.put_u8(b' ');
                delimiter_of(&mut self.out, Some(*delimiter));
                self.out.put_u8(b')');
            }
            if !class.is_empty() {
                self.out.put_u8(b')');
            }
        }
        self.crlf();
    }

    /// `* UIDBATCHES (TAG "tag") 9000:5001,5000:1` (RFC 10022): from the highest down, as the batches are.
    pub fn uid_batches(&mut self, tag: &Tag, batches: impl Iterator<Item = RangeInclusive<Uid>>) {
        self.out.put_slice(b"* UIDBATCHES (TAG ");
        string::string(&mut self.out, tag.as_str().as_bytes());
        self.out.put_u8(b')');
        for (i, batch) in batches.enumerate() {
            self.out.put_u8(if i == 0 { b' ' } else { b',' });
            number::put(&mut self.out, batch.end().get());
            self.out.put_u8(b':');
            number::put(&mut self.out, batch.start().get());
        }
        self.crlf();
    }

    /// `* STATUS mailbox (ITEM n ...)`.
    pub fn status(&mut self, mailbox: &str, items: &[(StatusItem, StatusValue)]) {
        self.out.put_slice(b"* STATUS ");
        string::mailbox(&mut self.out, mailbox, self.names);
        self.out.put_slice(b" (");
        for (i, (item, value)) in items.iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b' ');
            }
            self.out.put_slice(item.name().as_bytes());
            self.out.put_u8(b' ');
            match *value {
                StatusValue::Number(number) => number::put(&mut self.out, number),
                StatusValue::Mailbox(key) => {
                    self.out.put_slice(format!("({})", mailbox_id(key)).as_bytes());
                }
            }
        }
        self.out.put_slice(b")\r\n");
    }

    /// Begins `* SEARCH n n n` or `* SORT n n n`: [`Self::numbers`] and [`Self::numbers_end`] follow.
    pub fn numbers_of(&mut self, name: &str) {
        self.out.put_slice(b"* ");
        self.out.put_slice(name.as_bytes());
    }

    /// Sequence numbers or UIDs.
    pub fn numbers(&mut self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            self.out.put_u8(b' ');
            number::put(&mut self.out, number);
        }
    }

    /// The end of the numbers, with the highest MODSEQ of the messages if MODSEQ was among the keys
    /// and some were found (RFC 7162 3.1.5).
    pub fn numbers_end(&mut self, modseq: Option<ModSeq>) {
        if let Some(ModSeq(modseq)) = modseq {
            self.out.put_slice(b" (MODSEQ ");
            number::put(&mut self.out, modseq);
            self.out.put_u8(b')');
        }
        self.crlf();
    }

    fn numbered(&mut self, number: u32, name: &str) {
        self.out.put_slice(b"* ");
        number::put(&mut self.out, number);
        self.out.put_u8(b' ');
        self.out.put_slice(name.as_bytes());
        self.crlf();
    }

    fn words(&mut self, name: &str, words: &[impl AsRef<str>]) {
        self.out.put_slice(b"* ");
        self.out.put_slice(name.as_bytes());
        for word in words {
            self.out.put_u8(b' ');
            string::text(&mut self.out, word.as_ref());
        }
        self.crlf();
    }
}

/// A set of UIDs or sequence numbers: `1:3,7`.
pub(super) fn set(out: &mut BytesMut, uids: &UidSet) {
    put_ranges(out, uids.ranges());
}

fn put_ranges(out: &mut BytesMut, ranges: impl Iterator<Item = RangeInclusive<Uid>>) {
    for (i, range) in ranges.enumerate() {
        if i > 0 {
            out.put_u8(b',');
        }
        number::put(out, range.start().get());
        if range.start() != range.end() {
            out.put_u8(b':');
            number::put(out, range.end().get());
        }
    }
}

/// Numbers in their order: `5,3:4,2`. Each range goes up.
pub(super) fn ordered(out: &mut BytesMut, numbers: &[u32]) {
    let runs = numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    for (i, run) in runs.enumerate() {
        if i > 0 {
            out.put_u8(b',');
        }
        let ends = [run.first(), run.last().filter(|_| run.len() > 1)];
        for (j, end) in ends.into_iter().flatten().enumerate() {
            if j > 0 {
                out.put_u8(b':');
            }
            number::put(out, *end);
        }
    }
}

/// A hierarchy delimiter, or NIL in a flat hierarchy.
pub(super) fn delimiter_of(out: &mut BytesMut, delimiter: Option<char>) {
    let mut bytes = [0; 4];
    let delimiter = delimiter.map(|c| c.encode_utf8(&mut bytes).as_bytes());
    string::nstring(out, delimiter);
}
