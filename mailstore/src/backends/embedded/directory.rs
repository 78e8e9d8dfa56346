//! The directory of a store: one process at a time.

use std::error::Error;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::backends::durable;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("the mail store in {} cannot be opened: {source}", dir.display())]
pub struct OpenError {
    /// Its directory.
    pub dir: PathBuf,
    /// What is wrong.
    pub source: Box<dyn Error + Send + Sync>,
}

impl OpenError {
    pub(super) fn new(dir: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { dir: dir.to_owned(), source: source.into() }
    }
}

/// Another process has the store open.
#[derive(Debug, thiserror::Error)]
#[error("process {} has it open", holder.trim())]
pub(super) struct InUse {
    /// The number of that process, as it wrote it down.
    pub(super) holder: String,
}

/// Held while the store is open; the system lets go of it when the process ends, however it ends.
pub(super) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl Lock {
    pub(super) fn take(dir: &Path) -> Result<Self, OpenError> {
        let error = |error: std::io::Error| OpenError::new(dir, error);
        durable::create_dir(dir).map_err(error)?;
        let path = dir.join("lock");
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(path)
            .map_err(error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).map_err(error)?;
                return Err(OpenError::new(dir, InUse { holder }));
            }
            Err(TryLockError::Error(source)) => return Err(error(source)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(error)?;
        writeln!(file, "{}", std::process::id()).map_err(error)?;
        Ok(Self(file))
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}
