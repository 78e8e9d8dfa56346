//! GET of the source: the bytes of a message, exactly as they came.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use futures::stream;
use mailstore::message::Want;
use mailstore::mime::{MimeTree, Piece, Plan};
use mailstore::{Mailstore, Reader};
use sha2::{Digest, Sha256};

use super::{fetch, tree};
use crate::api::Api;
use crate::codec::range::{Answer, answer};
use crate::doc::Problems;
use crate::problem::{Problem, ProblemDocument};
use crate::request::Spot;

/// The bytes of a message, exactly as they came. Any range of them can be asked for.
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}/source",
    tag = "Messages", params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message),
    responses(
        (status = 200, description = "All of it. The strong ETag is a digest of the content.",
            body = String, content_type = "message/rfc822"),
        (status = 206, description = "The range asked for.", body = String,
            content_type = "message/rfc822"),
        (status = 304, description = "It is what the client has."),
        (status = 412, description = "It is not what the client has.", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 416, description = "There are no bytes in that range.", body = ProblemDocument,
            content_type = "application/problem+json"),
        Problems))]
pub(crate) async fn read_source(
    State(api): State<Arc<Api>>,
    spot: Spot,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tree = tree(&fetch(&api.store, &spot, Want::Tree).await?)?;
    let (etag, size) = (etag(&tree), tree.size());
    let plain = [(ETAG, etag.clone()), (ACCEPT_RANGES, "bytes".to_owned())];
    let kind = (CONTENT_TYPE, HeaderValue::from_static("message/rfc822"));
    Ok(match answer(&headers, &etag, size) {
        Answer::Whole => {
            let length = (CONTENT_LENGTH, HeaderValue::from(size));
            (plain.map(valued), [kind, length], body(&api.store, tree.plan())).into_response()
        }
        Answer::Part(range) => {
            let length = (CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
            let of = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let extra = [kind, length, valued((CONTENT_RANGE, of))];
            let body = body(&api.store, tree.slice(range));
            (StatusCode::PARTIAL_CONTENT, plain.map(valued), extra, body).into_response()
        }
        Answer::NotModified => (StatusCode::NOT_MODIFIED, plain.map(valued)).into_response(),
        Answer::PreconditionFailed => {
            let detail = "the message is not the one that the client has";
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "another-one", detail));
        }
        Answer::Unsatisfiable => {
            let detail = format!("the message has {size} bytes");
            let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "no-such-range", detail);
            let (name, value) = valued((CONTENT_RANGE, format!("bytes */{size}")));
            return Err(problem.with(name, value));
        }
    })
}

fn valued((name, value): (HeaderName, String)) -> (HeaderName, HeaderValue) {
    (name, HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("")))
}

/// A digest of the content, made of what is inline and of the digests of what is not: the same for
/// the same message wherever it stands, and no blob has to be read for it.
pub(crate) fn etag(tree: &MimeTree) -> String {
    let mut hash = Sha256::new();
    for piece in tree.plan().pieces() {
        match piece {
            Piece::Bytes(bytes) => {
                hash.update((bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
            Piece::Blob { blob, encoding, range } => {
                hash.update(blob.digest.0);
                hash.update(format!("{encoding:?} {range:?}"));
            }
        }
    }
    format!("\"{}\"", HEXLOWER.encode(&hash.finalize()))
}

/// A body that is read while it is sent. Should a piece turn out to be altered, the connection ends
/// before it.
pub(crate) fn body(store: &Mailstore, plan: Plan) -> Body {
    let pieces = stream::try_unfold(store.read(plan), |mut reader: Reader| async move {
        match reader.next().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, reader))),
            Err(error) => {
                tracing::error!(%error, "a message could not be sent to its end");
                Err(error)
            }
        }
    });
    Body::from_stream(pieces)
}
