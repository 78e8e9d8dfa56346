//! A record as bytes.
//!
//! `version, modseq, change id (16), session (8), time, entries, outcome`, numbers as in LEB128.
//! The version comes first, so that records of every release can be told apart for ever.

use super::{Entry, Event, MailboxEvent, Record};
use crate::change::Outcome;
use crate::id::{ChangeId, MailboxId, SessionId};
pub use crate::pack::DecodeError;
use crate::pack::{Packer, Unpacker};
use crate::time::Timestamp;
use crate::uid::{ModSeq, Uid};

/// The version written.
pub const VERSION: u8 = 1;

/// A record as bytes that end in a checksum.
pub fn encode(record: &Record) -> Vec<u8> {
    let mut packer = Packer::with_capacity(64);
    packer
        .u8(VERSION)
        .number(record.modseq.0)
        .raw(&record.change.to_bytes())
        .raw(&record.by.0.to_le_bytes())
        .signed(record.at.millis())
        .number(record.entries.len() as u64);
    for entry in &record.entries {
        packer.number(u64::from(entry.mailbox.0));
        event(&mut packer, &entry.event);
    }
    outcome(&mut packer, &record.outcome);
    packer.seal(0)
}

/// The reverse of [`encode`]. Fails on anything else, without ever taking more memory than a few
/// times the input.
pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    let mut unpacker = Unpacker::open(bytes, 0)?;
    if unpacker.u8()? != VERSION {
        return Err(unpacker.error("journal record version 1"));
    }
    let modseq = ModSeq(unpacker.number()?);
    let change = ChangeId::from_bytes(unpacker.array()?);
    let by = SessionId(u64::from_le_bytes(unpacker.array()?));
    let at = Timestamp::from_millis(unpacker.signed()?);
    let mut entries = Vec::new();
    for _ in 0..unpacker.number()? {
        let mailbox = MailboxId(unpacker.u32()?);
        entries.push(Entry { mailbox, event: read_event(&mut unpacker)? });
    }
    let outcome = read_outcome(&mut unpacker)?;
    unpacker.end()?;
    Ok(Record { modseq, change, by, at, entries, outcome })
}

fn event(packer: &mut Packer, event: &Event) {
    match event {
        Event::Arrived(range) => {
            let (from, to) = (range.start().get(), range.end().get());
            packer.u8(1).number(u64::from(from)).number(u64::from(to - from))
        }
        Event::Flags(uids) => packer.u8(2).uids(uids),
        Event::Expunged(uids) => packer.u8(3).uids(uids),
        Event::Mailbox(event) => packer.u8(4).u8(*event as u8),
        Event::Property => packer.u8(5),
    };
}

fn read_event(unpacker: &mut Unpacker<'_>) -> Result<Event, DecodeError> {
    Ok(match unpacker.u8()? {
        1 => {
            let (from, count) = (unpacker.u32()?, unpacker.u32()?);
            let to = from.checked_add(count).and_then(Uid::new);
            match (Uid::new(from), to) {
                (Some(from), Some(to)) => Event::Arrived(from..=to),
                _ => return Err(unpacker.error("a UID range")),
            }
        }
        2 => Event::Flags(unpacker.uids()?),
        3 => Event::Expunged(unpacker.uids()?),
        4 => Event::Mailbox(match unpacker.u8()? {
            1 => MailboxEvent::Created,
            2 => MailboxEvent::Renamed,
            3 => MailboxEvent::Deleted,
            4 => MailboxEvent::Subscribed,
            _ => return Err(unpacker.error("a kind of mailbox event")),
        }),
        5 => Event::Property,
        _ => return Err(unpacker.error("a kind of event")),
    })
}

fn outcome(packer: &mut Packer, outcome: &Outcome) {
    match outcome {
        Outcome::Done => packer.u8(0),
        Outcome::Appended { uid_validity, uids } => {
            packer.u8(1).number(u64::from(*uid_validity)).uids(uids)
        }
        Outcome::Flagged { changed, stale } => packer.u8(2).uids(changed).uids(stale),
        Outcome::Expunged { uids } => packer.u8(3).uids(uids),
        Outcome::Transferred { uid_validity, from, to } => {
            packer.u8(4).number(u64::from(*uid_validity)).uids(from).uids(to)
        }
        Outcome::Mailbox { id } => packer.u8(5).number(u64::from(id.0)),
        Outcome::Recent { from } => packer.u8(6).number(*from),
    };
}

fn read_outcome(unpacker: &mut Unpacker<'_>) -> Result<Outcome, DecodeError> {
    Ok(match unpacker.u8()? {
        0 => Outcome::Done,
        1 => Outcome::Appended { uid_validity: unpacker.u32()?, uids: unpacker.uids()? },
        2 => Outcome::Flagged { changed: unpacker.uids()?, stale: unpacker.uids()? },
        3 => Outcome::Expunged { uids: unpacker.uids()? },
        4 => Outcome::Transferred {
            uid_validity: unpacker.u32()?,
            from: unpacker.uids()?,
            to: unpacker.uids()?,
        },
        5 => Outcome::Mailbox { id: MailboxId(unpacker.u32()?) },
        6 => Outcome::Recent { from: unpacker.number()? },
        _ => return Err(unpacker.error("a kind of outcome")),
    })
}
