//! The rights of who asks (RFC 4314 4). Whoever holds the account may do all; others what the
//! access lists of its mailboxes give them. Of a mailbox that somebody may not see it is said that
//! there is none.

use super::{Change, MailboxOp, Op, Refusal, Snapshot, Transfer};
use crate::id::MailboxId;
use crate::mailbox::{Mailboxes, SEPARATOR};
use crate::rights::{ACL, Right, Rights};

/// What who asks may do with a mailbox.
pub(super) fn rights(change: &Change, seen: &Snapshot, at: MailboxId) -> Rights {
    let list = seen.properties_of(Some(at), ACL).map(|(key, value)| (key, &value[..]));
    Rights::given((change.account, change.actor), list)
}

/// Refuses what who asks may not do.
pub(super) fn check(change: &Change, seen: &Snapshot) -> Result<(), Refusal> {
    if change.actor == change.account {
        return Ok(());
    }
    let require = |at, right| require(rights(change, seen, at), right);
    match &change.op {
        Op::Append { to, .. } => require(*to, Right::Insert),
        Op::TakeRecent { at, .. } => require(*at, Right::Read),
        Op::Expunge { at, .. } => require(*at, Right::Expunge),
        Op::Flag { at, update, .. } => {
            let rights = rights(change, seen, *at);
            if rights.permit_some_of(update) { Ok(()) } else { Err(no(rights)) }
        }
        Op::Transfer { from, to, mode, .. } => {
            require(*from, Right::Read)?;
            if *mode == Transfer::Move {
                require(*from, Right::DeleteMessages)?;
                require(*from, Right::Expunge)?;
            }
            require(*to, Right::Insert)
        }
        Op::Replace { from, to, .. } => {
            require(*from, Right::DeleteMessages)?;
            require(*from, Right::Expunge)?;
            require(*to, Right::Insert)
        }
        Op::Mailbox(op) => hierarchy(change, seen, op),
        Op::Property { at: Some(at), set } => {
            let rights = rights(change, seen, *at);
            let may = set.keys().all(|key| may_set(change, rights, key));
            if may { Ok(()) } else { Err(no(rights)) }
        }
        Op::Property { at: None, .. } | Op::Provision { .. } | Op::Quota(_) => {
            Err(Refusal::NoRight)
        }
    }
}

fn require(rights: Rights, right: Right) -> Result<(), Refusal> {
    if rights.has(right) { Ok(()) } else { Err(no(rights)) }
}

/// What is said to who has not the right, but these.
fn no(rights: Rights) -> Refusal {
    match rights.has(Right::Lookup) {
        true => Refusal::NoRight,
        false => Refusal::NoSuchMailbox,
    }
}

/// Access lists by who administers them; what is private by whom it is private to; what is shared
/// by who may write (RFC 5464 3.3).
fn may_set(change: &Change, rights: Rights, key: &str) -> bool {
    let private = format!("metadata/private/{}/", change.actor);
    let some = Rights::of([Right::Read, Right::Seen, Right::Write, Right::Insert, Right::Post]);
    if key.starts_with(ACL) {
        rights.has(Right::Administer)
    } else if key.starts_with("metadata/shared/") {
        rights.has(Right::Lookup) && rights.has(Right::Write)
    } else {
        key.starts_with(&private) && rights.has(Right::Lookup) && rights.has_any(some)
    }
}

fn hierarchy(change: &Change, seen: &Snapshot, op: &MailboxOp) -> Result<(), Refusal> {
    let all = Mailboxes { list: seen.mailboxes.clone(), ..Mailboxes::default() };
    let of = |name: &str| {
        let found = all.find(name);
        found.map_or(Rights::NONE, |mailbox| rights(change, seen, mailbox.id))
    };
    match op {
        MailboxOp::Create { name, .. } => may_create(&all, name, of),
        MailboxOp::Delete { name } => require(of(name), Right::DeleteMailbox),
        MailboxOp::Rename { from, to } => {
            require(of(from), Right::DeleteMailbox)?;
            may_create(&all, to, of)
        }
        MailboxOp::Use { .. } | MailboxOp::Subscribe { .. } | MailboxOp::Unsubscribe { .. } => {
            Err(Refusal::NoRight)
        }
    }
}

/// The nearest mailbox above that exists decides; what stands above all is the account's own.
fn may_create(all: &Mailboxes, name: &str, rights: impl Fn(&str) -> Rights) -> Result<(), Refusal> {
    let mut above = name;
    while let Some((parent, _)) = above.rsplit_once(SEPARATOR) {
        if all.find(parent).is_some() {
            let may = rights(parent).has(Right::Create);
            return if may { Ok(()) } else { Err(Refusal::NoRight) };
        }
        above = parent;
    }
    Err(Refusal::NoRight)
}
