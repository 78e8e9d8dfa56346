//! What many hosts share, from `scripts/services`, empty.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailstore::Backend;
use mailstore::backends::mongo::{Mongo, MongoOptions, Observer};
use mailstore::backends::object::ObjectBlobs;
use mailstore::backends::redis::{Redis, RedisSettings};
use mailstore::random::Random;
use mongodb::Client;

use crate::services::{drop_database, service};

fn unused_name() -> String {
    format!("test{:016x}", Random::draw().0 as u64)
}

/// For a server that has many tests to serve at once.
fn patient() -> MongoOptions {
    let patience = Duration::from_secs(60);
    MongoOptions { timeout: Duration::from_secs(300), patience, ..MongoOptions::default() }
}

/// A database, on a server that was given dropped with this.
#[derive(Debug)]
pub(crate) struct Database(String);

impl Drop for Database {
    fn drop(&mut self) {
        let (name, uri) = (self.0.clone(), service("MAILSTORE_TEST_MONGODB"));
        let there = uri.clone();
        drop_database(&uri, &self.0, async move {
            Client::with_uri_str(there).await?.database(&name).drop().await
        });
    }
}

/// The commands that MongoDB was sent, but for what a process says of itself now and then.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Arc<Mutex<Vec<String>>>);

impl Rounds {
    /// Those since the last call, by name.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn observer(&self) -> Observer {
        let names = Arc::clone(&self.0);
        let of_itself = b"update\0\x0a\0\0\0processes\0";
        Observer::new(move |name, command| {
            if !command.windows(of_itself.len()).any(|bytes| bytes == of_itself) {
                names.lock().unwrap().push(name.to_owned());
            }
        })
    }
}

/// Several hosts on one database, each of which counts what it asks MongoDB.
#[derive(Debug)]
pub struct Hosts(Database);

impl Hosts {
    /// On an empty database.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        Self(Database(unused_name()))
    }

    /// One more of them.
    pub async fn host(&self) -> (Backend, Rounds) {
        let rounds = Rounds::default();
        let options = MongoOptions { observer: Some(rounds.observer()), ..patient() };
        (connect(&self.0, options).await, rounds)
    }
}

/// MongoDB with GridFS, and Redis.
pub(crate) async fn on_mongodb() -> (Backend, Database) {
    let database = Database(unused_name());
    (connect(&database, patient()).await, database)
}

async fn connect(database: &Database, options: MongoOptions) -> Backend {
    let uri = service("MAILSTORE_TEST_MONGODB");
    let mongo = Mongo::connect(&uri, &database.0, options).await.unwrap();
    let settings = RedisSettings { prefix: unused_name(), ..RedisSettings::default() };
    let redis = Redis::open(&service("MAILSTORE_TEST_REDIS"), settings).unwrap();
    Backend {
        ledger: mongo.ledger(),
        blobs: mongo.blobs(),
        beacon: redis.beacon(),
        shared: redis.shared(),
    }
}

/// The same, with its blobs in S3.
pub(crate) async fn with_s3() -> (Backend, Database) {
    let options = [
        ("endpoint", service("MAILSTORE_TEST_S3").as_str()),
        ("allow_http", "true"),
        ("access_key_id", "key"),
        ("secret_access_key", "secret"),
        ("region", "us-east-1"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let blobs = ObjectBlobs::at(&format!("s3://mail/{}", unused_name()), &options).unwrap();
    let (backend, database) = on_mongodb().await;
    (Backend { blobs: Arc::new(blobs), ..backend }, database)
}
