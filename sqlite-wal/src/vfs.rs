//! The VFS: SQLite's own, but for how it opens databases and their logs.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::file;

/// What SQLite knows it by.
const NAME: &CStr = c"at-once";

/// There is no VFS to build upon, or SQLite did not take ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SQLite has no VFS that could be used")]
pub struct Unavailable;

/// The VFS below ours: SQLite's default when ours was registered.
struct Below(*mut ffi::sqlite3_vfs);

// SAFETY: a VFS that is registered stays where it is and may be used by any thread
// (https://sqlite.org/c3ref/vfs.html).
unsafe impl Send for Below {}
// SAFETY: as above.
unsafe impl Sync for Below {}

static BELOW: OnceLock<Option<Below>> = OnceLock::new();

/// Makes the VFS known to SQLite if it is not, and gives its name, by which a connection is opened
/// with it. SQLite's default stays what it was.
///
/// # Errors
///
/// If SQLite was built without a VFS, or had no memory.
pub fn register() -> Result<&'static CStr, Unavailable> {
    match BELOW.get_or_init(add) {
        Some(_) => Ok(NAME),
        None => Err(Unavailable),
    }
}

fn add() -> Option<Below> {
    // SAFETY: null asks for the default, which, if there is one, is a whole `sqlite3_vfs`. All its
    // methods but `xOpen` stay what they were; they look at nothing of the VFS that we change.
    // `ours` is never freed, as a registered VFS must not be.
    unsafe {
        let below = ffi::sqlite3_vfs_find(ptr::null());
        let mut ours = *below.as_ref()?;
        ours.pNext = ptr::null_mut();
        ours.zName = NAME.as_ptr();
        ours.szOsFile += file::ROOM;
        ours.xOpen = Some(open);
        let ours = Box::leak(Box::new(ours));
        (ffi::sqlite3_vfs_register(ours, 0) == ffi::SQLITE_OK).then_some(Below(below))
    }
}

/// Opens a database or a log as one of ours, and all else as the VFS below does.
unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let Some(Some(below)) = BELOW.get() else {
        return ffi::SQLITE_CANTOPEN;
    };
    let open = |file| {
        // SAFETY: `below` is a registered VFS, `file` has room for its file, and the other arguments
        // are SQLite's own.
        unsafe {
            match (*below.0).xOpen {
                Some(open) => open(below.0, name, file, flags, flags_out),
                None => ffi::SQLITE_CANTOPEN,
            }
        }
    };
    if flags & (ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_WAL) == 0 {
        return open(file);
    }
    // SAFETY: SQLite allots as many bytes as our `szOsFile` says: those of the VFS below, and ROOM.
    let opened = unsafe { file::open(file, open) };
    if opened != ffi::SQLITE_OK || flags & ffi::SQLITE_OPEN_WAL == 0 {
        return opened;
    }
    // SAFETY: `file` is open, and the name is SQLite's.
    unsafe { file::link(file, name) }
}
