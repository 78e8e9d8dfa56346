//! GET of the tree: how a message is stored.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mailstore::blob::{BlobRef, Digest, Place as Where};
use mailstore::message::Want;
use mailstore::mime::{Encoding, Kind, MimeTree, SegmentKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::{content, fetch, summary, tree};
use crate::api::Api;
use crate::doc::Problems;
use crate::problem::Problem;
use crate::request::{Spot, Subject};

/// Above this it is said that there are so many or more.
const COUNTED: usize = 1_000;
/// Of how many detached bodies it is counted who shares them.
const LOOKED_UP: usize = 200;

/// How a message is stored. Its segments tile it: put together in order they are the source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tree {
    /// Bytes of the message.
    size: u64,
    /// Its parts in pre-order; the first is the message itself.
    parts: Vec<PartShown>,
    /// What its bytes are, in order and without a gap.
    segments: Vec<SegmentShown>,
    /// Bodies that have left the tree, and are stored once however many messages have them.
    detached: Vec<DetachedShown>,
    /// Bytes that the tree itself holds.
    inline: usize,
    /// Did a limit cut the tree? The bytes are all there.
    cut: bool,
}

/// A part: the message itself, a body part, or an embedded message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Part)]
pub(crate) struct PartShown {
    /// The number of the part that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<u32>,
    /// Its media type.
    media: String,
    /// How it is divided.
    kind: PartKind,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its header: from where to where in the source.
    header: Span,
    /// Its body.
    body: Span,
}

/// How a part is divided.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PartKind {
    Leaf,
    Multipart,
    Message,
}

/// A range of the source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Span {
    /// Its first byte.
    start: u64,
    /// One past its last byte.
    end: u64,
}

impl From<&Range<u64>> for Span {
    fn from(range: &Range<u64>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A range of the source, and what it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segment)]
pub(crate) struct SegmentShown {
    /// What the bytes are.
    kind: &'static str,
    /// The part that they belong to; a delimiter belongs to the multipart that it divides.
    part: u32,
    /// Where they are.
    span: Span,
}

/// A body that has left the tree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Detached)]
pub(crate) struct DetachedShown {
    /// The range of the source that it makes; absent for what is only too much for the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
    /// The name of the content: equal for equal bytes (BLAKE3 by chunks of 256 KiB).
    digest: String,
    /// Bytes that are stored.
    size: u64,
    /// How they are stored: `raw` as they came, `base64` decoded.
    encoding: &'static str,
    /// `ledger`: beside the tree. `object`: in the blob store.
    place: &'static str,
    /// How many stored messages have it: of the user, or with the root token of everybody. At
    /// most 1000 are counted; absent if there are too many detached bodies.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<usize>,
}

/// How a message is stored: its MIME tree, and which bodies are shared with how many messages.
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}/tree",
    tag = "Messages", params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    responses((status = 200, body = Tree), Problems))]
pub(crate) async fn read_tree(
    State(api): State<Arc<Api>>,
    spot: Spot,
) -> Result<Json<Tree>, Problem> {
    let tree = tree(&fetch(&api.store, &spot, Want::Tree).await?)?;
    let mut parts = Vec::with_capacity(tree.parts().len());
    for part in tree.parts() {
        let name = content::name(&summary::header_of(&api.store, &tree, part).await?);
        parts.push(PartShown {
            parent: part.parent,
            media: part.content.media.to_string(),
            kind: match part.kind {
                Kind::Leaf => PartKind::Leaf,
                Kind::Multipart { .. } => PartKind::Multipart,
                Kind::Message => PartKind::Message,
            },
            name,
            header: (&part.header).into(),
            body: (&part.body).into(),
        });
    }
    let cut = tree.cut();
    Ok(Json(Tree {
        size: tree.size(),
        parts,
        segments: segments(&tree),
        detached: detached(&api, &spot.place.owner, &tree).await?,
        inline: tree.inline_len(),
        cut: cut.depth || cut.parts || cut.header || cut.boundary,
    }))
}

fn segments(tree: &MimeTree) -> Vec<SegmentShown> {
    let kind = |kind| match kind {
        SegmentKind::Header => "header",
        SegmentKind::Body => "body",
        SegmentKind::Preamble => "preamble",
        SegmentKind::Delimiter => "delimiter",
        SegmentKind::Epilogue => "epilogue",
    };
    let shown = |segment: mailstore::mime::Segment| SegmentShown {
        kind: kind(segment.kind),
        part: segment.part,
        span: (&segment.range).into(),
    };
    tree.segments().map(shown).collect()
}

async fn detached(
    api: &Api,
    owner: &Subject,
    tree: &MimeTree,
) -> Result<Vec<DetachedShown>, Problem> {
    let counts = counts(api, owner, tree).await?;
    let shown = |blob: &BlobRef, span, encoding| DetachedShown {
        span,
        digest: blob.digest.to_string(),
        size: blob.size,
        encoding,
        place: match blob.place {
            Where::Object(_) => "object",
            _ => "ledger",
        },
        messages: counts.get(&blob.digest).copied(),
    };
    let holes = tree.holes().iter().map(|hole| {
        let encoding = if hole.encoding == Encoding::Raw { "raw" } else { "base64" };
        shown(&hole.blob, Some((&hole.range()).into()), encoding)
    });
    let spill = tree.blobs().skip(tree.holes().len()).map(|blob| shown(blob, None, "raw"));
    Ok(holes.chain(spill).collect())
}

/// How many messages have each of the detached bodies. Of others' mail a user is told nothing.
async fn counts(
    api: &Api,
    owner: &Subject,
    tree: &MimeTree,
) -> Result<HashMap<Digest, usize>, Problem> {
    let whose = owner.caller.account();
    let mut counts = HashMap::new();
    for blob in tree.blobs() {
        if counts.len() < LOOKED_UP && !counts.contains_key(&blob.digest) {
            let count = api.store.ledger().sharing(blob.digest, whose, COUNTED).await?;
            counts.insert(blob.digest, count);
        }
    }
    Ok(counts)
}
