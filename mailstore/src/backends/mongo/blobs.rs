//! Blobs in GridFS: the bucket `objects`, readable with any GridFS tool under the name of the
//! object.
//!
//! The document of a file is written before its chunks, so that a put which was cut off can be
//! found and deleted; nobody reads a file before its put has returned. A chunk is as long as what
//! is hashed, so a range costs the chunks it touches and no more.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use mongodb::bson::{DateTime, Document, doc};

use super::document::{Fields, binary, bytes};
use super::failure::Failure;
use super::schema::{CHUNKS, FILES};
use super::store::Store;
use crate::blob::{CHUNK, ObjectName};
use crate::store::{BlobStore, StoreError};

/// Bytes of one insert: well below what the server takes.
const INSERT: usize = 8 << 20;

/// Blobs in GridFS.
#[derive(Clone, Debug)]
pub struct MongoBlobs {
    store: Arc<Store>,
}

impl MongoBlobs {
    pub(super) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    async fn put_all(&self, name: &ObjectName, content: Bytes) -> Result<(), Failure> {
        let file = doc! {
            "_id": &name.0,
            "filename": &name.0,
            "length": content.len() as i64,
            "chunkSize": CHUNK as i32,
            "uploadDate": DateTime::now(),
            "metadata": { "folder": name.folder().map(i32::from) },
        };
        self.store.collection(FILES).insert_one(file).await?;
        let chunks = self.store.collection(CHUNKS);
        for (number, some) in content.chunks(INSERT).enumerate() {
            let first = number * (INSERT / CHUNK);
            let each = some.chunks(CHUNK).enumerate().map(|(n, data)| {
                doc! { "files_id": &name.0, "n": (first + n) as i32, "data": binary(data) }
            });
            chunks.insert_many(each).await?;
        }
        Ok(())
    }

    async fn get_range(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, Failure> {
        let short = || Failure::corrupt(format!("object {name} has not the bytes {range:?}"));
        if range.start > range.end {
            return Err(short());
        }
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let size = CHUNK as u64;
        let (first, last) = (range.start / size, (range.end - 1) / size);
        let numbers = doc! { "$gte": first.cast_signed(), "$lte": last.cast_signed() };
        let filter = doc! { "files_id": &name.0, "n": numbers };
        let found = self.store.find(CHUNKS, filter).await?;
        let chunks = joined(found, first, last).ok_or_else(short)?;
        let start = (range.start - first * size) as usize;
        let end = (range.end - first * size) as usize;
        if end > chunks.len() {
            return Err(short());
        }
        Ok(chunks.slice(start..end))
    }

    async fn remove(&self, name: &ObjectName) -> Result<(), Failure> {
        let chunks = self.store.collection(CHUNKS);
        chunks.delete_many(doc! { "files_id": &name.0 }).await?;
        self.store.collection(FILES).delete_one(doc! { "_id": &name.0 }).await?;
        Ok(())
    }

    async fn names(&self, folder: u8) -> Result<Vec<ObjectName>, Failure> {
        let filter = doc! { "metadata.folder": i32::from(folder) };
        let found = self.store.find_fields(FILES, (filter, doc! { "_id": 1 })).await?;
        let name = |document| {
            let name = Fields::unsealed(document, "file").text("_id").map(str::to_owned);
            name.map(ObjectName)
        };
        found.into_iter().map(name).collect()
    }
}

/// The chunks from the first to the last, one after the other; `None` if one is missing or, where
/// others follow, short.
fn joined(mut found: Vec<Document>, first: u64, last: u64) -> Option<Bytes> {
    let number = |chunk: &Document| chunk.get_i32("n").ok().and_then(|n| u64::try_from(n).ok());
    found.sort_by_key(number);
    let mut all = BytesMut::new();
    for (wanted, chunk) in (first..=last).zip(&found) {
        let data = bytes(chunk.get("data")?)?;
        if number(chunk) != Some(wanted) || wanted < last && data.len() != CHUNK {
            return None;
        }
        all.extend_from_slice(data);
    }
    (found.len() as u64 == last - first + 1).then(|| all.freeze())
}

#[async_trait]
impl BlobStore for MongoBlobs {
    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), StoreError> {
        self.store.call("put a blob", self.put_all(name, bytes)).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.store.call("get a blob", self.get_range(name, range)).await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.store.call("delete a blob", self.remove(name)).await
    }

    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError> {
        self.store.call("list blobs", self.names(folder)).await
    }
}
