//! What many hosts share, from `scripts/services`, empty.

use std::sync::Arc;
use std::time::Duration;

use mailstore::Backend;
use mailstore::backends::mongo::{Mongo, MongoOptions};
use mailstore::backends::object::ObjectBlobs;
use mailstore::backends::redis::{Redis, RedisSettings};
use mailstore::random::Random;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: scripts/services start; eval \"$(scripts/services env)\"")
    })
}

fn unused_name() -> String {
    format!("test{:016x}", Random::draw().0 as u64)
}

/// For a server that has many tests to serve at once.
fn patient() -> MongoOptions {
    let patience = Duration::from_secs(60);
    MongoOptions { timeout: Duration::from_secs(300), patience, ..MongoOptions::default() }
}

/// MongoDB with GridFS, and Redis.
pub(crate) async fn backend() -> Backend {
    let uri = variable("MAILSTORE_TEST_MONGODB");
    let mongo = Mongo::connect(&uri, &unused_name(), patient()).await.unwrap();
    let settings = RedisSettings { prefix: unused_name(), ..RedisSettings::default() };
    let redis = Redis::open(&variable("MAILSTORE_TEST_REDIS"), settings).unwrap();
    Backend {
        ledger: mongo.ledger(),
        blobs: mongo.blobs(),
        beacon: redis.beacon(),
        shared: redis.shared(),
    }
}

/// The same, with its blobs in S3.
pub(crate) async fn with_s3() -> Backend {
    let options = [
        ("endpoint", variable("MAILSTORE_TEST_S3").as_str()),
        ("allow_http", "true"),
        ("access_key_id", "key"),
        ("secret_access_key", "secret"),
        ("region", "us-east-1"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let blobs = ObjectBlobs::at(&format!("s3://mail/{}", unused_name()), &options).unwrap();
    Backend { blobs: Arc::new(blobs), ..backend().await }
}
