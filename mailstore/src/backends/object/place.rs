//! Where blobs are kept, as a URL says it.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectStore, ObjectStoreScheme, parse_url_opts};
use url::Url;

use super::ObjectBlobs;

/// For every call to a store that is reached over a network.
const LIMIT: Duration = Duration::from_secs(60);

/// The beginnings of environment variables that are options too.
const ENVIRONMENT: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

impl ObjectBlobs {
    /// Blobs at a place:
    ///
    /// | URL | where | Cargo feature |
    /// |---|---|---|
    /// | `s3://BUCKET/PREFIX` | S3, or what speaks its protocol | `aws` |
    /// | `gs://BUCKET/PREFIX` | Google Cloud Storage | `gcp` |
    /// | `az://CONTAINER/PREFIX` | Azure Blob Storage | `azure` |
    /// | `file:///DIRECTORY` | files, as [`in_directory`](Self::in_directory) | |
    /// | `memory:///` | nowhere: gone with the process | |
    ///
    /// Options are those of `object_store`: `region`, `endpoint`, `access_key_id`, `allow_http` and
    /// so on; one that is not known is an error. Environment variables that begin with `AWS_`,
    /// `AZURE_` or `GOOGLE_` are options as well, so that secrets need not stand in a file; an
    /// option that is given comes before them. A call to a cloud fails after 60 seconds
    /// ([`with_limit`](Self::with_limit)).
    pub fn at(url: &str, options: &[(String, String)]) -> Result<Self, Error> {
        let url = Url::parse(url).map_err(|error| refused(error.to_string()))?;
        let (scheme, prefix) = ObjectStoreScheme::parse(&url)
            .map_err(|_| refused(format!("{url} is no place for blobs")))?;
        if let Some((unknown, _)) = options.iter().find(|(key, _)| !knows(&scheme, key)) {
            return Err(refused(format!("{url} has no option {unknown}")));
        }
        if scheme == ObjectStoreScheme::Local {
            let dir = url.to_file_path().map_err(|()| refused(format!("{url} is no path")))?;
            return Self::in_directory(FilePath::new(&dir));
        }
        #[cfg(feature = "cloud")]
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (store, _) = parse_url_opts(&url, environment().chain(options.iter().cloned()))?;
        let store: Arc<dyn ObjectStore> = match prefix.as_ref() {
            "" => Arc::from(store),
            _ => Arc::new(PrefixStore::new(store, prefix)),
        };
        Ok(Self::new(store).with_limit(LIMIT))
    }
}

fn refused(why: String) -> Error {
    Error::Generic { store: "blobs", source: why.into() }
}

/// Options from the environment.
fn environment() -> impl Iterator<Item = (String, String)> {
    let is_ours = |key: &str| ENVIRONMENT.iter().any(|start| key.starts_with(start));
    let both = |(key, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((key.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(both).filter(move |(key, _)| is_ours(key))
}

#[allow(unused_variables, reason = "without a cloud no option is known")]
fn knows(scheme: &ObjectStoreScheme, key: &str) -> bool {
    match scheme {
        #[cfg(feature = "aws")]
        ObjectStoreScheme::AmazonS3 => key.parse::<object_store::aws::AmazonS3ConfigKey>().is_ok(),
        #[cfg(feature = "azure")]
        ObjectStoreScheme::MicrosoftAzure => {
            key.parse::<object_store::azure::AzureConfigKey>().is_ok()
        }
        #[cfg(feature = "gcp")]
        ObjectStoreScheme::GoogleCloudStorage => {
            key.parse::<object_store::gcp::GoogleConfigKey>().is_ok()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_is_refused() {
        for url in ["", "blobs", "ftp://host/path", "https://host/path", "file://host/path"] {
            let error = ObjectBlobs::at(url, &[]).unwrap_err().to_string();
            assert!(!error.is_empty(), "{url:?}");
        }
    }

    #[test]
    fn an_unknown_option_is_refused() {
        let option = ("regoin".to_owned(), "eu".to_owned());
        for url in ["memory:///", "s3://bucket/a"] {
            let error = ObjectBlobs::at(url, std::slice::from_ref(&option)).unwrap_err();
            assert!(error.to_string().contains("regoin"), "{error}");
        }
    }

    #[cfg(not(feature = "cloud"))]
    #[test]
    fn a_cloud_that_is_not_built_in_is_named() {
        let error = ObjectBlobs::at("s3://bucket/a", &[]).unwrap_err().to_string();
        assert!(error.contains("AmazonS3"), "{error}");
    }
}
