//! Blobs in a map.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::blob::ObjectName;
use crate::store::{BlobStore, StoreError};

/// Blobs in memory.
#[derive(Debug, Default)]
pub struct MemoryBlobs {
    objects: Mutex<BTreeMap<ObjectName, Bytes>>,
}

impl MemoryBlobs {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectName, Bytes>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.objects().insert(name.clone(), bytes);
        Ok(())
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError> {
        let objects = self.objects();
        let bytes = objects.get(name).ok_or_else(|| StoreError::corrupt("get blob", "missing"))?;
        if range.start > range.end || range.end > bytes.len() as u64 {
            return Err(StoreError::corrupt("get blob", "shorter than its row says"));
        }
        Ok(bytes.slice(range.start as usize..range.end as usize))
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.objects().remove(name);
        Ok(())
    }

    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError> {
        let objects = self.objects();
        Ok(objects.keys().filter(|name| name.folder() == Some(folder)).cloned().collect())
    }
}
