//! The blobs: each against its digest, and files against rows.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::{CheckError, Place, Report};
use crate::backends::embedded::connection::{Failure, Readers};
use crate::backends::embedded::kept;
use crate::backends::object::packed;
use crate::blob::Digest;
use crate::store::StoreError;

/// Blobs read in one snapshot.
const PAGE: i64 = 100;

/// One row of the table of blobs.
struct Blob {
    rowid: i64,
    digest: Digest,
    object: Option<String>,
    /// The digest of the bytes, where the database keeps them.
    actual: Option<Digest>,
    is_claimed: bool,
}

pub(super) fn check(readers: &Readers, dir: &Path, report: &mut Report) -> Result<(), CheckError> {
    let mut named = HashSet::new();
    let mut last = 0;
    loop {
        let page = readers.read("check blobs", |db| page(db, last))?;
        let Some(end) = page.last() else { break };
        last = end.rowid;
        for blob in &page {
            check_blob(blob, dir, report);
        }
        named.extend(page.into_iter().filter_map(|blob| blob.object));
    }
    orphans(dir, &named, report).map_err(|error| StoreError::unavailable("list blobs", error))?;
    Ok(())
}

fn page(db: &Connection, after: i64) -> Result<Vec<Blob>, Failure> {
    let mut statement = db.prepare_cached(
        "SELECT rowid, digest, object, bytes,
             EXISTS (SELECT 1 FROM claim WHERE claim.digest = blob.digest)
             OR EXISTS (SELECT 1 FROM pending WHERE pending.digest = blob.digest)
         FROM blob WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
    )?;
    let rows = statement.query_map([after, PAGE], |row| {
        let digest = Digest(row.get(1)?);
        let sealed: Option<Vec<u8>> = row.get(3)?;
        let bytes = sealed.and_then(|sealed| kept::unseal(digest, sealed).ok());
        Ok(Blob {
            rowid: row.get(0)?,
            digest,
            object: row.get(2)?,
            actual: bytes.map(|bytes| Digest::of(&bytes)),
            is_claimed: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn check_blob(blob: &Blob, dir: &Path, report: &mut Report) {
    report.blobs += 1;
    let place = || Place::Blob(blob.digest.to_string());
    let actual = match &blob.object {
        Some(name) => digest_of_file(&dir.join(name)).map_err(|error| error.to_string()),
        None => blob.actual.ok_or_else(|| "its bytes are missing or altered".to_owned()),
    };
    match actual {
        Ok(actual) if actual == blob.digest => {}
        Ok(actual) => report.found(place(), format!("its bytes were altered: they are {actual}")),
        Err(error) => report.found(place(), error),
    }
    if !blob.is_claimed {
        report.found(place(), "an orphan: nothing refers to it");
    }
}

fn digest_of_file(path: &Path) -> io::Result<Digest> {
    let content = packed::unpack_all(&fs::read(path)?).map_err(io::Error::other)?;
    Ok(Digest::of(&content))
}

/// Files that no row names.
fn orphans(dir: &Path, named: &HashSet<String>, report: &mut Report) -> io::Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    for folder in fs::read_dir(dir)? {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let (folder, file) = (folder.file_name(), file?.file_name());
            let name = format!("{}/{}", folder.to_string_lossy(), file.to_string_lossy());
            if !named.contains(&name) {
                report.found(Place::Object(name), "an orphan: no row names it");
            }
        }
    }
    Ok(())
}
