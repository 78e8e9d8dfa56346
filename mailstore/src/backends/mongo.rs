//! MongoDB: everything but blobs in collections, blobs in GridFS; many processes on many hosts.
//!
//! Needs MongoDB 8.0 or later as a replica set (one member will do) or a sharded cluster: a commit
//! is a transaction. The collections are described in docs/mongodb.md, sharding in docs/sharding.md.
//!
//! ```no_run
//! # async fn open() -> Result<(), mailstore::store::StoreError> {
//! use mailstore::backends::mongo::{Mongo, MongoOptions};
//!
//! let options = MongoOptions::default();
//! let mongo = Mongo::connect("mongodb://db.example/?replicaSet=rs0", "mail", options).await?;
//! let (ledger, blobs) = (mongo.ledger(), mongo.blobs());
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "accounts")]
mod accounts;
mod blobs;
mod claims;
mod commit;
mod connect;
mod document;
mod email;
mod failure;
mod fetch;
mod journal;
#[cfg(feature = "accounts")]
mod kept;
mod lease;
mod ledger;
mod mailboxes;
mod open;
mod processes;
mod property;
mod purge;
mod recent;
mod record;
mod remembered;
mod retry;
mod row;
mod schema;
mod state;
mod store;
mod tree;
mod write;

use std::sync::Arc;

#[cfg(feature = "accounts")]
pub use accounts::MongoAccounts;
pub use blobs::MongoBlobs;
pub use connect::{MongoOptions, Observer};
pub use ledger::MongoLedger;

use self::store::Store;
use crate::store::StoreError;

/// A database of a MongoDB server.
#[derive(Clone, Debug)]
pub struct Mongo {
    store: Arc<Store>,
    ledger: Arc<MongoLedger>,
}

impl Mongo {
    /// Connects, and makes the collections and indexes that are missing.
    ///
    /// # Errors
    /// `Unavailable`, with what to do about it, if the URI is wrong, the server cannot be reached
    /// or does not let us in, is older than 8.0, or has no transactions; `Corrupt` if the database
    /// was written by a newer release.
    pub async fn connect(
        uri: &str,
        database: &str,
        options: MongoOptions,
    ) -> Result<Self, StoreError> {
        let store = Arc::new(connect::connect(uri, database, options).await?);
        let ledger = Arc::new(MongoLedger::new(Arc::clone(&store)));
        Ok(Self { store, ledger })
    }

    /// The ledger.
    pub fn ledger(&self) -> Arc<MongoLedger> {
        Arc::clone(&self.ledger)
    }

    /// Blobs in GridFS.
    pub fn blobs(&self) -> Arc<MongoBlobs> {
        Arc::new(MongoBlobs::new(Arc::clone(&self.store)))
    }

    /// Where users are kept.
    #[cfg(feature = "accounts")]
    pub fn accounts(&self) -> MongoAccounts {
        MongoAccounts::new(Arc::clone(&self.store))
    }
}
