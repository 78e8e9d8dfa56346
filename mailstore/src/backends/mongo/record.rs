//! The documents of the journal.

use mongodb::bson::{Bson, Document, doc};

use super::document::{self, Fields, Read, binary, count, moment, uids_to};
use crate::change::Outcome;
use crate::id::{AccountId, ChangeId, MailboxId, SessionId};
use crate::journal::{Entry, Event, MailboxEvent, Record};
use crate::uid::Uid;

pub(super) fn record_to(account: AccountId, record: &Record) -> Read<Document> {
    document::seal(doc! {
        "_id": document::id(account, &[&record.modseq.0.to_be_bytes()]),
        "account": account.get(),
        "modseq": count(record.modseq.0),
        "change": binary(record.change.to_bytes()),
        "by": record.by.0.cast_signed(),
        "at": moment(record.at),
        "entries": record.entries.iter().map(entry_to).collect::<Vec<_>>(),
        "outcome": outcome_to(&record.outcome),
    })
}

pub(super) fn record_from(document: Document) -> Read<Record> {
    let fields = document::open(document, "journal record")?;
    Ok(Record {
        modseq: fields.modseq("modseq")?,
        change: ChangeId::from_bytes(fields.array("change")?),
        by: SessionId(fields.bits("by")?),
        at: fields.moment("at")?,
        entries: fields.inners("entries")?.iter().map(entry_from).collect::<Read<_>>()?,
        outcome: outcome_from(&fields.inner("outcome")?)?,
    })
}

fn entry_to(entry: &Entry) -> Bson {
    let mut document = doc! { "mailbox": i64::from(entry.mailbox.0) };
    match &entry.event {
        Event::Arrived(range) => {
            document.insert("arrived", i64::from(range.start().get()));
            document.insert("to", i64::from(range.end().get()));
        }
        Event::Flags(uids) => drop(document.insert("flags", uids_to(uids))),
        Event::Expunged(uids) => drop(document.insert("expunged", uids_to(uids))),
        Event::Mailbox(event) => drop(document.insert("event", event_to(*event))),
        Event::Property => drop(document.insert("event", PROPERTY)),
    }
    document.into()
}

fn entry_from(fields: &Fields) -> Read<Entry> {
    let mailbox = MailboxId(fields.u32("mailbox")?);
    let event = if fields.has("arrived") {
        let uid = |name: &str| Uid::new(fields.u32(name)?).ok_or_else(|| fields.wrong(name));
        let (from, to) = (uid("arrived")?, uid("to")?);
        if from > to {
            return Err(fields.wrong("to"));
        }
        Event::Arrived(from..=to)
    } else if fields.has("flags") {
        Event::Flags(fields.uids("flags")?)
    } else if fields.has("expunged") {
        Event::Expunged(fields.uids("expunged")?)
    } else {
        event_from(fields.text("event")?).ok_or_else(|| fields.wrong("event"))?
    };
    Ok(Entry { mailbox, event })
}

const PROPERTY: &str = "property";

const EVENTS: [(MailboxEvent, &str); 4] = [
    (MailboxEvent::Created, "created"),
    (MailboxEvent::Renamed, "renamed"),
    (MailboxEvent::Deleted, "deleted"),
    (MailboxEvent::Subscribed, "subscribed"),
];

fn event_to(event: MailboxEvent) -> &'static str {
    EVENTS.iter().find(|(known, _)| *known == event).map_or("", |(_, name)| name)
}

fn event_from(name: &str) -> Option<Event> {
    if name == PROPERTY {
        return Some(Event::Property);
    }
    let found = EVENTS.iter().find(|(_, known)| *known == name);
    found.map(|(event, _)| Event::Mailbox(*event))
}

fn outcome_to(outcome: &Outcome) -> Document {
    match outcome {
        Outcome::Done => doc! { "is": "done" },
        Outcome::Appended { uid_validity, uids } => {
            let uid_validity = i64::from(*uid_validity);
            doc! { "is": "appended", "uidValidity": uid_validity, "uids": uids_to(uids) }
        }
        Outcome::Flagged { changed, stale } => {
            doc! { "is": "flagged", "changed": uids_to(changed), "stale": uids_to(stale) }
        }
        Outcome::Expunged { uids } => doc! { "is": "expunged", "uids": uids_to(uids) },
        Outcome::Transferred { uid_validity, from, to } => doc! {
            "is": "transferred",
            "uidValidity": i64::from(*uid_validity),
            "from": uids_to(from),
            "to": uids_to(to),
        },
        Outcome::Mailbox { id } => doc! { "is": "mailbox", "id": i64::from(id.0) },
        Outcome::Recent { from } => doc! { "is": "recent", "from": count(*from) },
    }
}

fn outcome_from(fields: &Fields) -> Read<Outcome> {
    Ok(match fields.text("is")? {
        "done" => Outcome::Done,
        "appended" => Outcome::Appended {
            uid_validity: fields.u32("uidValidity")?,
            uids: fields.uids("uids")?,
        },
        "flagged" => {
            Outcome::Flagged { changed: fields.uids("changed")?, stale: fields.uids("stale")? }
        }
        "expunged" => Outcome::Expunged { uids: fields.uids("uids")? },
        "transferred" => Outcome::Transferred {
            uid_validity: fields.u32("uidValidity")?,
            from: fields.uids("from")?,
            to: fields.uids("to")?,
        },
        "mailbox" => Outcome::Mailbox { id: MailboxId(fields.u32("id")?) },
        "recent" => Outcome::Recent { from: fields.u64("from")? },
        _ => return Err(fields.wrong("is")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use crate::uid::{ModSeq, UidSet};

    #[test]
    fn every_event_and_outcome_comes_back() {
        let uid = |number| Uid::new(number).unwrap();
        let some = UidSet::range(uid(3)..=uid(9));
        let uids = || some.clone();
        let mut entries = vec![
            Event::Arrived(uid(1)..=Uid::MAX),
            Event::Flags(uids()),
            Event::Expunged(uids()),
            Event::Property,
        ];
        entries.extend(EVENTS.iter().map(|(event, _)| Event::Mailbox(*event)));
        let entries: Vec<_> = entries
            .into_iter()
            .map(|event| Entry { mailbox: MailboxId(u32::MAX), event })
            .collect();
        for outcome in [
            Outcome::Done,
            Outcome::Appended { uid_validity: 4, uids: uids() },
            Outcome::Flagged { changed: uids(), stale: UidSet::new() },
            Outcome::Expunged { uids: uids() },
            Outcome::Transferred { uid_validity: u32::MAX, from: uids(), to: uids() },
            Outcome::Mailbox { id: MailboxId(5) },
            Outcome::Recent { from: 1 << 32 },
        ] {
            let record = Record {
                modseq: ModSeq(6),
                change: ChangeId(u128::MAX - 1),
                by: SessionId(u64::MAX),
                at: Timestamp::from_millis(-1),
                entries: entries.clone(),
                outcome,
            };
            let account = AccountId::new(1).unwrap();
            assert_eq!(record_from(record_to(account, &record).unwrap()).unwrap(), record);
        }
    }
}
