//! What a test runs on.

use std::any::Any;
use std::sync::Arc;

use mailstore::Backend;
use mailstore::backends::embedded::Embedded;
use mailstore::backends::memory;
use mailstore::id::AccountId;
use mailstore::store::{Beacon, Beam, Watch};
use mailstore::uid::ModSeq;

/// On what a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// In memory.
    Memory,
    /// In SQLite.
    Embedded,
    /// In memory, with a beacon that never fires.
    DeafMemory,
    /// In SQLite, with a beacon that never fires.
    DeafEmbedded,
    /// In MongoDB and GridFS, with Redis.
    #[cfg(feature = "cluster")]
    Cluster,
    /// In MongoDB and S3, with Redis.
    #[cfg(feature = "cluster")]
    ClusterS3,
}

/// An empty backend.
#[derive(Debug)]
pub struct Opened {
    /// The backend.
    pub backend: Backend,
    /// What it is kept in, as long as this lives.
    pub place: Option<Box<dyn Any + Send + Sync>>,
}

impl On {
    /// An empty backend of this kind.
    pub async fn open(self) -> Opened {
        let mut opened = match self {
            Self::Memory | Self::DeafMemory => Opened::of(memory::backend()),
            Self::Embedded | Self::DeafEmbedded => {
                let directory = tempfile::tempdir().unwrap();
                let embedded = Embedded::open(directory.path()).unwrap();
                Opened { backend: embedded.backend(), place: Some(Box::new(directory)) }
            }
            #[cfg(feature = "cluster")]
            Self::Cluster => Opened::in_database(crate::cluster::on_mongodb().await),
            #[cfg(feature = "cluster")]
            Self::ClusterS3 => Opened::in_database(crate::cluster::with_s3().await),
        };
        if matches!(self, Self::DeafMemory | Self::DeafEmbedded) {
            opened.backend.beacon = Arc::new(Deaf::default());
        }
        opened
    }
}

impl Opened {
    fn of(backend: Backend) -> Self {
        Self { backend, place: None }
    }

    #[cfg(feature = "cluster")]
    fn in_database((backend, database): (Backend, crate::cluster::Database)) -> Self {
        Self { backend, place: Some(Box::new(database)) }
    }
}

/// A beacon that never fires.
#[derive(Debug, Default)]
pub struct Deaf(Beam);

impl Beacon for Deaf {
    fn light(&self, _: AccountId, _: ModSeq) {}

    fn watch(&self, _: AccountId) -> Watch {
        self.0.watch()
    }
}
