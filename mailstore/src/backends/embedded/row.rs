//! The values of small rows: account heads, mailboxes, memberships.

use crate::flags::{Flags, Keyword};
use crate::id::{EmailId, MailboxId, ThreadId};
use crate::mailbox::{AccountHead, Counts, Mailbox, MailboxState, Quota, SpecialUse, Usage};
use crate::message::{Row, Uidl};
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::time::{InternalDate, Timestamp};
use crate::uid::{ModSeq, Uid};

/// The number of a mailbox in the database: unique over all accounts.
pub(super) type MailboxNo = i64;

/// The key of a membership: the mailbox above, the UID below.
pub(super) fn key(mailbox: MailboxNo, uid: Uid) -> i64 {
    mailbox << 32 | i64::from(uid.get())
}

/// The UID in a key.
pub(super) fn uid_of(key: i64) -> Option<Uid> {
    Uid::new(key as u32)
}

pub(super) fn encode_head(head: &AccountHead, account: i64) -> Vec<u8> {
    let mut packer = Packer::with_capacity(40);
    packer
        .number(head.modseq.0)
        .number(head.horizon.0)
        .number(u64::from(head.last_mailbox))
        .number(u64::from(head.last_uid_validity))
        .number(head.usage.bytes)
        .number(head.usage.messages);
    for limit in [head.quota.bytes, head.quota.messages] {
        packer.number(limit.map_or(0, |limit| limit.saturating_add(1)));
    }
    packer.seal(account as u64)
}

pub(super) fn decode_head(bytes: &[u8], account: i64) -> Result<AccountHead, DecodeError> {
    let mut from = Unpacker::open(bytes, account as u64)?;
    Ok(AccountHead {
        modseq: ModSeq(from.number()?),
        horizon: ModSeq(from.number()?),
        last_mailbox: from.u32()?,
        last_uid_validity: from.u32()?,
        usage: Usage { bytes: from.number()?, messages: from.number()? },
        quota: Quota {
            bytes: from.number()?.checked_sub(1),
            messages: from.number()?.checked_sub(1),
        },
    })
}

pub(super) fn encode_mailbox(mailbox: &Mailbox, no: MailboxNo) -> Vec<u8> {
    let mut packer = Packer::with_capacity(80);
    packer
        .number(u64::from(mailbox.id.0))
        .number(mailbox.parent.map_or(0, |parent| u64::from(parent.0)))
        .bytes(mailbox.leaf.as_bytes())
        .u8(mailbox.special_use.map_or(0, |special| special as u8))
        .u8(mailbox.state as u8)
        .number(u64::from(mailbox.uid_validity))
        .number(mailbox.uid_next)
        .number(mailbox.modseq.0)
        .number(u64::from(mailbox.counts.messages))
        .number(u64::from(mailbox.counts.unseen))
        .number(u64::from(mailbox.counts.deleted))
        .number(mailbox.counts.bytes)
        .number(mailbox.recent_from)
        .number(mailbox.keywords.len() as u64);
    for keyword in &mailbox.keywords {
        packer.bytes(keyword.as_str().as_bytes());
    }
    packer.seal(no as u64)
}

pub(super) fn decode_mailbox(bytes: &[u8], no: MailboxNo) -> Result<Mailbox, DecodeError> {
    let mut from = Unpacker::open(bytes, no as u64)?;
    Ok(Mailbox {
        id: MailboxId(from.u32()?),
        parent: Some(from.u32()?).filter(|parent| *parent > 0).map(MailboxId),
        leaf: from.text()?.to_owned(),
        special_use: special_use(from.u8()?),
        state: state(from.u8()?).ok_or(from.error("a state"))?,
        uid_validity: from.u32()?,
        uid_next: from.number()?,
        modseq: ModSeq(from.number()?),
        counts: Counts {
            messages: from.u32()?,
            unseen: from.u32()?,
            deleted: from.u32()?,
            bytes: from.number()?,
        },
        recent_from: from.number()?,
        keywords: keywords(&mut from)?,
    })
}

fn special_use(byte: u8) -> Option<SpecialUse> {
    SpecialUse::ALL.into_iter().find(|special| *special as u8 == byte)
}

fn state(byte: u8) -> Option<MailboxState> {
    [MailboxState::Live, MailboxState::Placeholder, MailboxState::Deleted]
        .into_iter()
        .find(|state| *state as u8 == byte)
}

fn keywords(from: &mut Unpacker<'_>) -> Result<Vec<Keyword>, DecodeError> {
    let count = from.number()?;
    (0..count).map(|_| Keyword::new(from.text()?).ok_or(from.error("a keyword"))).collect()
}

pub(super) fn encode_row(row: &Row, key: i64) -> Vec<u8> {
    let mut packer = Packer::with_capacity(64);
    packer.number(row.modseq.0).u8(row.flags.bits()).number(row.flags.keywords().len() as u64);
    for keyword in row.flags.keywords() {
        packer.bytes(keyword.as_str().as_bytes());
    }
    packer
        .raw(&row.email.to_bytes())
        .signed(row.internal_date.secs)
        .signed(i64::from(row.internal_date.zone))
        .signed(row.saved.millis())
        .raw(&row.thread.0.to_le_bytes())
        .number(row.size);
    encode_uidl(&row.uidl, &mut packer);
    packer.seal(key as u64)
}

pub(super) fn decode_row(bytes: &[u8], key: i64) -> Result<Row, DecodeError> {
    let mut from = Unpacker::open(bytes, key as u64)?;
    let uid = uid_of(key).ok_or(from.error("a UID in the key"))?;
    let modseq = ModSeq(from.number()?);
    let bits = from.u8()?;
    let keywords = match from.clone().number()? {
        0 => from.number().map(|_| Vec::new())?,
        _ => keywords(&mut from)?,
    };
    let mut flags = Flags::from_bits(bits);
    if !keywords.is_empty() {
        flags = Flags::new(flags.system(), keywords);
    }
    Ok(Row {
        uid,
        modseq,
        flags,
        email: EmailId::from_bytes(from.array()?),
        internal_date: InternalDate {
            secs: from.signed()?,
            zone: i16::try_from(from.signed()?).map_err(|_| from.error("a zone"))?,
        },
        saved: Timestamp::from_millis(from.signed()?),
        thread: ThreadId(u64::from_le_bytes(from.array()?)),
        size: from.number()?,
        uidl: decode_uidl(&mut from)?,
    })
}

/// Nothing, for almost all messages; so it was before format 2.
fn encode_uidl(uidl: &Uidl, packer: &mut Packer) {
    match uidl {
        Uidl::OfEmail => {}
        Uidl::OfCopy(mailbox, uid) => {
            packer.u8(1).number(u64::from(mailbox.0)).number(u64::from(uid.get()));
        }
        Uidl::Given(text) => {
            packer.u8(2).bytes(text.as_bytes());
        }
    }
}

fn decode_uidl(from: &mut Unpacker<'_>) -> Result<Uidl, DecodeError> {
    if from.rest().is_empty() {
        return Ok(Uidl::OfEmail);
    }
    match from.u8()? {
        1 => {
            let mailbox = MailboxId(from.u32()?);
            let uid = Uid::new(from.u32()?).ok_or(from.error("a UID"))?;
            Ok(Uidl::OfCopy(mailbox, uid))
        }
        2 => Ok(Uidl::Given(from.text()?.into())),
        _ => Err(from.error("a unique-id")),
    }
}
