//! ESEARCH responses (RFC 4466 2.6.2, RFC 9051 7.3.4), item by item.

use bytes::{BufMut, BytesMut};
use mailstore::search::{End, Window};
use mailstore::uid::UidSet;

use super::{Code, Condition, Reply, data, number, string};
use crate::codec::Tag;
use crate::codec::command::By;

/// An ESEARCH response that is being written. [`Esearch::end`] must be called.
#[derive(Debug)]
#[must_use = "an ESEARCH response must be ended"]
pub struct Esearch<'a> {
    out: &'a mut BytesMut,
}

/// Sequence numbers or UIDs.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Of what was searched: ascending.
    Set(UidSet),
    /// Of what was sorted: in their order (RFC 5267 3).
    List(Vec<u32>),
}

impl Numbers {
    /// Are there none?
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Set(set) => set.is_empty(),
            Self::List(list) => list.is_empty(),
        }
    }

    fn write(&self, out: &mut BytesMut) {
        match self {
            Self::Set(set) => data::set(out, set),
            Self::List(list) => data::ordered(out, list),
        }
    }
}

/// What happened to a result that is kept current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// ADDTO: these came.
    AddTo,
    /// REMOVEFROM: these went.
    RemoveFrom,
}

impl Reply {
    /// What happened to the result of the command of that tag, unless it is nothing: stretches,
    /// each with its position.
    pub fn update(&mut self, tag: &Tag, by: By, (change, changes): (Change, &[(u32, Numbers)])) {
        if !changes.is_empty() {
            let mut esearch = self.esearch(tag, by);
            esearch.changes(change, changes);
            esearch.end();
        }
    }

    /// `* NO [NOUPDATE "tag"] text`: the result will not be kept current (RFC 5267 4.3.1).
    pub fn no_update(&mut self, tag: &Tag, text: &str) {
        self.untagged(Condition::No, Some(Code::NoUpdate(tag.as_str())), text);
    }

    /// Begins `* ESEARCH (TAG "tag") UID`: the answer to the command of that tag.
    pub fn esearch(&mut self, tag: &Tag, by: By) -> Esearch<'_> {
        self.out.put_slice(b"* ESEARCH (TAG ");
        string::string(&mut self.out, tag.as_str().as_bytes());
        self.out.put_slice(match by {
            By::Seq => b")",
            By::Uid => b") UID",
        });
        Esearch { out: &mut self.out }
    }

    /// Begins `* ESEARCH (TAG "tag" MAILBOX name UIDVALIDITY n) UID`: what was found in that
    /// mailbox (RFC 7377 2.1).
    pub fn esearch_in(&mut self, tag: &Tag, (name, validity): (&str, u32)) -> Esearch<'_> {
        self.out.put_slice(b"* ESEARCH (TAG ");
        string::string(&mut self.out, tag.as_str().as_bytes());
        self.out.put_slice(b" MAILBOX ");
        string::mailbox(&mut self.out, name, self.names);
        self.out.put_slice(b" UIDVALIDITY ");
        number::put(&mut self.out, validity);
        self.out.put_slice(b") UID");
        Esearch { out: &mut self.out }
    }
}

impl Esearch<'_> {
    /// Ends the response.
    pub fn end(self) {
        self.out.put_slice(b"\r\n");
    }

    /// `NAME n`: MIN, MAX, COUNT, MODSEQ.
    pub fn number(&mut self, name: &str, number: impl Into<u64>) {
        self.name(name);
        number::put(self.out, number);
    }

    /// `ALL set`.
    pub fn all(&mut self, numbers: &Numbers) {
        self.name("ALL");
        numbers.write(self.out);
    }

    /// `PARTIAL (window set)`, with NIL for nothing (RFC 9394 3.1).
    pub fn partial(&mut self, window: Window, numbers: &Numbers) {
        self.window(window);
        match numbers.is_empty() {
            true => self.out.put_slice(b"NIL"),
            false => numbers.write(self.out),
        }
        self.out.put_u8(b')');
    }

    /// `RELEVANCY (score ...)` (RFC 6203 4).
    pub fn relevancy(&mut self, scores: impl IntoIterator<Item = u8>) {
        self.name("RELEVANCY");
        self.out.put_u8(b'(');
        for (i, score) in scores.into_iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b' ');
            }
            number::put(self.out, score);
        }
        self.out.put_u8(b')');
    }

    /// `ADDTO (position set ...)`, `REMOVEFROM (position set ...)` (RFC 5267 4.3).
    fn changes(&mut self, change: Change, changes: &[(u32, Numbers)]) {
        self.name(match change {
            Change::AddTo => "ADDTO",
            Change::RemoveFrom => "REMOVEFROM",
        });
        for (i, (position, numbers)) in changes.iter().enumerate() {
            self.out.put_u8(if i == 0 { b'(' } else { b' ' });
            number::put(self.out, *position);
            self.out.put_u8(b' ');
            numbers.write(self.out);
        }
        self.out.put_u8(b')');
    }

    /// `PARTIAL (-1:-100 `, up to what it shows.
    fn window(&mut self, window: Window) {
        self.name("PARTIAL");
        let sign = if window.end == End::Last { "-" } else { "" };
        let (near, far) = window.bounds();
        self.out.put_slice(format!("({sign}{near}:{sign}{far} ").as_bytes());
    }

    fn name(&mut self, name: &str) {
        self.out.put_u8(b' ');
        self.out.put_slice(name.as_bytes());
        self.out.put_u8(b' ');
    }
}
