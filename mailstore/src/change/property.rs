//! Properties: all that are to be set and removed, or none.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::draft::Draft;
use super::{Change, Delta, Outcome, Refusal, Snapshot};
use crate::id::MailboxId;
use crate::journal::Event;
use crate::property::{MAX_KEY, MAX_PROPERTIES, MAX_TOTAL, MAX_VALUE, PropertyChange};
use crate::rights::{ACL, Grant, Rights};

pub(super) fn decide(
    change: &Change,
    seen: &Snapshot,
    at: Option<MailboxId>,
    set: &BTreeMap<String, Option<Bytes>>,
) -> Result<Delta, Refusal> {
    let mut draft = Draft::new(change, seen)?;
    if let Some(mailbox) = at
        && !seen.mailboxes.iter().any(|known| known.id == mailbox && known.is_listed())
    {
        return Err(Refusal::NoSuchMailbox);
    }
    for (key, value) in set {
        check_key(key)?;
        check_access(at, key, value.as_ref())?;
        check_value(value.as_ref())?;
        if seen.properties.get(&(at, key.clone())) != value.as_ref() {
            let change = PropertyChange { mailbox: at, key: key.clone(), value: value.clone() };
            draft.delta().properties.push(change);
        }
    }
    if draft.delta().properties.is_empty() {
        return Ok(Draft::nothing(seen, Outcome::Done));
    }
    check_sum(&after(seen, at, &draft.delta().properties))?;
    draft.log(at.unwrap_or(MailboxId::NONE), Event::Property);
    Ok(draft.finish(Outcome::Done))
}

/// Is this a key that a property may have?
fn check_key(key: &str) -> Result<(), Refusal> {
    if key.len() > MAX_KEY {
        return Err(Refusal::BadKey("it is longer than 512 bytes"));
    }
    if key.chars().any(char::is_control) {
        return Err(Refusal::BadKey("it holds a control character"));
    }
    match key.split_once('/') {
        Some((area, name)) if !area.is_empty() && !name.is_empty() => Ok(()),
        _ => Err(Refusal::BadKey("it is not an area and a name")),
    }
}

/// An entry of an access list names somebody, and gives or takes rights.
fn check_access(at: Option<MailboxId>, key: &str, value: Option<&Bytes>) -> Result<(), Refusal> {
    if at.is_none() || !key.starts_with(ACL) {
        return Ok(());
    }
    let rights = |value: &Bytes| str::from_utf8(value).ok().and_then(Rights::parse);
    if Grant::of_key(key).is_none() || value.is_some_and(|value| rights(value).is_none()) {
        return Err(Refusal::BadKey("it is no entry of an access list"));
    }
    Ok(())
}

fn check_value(value: Option<&Bytes>) -> Result<(), Refusal> {
    match value {
        Some(value) if value.len() > MAX_VALUE => {
            Err(Refusal::ValueTooLarge { limit: MAX_VALUE as u64 })
        }
        _ => Ok(()),
    }
}

/// The sizes of the values afterwards, by key.
fn after<'a>(
    seen: &'a Snapshot,
    at: Option<MailboxId>,
    changes: &'a [PropertyChange],
) -> BTreeMap<&'a str, usize> {
    let sizes = seen.properties_of(at, "").map(|(key, value)| (key, value.len()));
    let mut sizes: BTreeMap<_, _> = sizes.collect();
    for change in changes {
        match &change.value {
            Some(value) => sizes.insert(&change.key, value.len()),
            None => sizes.remove(change.key.as_str()),
        };
    }
    sizes
}

fn check_sum(sizes: &BTreeMap<&str, usize>) -> Result<(), Refusal> {
    if sizes.len() > MAX_PROPERTIES {
        return Err(Refusal::TooMany { what: "properties", limit: MAX_PROPERTIES as u64 });
    }
    if sizes.iter().map(|(key, size)| key.len() + size).sum::<usize>() > MAX_TOTAL {
        return Err(Refusal::TooMany { what: "bytes of properties", limit: MAX_TOTAL as u64 });
    }
    Ok(())
}
