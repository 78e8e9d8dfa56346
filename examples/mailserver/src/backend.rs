//! What the store is made of, as the configuration says it.

use std::sync::Arc;

use mailstore::Backend;
use mailstore::backends::object::ObjectBlobs;

use crate::config;
use crate::problem::{Doing, Problem};

/// Puts blobs and beacon where they are configured to be.
pub(crate) fn place(config: &config::Backend, backend: Backend) -> Result<Backend, Problem> {
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

#[cfg(feature = "cluster")]
fn beacon(config: &config::Backend, backend: Backend) -> Result<Backend, Problem> {
    use mailstore::backends::redis::{Redis, RedisSettings};

    if config.beacon == config::LOCAL_BEACON {
        return Ok(backend);
    }
    let redis = Redis::open(&config.beacon, RedisSettings::default())
        .doing(|| "opening the beacon".to_owned())?;
    Ok(Backend { beacon: redis.beacon(), shared: redis.shared(), ..backend })
}

#[cfg(not(feature = "cluster"))]
fn beacon(config: &config::Backend, backend: Backend) -> Result<Backend, Problem> {
    match config.beacon.as_str() {
        config::LOCAL_BEACON => Ok(backend),
        _ => Err("this program was built without it: build it with --features cluster")
            .doing(|| "opening the beacon".to_owned()),
    }
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
        assert!(said.starts_with("opening the beacon: "), "{said}");
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
