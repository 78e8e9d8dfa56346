//! GET of the proof that a message is rebuilt exactly.

use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use mailstore::blob::{BlobRef, Digest};
use mailstore::message::Want;
use mailstore::mime::decode::decode_base64;
use mailstore::mime::{Encoding, Hole, MimeTree};
use mailstore::store::StoreError;
use serde::Serialize;
use sha2::Sha256;
use utoipa::ToSchema;

use super::source::etag;
use super::{fetch, tree};
use crate::api::Api;
use crate::doc::Problems;
use crate::problem::Problem;
use crate::request::Spot;

/// That a message is rebuilt exactly.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Proof {
    /// Does everything below agree?
    exact: bool,
    /// Bytes that were rebuilt.
    size: u64,
    /// Bytes that came in.
    stored_size: u64,
    /// SHA-256 of the rebuilt bytes, in hexadecimal: compare it with that of the source.
    sha256: String,
    /// The ETag of the source.
    etag: String,
    /// Bodies that had left the tree: their digests, made anew from the rebuilt bytes.
    detached: Vec<DetachedProof>,
}

/// That a detached body is rebuilt exactly.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DetachedProof {
    /// The digest that was stored when the message came in.
    stored: String,
    /// The digest of what stands in the rebuilt bytes, decoded if it is stored decoded.
    rebuilt: String,
    /// Bytes of it.
    size: u64,
}

/// Rebuilds a message, and compares it with what was stored of it when it came in: its size, and
/// the digest of each body that left the tree. (What stayed in the tree is under the checksum of its
/// row, which is checked whenever it is read.)
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}/proof",
    tag = "Messages", params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    responses((status = 200, body = Proof), Problems))]
pub(crate) async fn prove(State(api): State<Arc<Api>>, spot: Spot) -> Result<Json<Proof>, Problem> {
    let tree = tree(&fetch(&api.store, &spot, Want::Tree).await?)?;
    let _memory = api.admit(spot.place.key().account, tree.size()).await?;
    let source = api.store.read(tree.plan()).to_bytes().await?;
    let proof = tokio::task::spawn_blocking(move || proof(&tree, &source)).await;
    let failed = |error| StoreError::unavailable("prove a message", error);
    Ok(Json(proof.map_err(failed)?))
}

fn proof(tree: &MimeTree, source: &Bytes) -> Proof {
    use sha2::Digest as _;

    let detached: Vec<_> = tree.holes().iter().map(|hole| again(hole, source)).collect();
    let same = detached.iter().all(|one| one.stored == one.rebuilt);
    let size = source.len() as u64;
    Proof {
        exact: same && size == tree.size(),
        size,
        stored_size: tree.size(),
        sha256: HEXLOWER.encode(&Sha256::digest(source)),
        etag: etag(tree),
        detached,
    }
}

fn again(hole: &Hole, source: &Bytes) -> DetachedProof {
    let BlobRef { digest, size, .. } = &hole.blob;
    let bytes = slice(source, hole.range());
    let rebuilt = match hole.encoding {
        Encoding::Raw => Digest::of(bytes),
        _ => {
            let mut decoded = Vec::new();
            decode_base64(bytes, &mut decoded);
            Digest::of(&decoded)
        }
    };
    DetachedProof { stored: digest.to_string(), rebuilt: rebuilt.to_string(), size: *size }
}

fn slice(source: &[u8], range: Range<u64>) -> &[u8] {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    source.get(index(range.start)..index(range.end)).unwrap_or_default()
}
