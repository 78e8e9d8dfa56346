//! SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3; RFC 7162 3.1.2, 3.2.5).

mod resync;

use mailstore::flags::SystemFlag;
use mailstore::mailbox::Mailbox;
use mailstore::message::Want;
use mailstore::rights::{Right, Rights};
use mailstore::uid::{Seq, Uid, UidSet};

use crate::codec::command::{Access, Select};
use crate::codec::reply::{Code, Condition};
use crate::listed;
use crate::outcome::{Done, Failed, Outcome};
use crate::refusal::{Role, no_such_mailbox};
use crate::state::{Revision, Selected, State};
use crate::talk::Talk;

/// Leaves the mailbox that was selected, even if the new one cannot be.
pub(super) async fn run(talk: &mut Talk, state: &mut State, select: &Select) -> Outcome {
    let Some(user) = state.user() else { return Err(Failed::bad("Log in first")) };
    if select.qresync.is_some() && !user.qresync {
        return Err(Failed::bad("QRESYNC must be enabled first"));
    }
    user.condstore |= select.condstore;
    if state.selected().is_some() {
        state.deselect();
        talk.reply.untagged(Condition::Ok, Some(Code::Closed), "The other mailbox is closed");
    }
    let head = enter(state, select).await?;
    let Some(selected) = state.selected() else { return Err(Failed::bad("Log in first")) };
    if let Err(failed) = welcome(talk, selected, (&head, select)).await {
        state.deselect();
        return Err(failed);
    }
    Ok(match (select.access, selected.mailbox.access()) {
        (_, mailstore::Access::ReadWrite) => Done::with(Code::ReadWrite, "Selected"),
        (Access::ReadWrite, _) => Done::with(Code::ReadOnly, "Selected"),
        (Access::ReadOnly, _) => Done::with(Code::ReadOnly, "Examined"),
    })
}

async fn enter(state: &mut State, select: &Select) -> Result<Mailbox, Failed> {
    let Some(user) = state.user() else { return Err(Failed::bad("Log in first")) };
    let (found, rights) = match user.locate(select.mailbox.as_str()).await? {
        Some((by, own)) if !by.is_guest() => {
            let access = access(select, Rights::ALL);
            (user.store().select_named(by, own, access).await?, Rights::ALL)
        }
        _ => {
            let (by, id, rights) = user.readable(&select.mailbox).await?;
            (user.store().select_with_head(by, id, access(select, rights)).await?, rights)
        }
    };
    let Some((mailbox, head)) = found else { return Err(no_such_mailbox(Role::Subject)) };
    state.select(mailbox, (&head, rights));
    Ok(head)
}

/// Who may change nothing reads only.
fn access(select: &Select, rights: Rights) -> mailstore::Access {
    match select.access {
        Access::ReadWrite if rights.has_any(changing()) => mailstore::Access::ReadWrite,
        _ => mailstore::Access::ReadOnly,
    }
}

/// Tells what there is, and then what the client has missed.
async fn welcome(
    talk: &mut Talk,
    selected: &mut Selected,
    (head, select): (&Mailbox, &Select),
) -> Result<(), Failed> {
    describe(talk, selected, head).await?;
    listed::tell(talk, &selected.user, &select.mailbox).await?;
    match &select.qresync {
        Some(known) if known.uid_validity == head.uid_validity => {
            resync::run(talk, selected, known).await
        }
        _ => Ok(()),
    }
}

/// Who has none of these rights can only read (RFC 4314 5.2).
fn changing() -> Rights {
    Rights::of([Right::Insert, Right::Expunge, Right::Seen, Right::Write, Right::DeleteMessages])
}

async fn describe(talk: &mut Talk, selected: &mut Selected, head: &Mailbox) -> Result<(), Failed> {
    let reply = &mut talk.reply;
    selected.tell_flags(reply);
    reply.exists(selected.mailbox.uids().len());
    selected.tell_recent(reply);
    let unseen = match selected.user.revision {
        Revision::One if !selected.user.uid_only => first_unseen(selected, head).await?,
        _ => None,
    };
    let mut ok = |code, text| reply.untagged(Condition::Ok, Some(code), text);
    if let Some(first) = unseen {
        ok(Code::Unseen(first.get()), "The first unseen message");
    }
    ok(Code::MailboxId(selected.at()), "The mailbox");
    ok(Code::UidValidity(head.uid_validity), "UIDs are valid");
    if let Some(next) = head.next_uid() {
        ok(Code::UidNext(next), "The next UID");
    }
    ok(Code::HighestModSeq(selected.mailbox.modseq()), "Highest");
    Ok(())
}

/// The first message without `\Seen`, if it is cheaply found: near the beginning, or, if there are
/// few, near the end.
async fn first_unseen(selected: &Selected, head: &Mailbox) -> Result<Option<Seq>, Failed> {
    let uids = selected.mailbox.uids();
    if head.counts.unseen == 0 {
        return Ok(None);
    }
    if head.counts.unseen == head.counts.messages {
        return Ok(uids.first().map(|_| Seq::MIN));
    }
    let look = selected.user.server.settings().unseen_search;
    let first = unseen(selected, 1, look.min(uids.len())).await?;
    if let Some(uid) = first.first() {
        return Ok(uids.seq(uid));
    }
    let from = (uids.len() + 1).saturating_sub(look).max(look.saturating_add(1));
    let last = unseen(selected, from, uids.len()).await?;
    // All that are unseen are here, so the first of them is the first of all.
    let complete = last.len() == u64::from(head.counts.unseen);
    Ok(last.first().filter(|_| complete).and_then(|uid| uids.seq(uid)))
}

/// The messages without `\Seen` between two sequence numbers.
async fn unseen(selected: &Selected, from: u32, to: u32) -> Result<UidSet, Failed> {
    let uids = selected.mailbox.uids();
    let mut found = UidSet::new();
    let (Some(from), Some(to)) = (Uid::new(from), Uid::new(to)) else { return Ok(found) };
    let mut rest = uids.uids_at(&UidSet::range(from..=to));
    while !rest.is_empty() {
        let page = selected.mailbox.fetch(&rest, Want::Row).await?;
        let rows = page.messages.iter().map(|message| &message.row);
        let unseen = rows.filter(|row| !row.flags.has(SystemFlag::Seen));
        unseen.for_each(|row| found.insert(row.uid));
        rest = page.rest;
    }
    Ok(found)
}
