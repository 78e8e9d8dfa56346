//! Searches under a name (RFC 5466): entries of the server's METADATA, put in the place of FILTER before
//! a search begins.

use std::collections::BTreeMap;

use bytes::Bytes;
use mailstore::property::Scope;
use mailstore::search::{Key, Unfilled};
use mailstore::uid::UidSet;

use crate::codec::Command;
use crate::codec::command::{Entry, ResultOption, Stage, parse_keys};
use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::state::{Authenticated, State};

/// Below these entries of the server filters are kept: of two of the same name the first holds.
pub(super) const SHARED: &str = "/shared/filters/values/";
const PRIVATE: &str = "/private/filters/values/";

/// Puts the filters that a search names in their places. If it cannot be done, a result that was to be
/// saved is none (RFC 5182 2.1).
pub(crate) async fn fill(state: &mut State, command: &mut Command) -> Result<(), Failed> {
    let too_early = command.stage() == Stage::Selected && state.selected().is_none();
    let Some(search) = Search::of(command).filter(|_| !too_early) else { return Ok(()) };
    let Some(user) = state.user() else { return Ok(()) };
    let saves = search.saves;
    let filled = put_in(user, search).await;
    if filled.is_err()
        && saves
        && let Some(selected) = state.selected()
    {
        selected.searches.saved = UidSet::new();
    }
    filled
}

async fn put_in(user: &Authenticated, search: Search<'_>) -> Result<(), Failed> {
    let values = values(user).await?;
    let mut modseq = *search.modseq;
    let mut look_up = |name: &str| {
        let (key, names_modseq) = parse_keys(values.get(name)?).ok()?;
        modseq |= names_modseq;
        Some(key)
    };
    let key = std::mem::replace(search.key, Key::All);
    *search.key = key.filled(&mut look_up).map_err(|unfilled| match unfilled {
        Unfilled::Undefined(name) => Failed::UndefinedFilter(name),
        Unfilled::TooMany => Failed::no(Code::Limit, "These are too many filters"),
    })?;
    *search.modseq = modseq;
    Ok(())
}

/// All filters that the user may use, by name.
async fn values(user: &Authenticated) -> Result<BTreeMap<String, Bytes>, Failed> {
    let prefix = format!("metadata{PRIVATE}");
    let stored = user.store().properties(user.by.user, Scope::Account, &prefix).await?;
    let own = stored.into_iter().filter_map(|property| {
        Some((property.key.strip_prefix(&prefix)?.to_owned(), property.value))
    });
    let shared = user.server.settings().filters.iter();
    let shared = shared.map(|(name, keys)| (name.to_ascii_lowercase(), Bytes::from(keys.clone())));
    Ok(shared.chain(own).collect())
}

/// What a command searches for, if there are filters in it.
struct Search<'a> {
    key: &'a mut Key,
    modseq: &'a mut bool,
    saves: bool,
}

impl<'a> Search<'a> {
    fn of(command: &'a mut Command) -> Option<Self> {
        let (key, modseq, results) = match command {
            Command::Search(it) => (&mut it.key, &mut it.modseq, it.results.as_deref()),
            Command::Sort(it) => (&mut it.key, &mut it.modseq, it.results.as_deref()),
            Command::Thread(it) => (&mut it.key, &mut it.modseq, None),
            Command::Esearch(it) => (&mut it.key, &mut it.modseq, Some(&*it.results)),
            _ => return None,
        };
        let saves = results.is_some_and(|results| results.contains(&ResultOption::Save));
        key.has_filter().then_some(Self { key, modseq, saves })
    }
}

/// Refuses a filter that is no search (RFC 5466 3.2).
pub(super) fn check(entry: &Entry, value: Option<&Bytes>) -> Result<(), Failed> {
    match (entry.as_str().strip_prefix(PRIVATE), value) {
        (Some(name), _) if name.contains(['/', '(', ')', '{', ' ', '"', '\\', ']']) => {
            Err(Failed::no(Code::Cannot, "That is no name of a filter"))
        }
        (Some(_), Some(value)) => match parse_keys(value) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failed::no(Code::Cannot, format!("It is no search: {error}"))),
        },
        _ => Ok(()),
    }
}
