//! What a watcher knows of an account's properties. The journal says that some of a mailbox have
//! changed, not which: it finds out by comparing them with those that it knew.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::change::Refusal;
use crate::error::Error;
use crate::id::{AccountId, MailboxId};
use crate::mailstore::Mailstore;
use crate::property::{Property, Scope, WantedProperties};

/// The most properties that one watcher knows.
const MOST: usize = 20_000;

/// Properties of one place, by key: what their values hash to.
pub(super) type Values = BTreeMap<String, u64>;

/// The properties with a prefix, all of an account.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) prefix: String,
    places: BTreeMap<Option<MailboxId>, Values>,
}

impl Known {
    pub(super) async fn read(
        store: &Mailstore,
        account: AccountId,
        prefix: &str,
    ) -> Result<Self, Error> {
        let mut known = Self { prefix: prefix.to_owned(), places: BTreeMap::new() };
        let mut count = 0;
        for scope in [Scope::Account, Scope::Mailboxes] {
            let mut wanted = WantedProperties { scope, prefix: prefix.to_owned(), after: None };
            loop {
                let page = store.ledger().properties(account, &wanted).await?;
                wanted.after = page.list.last().map(|last| (last.mailbox, last.key.clone()));
                count += page.list.len();
                if count > MOST {
                    let limit = MOST as u64;
                    return Err(Refusal::TooMany { what: "properties", limit }.into());
                }
                for property in page.list {
                    let hash = hash(&property);
                    known.places.entry(property.mailbox).or_default().insert(property.key, hash);
                }
                if !page.more {
                    break;
                }
            }
        }
        Ok(known)
    }

    /// Those of one place, as they are now.
    pub(super) async fn read_at(
        &self,
        store: &Mailstore,
        account: AccountId,
        at: Option<MailboxId>,
    ) -> Result<Values, Error> {
        let list = store.properties(account, Scope::of(at), &self.prefix).await?;
        Ok(list.into_iter().map(|property| (property.key.clone(), hash(&property))).collect())
    }

    /// The keys of what was set or removed.
    pub(super) fn changed(&self, at: Option<MailboxId>, now: &Values) -> BTreeSet<String> {
        let none = Values::new();
        let before = self.places.get(&at).unwrap_or(&none);
        let keys = before.keys().chain(now.keys());
        keys.filter(|key| before.get(*key) != now.get(*key)).cloned().collect()
    }

    pub(super) fn replace(&mut self, places: Vec<(Option<MailboxId>, Values)>) {
        self.places.extend(places);
    }
}

fn hash(property: &Property) -> u64 {
    let mut hasher = DefaultHasher::new();
    property.value.hash(&mut hasher);
    hasher.finish()
}
