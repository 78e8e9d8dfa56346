//! The documents of accounts, mailboxes and messages.

use std::collections::BTreeSet;

use mongodb::bson::{Bson, Document, doc};

use super::document::{self, Fields, Read, binary, count, moment};
use crate::flags::{Flags, Keyword, SystemFlag};
use crate::id::{AccountId, ChangeId, EmailId, MailboxId, ThreadId};
use crate::mailbox::{AccountHead, Counts, Mailbox, MailboxState, Quota, SpecialUse, Usage};
use crate::message::{Presence, Row, Uidl};
use crate::time::{InternalDate, Timestamp};
use crate::uid::{ModSeq, Uid};

pub(super) fn head_to(account: AccountId, head: &AccountHead) -> Read<Document> {
    let mut quota = Document::new();
    for (name, limit) in [("bytes", head.quota.bytes), ("messages", head.quota.messages)] {
        if let Some(limit) = limit {
            quota.insert(name, count(limit));
        }
    }
    document::seal(doc! {
        "_id": account.get(),
        "modseq": count(head.modseq.0),
        "horizon": count(head.horizon.0),
        "lastMailbox": i64::from(head.last_mailbox),
        "lastUidValidity": i64::from(head.last_uid_validity),
        "usage": { "bytes": count(head.usage.bytes), "messages": count(head.usage.messages) },
        "quota": quota,
    })
}

pub(super) fn head_from(document: Document) -> Read<AccountHead> {
    let fields = document::open(document, "account")?;
    let (usage, quota) = (fields.inner("usage")?, fields.inner("quota")?);
    Ok(AccountHead {
        modseq: fields.modseq("modseq")?,
        horizon: fields.modseq("horizon")?,
        last_mailbox: fields.u32("lastMailbox")?,
        last_uid_validity: fields.u32("lastUidValidity")?,
        usage: Usage { bytes: usage.bits("bytes")?, messages: usage.bits("messages")? },
        quota: Quota {
            bytes: quota.optional("bytes", Fields::bits)?,
            messages: quota.optional("messages", Fields::bits)?,
        },
    })
}

/// A mailbox, and what is stored beside it.
#[derive(Clone, Debug)]
pub(super) struct StoredMailbox {
    pub(super) mailbox: Mailbox,
    /// The commit that last wrote the document.
    pub(super) written: ModSeq,
    /// When it was deleted.
    pub(super) gone: Option<Timestamp>,
    /// Who has taken what was recent.
    pub(super) taken: Option<Taken>,
}

/// How what was `\Recent` was taken the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// The change that took it.
    pub(super) by: ChangeId,
    /// `recent_from` until then.
    pub(super) from: u64,
}

pub(super) fn mailbox_to(account: AccountId, stored: &StoredMailbox) -> Read<Document> {
    let StoredMailbox { mailbox, written, gone, taken } = stored;
    let mut document = doc! {
        "_id": document::mailbox_id(account, mailbox.id),
        "account": account.get(),
        "id": i64::from(mailbox.id.0),
        "leaf": &mailbox.leaf,
        "state": state_to(mailbox.state),
        "uidValidity": i64::from(mailbox.uid_validity),
        "uidNext": count(mailbox.uid_next),
        "modseq": count(mailbox.modseq.0),
        "counts": {
            "messages": i64::from(mailbox.counts.messages),
            "unseen": i64::from(mailbox.counts.unseen),
            "deleted": i64::from(mailbox.counts.deleted),
            "bytes": count(mailbox.counts.bytes),
        },
        "recentFrom": count(mailbox.recent_from),
        "keywords": mailbox.keywords.iter().map(Keyword::as_str).collect::<Vec<_>>(),
        "written": count(written.0),
    };
    if let Some(parent) = mailbox.parent {
        document.insert("parent", i64::from(parent.0));
    }
    if let Some(special) = mailbox.special_use {
        document.insert("specialUse", special.name());
    }
    if let Some(at) = gone {
        document.insert("gone", moment(*at));
    }
    if let Some(Taken { by, from }) = taken {
        let taken = doc! { "by": binary(by.to_bytes()), "from": count(*from) };
        document.insert("recentTaken", taken);
    }
    document::seal(document)
}

pub(super) fn mailbox_from(document: Document) -> Read<StoredMailbox> {
    let fields = document::open(document, "mailbox")?;
    let counts = fields.inner("counts")?;
    let special = |fields: &Fields, name: &str| {
        SpecialUse::from_name(fields.text(name)?).ok_or_else(|| fields.wrong(name))
    };
    let mailbox = Mailbox {
        id: MailboxId(fields.u32("id")?),
        parent: fields.optional("parent", Fields::u32)?.map(MailboxId),
        leaf: fields.text("leaf")?.to_owned(),
        special_use: fields.optional("specialUse", special)?,
        state: state_from(fields.text("state")?).ok_or_else(|| fields.wrong("state"))?,
        uid_validity: fields.u32("uidValidity")?,
        uid_next: fields.u64("uidNext")?,
        modseq: fields.modseq("modseq")?,
        counts: Counts {
            messages: counts.u32("messages")?,
            unseen: counts.u32("unseen")?,
            deleted: counts.u32("deleted")?,
            bytes: counts.bits("bytes")?,
        },
        recent_from: fields.u64("recentFrom")?,
        keywords: keywords(&fields, fields.texts("keywords")?)?,
    };
    let gone = fields.optional("gone", Fields::moment)?;
    let taken = fields.optional("recentTaken", taken_from)?;
    Ok(StoredMailbox { mailbox, written: fields.modseq("written")?, gone, taken })
}

fn taken_from(fields: &Fields, name: &str) -> Read<Taken> {
    let taken = fields.inner(name)?;
    Ok(Taken { by: ChangeId::from_bytes(taken.array("by")?), from: taken.u64("from")? })
}

const STATES: [(MailboxState, &str); 3] = [
    (MailboxState::Live, "live"),
    (MailboxState::Placeholder, "placeholder"),
    (MailboxState::Deleted, "deleted"),
];

fn state_to(state: MailboxState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, name)| name)
}

fn state_from(name: &str) -> Option<MailboxState> {
    STATES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
}

fn keywords(fields: &Fields, names: Vec<&str>) -> Read<Vec<Keyword>> {
    let keywords = names.into_iter().map(Keyword::new);
    keywords.collect::<Option<_>>().ok_or_else(|| fields.wrong("a keyword"))
}

/// A membership; `gone` is when it was expunged.
pub(super) fn message_to(
    (account, mailbox): (AccountId, MailboxId),
    row: &Row,
    gone: Option<Timestamp>,
) -> Read<Document> {
    let mut flags: Vec<Bson> = row.flags.system().map(|flag| flag.name().into()).collect();
    flags.extend(row.flags.keywords().iter().map(|keyword| Bson::from(keyword.as_str())));
    let mut document = doc! {
        "_id": document::id(account, &[&mailbox.0.to_be_bytes(), &row.uid.get().to_be_bytes()]),
        "account": account.get(),
        "mailbox": i64::from(mailbox.0),
        "uid": i64::from(row.uid.get()),
        "email": document::email_id(row.email),
        "modseq": count(row.modseq.0),
        "flags": flags,
        "date": date_to(row.internal_date.secs),
        "zone": i32::from(row.internal_date.zone),
        "saved": moment(row.saved),
        "thread": row.thread.0.cast_signed(),
        "size": count(row.size),
    };
    uidl_to(&row.uidl, &mut document);
    if let Some(at) = gone {
        document.insert("gone", moment(at));
    }
    document::seal(document)
}

/// A membership, and whether it still is one.
pub(super) fn message_from(document: Document) -> Read<(Row, Presence)> {
    let fields = document::open(document, "message")?;
    let uid = Uid::new(fields.u32("uid")?).ok_or_else(|| fields.wrong("uid"))?;
    let zone = i16::try_from(fields.i64("zone")?).map_err(|_| fields.wrong("zone"))?;
    let row = Row {
        uid,
        email: EmailId::from_bytes(fields.array("email")?),
        modseq: fields.modseq("modseq")?,
        flags: flags(&fields)?,
        internal_date: InternalDate { secs: date_from(&fields)?, zone },
        saved: fields.moment("saved")?,
        thread: ThreadId(fields.bits("thread")?),
        size: fields.u64("size")?,
        uidl: uidl_from(&fields)?,
    };
    let presence = if fields.has("gone") { Presence::Expunged } else { Presence::Live };
    Ok((row, presence))
}

/// Nothing, for almost all messages.
fn uidl_to(uidl: &Uidl, document: &mut Document) {
    match uidl {
        Uidl::OfEmail => {}
        Uidl::OfCopy(mailbox, uid) => {
            let (mailbox, uid) = (i64::from(mailbox.0), i64::from(uid.get()));
            document.insert("uidl", doc! { "mailbox": mailbox, "uid": uid });
        }
        Uidl::Given(text) => drop(document.insert("uidl", &**text)),
    }
}

fn uidl_from(fields: &Fields) -> Read<Uidl> {
    match fields.value("uidl") {
        None => Ok(Uidl::OfEmail),
        Some(Bson::String(text)) => Ok(Uidl::Given(text.as_str().into())),
        Some(_) => {
            let copy = fields.inner("uidl")?;
            let uid = Uid::new(copy.u32("uid")?).ok_or_else(|| fields.wrong("uidl"))?;
            Ok(Uidl::OfCopy(MailboxId(copy.u32("mailbox")?), uid))
        }
    }
}

fn flags(fields: &Fields) -> Read<Flags> {
    let (system, names): (Vec<_>, Vec<_>) =
        fields.texts("flags")?.into_iter().partition(|name| name.starts_with('\\'));
    let system: Option<Vec<_>> = system.into_iter().map(SystemFlag::from_name).collect();
    let system = system.ok_or_else(|| fields.wrong("flags"))?;
    Ok(Flags::new(system, keywords(fields, names)?))
}

/// A date, or, far from our time, the number of seconds.
fn date_to(secs: i64) -> Bson {
    match secs.checked_mul(1000).map(|millis| moment(Timestamp::from_millis(millis))) {
        Some(date @ Bson::DateTime(_)) => date,
        _ => Bson::Int64(secs),
    }
}

fn date_from(fields: &Fields) -> Read<i64> {
    match fields.value("date") {
        Some(Bson::DateTime(at)) => Ok(at.timestamp_millis().div_euclid(1000)),
        _ => fields.i64("date"),
    }
}

/// The key of the property that holds an account's subscriptions.
pub(super) const SUBSCRIPTIONS: &str = "subscriptions";

/// The `_id` of their document.
pub(super) fn subscriptions_id(account: AccountId) -> Bson {
    document::id(account, &[&0_u32.to_be_bytes(), SUBSCRIPTIONS.as_bytes()])
}

pub(super) fn subscriptions_to(account: AccountId, names: &BTreeSet<String>) -> Read<Document> {
    document::seal(doc! {
        "_id": subscriptions_id(account),
        "account": account.get(),
        "mailbox": 0_i64,
        "key": SUBSCRIPTIONS,
        "names": names.iter().collect::<Vec<_>>(),
    })
}

pub(super) fn subscriptions_from(document: Document) -> Read<BTreeSet<String>> {
    let fields = document::open(document, "subscriptions")?;
    Ok(fields.texts("names")?.into_iter().map(str::to_owned).collect())
}

/// A stored snapshot of the UIDs of a mailbox.
pub(super) fn uids_to(
    (account, mailbox): (AccountId, MailboxId),
    known: &crate::backends::uids::Known,
) -> Read<Document> {
    document::seal(doc! {
        "_id": document::mailbox_id(account, mailbox),
        "account": account.get(),
        "mailbox": i64::from(mailbox.0),
        "uidValidity": i64::from(known.uid_validity),
        "modseq": count(known.modseq.0),
        "uids": binary(known.uids.encode()),
    })
}

pub(super) fn uids_from(document: Document) -> Read<crate::backends::uids::Known> {
    let fields = document::open(document, "snapshot of UIDs")?;
    let uids = crate::uid::UidArray::decode(fields.bytes("uids")?);
    Ok(crate::backends::uids::Known {
        uid_validity: fields.u32("uidValidity")?,
        modseq: fields.modseq("modseq")?,
        uids: uids.map_err(|_| fields.wrong("uids"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        AccountId::new(7).unwrap()
    }

    #[test]
    fn a_head_comes_back() {
        let head = AccountHead {
            modseq: ModSeq(9),
            horizon: ModSeq(3),
            last_mailbox: 4,
            last_uid_validity: u32::MAX,
            usage: Usage { bytes: u64::MAX, messages: 1 },
            quota: Quota { bytes: None, messages: Some(u64::MAX) },
        };
        assert_eq!(head_from(head_to(account(), &head).unwrap()).unwrap(), head);
    }

    #[test]
    fn a_mailbox_comes_back() {
        let mailbox = Mailbox {
            id: MailboxId(3),
            parent: Some(MailboxId(1)),
            leaf: "Entwürfe".to_owned(),
            special_use: Some(SpecialUse::Drafts),
            state: MailboxState::Placeholder,
            uid_validity: 5,
            uid_next: 1 << 32,
            modseq: ModSeq(8),
            counts: Counts { messages: 1, unseen: 2, deleted: 3, bytes: 4 },
            recent_from: 6,
            keywords: vec![Keyword::new("$Junk").unwrap()],
        };
        let gone = Some(Timestamp::from_millis(1));
        let taken = Some(Taken { by: ChangeId(u128::MAX - 1), from: 4 });
        let stored = StoredMailbox { mailbox, written: ModSeq(9), gone, taken };
        let found = mailbox_from(mailbox_to(account(), &stored).unwrap()).unwrap();
        assert_eq!((found.mailbox, found.written), (stored.mailbox, ModSeq(9)));
        assert_eq!((found.gone, found.taken), (gone, taken));
    }

    #[test]
    fn a_message_comes_back() {
        let uidls = [
            Uidl::OfEmail,
            Uidl::OfCopy(MailboxId(3), Uid::MAX),
            Uidl::Given("a.b".into()),
            Uidl::OfEmail,
            Uidl::OfEmail,
        ];
        let dates = [0, -5, i64::MAX, i64::MIN, 1_700_000_000];
        for (secs, uidl) in dates.into_iter().zip(uidls) {
            let row = Row {
                uid: Uid::MAX,
                email: EmailId(u128::MAX),
                modseq: ModSeq(2),
                flags: Flags::new([SystemFlag::Seen], [Keyword::new("$x").unwrap()]),
                internal_date: InternalDate { secs, zone: -720 },
                saved: Timestamp::from_millis(i64::MIN),
                thread: ThreadId(u64::MAX),
                size: 1,
                uidl,
            };
            for (gone, presence) in
                [(None, Presence::Live), (Some(Timestamp::from_millis(4)), Presence::Expunged)]
            {
                let document = message_to((account(), MailboxId(1)), &row, gone).unwrap();
                assert_eq!(message_from(document).unwrap(), (row.clone(), presence));
            }
        }
    }
}
