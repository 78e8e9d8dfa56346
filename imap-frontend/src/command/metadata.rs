//! GETMETADATA and SETMETADATA (RFC 5464), and METADATA as LIST returns it (RFC 9590).
//!
//! Entries are properties. What is `/shared` of a mailbox is seen by all who may read it; what is
//! `/private` each user has of his own. `/shared` entries of the server are those of its settings;
//! nobody changes them. `/private/specialuse` says what a mailbox is for (see `special_use`).

mod special_use;

use std::collections::BTreeMap;

use bytes::Bytes;
use mailstore::change::Refusal;
use mailstore::id::AccountId;
use mailstore::mailbox::{Mailbox, SpecialUse};
use mailstore::property::{Property, Scope};
use mailstore::rights::{Right, Rights};

use super::filters;
use crate::codec::MailboxName;
use crate::codec::command::{Depth, Entry, GetMetadata, SetMetadata};
use crate::codec::reply::Code;
use crate::names::{Named, no_right};
use crate::outcome::{Done, Failed, Outcome};
use crate::settings::Settings;
use crate::state::Authenticated;
use crate::talk::Talk;

/// What the keys of all entries begin with.
pub(crate) const AREA: &str = "metadata/";

/// Entries and their values, by name.
type Values = BTreeMap<String, Bytes>;

pub(super) async fn get(talk: &mut Talk, user: &Authenticated, get: &GetMetadata) -> Outcome {
    let values = if get.mailbox.as_str().is_empty() {
        of_server(user).await?
    } else {
        let named = readable(user, &get.mailbox).await?;
        let scope = Scope::Mailbox(named.mailbox.id);
        let stored = user.store().properties(named.by.account, scope, AREA).await?;
        of_mailbox(user.by.user, stored, named.mailbox.special_use)
    };
    let (shown, longest) = select(get, &values);
    if !shown.is_empty() {
        talk.reply.metadata(get.mailbox.as_str(), shown);
    }
    Ok(match longest {
        Some(bytes) => Done::with(Code::MetadataLongEntries(bytes), "Some are longer"),
        None => Done::new("Done"),
    })
}

/// A mailbox whose entries may be read.
async fn readable(user: &Authenticated, name: &MailboxName) -> Result<Named, Failed> {
    let named = user.named(name).await?;
    named.require(Right::Lookup)?;
    if may_read(named.rights) { Ok(named) } else { Err(no_right()) }
}

/// Do these rights let one read the entries of a mailbox (RFC 5464 3.3)?
pub(crate) fn may_read(rights: Rights) -> bool {
    let some = Rights::of([Right::Read, Right::Seen, Right::Write, Right::Insert, Right::Post]);
    rights.has(Right::Lookup) && rights.has_any(some)
}

/// METADATA of a mailbox that LIST shows: every entry, also those that have no value.
pub(super) async fn listed(
    talk: &mut Talk,
    user: &Authenticated,
    (name, at, mailbox): (&str, AccountId, &Mailbox),
    entries: &[Entry],
) -> Result<(), Failed> {
    let stored = user.store().properties(at, Scope::Mailbox(mailbox.id), AREA).await?;
    let values = of_mailbox(user.by.user, stored, mailbox.special_use);
    let value = |entry: &Entry| values.get(entry.as_str()).map(|value| &value[..]);
    talk.reply.metadata(name, entries.iter().map(|entry| (entry.as_str(), value(entry))));
    Ok(())
}

/// The entries that are to be shown, and the size of the longest of those too long to be.
fn select<'a>(
    get: &'a GetMetadata,
    values: &'a Values,
) -> (BTreeMap<&'a str, Option<&'a [u8]>>, Option<u64>) {
    let mut shown: BTreeMap<&str, Option<&[u8]>> = BTreeMap::new();
    let mut longest: Option<u64> = None;
    for entry in &get.entries {
        if get.depth == Depth::Zero && !values.contains_key(entry.as_str()) {
            shown.insert(entry.as_str(), None);
        }
        for (name, value) in values.iter().filter(|(name, _)| is_asked(name, entry, get.depth)) {
            let size = value.len() as u64;
            if get.max_size.is_some_and(|most| size > most) {
                longest = longest.max(Some(size));
            } else {
                shown.insert(name, Some(&value[..]));
            }
        }
    }
    (shown, longest)
}

fn is_asked(name: &str, entry: &Entry, depth: Depth) -> bool {
    let Some(below) = name.strip_prefix(entry.as_str()) else { return false };
    match (below.strip_prefix('/'), depth) {
        (None, _) => below.is_empty(),
        (Some(_), Depth::Zero) => false,
        (Some(below), Depth::One) => !below.contains('/'),
        (Some(_), Depth::Infinity) => true,
    }
}

async fn of_server(user: &Authenticated) -> Result<Values, Failed> {
    let stored = user.store().properties(user.by.user, Scope::Account, AREA).await?;
    let own = stored
        .into_iter()
        .filter_map(|Property { key, value, .. }| Some((entry_of_server(&key)?, value)));
    let mut values: Values = own.collect();
    let Settings { admin, comment, filters, .. } = user.server.settings();
    values.extend(filters.iter().map(|(name, keys)| {
        (format!("{}{}", filters::SHARED, name.to_ascii_lowercase()), Bytes::from(keys.clone()))
    }));
    for (name, value) in [("/shared/admin", admin), ("/shared/comment", comment)] {
        let value = value.as_ref().map(|value| Bytes::from(value.clone()));
        values.extend(value.map(|value| (name.to_owned(), value)));
    }
    Ok(values)
}

/// The server's entry that a property of the account is, if it is one.
pub(crate) fn entry_of_server(key: &str) -> Option<String> {
    Some(format!("/{}", key.strip_prefix(AREA)?))
}

/// The entry that a property of a mailbox is to a user, if it is one.
pub(crate) fn entry_of_mailbox(user: AccountId, key: &str) -> Option<String> {
    let key = key.strip_prefix(AREA)?;
    match key.strip_prefix(&format!("private/{user}/")) {
        Some(own) => Some(format!("/private/{own}")),
        None => key.starts_with("shared/").then(|| format!("/{key}")),
    }
}

fn of_mailbox(user: AccountId, stored: Vec<Property>, used_for: Option<SpecialUse>) -> Values {
    let named = stored
        .into_iter()
        .filter_map(|Property { key, value, .. }| Some((entry_of_mailbox(user, &key)?, value)));
    let special = used_for.map(|special| (special_use::ENTRY.to_owned(), special.name().into()));
    named.chain(special).collect()
}

pub(super) async fn set(talk: &mut Talk, user: &Authenticated, set: &SetMetadata) -> Outcome {
    if special_use::is_meant(set) {
        return special_use::set(talk, user, set).await;
    }
    let (by, at) = if set.mailbox.as_str().is_empty() {
        (user.by, None)
    } else {
        let named = readable(user, &set.mailbox).await?;
        (named.by, Some(named.mailbox.id))
    };
    let mut values = BTreeMap::new();
    for (entry, value) in &set.values {
        if at.is_none() {
            filters::check(entry, value.as_ref())?;
        }
        values.insert(key(user, entry, &set.mailbox)?, value.clone());
    }
    match user.store().set_properties(by, at, values).await {
        Ok(()) => Ok(Done::new("Set")),
        Err(mailstore::Error::Refused(refusal @ Refusal::TooMany { .. })) => {
            Err(Failed::no(Code::MetadataTooMany, refusal.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The key of the property that holds an entry.
fn key(user: &Authenticated, entry: &Entry, mailbox: &MailboxName) -> Result<String, Failed> {
    let entry = entry.as_str();
    let of_server = mailbox.as_str().is_empty();
    match entry.split_at_checked("/private".len()) {
        _ if matches!(entry, "/private" | "/shared") => {
            Err(Failed::no(Code::Cannot, "That entry has no value"))
        }
        Some(("/private", _)) if of_server => Ok(format!("metadata{entry}")),
        Some(("/private", rest)) => Ok(format!("metadata/private/{}{rest}", user.by.user)),
        _ if of_server => Err(Failed::no(Code::NoPerm, "The server's own entries are fixed")),
        _ => Ok(format!("metadata{entry}")),
    }
}
