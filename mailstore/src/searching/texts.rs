//! The texts of a message, from its tree and its blobs.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::mailstore::Mailstore;
use crate::mime::MimeTree;
use crate::mime::text::{HeaderText, MAX_BODY_TEXT, append_body_text, is_searched};
use crate::store::Fault;

pub(super) async fn header(store: &Mailstore, tree: &MimeTree) -> Result<Arc<HeaderText>, Error> {
    Ok(Arc::new(HeaderText::of(&header_bytes(store, tree).await?)))
}

/// The header of the message itself.
pub(super) async fn header_bytes(store: &Mailstore, tree: &MimeTree) -> Result<Bytes, Error> {
    let range = tree.parts().first().map_or(0..0, |part| part.header.clone());
    match tree.bytes_of(range.clone()) {
        Some(bytes) => Ok(bytes),
        None => Ok(read(store, tree, range).await?.unwrap_or_default()),
    }
}

pub(super) async fn body(store: &Mailstore, tree: &MimeTree) -> Result<Arc<str>, Error> {
    let apart = read_apart(store, tree).await?;
    let find = |range: Range<u64>| {
        let found = apart.iter().find(|(start, _)| *start == range.start);
        found.map(|(_, bytes)| bytes.clone())
    };
    let mut text = String::new();
    append_body_text(tree, |range| tree.bytes_of(range.clone()).or_else(|| find(range)), &mut text);
    Ok(text.into())
}

/// Reads the parts that are searched and do not stand in the tree, each with where it begins; no
/// more of them than could be searched.
async fn read_apart(store: &Mailstore, tree: &MimeTree) -> Result<Vec<(u64, Bytes)>, Error> {
    let (mut apart, mut room) = (Vec::new(), MAX_BODY_TEXT as u64);
    for part in tree.parts() {
        let header = part.parent.is_some().then(|| part.header.clone());
        let body = is_searched(part).then(|| part.body.clone());
        for range in header.into_iter().chain(body) {
            let range = range.start..range.end.min(range.start.saturating_add(room));
            if range.is_empty() || tree.bytes_of(range.clone()).is_some() {
                continue;
            }
            if let Some(bytes) = read(store, tree, range.clone()).await? {
                room -= bytes.len() as u64;
                apart.push((range.start, bytes));
            }
        }
    }
    Ok(apart)
}

/// Reads a range. One that is damaged is left out: the rest of the mailbox can still be searched.
async fn read(
    store: &Mailstore,
    tree: &MimeTree,
    range: Range<u64>,
) -> Result<Option<Bytes>, Error> {
    match store.read(tree.slice(range)).to_bytes().await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Error::Store(error)) if error.fault == Fault::Corrupt => {
            tracing::error!(%error, "a part of a message could not be searched");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
