//! The most messages that one command works on (RFC 9738), where one is configured.
//!
//! FETCH, STORE, MOVE, SEARCH and UID EXPUNGE work on those with the highest UIDs, and say which was
//! the lowest of them: the client goes on below it. COPY and APPEND are all or nothing, and SORT and
//! THREAD make sense of the whole only: these are refused. EXPUNGE, CLOSE and STATUS have no limit.

use std::borrow::Cow;

use mailstore::search::{Key, Matcher, Scope, Window};
use mailstore::time::Timestamp;
use mailstore::uid::{Uid, UidSet};

use crate::codec::reply::{Code, Condition, Reply};
use crate::outcome::{Done, Failed, Note};
use crate::server::Imap;
use crate::settings::MessageLimit;

/// Whether a command has worked on all that it names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// It has.
    Nothing,
    /// Not on those below this UID, since it may not work on more than so many.
    Below { lowest: Uid, limit: u32 },
}

impl Cut {
    /// Those of some messages that are not below what the command works on.
    pub(crate) fn above(self, uids: &UidSet) -> UidSet {
        match self {
            Self::Nothing => uids.clone(),
            Self::Below { lowest, .. } => uids.intersection(&UidSet::range(lowest..=Uid::MAX)),
        }
    }

    /// Says with the tagged OK how far the command has come; before it, if that has another code
    /// (RFC 9738 3.1).
    pub(crate) fn tell(self, reply: &mut Reply, done: Done) -> Done {
        let Self::Below { lowest, limit } = self else { return done };
        let code = Code::MessageLimit { limit, lowest: Some(lowest) };
        match done.note {
            Note::Plain(None) => Done::with(code, "Done in part: go on below that UID"),
            _ => {
                reply.untagged(Condition::No, Some(code), "Done in part: go on below that UID");
                done
            }
        }
    }
}

/// The highest of some messages, as many as one command works on.
pub(crate) fn highest(server: &Imap, uids: UidSet) -> (UidSet, Cut) {
    let Some(limit) = server.settings().message_limit.of_commands() else {
        return (uids, Cut::Nothing);
    };
    let over = uids.len().saturating_sub(limit.into());
    let (below, highest) = uids.split_at(over);
    match highest.first() {
        Some(lowest) if !below.is_empty() => (highest, Cut::Below { lowest, limit }),
        _ => (highest, Cut::Nothing),
    }
}

/// A key that finds messages only among the highest that it is about, as many as one command works
/// on.
pub(crate) fn narrowed<'a>(
    server: &Imap,
    mailbox: &mailstore::Selected,
    (key, saved): (&'a Key, &UidSet),
) -> (Cow<'a, Key>, Cut) {
    if server.settings().message_limit.of_commands().is_none() {
        return (Cow::Borrowed(key), Cut::Nothing);
    }
    match highest(server, meant(mailbox, (key, saved))) {
        (_, Cut::Nothing) => (Cow::Borrowed(key), Cut::Nothing),
        (uids, cut) => (Cow::Owned(Key::And(vec![Key::These(uids), key.clone()])), cut),
    }
}

/// Refuses to look through more messages than one command works on.
pub(crate) fn check_search(
    server: &Imap,
    mailbox: &mailstore::Selected,
    (key, saved): (&Key, &UidSet),
) -> Result<(), Failed> {
    match server.settings().message_limit.of_commands() {
        Some(limit) if meant(mailbox, (key, saved)).len() > limit.into() => {
            Err(too_many(limit, None, "Too many messages: narrow it down by UID"))
        }
        _ => Ok(()),
    }
}

/// Refuses a window that shows more messages than one command works on.
pub(crate) fn check_window(server: &Imap, window: Window) -> Result<(), Failed> {
    let (near, far) = window.bounds();
    match server.settings().message_limit.of_commands() {
        Some(limit) if far - near >= limit => {
            Err(too_many(limit, None, "That is more messages than one command may show"))
        }
        _ => Ok(()),
    }
}

/// Refuses to copy more messages than one command may save.
pub(crate) fn check_copy(server: &Imap, uids: &UidSet) -> Result<(), Failed> {
    let Some(limit) = server.settings().message_limit.of_saves() else { return Ok(()) };
    let over = uids.len().saturating_sub(limit.into());
    if over == 0 {
        return Ok(());
    }
    let lowest = uids.split_at(over).1.first();
    Err(too_many(limit, lowest, "Too many messages to copy: try fewer at a time"))
}

/// Refuses to append more messages than one command may save.
pub(crate) fn check_append(server: &Imap, messages: usize) -> Result<(), Failed> {
    match server.settings().message_limit.of_saves() {
        Some(limit) if messages as u64 > limit.into() => {
            Err(too_many(limit, None, "Too many messages to append: try fewer at a time"))
        }
        _ => Ok(()),
    }
}

/// The messages that a search looks at.
fn meant(mailbox: &mailstore::Selected, (key, saved): (&Key, &UidSet)) -> UidSet {
    let scope = Scope { saved, ..Scope::of(mailbox.uids(), Timestamp::now()) };
    Matcher::new(key, &scope).candidates(mailbox.uids())
}

fn too_many(limit: u32, lowest: Option<Uid>, text: &'static str) -> Failed {
    Failed::no(Code::MessageLimit { limit, lowest }, text)
}

impl MessageLimit {
    /// The capability that says it.
    pub(crate) fn capability(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Commands(limit) => Some(format!("MESSAGELIMIT={limit}")),
            Self::Saves(limit) => Some(format!("SAVELIMIT={limit}")),
        }
    }

    /// That of every command that has one.
    fn of_commands(self) -> Option<u32> {
        match self {
            Self::Commands(limit) => Some(limit.get()),
            Self::None | Self::Saves(_) => None,
        }
    }

    /// That of COPY and APPEND.
    fn of_saves(self) -> Option<u32> {
        match self {
            Self::Commands(limit) | Self::Saves(limit) => Some(limit.get()),
            Self::None => None,
        }
    }
}
