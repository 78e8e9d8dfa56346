//! The store behind all services: mail and users.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use mailstore::Mailstore;
use mailstore::accounts::Accounts;
use mailstore::time::Timestamp;

use crate::backend::{self, Away};
use crate::config::Config;
use crate::keys;
use crate::problem::Problem;

/// The store behind all services.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) mail: Mailstore,
    pub(crate) accounts: Accounts,
}

/// Opens the store. An embedded one is made, for its owner only, if there is none.
pub(crate) async fn open(config: &Config, away: Away) -> Result<Store, Problem> {
    let (backend, users) = backend::open(config, away).await?;
    let shared = backend.shared.clone();
    let aliases = config.domain_aliases.iter().cloned();
    let accounts = Accounts::new(users)
        .with_home_domains(config.home_domains.clone())
        .with_domain_aliases(aliases.map(|alias| (alias.alias, alias.domain)))
        .with_dots(config.dots.into())
        .with_administrators(config.administrators.clone())
        .with_scram(config.login.scram())
        .with_bearer(config.login.bearer())
        .with_limits(shared, config.login.limits())
        .with_log(config.login.log());
    let accounts = match keys::open(config)? {
        Some(keyring) => accounts.with_keyring(keyring),
        None => accounts,
    };
    #[cfg(feature = "webauthn")]
    let accounts = accounts.with_relying_party(config.http.relying_party());
    let keys = Arc::new(accounts.clone());
    let mail = Mailstore::encrypting(backend, (&config.store).into(), keys);
    Ok(Store { mail, accounts })
}

/// Removes what nothing refers to any more, every so often, for ever.
pub(crate) async fn sweep(store: Store, every_seconds: NonZeroU64) {
    loop {
        tokio::time::sleep(Duration::from_secs(every_seconds.get())).await;
        let now = Timestamp::now();
        match store.mail.sweep(now).await {
            Ok(swept) => tracing::debug!(?swept, "swept"),
            Err(error) => tracing::error!(%error, "the sweep failed; it will be tried again"),
        }
        if let Err(error) = store.accounts.sweep(now, &store.mail).await {
            tracing::error!(%error, "what is over of users is not removed; it will be tried again");
        }
    }
}

#[cfg(test)]
impl Store {
    /// An empty one.
    pub(crate) fn in_memory() -> Self {
        use mailstore::accounts::MemoryAccounts;
        use mailstore::backends::memory;

        let accounts = Accounts::new(Arc::new(MemoryAccounts::default()));
        let (settings, keys) = (mailstore::Settings::default(), Arc::new(accounts.clone()));
        Self { mail: Mailstore::encrypting(memory::backend(), settings, keys), accounts }
    }
}
