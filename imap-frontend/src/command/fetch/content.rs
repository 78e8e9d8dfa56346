//! Bytes of a message that FETCH asks for.

use bytes::Bytes;
use mailstore::message::Fetched;
use mailstore::mime::{self, MimeTree, Piece, Plan, Section, Selection, What};
use mailstore::{Mailstore, Reader};

use crate::codec::command::{Content, Partial};
use crate::outcome::Failed;

/// Bytes of a message.
pub(super) enum Body {
    /// All of them.
    Whole(Bytes),
    /// The first of them, up to and with the first that come from a blob, so that most of what can
    /// go wrong has not; and the others.
    Parts { len: u64, first: Vec<Bytes>, rest: Reader },
}

/// Finds them; `None` if there is no such part.
pub(super) async fn open(
    store: &Mailstore,
    message: &Fetched,
    content: &Content,
) -> Result<Option<Body>, Failed> {
    let Some(tree) = &message.tree else { return Ok(None) };
    let part = (&content.section, content.partial);
    let Some(plan) = plan(store, tree, part).await? else { return Ok(None) };
    match plan.pieces() {
        [] => return Ok(Some(Body::Whole(Bytes::new()))),
        [Piece::Bytes(bytes)] => return Ok(Some(Body::Whole(bytes.clone()))),
        _ => {}
    }
    let len = plan.len();
    let ready = plan.pieces().iter().position(|piece| matches!(piece, Piece::Blob { .. }));
    let mut rest = store.read(plan);
    let mut first = Vec::new();
    for _ in 0..=ready.unwrap_or(0) {
        first.extend(rest.next().await?);
    }
    Ok(Some(Body::Parts { len, first, rest }))
}

/// Finds out where they are; `None` if there is no such part.
pub(in crate::command) async fn plan(
    store: &Mailstore,
    tree: &MimeTree,
    (section, partial): (&Section, Option<Partial>),
) -> Result<Option<Plan>, Failed> {
    let plan = match tree.section(section) {
        Some(Selection::Plan(plan)) => Some(plan),
        Some(Selection::Fields { header }) => {
            let header = store.read(header).to_bytes().await?;
            match &section.what {
                What::HeaderFields { names, mode } => Some(mime::fields(&header, names, *mode)),
                _ => None,
            }
        }
        None => None,
    };
    Ok(match (plan, partial) {
        (Some(plan), Some(Partial { offset, length })) => {
            Some(plan.slice(offset..offset.saturating_add(length.get())))
        }
        (plan, _) => plan,
    })
}
