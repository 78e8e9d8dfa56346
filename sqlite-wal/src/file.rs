//! A database or its log, as SQLite calls it.
//!
//! In all of this `file` is the memory that [`open`] has filled, and SQLite does not use one file, or
//! a database and its log, from two threads at once: they belong to one connection.

use std::ffi::{c_int, c_void};
use std::{ptr, slice};

use rusqlite::ffi;

use crate::pending::Pending;

/// What SQLite takes for its `sqlite3_file`. The file of the VFS below stands behind it.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    pending: Pending,
    /// Of a log its database; of a database its log, while it is open: SQLite locks only databases.
    other: *mut ffi::sqlite3_file,
}

/// Where the file below begins, in bytes: aligned as SQLite aligns what it allots.
const BELOW_AT: usize = size_of::<File>().next_multiple_of(8);

/// How many bytes a file takes more than one of the VFS below.
pub(crate) const ROOM: c_int = BELOW_AT as c_int;

/// The methods of each version that SQLite knows: those of a file are as many as the one below has.
static METHODS: [ffi::sqlite3_io_methods; 3] = [methods(1), methods(2), methods(3)];

const fn methods(version: c_int) -> ffi::sqlite3_io_methods {
    ffi::sqlite3_io_methods {
        iVersion: version,
        xClose: Some(close),
        xRead: Some(read),
        xWrite: Some(write),
        xTruncate: Some(truncate),
        xSync: Some(sync),
        xFileSize: Some(file_size),
        xLock: Some(lock),
        xUnlock: Some(unlock),
        xCheckReservedLock: Some(check_reserved_lock),
        xFileControl: Some(file_control),
        xSectorSize: Some(sector_size),
        xDeviceCharacteristics: Some(device_characteristics),
        xShmMap: Some(shm_map),
        xShmLock: Some(shm_lock),
        xShmBarrier: Some(shm_barrier),
        xShmUnmap: Some(shm_unmap),
        xFetch: Some(fetch),
        xUnfetch: Some(unfetch),
    }
}

/// Calls a method of the file below with what it takes.
macro_rules! below {
    ($file:ident, $method:ident $(, $argument:expr)*) => {{
        let below = below($file);
        match (*(*below).pMethods).$method {
            Some(method) => method(below $(, $argument)*),
            None => ffi::SQLITE_MISUSE,
        }
    }};
}

/// Defines a method that is the one below, once `first` has come out well.
macro_rules! after {
    ($first:ident, $name:ident, $method:ident $(, $argument:ident: $type:ty)*) => {
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> c_int {
            // SAFETY: `file` is one of ours, and the arguments are what SQLite gives for this method.
            unsafe {
                match $first(file) {
                    ffi::SQLITE_OK => below!(file, $method $(, $argument)*),
                    failed => failed,
                }
            }
        }
    };
}

after!(pass_on, read, xRead, bytes: *mut c_void, len: c_int, at: i64);
after!(pass_on, truncate, xTruncate, len: i64);
after!(pass_on, sync, xSync, flags: c_int);
after!(pass_on, file_size, xFileSize, len: *mut i64);
after!(pass_on, file_control, xFileControl, op: c_int, argument: *mut c_void);
after!(pass_on, fetch, xFetch, at: i64, len: c_int, bytes: *mut *mut c_void);
after!(pass_on_or_drop, lock, xLock, level: c_int);
after!(pass_on_or_drop, unlock, xUnlock, level: c_int);
after!(pass_on_or_drop, shm_lock, xShmLock, first: c_int, count: c_int, flags: c_int);
after!(pass_on_or_drop, shm_unmap, xShmUnmap, delete: c_int);
after!(nothing, check_reserved_lock, xCheckReservedLock, is_reserved: *mut c_int);
after!(nothing, sector_size, xSectorSize);
after!(nothing, device_characteristics, xDeviceCharacteristics);
after!(nothing, shm_map, xShmMap, no: c_int, len: c_int, extend: c_int, at: *mut *mut c_void);
after!(nothing, unfetch, xUnfetch, at: i64, bytes: *mut c_void);

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: `file` is one of ours.
    unsafe {
        let below = below(file);
        if let Some(barrier) = (*(*below).pMethods).xShmBarrier {
            barrier(below);
        }
    }
}

/// Makes `file` one of ours, over what `open_below` opens.
///
/// # Safety
///
/// `file` is aligned to 8 bytes and has [`ROOM`] bytes more than a file of the VFS below needs;
/// `open_below` is that VFS's `xOpen`.
pub(crate) unsafe fn open(
    file: *mut ffi::sqlite3_file,
    open_below: impl FnOnce(*mut ffi::sqlite3_file) -> c_int,
) -> c_int {
    // SAFETY: there is room for both files. One that was not opened has no methods, unless it wants
    // to be closed all the same.
    unsafe {
        let result = open_below(below(file));
        let methods = match (*below(file)).pMethods.as_ref() {
            Some(methods) => &raw const METHODS[methods.iVersion.clamp(1, 3) as usize - 1],
            None => ptr::null(),
        };
        let base = ffi::sqlite3_file { pMethods: methods };
        let other = ptr::null_mut();
        file.cast::<File>().write(File { base, pending: Pending::default(), other });
        result
    }
}

/// Makes a log known to its database.
///
/// # Safety
///
/// `log` has been opened by [`open`], and `name` is the one that SQLite gave for it.
pub(crate) unsafe fn link(log: *mut ffi::sqlite3_file, name: ffi::sqlite3_filename) -> c_int {
    // SAFETY: SQLite answers with the file of the database that the log is of, which it opened before
    // and closes later; what has our methods is one of ours.
    unsafe {
        let database = ffi::sqlite3_database_file_object(name);
        if database.is_null() || !METHODS.as_ptr_range().contains(&(*database).pMethods) {
            return ffi::SQLITE_CANTOPEN;
        }
        (*log.cast::<File>()).other = database;
        (*database.cast::<File>()).other = log;
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `file` is one of ours, and SQLite does not use it again.
    unsafe {
        let passed_on = pass_on(file);
        let closed = below!(file, xClose);
        let File { pending, other, .. } = file.cast::<File>().read();
        drop(pending);
        if !other.is_null() {
            (*other.cast::<File>()).other = ptr::null_mut();
        }
        if passed_on == ffi::SQLITE_OK { closed } else { passed_on }
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    len: c_int,
    at: i64,
) -> c_int {
    // SAFETY: `file` is one of ours, and there are `len` bytes at `bytes`.
    unsafe {
        let bytes = slice::from_raw_parts(bytes.cast::<u8>(), len as usize);
        if !pending(file).takes(at, bytes.len()) {
            match pass_on(file) {
                ffi::SQLITE_OK => {}
                failed => return failed,
            }
        }
        pending(file).add(at, bytes);
        ffi::SQLITE_OK
    }
}

/// Writes what waits. Whether or not it could be written it waits no longer: SQLite is told, and
/// gives the transaction up.
///
/// # Safety
///
/// `file` is one of ours, and nobody else uses it.
unsafe fn pass_on(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the caller's.
    unsafe {
        let pending = pending(file);
        let Some((at, bytes)) = pending.stretch() else {
            return ffi::SQLITE_OK;
        };
        let written = below!(file, xWrite, bytes.as_ptr().cast(), bytes.len() as c_int, at);
        pending.clear();
        written
    }
}

/// Writes what waits for a database and its log before a lock is taken or given up, or forgets it: it
/// must not be written later, over what others write. What SQLite has not synced by then belongs to no
/// commit, and a lock has to be given up whatever the disk says.
///
/// # Safety
///
/// As for [`pass_on`].
unsafe fn pass_on_or_drop(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the caller's; the other file is one of ours, of the same connection.
    unsafe {
        pass_on(file);
        let other = (*file.cast::<File>()).other;
        if !other.is_null() {
            pass_on(other);
        }
    }
    ffi::SQLITE_OK
}

/// Nothing that was written matters to what comes.
fn nothing(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_OK
}

/// # Safety
///
/// `file` is one of ours, nobody else uses it, and nobody has its `Pending` already.
unsafe fn pending<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Pending {
    // SAFETY: the caller's.
    unsafe { &mut (*file.cast::<File>()).pending }
}

/// # Safety
///
/// `file` has [`ROOM`] bytes, and a file of the VFS below behind them.
unsafe fn below(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: the caller's.
    unsafe { file.byte_add(BELOW_AT) }
}
