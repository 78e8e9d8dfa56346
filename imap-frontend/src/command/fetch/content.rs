//! Bytes of a message that FETCH asks for.

use bytes::Bytes;
use mailstore::message::Fetched;
use mailstore::mime::{self, MimeTree, Piece, Plan, Section, Selection, What};
use mailstore::{Error, Mailstore, Reader};

use super::binary::{self, Decoded};
use crate::codec::command::{Content, ContentName, Partial};
use crate::outcome::Failed;

/// Bytes of a message.
pub(super) enum Body {
    /// All of them.
    Whole(Bytes),
    /// The first of them, up to and with the first that come from a blob, so that most of what can
    /// go wrong has not; and the others. Of what is decoded there is no first.
    Parts { len: u64, form: Form, first: Vec<Bytes>, rest: Rest },
    /// All of them, decoded.
    Short(Bytes),
    /// How many they are when decoded.
    Size(u64),
}

/// How bytes are announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `{n}`.
    Literal,
    /// `~{n}`: there is NUL among them, and they were asked for by BINARY (RFC 3516 4.3).
    Literal8,
}

/// Bytes that are read while they are sent.
pub(super) enum Rest {
    Stored(Reader),
    Decoded(Decoded),
}

impl Rest {
    /// The next bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Stored(reader) => reader.next().await,
            Self::Decoded(decoded) => decoded.next().await,
        }
    }
}

/// Finds them; `None` if there is no such part.
pub(super) async fn open(
    store: &Mailstore,
    message: &Fetched,
    content: &Content,
) -> Result<Option<Body>, Failed> {
    let Some(tree) = &message.tree else { return Ok(None) };
    if matches!(content.name, ContentName::Binary | ContentName::BinarySize) {
        return Box::pin(binary::open(store, tree, content)).await;
    }
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
    Ok(Some(Body::Parts { len, form: Form::Literal, first, rest: Rest::Stored(rest) }))
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
        (Some(plan), Some(partial)) => Some(plan.slice(partial.range())),
        (plan, _) => plan,
    })
}
