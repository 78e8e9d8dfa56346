//! What the store is made of, as the configuration says it.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use mailstore::Backend;
use mailstore::accounts::AccountStore;
use mailstore::backends::embedded::Embedded;
use mailstore::backends::object::ObjectBlobs;

use crate::config::{self, Config, Kind};
use crate::problem::{Doing, Problem};

/// Where mail is, and where users are.
pub(crate) type Opened = (Backend, Arc<dyn AccountStore>);

/// What to do while a server that is needed is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Away {
    /// Wait until it is there, and say so in the log.
    Wait,
    /// Give up.
    Fail,
}

/// Opens all that is configured.
pub(crate) async fn open(config: &Config, away: Away) -> Result<Opened, Problem> {
    let (backend, users) = match config.backend.store {
        Kind::Embedded => embedded(config)?,
        Kind::Mongodb => {
            make(&config.directory)?;
            mongodb(&config.backend.mongodb, away).await?
        }
    };
    Ok((place(&config.backend, backend)?, users))
}

fn embedded(config: &Config) -> Result<Opened, Problem> {
    let embedded = Embedded::open(&config.directory).doing(|| "opening the store".to_owned())?;
    Ok((embedded.backend(), Arc::new(embedded.accounts())))
}

/// Makes the directory of a host that keeps no mail in it, for its owner only.
fn make(directory: &Path) -> Result<(), Problem> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.doing(|| format!("making {}", directory.display()))
}

/// Puts blobs and beacon where they are configured to be.
fn place(config: &config::Backend, backend: Backend) -> Result<Backend, Problem> {
    beacon(config, blobs(config, backend)?)
}

fn blobs(config: &config::Backend, backend: Backend) -> Result<Backend, Problem> {
    if config.blobs == config::OWN_BLOBS {
        return Ok(backend);
    }
    let options: Vec<_> = config.blob_options.clone().into_iter().collect();
    let blobs = ObjectBlobs::at(&config.blobs, &options)
        .doing(|| format!("opening the blobs at {}", config.blobs))?;
    Ok(Backend { blobs: Arc::new(blobs), ..backend })
}

fn beacon(config: &config::Backend, backend: Backend) -> Result<Backend, Problem> {
    match config.beacon.as_str() {
        config::LOCAL_BEACON => Ok(backend),
        url => redis(url, backend),
    }
}

#[cfg(feature = "cluster")]
async fn mongodb(config: &config::Mongodb, away: Away) -> Result<Opened, Problem> {
    use std::time::Duration;

    use mailstore::backends::mongo::{Mongo, MongoOptions};
    use mailstore::store::{LocalBeacon, LocalShared};

    let wait = match away {
        Away::Wait => Duration::MAX,
        Away::Fail => Duration::ZERO,
    };
    let options = MongoOptions { wait, ..MongoOptions::default() };
    let mongo = Mongo::connect(&config.uri, &config.database, options)
        .await
        .doing(|| "opening the store".to_owned())?;
    let backend = Backend {
        ledger: mongo.ledger(),
        blobs: mongo.blobs(),
        beacon: Arc::new(LocalBeacon::default()),
        shared: Arc::new(LocalShared::default()),
    };
    Ok((backend, Arc::new(mongo.accounts())))
}

#[cfg(feature = "cluster")]
fn redis(url: &str, backend: Backend) -> Result<Backend, Problem> {
    use mailstore::backends::redis::{Redis, RedisSettings};

    let redis = Redis::open(url, RedisSettings::default());
    let redis = redis.doing(|| "opening the beacon".to_owned())?;
    Ok(Backend { beacon: redis.beacon(), shared: redis.shared(), ..backend })
}

#[cfg(not(feature = "cluster"))]
const NOT_BUILT_IN: &str = "this program was built without it: build it with --features cluster";

#[cfg(not(feature = "cluster"))]
async fn mongodb(_: &config::Mongodb, _: Away) -> Result<Opened, Problem> {
    Err(NOT_BUILT_IN).doing(|| "opening the store in MongoDB".to_owned())
}

#[cfg(not(feature = "cluster"))]
fn redis(_: &str, _: Backend) -> Result<Backend, Problem> {
    Err(NOT_BUILT_IN).doing(|| "opening the beacon in Redis".to_owned())
}

#[cfg(test)]
mod tests {
    use mailstore::backends::memory;

    use super::*;

    fn refusal(blobs: &str, beacon: &str) -> String {
        let (blobs, beacon) = (blobs.to_owned(), beacon.to_owned());
        let config = config::Backend { blobs, beacon, ..Default::default() };
        place(&config, memory::backend()).unwrap_err().to_string()
    }

    #[test]
    fn places_that_are_none_are_refused() {
        let said = refusal("attic", "local");
        assert!(said.starts_with("opening the blobs at attic: "), "{said}");
        let said = refusal("store", "smoke signals");
        assert!(said.starts_with("opening the beacon"), "{said}");
    }

    #[test]
    fn blobs_can_be_in_a_directory() {
        let directory = tempfile::tempdir().unwrap();
        let blobs = format!("file://{}", directory.path().join("blobs").display());
        let config = config::Backend { blobs, ..Default::default() };
        place(&config, memory::backend()).unwrap();
        assert!(directory.path().join("blobs").is_dir());
    }

    #[cfg(not(feature = "cluster"))]
    #[test]
    fn what_is_not_built_in_says_how_to_build_it() {
        assert!(refusal("store", "redis://localhost").contains("--features cluster"));
    }
}
