//! PATCH of a message: its flags.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::flags::{FlagMode, FlagUpdate, Flags, Keyword, SystemFlag};
use mailstore::message::Want;
use mailstore::uid::{ModSeq, UidSet};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fetch;
use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Spot;

/// What is to become of the flags. Flags are written as in IMAP: `\Seen`, `$Junk`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagChange {
    /// These and no others.
    #[schema(max_items = 100)]
    replace: Option<Vec<String>>,
    /// These too.
    #[serde(default)]
    #[schema(max_items = 100)]
    add: Vec<String>,
    /// Without these.
    #[serde(default)]
    #[schema(max_items = 100)]
    remove: Vec<String>,
}

/// A change to the flags of a message, unless somebody else was faster.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageChange {
    /// The flags.
    flags: FlagChange,
    /// Only if the message has not been changed since (its `modseq`; RFC 7162).
    unchanged_since: Option<u64>,
}

/// The flags of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Flagged {
    /// Its flags now.
    flags: Vec<String>,
    /// The last change to it.
    modseq: u64,
}

impl FlagChange {
    /// The changes that have to be made, one after the other.
    pub(crate) fn updates(&self, field: &str) -> Result<Vec<FlagUpdate>, Problem> {
        let lists = [
            (FlagMode::Replace, "replace", self.replace.as_deref()),
            (FlagMode::Add, "add", Some(self.add.as_slice()).filter(|list| !list.is_empty())),
            (FlagMode::Remove, "remove", Some(self.remove.as_slice()).filter(|l| !l.is_empty())),
        ];
        let given = lists.into_iter().filter_map(|(mode, name, list)| Some((mode, name, list?)));
        given
            .map(|(mode, name, list)| {
                Ok(FlagUpdate { mode, flags: parse(list, &format!("{field}.{name}"))? })
            })
            .collect()
    }
}

/// Changes the flags of a message.
#[utoipa::path(patch, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}", tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    request_body = MessageChange, responses((status = 200, body = Flagged), Problems))]
pub(crate) async fn change_flags(
    State(api): State<Arc<Api>>,
    spot: Spot,
    Given(change): Given<MessageChange>,
) -> Result<Json<Flagged>, Problem> {
    let updates = change.flags.updates("flags")?;
    fetch(&api.store, &spot, Want::Row).await?;
    let (by, mailbox) = (spot.place.owner.actor(), spot.place.mailbox);
    let mut unchanged_since = change.unchanged_since.map(ModSeq);
    for update in updates {
        let one = UidSet::single(spot.uid);
        let (_, stale) = api.store.flag(by, mailbox, one, (update, unchanged_since)).await?;
        if !stale.is_empty() {
            let detail = "the message was changed meanwhile";
            return Err(Problem::new(StatusCode::CONFLICT, "changed", detail).of("unchanged_since"));
        }
        // The next one follows our own.
        unchanged_since = None;
    }
    let row = fetch(&api.store, &spot, Want::Row).await?.row;
    Ok(Json(Flagged { flags: names(&row.flags), modseq: row.modseq.0 }))
}

/// The names of flags, as IMAP writes them.
pub(crate) fn names(flags: &Flags) -> Vec<String> {
    let system = flags.system().map(|flag| flag.name().to_owned());
    system.chain(flags.keywords().iter().map(|word| word.as_str().to_owned())).collect()
}

/// The flags of these names.
pub(crate) fn parse<S: AsRef<str>>(names: &[S], field: &str) -> Result<Flags, Problem> {
    let (mut system, mut keywords) = (Vec::new(), Vec::new());
    for name in names {
        let name = name.as_ref();
        match (SystemFlag::from_name(name), Keyword::new(name)) {
            (Some(flag), _) => system.push(flag),
            (None, Some(keyword)) => keywords.push(keyword),
            (None, None) => return Err(Problem::field(field, format!("{name:?} is not a flag"))),
        }
    }
    Ok(Flags::new(system, keywords))
}
