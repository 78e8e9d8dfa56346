//! One FETCH response.

use std::io;

use bytes::Bytes;
use mailstore::message::Fetched;
use mailstore::uid::Seq;
use wire::Ended;

use super::content::{self, Body, Form, Rest};
use super::{Extra, Shape};
use crate::codec::command::FetchItem;
use crate::codec::reply::{Code, Fetch};
use crate::outcome::Failed;
use crate::state::Selected;
use crate::talk::Talk;

/// One FETCH response that is being written.
pub(super) struct Line<'a> {
    pub(super) talk: &'a mut Talk,
    pub(super) selected: &'a mut Selected,
    pub(super) shape: &'a Shape<'a>,
    pub(super) message: &'a Fetched,
    pub(super) seq: Seq,
    /// FLAGS goes last, though not asked for: the message has just become `\Seen`.
    pub(super) flags: Extra,
}

impl Line<'_> {
    /// Writes it. If a content cannot be read before anything was sent of it, it leaves no trace.
    /// One that cannot be decoded is left out.
    pub(super) async fn write(&mut self) -> Result<(), Failed> {
        let row = &self.message.row;
        let shows_flags = self.flags == Extra::Added || self.shape.shows_flags;
        if shows_flags && !row.flags.keywords().is_empty() {
            self.selected.learn(row, &mut self.talk.reply);
        }
        let mut outcome = Ok(());
        let mut start = Some(self.talk.reply.len());
        let mut fetch = self.selected.begin_fetch(&mut self.talk.reply, self.seq, row.uid);
        if self.shape.uid == Extra::Added {
            fetch.uid(row.uid);
        }
        for item in self.shape.items {
            let FetchItem::Content(content) = item else {
                plain(&mut fetch, self.selected, self.message, item);
                continue;
            };
            match content::open(self.selected.store(), self.message, content).await {
                Ok(None) => fetch.content(content, None),
                Ok(Some(Body::Whole(bytes))) => {
                    fetch.content_of(content, bytes.len() as u64);
                    self.talk.put(bytes);
                    fetch = self.talk.reply.resume();
                }
                Ok(Some(Body::Parts { len, form, first, rest })) => {
                    match form {
                        Form::Literal => fetch.content_of(content, len),
                        Form::Literal8 => fetch.content8_of(content, len),
                    }
                    start = None;
                    send(self.talk, len, first, rest).await?;
                    fetch = self.talk.reply.resume();
                }
                Ok(Some(Body::Short(bytes))) => fetch.content(content, Some(&bytes)),
                Ok(Some(Body::Size(len))) => fetch.binary_size(content, len),
                Err(failed @ Failed::No(Some(Code::UnknownCte), _)) => outcome = Err(failed),
                Err(failed) => {
                    let Some(start) = start else { return Err(cut_short()) };
                    self.talk.take_back(start);
                    return Err(failed);
                }
            }
        }
        if self.flags == Extra::Added {
            fetch.flags(&row.flags, self.selected.recent(row.uid));
        }
        if self.shape.modseq == Extra::Added {
            fetch.modseq(self.selected.show(row.modseq));
        }
        match start {
            Some(start) if fetch.is_empty() => self.talk.take_back(start),
            _ => fetch.end(),
        }
        outcome
    }
}

/// An item that is at hand.
fn plain(fetch: &mut Fetch<'_>, selected: &mut Selected, message: &Fetched, item: &FetchItem) {
    let row = &message.row;
    let derived = message.derived.as_deref();
    match item {
        FetchItem::Flags => fetch.flags(&row.flags, selected.recent(row.uid)),
        FetchItem::Uid => fetch.uid(row.uid),
        FetchItem::InternalDate => fetch.internal_date(row.internal_date),
        FetchItem::Size => fetch.size(row.size),
        FetchItem::ModSeq => fetch.modseq(selected.show(row.modseq)),
        FetchItem::Envelope => {
            fetch.envelope(derived.map_or(b"NIL", |derived| derived.envelope()));
        }
        FetchItem::BodyStructure => {
            fetch.body_structure(derived.map_or(b"NIL", |derived| derived.structure()));
        }
        FetchItem::Body => fetch.body(&derived.map_or_else(Bytes::new, |derived| derived.body())),
        FetchItem::EmailId => fetch.email_id(row.email),
        FetchItem::ThreadId => fetch.thread_id(row.thread),
        FetchItem::SaveDate => fetch.save_date(row.saved),
        FetchItem::Preview => fetch.preview(derived.map_or("", |derived| derived.preview())),
        FetchItem::Content(_) => {}
    }
}

/// Sends the bytes that were announced. If they cannot be read any more, or are not as many as was
/// said, nothing but the end of the connection can tell the client.
async fn send(talk: &mut Talk, len: u64, first: Vec<Bytes>, mut rest: Rest) -> Result<(), Failed> {
    let mut sent = 0;
    for bytes in first {
        sent += bytes.len() as u64;
        talk.put(bytes);
        talk.flush_full().await?;
    }
    loop {
        match rest.next().await {
            Ok(Some(bytes)) => {
                sent += bytes.len() as u64;
                talk.put(bytes);
                talk.flush_full().await?;
            }
            Ok(None) if sent == len => return Ok(()),
            Ok(None) => return Err(cut_short()),
            Err(error) => {
                tracing::error!(%error, "a message could not be read to its end");
                return Err(cut_short());
            }
        }
    }
}

fn cut_short() -> Failed {
    Failed::Ended(Ended::Lost(io::Error::other("a message could not be sent to its end")))
}
