//! Bytes of a message that FETCH asks for.

use bytes::Bytes;
use mailstore::message::Fetched;
use mailstore::mime::{self, MimeTree, Piece, Plan, Selection, What};
use mailstore::{Mailstore, Reader};

use crate::codec::command::Content;
use crate::outcome::Failed;

/// Some bytes of a message. The first are there; so most of what can go wrong has not.
pub(super) struct Body {
    pub(super) len: u64,
    pub(super) first: Bytes,
    /// The others, if there are any.
    pub(super) rest: Option<Reader>,
}

impl Body {
    fn whole(bytes: Bytes) -> Self {
        Self { len: bytes.len() as u64, first: bytes, rest: None }
    }
}

/// Finds them; `None` if there is no such part.
pub(super) async fn open(
    store: &Mailstore,
    message: &Fetched,
    content: &Content,
) -> Result<Option<Body>, Failed> {
    let Some(tree) = &message.tree else { return Ok(None) };
    let Some(plan) = plan(store, tree, content).await? else { return Ok(None) };
    let plan = match content.partial {
        Some(partial) => {
            plan.slice(partial.offset..partial.offset.saturating_add(partial.length.get()))
        }
        None => plan,
    };
    match plan.pieces() {
        [] => return Ok(Some(Body::whole(Bytes::new()))),
        [Piece::Bytes(bytes)] => return Ok(Some(Body::whole(bytes.clone()))),
        _ => {}
    }
    let len = plan.len();
    let mut reader = store.read(plan);
    let first = reader.next().await?.unwrap_or_default();
    Ok(Some(Body { len, first, rest: Some(reader) }))
}

async fn plan(
    store: &Mailstore,
    tree: &MimeTree,
    content: &Content,
) -> Result<Option<Plan>, Failed> {
    Ok(match tree.section(&content.section) {
        Some(Selection::Plan(plan)) => Some(plan),
        Some(Selection::Fields { header }) => {
            let header = store.read(header).to_bytes().await?;
            match &content.section.what {
                What::HeaderFields { names, mode } => Some(mime::fields(&header, names, *mode)),
                _ => None,
            }
        }
        None => None,
    })
}
