//! Immutable bytes by name.

use std::fmt::Debug;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;
use crate::blob::ObjectName;

/// Stores blobs that are too big for the ledger. No name is ever used twice.
#[async_trait]
pub trait BlobStore: Debug + Send + Sync + 'static {
    /// Stores bytes under a new name, durable when it returns.
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError>;

    /// Reads a range, which must lie within the object. Fails as `Corrupt` if there is no such
    /// object or it is shorter: whoever asks has a row that says otherwise.
    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError>;

    /// Removes an object. Removing what is not there succeeds.
    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError>;

    /// All objects of one of the 256 folders, in no order; also what is left of puts that were cut
    /// off, under names that can be deleted.
    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError>;
}
