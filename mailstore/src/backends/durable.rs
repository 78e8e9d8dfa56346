//! Directories whose names survive a loss of power.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Makes a directory, and those above it that are missing, for their owner only. When it returns
/// their names are durable, also if an earlier process made this one and ended before it came to
/// that.
pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    let parent = match dir.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Ok(()),
    };
    if !parent.exists() {
        create_dir(parent)?;
    }
    let is_new = make(dir)?;
    match sync_dir(parent) {
        // Whoever made it may do in its parent what we may not.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && !is_new => Ok(()),
        synced => synced,
    }
}

/// Is it new?
fn make(dir: &Path) -> io::Result<bool> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(dir) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && dir.is_dir() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the names in a directory durable. Where directories cannot be opened, they need not be.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
