//! A database or its log, as SQLite calls it.
//!
//! In all of this `file` is the memory that [`open`] has filled, and SQLite does not use one file
//! from two threads at once: it belongs to one connection.

use std::ffi::{c_int, c_void};
use std::{ptr, slice};

use rusqlite::ffi;

use crate::pending::Pending;

/// What SQLite takes for its `sqlite3_file`. The file of the VFS below stands behind it.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    pending: Pending,
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

/// Defines a method that is the one below, once what waits has been written.
macro_rules! after_writing {
    ($name:ident, $method:ident $(, $argument:ident: $type:ty)*) => {
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $type)*) -> c_int {
            // SAFETY: `file` is one of ours, and the arguments are what SQLite gives for this method.
            unsafe {
                match pass_on(file) {
                    ffi::SQLITE_OK => below!(file, $method $(, $argument)*),
                    failed => failed,
                }
            }
        }
    };
}

/// Defines a method that is the one below.
macro_rules! as_below {
    ($name:ident, $method:ident) => {
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file) -> c_int {
            // SAFETY: `file` is one of ours.
            unsafe { below!(file, $method) }
        }
    };
}

after_writing!(read, xRead, bytes: *mut c_void, len: c_int, at: i64);
after_writing!(truncate, xTruncate, len: i64);
after_writing!(sync, xSync, flags: c_int);
after_writing!(file_size, xFileSize, len: *mut i64);
after_writing!(lock, xLock, level: c_int);
after_writing!(unlock, xUnlock, level: c_int);
after_writing!(check_reserved_lock, xCheckReservedLock, is_reserved: *mut c_int);
after_writing!(file_control, xFileControl, op: c_int, argument: *mut c_void);
// What these return is no code of success.
as_below!(sector_size, xSectorSize);
as_below!(device_characteristics, xDeviceCharacteristics);
after_writing!(shm_map, xShmMap, region: c_int, len: c_int, extend: c_int, at: *mut *mut c_void);
after_writing!(shm_lock, xShmLock, first: c_int, count: c_int, flags: c_int);
after_writing!(shm_unmap, xShmUnmap, delete: c_int);
after_writing!(fetch, xFetch, at: i64, len: c_int, bytes: *mut *mut c_void);
after_writing!(unfetch, xUnfetch, at: i64, bytes: *mut c_void);

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
        file.cast::<File>().write(File { base, pending: Pending::new() });
        result
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `file` is one of ours, and SQLite does not use it again.
    unsafe {
        let passed_on = pass_on(file);
        let closed = below!(file, xClose);
        ptr::drop_in_place(&raw mut (*file.cast::<File>()).pending);
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
