//! `[backend]`: of what the store is made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `[backend]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Backend {
    pub(crate) store: Kind,
    pub(crate) blobs: String,
    pub(crate) beacon: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) blob_options: BTreeMap<String, String>,
    pub(crate) mongodb: Mongodb,
}

/// Where mail and users are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Embedded,
    Mongodb,
}

/// `blobs` where the store itself keeps them.
pub(crate) const OWN_BLOBS: &str = "store";
/// `beacon` where hosts do not tell each other.
pub(crate) const LOCAL_BEACON: &str = "local";

impl Default for Backend {
    fn default() -> Self {
        Self {
            store: Kind::Embedded,
            blobs: OWN_BLOBS.to_owned(),
            beacon: LOCAL_BEACON.to_owned(),
            blob_options: BTreeMap::new(),
            mongodb: Mongodb::default(),
        }
    }
}

/// `[backend.mongodb]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mongodb {
    pub(crate) uri: String,
    pub(crate) database: String,
}

impl Default for Mongodb {
    fn default() -> Self {
        let (uri, database) = ("mongodb://127.0.0.1:27017", "mailstore");
        Self { uri: uri.to_owned(), database: database.to_owned() }
    }
}
