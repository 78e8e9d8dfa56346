//! Blobs in any `object_store`: a directory, a cloud, memory.

pub(crate) mod packed;
mod place;

use std::fmt;
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload};

use self::packed::Layout;
use super::durable;
use crate::blob::ObjectName;
use crate::store::{BlobStore, Fault, StoreError};

/// Blobs as objects, spread over 256 folders by the first byte of their digest.
#[derive(Debug)]
pub struct ObjectBlobs {
    store: Arc<dyn ObjectStore>,
    folders: Option<Folders>,
    limit: Option<Duration>,
}

/// The folders of a directory.
struct Folders {
    dir: PathBuf,
    /// Of which it is known that their names are durable.
    durable: Mutex<[bool; 256]>,
}

impl Folders {
    fn of(dir: &FilePath) -> Self {
        Self { dir: dir.to_owned(), durable: Mutex::new([false; 256]) }
    }

    /// Makes the folder and its name durable. That it is there is not enough: whoever made it may
    /// not have come to syncing it.
    fn make_durable(&self, folder: u8) -> std::io::Result<()> {
        let durable = || self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if !durable()[usize::from(folder)] {
            durable::create_dir(&self.dir.join(format!("{folder:02x}")))?;
            durable()[usize::from(folder)] = true;
        }
        Ok(())
    }
}

impl fmt::Debug for Folders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Folders").field(&self.dir).finish()
    }
}

impl ObjectBlobs {
    /// Blobs in this store. It must not acknowledge a `put` before the object is durable.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, folders: None, limit: None }
    }

    /// Blobs as files in a directory, which is created. Every file, and the directory it is in, is
    /// synced before a `put` returns.
    pub fn in_directory(dir: &FilePath) -> Result<Self, Error> {
        durable::create_dir(dir)
            .map_err(|source| Error::Generic { store: "local", source: Box::new(source) })?;
        let store = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folders: Some(Folders::of(dir)), limit: None })
    }

    /// Every call fails that is not answered within this time, tries of its own included. Needs a
    /// Tokio runtime with a clock.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }
}

impl ObjectBlobs {
    /// Bytes of an object; fewer if it ends before.
    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, StoreError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let start = range.start;
        let reading = async {
            match self.store.get_range(&path(name), range).await {
                Ok(bytes) => Ok(bytes),
                // A range beyond the end is an error, but has no name of its own.
                Err(error) => match self.store.head(&path(name)).await {
                    Ok(object) if object.size <= start => Ok(Bytes::new()),
                    _ => Err(error),
                },
            }
        };
        self.in_time("get a blob", reading).await
    }

    async fn in_time<T>(
        &self,
        op: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, StoreError> {
        let done = match self.limit {
            None => call.await,
            Some(limit) => tokio::time::timeout(limit, call)
                .await
                .map_err(|_| StoreError::unavailable(op, format!("no answer in {limit:?}")))?,
        };
        done.map_err(failed(op))
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
        if let (Some(folders), Some(folder)) = (&self.folders, name.folder()) {
            let made = folders.make_durable(folder);
            made.map_err(|error| StoreError::unavailable("put a blob", error))?;
        }
        let object: PutPayload = packed::pack(&bytes).into_iter().collect();
        drop(bytes);
        self.in_time("put a blob", self.store.put(&path(name), object)).await.map(drop)
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
        if let Some(folders) = self.folders.as_ref().filter(|_| is_cut_off(&name.0)) {
            let gone = std::fs::remove_file(folders.dir.join(&name.0));
            return gone.map_err(|error| StoreError::unavailable("delete a blob", error));
        }
        let deleting = async {
            match self.store.delete(&path(name)).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error),
            }
        };
        self.in_time("delete a blob", deleting).await
    }

    async fn list(&self, folder: u8) -> Result<Vec<ObjectName>, StoreError> {
        let folder = Path::from(format!("{folder:02x}"));
        let names = self.store.list(Some(&folder)).map_ok(|meta| meta.location.to_string());
        let names = names.map_ok(ObjectName).try_collect::<Vec<_>>();
        let mut names = self.in_time("list blobs", names).await?;
        if let Some(folders) = &self.folders {
            let cut_off = cut_off(&folders.dir, folder.as_ref());
            names.extend(cut_off.map_err(|error| StoreError::unavailable("list blobs", error))?);
        }
        Ok(names)
    }
}

/// While a file is being written it is called by its name, `#` and a number; `object_store` does
/// not list it. If the process ends before the file gets its own name, it is for the sweep.
fn is_cut_off(file: &str) -> bool {
    file.contains('#')
}

/// The files of a folder that were not written to their end, or are being written.
fn cut_off(dir: &FilePath, folder: &str) -> std::io::Result<Vec<ObjectName>> {
    let mut names = Vec::new();
    let dir = dir.join(folder);
    if !dir.exists() {
        return Ok(names);
    }
    for file in std::fs::read_dir(dir)? {
        let file = file?.file_name();
        if let Some(file) = file.to_str().filter(|file| is_cut_off(file)) {
            names.push(ObjectName(format!("{folder}/{file}")));
        }
    }
    Ok(names)
}
