//! The filters of an account: properties `filter/0000`, `filter/0001` and so on, each one filter.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::actor::Actor;
use crate::change::Refusal;
use crate::error::Error;
use crate::filter::{Facts, Filter, MAX_FILTERS};
use crate::id::AccountId;
use crate::intake::Prepared;
use crate::mailstore::Mailstore;
use crate::property::Scope;
use crate::store::StoreError;

/// The area of the properties.
const AREA: &str = "filter/";

impl Mailstore {
    /// The filters of an account, in their order.
    pub async fn filters(&self, account: AccountId) -> Result<Vec<Filter>, Error> {
        let stored = self.properties(account, Scope::Account, AREA).await?;
        let read = |value: &[u8]| std::str::from_utf8(value).ok()?.parse().ok();
        let corrupt = |key: &str| StoreError::corrupt("read filters", key.to_owned());
        let filters = stored.iter().map(|one| read(&one.value).ok_or_else(|| corrupt(&one.key)));
        Ok(filters.collect::<Result<_, _>>()?)
    }

    /// Replaces the filters of an account, in one commit. Refuses filters that are no filters, and
    /// more than [`MAX_FILTERS`].
    pub async fn set_filters(&self, by: Actor, filters: &[Filter]) -> Result<(), Error> {
        if filters.len() > MAX_FILTERS {
            let limit = MAX_FILTERS as u64;
            return Err(Refusal::TooMany { what: "filters", limit }.into());
        }
        let old = self.properties(by.account, Scope::Account, AREA).await?;
        let mut set: BTreeMap<String, Option<Bytes>> =
            old.into_iter().map(|property| (property.key, None)).collect();
        for (number, filter) in filters.iter().enumerate() {
            let text = filter.to_string();
            if text.parse::<Filter>().as_ref() != Ok(filter) {
                return Err(Refusal::BadFilter { number }.into());
            }
            set.insert(format!("{AREA}{number:04}"), Some(text.into()));
        }
        self.set_properties(by, None, set).await
    }

    /// What filters look at in a message that was prepared of these bytes.
    pub fn facts(&self, message: &Prepared, source: Bytes) -> Facts {
        Facts::of(message.tree().clone(), source)
    }
}
