//! Encrypting what comes in, where its owner wants that: the one place that every message passes on
//! its way into an account.

use std::sync::Arc;

use crate::encryption::{self, Unusable};
use crate::error::Error;
use crate::id::AccountId;
use crate::intake::Incoming;
#[cfg(feature = "encryption")]
use crate::intake::Prepared;
use crate::mailstore::Mailstore;
use crate::store::{KeyBook, PublicKey};

/// Whose mail is encrypted, and how much at a time.
#[derive(Debug, Default)]
pub(crate) struct Encrypting {
    keys: Option<Arc<dyn KeyBook>>,
    #[cfg(feature = "encryption")]
    turns: Turns,
}

impl Encrypting {
    pub(crate) fn to(keys: Arc<dyn KeyBook>) -> Self {
        Self {
            keys: Some(keys),
            #[cfg(feature = "encryption")]
            turns: Turns::default(),
        }
    }

    /// The message as it is to be stored in this account. What was to be encrypted and cannot be is
    /// an error, and its owner is told.
    pub(crate) async fn run(
        &self,
        store: &Mailstore,
        account: AccountId,
        incoming: Incoming,
    ) -> Result<Incoming, Error> {
        let Some(keys) = &self.keys else { return Ok(incoming) };
        let Some(key) = keys.key(account, incoming.arrival).await? else { return Ok(incoming) };
        if encryption::is_encrypted(incoming.message.source()) {
            return Ok(incoming);
        }
        match self.encrypt(store, key, incoming).await {
            Err(unusable) => {
                tracing::warn!(%account, %unusable, "not stored, for it cannot be encrypted");
                keys.refused(account, &unusable.to_string()).await;
                Err(unusable.into())
            }
            Ok(encrypted) => Ok(encrypted),
        }
    }

    /// Where it holds up nobody else, and only so many at a time.
    #[cfg(feature = "encryption")]
    async fn encrypt(
        &self,
        store: &Mailstore,
        key: PublicKey,
        incoming: Incoming,
    ) -> Result<Incoming, Unusable> {
        let turn = Arc::clone(&self.turns.0).acquire_owned().await;
        let store = store.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let Incoming { message, .. } = incoming;
            let (thread, at) = (message.thread(), crate::time::Timestamp::now());
            let encrypted = encryption::encrypt(&key, &message.into_source(), at)?.into();
            let message = Prepared::encrypted(encrypted, thread, store.settings());
            Ok(Incoming { message, ..incoming })
        });
        let panicked = |_| Unusable::new("encrypting to it failed");
        task.await.map_err(panicked).flatten()
    }

    #[cfg(not(feature = "encryption"))]
    async fn encrypt(
        &self,
        _: &Mailstore,
        _: PublicKey,
        _: Incoming,
    ) -> Result<Incoming, Unusable> {
        Err(Unusable::new("this server is built without encryption"))
    }
}

/// How many messages are encrypted at a time: as many as there are processors.
#[cfg(feature = "encryption")]
#[derive(Debug)]
struct Turns(Arc<tokio::sync::Semaphore>);

#[cfg(feature = "encryption")]
impl Default for Turns {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(tokio::sync::Semaphore::new(processors)))
    }
}
