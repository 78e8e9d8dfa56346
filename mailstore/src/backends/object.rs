//! Blobs in any `object_store`: a directory, a cloud, memory.

pub(crate) mod packed;

use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload};

use self::packed::Layout;
use crate::blob::ObjectName;
use crate::store::{BlobStore, Fault, StoreError};

/// Blobs as objects, spread over 256 folders by the first byte of their digest.
#[derive(Debug)]
pub struct ObjectBlobs {
    store: Arc<dyn ObjectStore>,
}

impl ObjectBlobs {
    /// Blobs in this store. It must not acknowledge a `put` before the object is durable.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// Blobs as files in a directory, which is created. Every file, and the directory it is in, is
    /// synced before a `put` returns.
    pub fn in_directory(dir: &FilePath) -> Result<Self, Error> {
        std::fs::create_dir_all(dir)
            .map_err(|source| Error::Generic { store: "local", source: Box::new(source) })?;
        let store = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self::new(Arc::new(store)))
    }
}

impl ObjectBlobs {
    /// Bytes of an object; fewer if it ends before.
    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        self.store.get_range(&path(name), range).await.map_err(failed("get a blob"))
    }
}

fn path(name: &ObjectName) -> Path {
    Path::from(name.0.as_str())
}

fn failed(op: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| {
        let fault = match &error {
            Error::NotFound { .. } => Fault::Corrupt,
            _ => Fault::Unavailable,
        };
        StoreError::new(fault, op, error)
    }
}

#[async_trait]
impl BlobStore for ObjectBlobs {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        let object: PutPayload = packed::pack(&bytes).into_iter().collect();
        drop(bytes);
        self.store.put(&path(name), object).await.map_err(failed("put a blob"))?;
        Ok(())
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError> {
        let altered = |_| StoreError::corrupt("get a blob", format!("{name} was altered"));
        let head = self.read(name, 0..packed::head_len(&range)).await?;
        let found = match packed::layout(&head, &range).map_err(altered)? {
            Layout::Plain(at) => self.read(name, at).await?,
            Layout::Packed { first, lengths, at } => {
                let packed = self.read(name, at).await?;
                packed::unpack(&packed, (first, &lengths), &range).map_err(altered)?
            }
        };
        if found.len() as u64 != range.end - range.start {
            return Err(StoreError::corrupt("get a blob", format!("{name} is too short")));
        }
        Ok(found)
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        match self.store.delete(&path(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed("delete a blob")(error)),
        }
    }

    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError> {
        let folder = Path::from(format!("{folder:02x}"));
        let names = self.store.list(Some(&folder)).map_ok(|meta| meta.location.to_string());
        names.map_ok(ObjectName).try_collect().await.map_err(failed("list blobs"))
    }
}
