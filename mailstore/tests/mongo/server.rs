//! A database of its own for each test; on a server that was given it is dropped at the end.

use std::sync::Arc;
use std::time::Duration;

use harness::{drop_database, service};
use mailstore::backends::mongo::{Mongo, MongoOptions};
use mailstore::random::Random;
use mongodb::Client;
use mongodb::bson::{DateTime, Document, doc};

/// Where the server is.
pub(crate) fn uri() -> String {
    service("MAILSTORE_TEST_MONGODB")
}

/// For a server that has many tests to serve at once.
pub(crate) fn patient() -> MongoOptions {
    let patience = Duration::from_secs(60);
    MongoOptions { timeout: Duration::from_secs(300), patience, ..MongoOptions::default() }
}

/// The name of a database that goes with this value.
#[derive(Debug)]
pub(crate) struct Database(pub(crate) String);

impl Database {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(format!("mailstore_test_{:x}", Random::draw().0 >> 64)))
    }

    pub(crate) async fn connect(&self) -> Mongo {
        self.connect_with(patient()).await
    }

    pub(crate) async fn connect_with(&self, options: MongoOptions) -> Mongo {
        Mongo::connect(&uri(), &self.0, options).await.unwrap()
    }

    /// As if all processes had said nothing for long: then they are taken for dead.
    pub(crate) async fn silence(&self) {
        let processes = self.raw().await.collection::<Document>("processes");
        let long_ago = doc! { "$set": { "alive": DateTime::from_millis(0) } };
        processes.update_many(doc! {}, long_ago).await.unwrap();
    }

    /// The documents themselves.
    pub(crate) async fn raw(&self) -> mongodb::Database {
        Client::with_uri_str(uri()).await.unwrap().database(&self.0)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.0.clone();
        drop_database(&uri(), &self.0, async move {
            Client::with_uri_str(uri()).await?.database(&name).drop().await
        });
    }
}
