//! GET of a part: an attachment, decoded.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::State;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use mailstore::message::Want;
use mailstore::mime::decode::Decoder;
use mailstore::mime::{MimeTree, Part};
use mailstore::{Error, Mailstore, Reader};
use utoipa::IntoParams;

use super::content::{decoded_size, name};
use super::summary::header_of;
use super::{fetch, tree};
use crate::api::Api;
use crate::doc::Problems;
use crate::input::number;
use crate::problem::Problem;
use crate::request::Spot;

/// Types that no browser runs anything of. All others are sent as bytes without a meaning.
const SAFE: [&str; 12] = [
    "application/pdf",
    "application/zip",
    "audio/mpeg",
    "audio/ogg",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
    "video/mp4",
    "video/webm",
];

/// The part in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it is the description that is used")]
pub(crate) struct PartNumber {
    /// The number of a part, as the message and its tree give it. The message itself is 0.
    #[param(minimum = 0, maximum = 100_000)]
    part: u32,
}

/// A part of a message.
#[derive(Debug)]
pub(crate) struct Within {
    spot: Spot,
    part: usize,
}

impl FromRequestParts<Arc<Api>> for Within {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let spot = Spot::from_request_parts(parts, api).await?;
        Ok(Self { spot, part: number(parts, "part").await? })
    }
}

/// The body of a part, decoded: an attachment. It is sent so that a browser saves it and does not
/// show it.
#[utoipa::path(get, path = "/users/{user}/mailboxes/{mailbox}/messages/{uid}/parts/{part}",
    tag = "Messages",
    params(crate::doc::User, crate::doc::Mailbox, crate::doc::Message, PartNumber),
    responses((status = 200, description = "The bytes. The type is that of the part if it is \
        harmless, or else `application/octet-stream`.", body = String, content_type = "*/*"),
        Problems))]
pub(crate) async fn read_part(
    State(api): State<Arc<Api>>,
    Within { spot, part }: Within,
) -> Result<Response, Problem> {
    let tree = tree(&fetch(&api.store, &spot, Want::Tree).await?)?;
    let part = tree.parts().get(part).ok_or_else(|| Problem::not_found("part"))?;
    let header = header_of(&api.store, &tree, part).await?;
    let disposition = disposition(name(&header).as_deref().unwrap_or("attachment"));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(safe_type(part))),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    let length = decoded_size(&tree, part).map(|size| [(CONTENT_LENGTH, HeaderValue::from(size))]);
    let mut response = (headers, body(&api.store, &tree, part)).into_response();
    response.headers_mut().extend(length.into_iter().flatten());
    Ok(response)
}

fn safe_type(part: &Part) -> &'static str {
    let media = part.content.media.as_str();
    SAFE.into_iter().find(|safe| *safe == media).unwrap_or("application/octet-stream")
}

/// `attachment` with a name, twice: for those who know RFC 8187, and for the others.
fn disposition(name: &str) -> HeaderValue {
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let plain =
        |c: char| if c.is_ascii() && !matches!(c, '"' | '\\' | '%' | '/') { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let mut extended = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                extended.push(char::from(byte));
            }
            other => extended += &format!("%{other:02X}"),
        }
    }
    let text = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{extended}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// The body of a part, decoded while it is sent.
fn body(store: &Mailstore, tree: &MimeTree, part: &Part) -> Body {
    let reader = store.read(tree.slice(part.body.clone()));
    let decoder = Decoder::new(part.content.transfer);
    let state = Decoding { reader, decoder };
    Body::from_stream(stream::try_unfold(Some(state), |state| async move {
        let Some(state) = state else { return Ok::<_, Error>(None) };
        let (bytes, state) = state.next().await?;
        Ok(Some((bytes, state)))
    }))
}

/// A part on its way out.
struct Decoding {
    reader: Reader,
    /// `None` if the encoding is not known: then the body goes out as it stands.
    decoder: Option<Decoder>,
}

impl Decoding {
    /// Some bytes, and what is left to be decoded.
    async fn next(mut self) -> Result<(Bytes, Option<Self>), Error> {
        let Some(piece) = self.reader.next().await? else {
            return Ok((self.decoder.map(Decoder::finish).unwrap_or_default(), None));
        };
        let decoded = match &mut self.decoder {
            Some(decoder) => decoder.push(&piece),
            None => piece,
        };
        Ok((decoded, Some(self)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out() {
        let value = disposition("a\"; filename=\"b\r\nSet-Cookie: x/../é.exe");
        let text = value.to_str().unwrap();
        assert_eq!(text.matches('"').count(), 2, "{text}");
        assert!(
            text.ends_with(
                "filename*=UTF-8''a%22%3B%20filename%3D%22bSet-Cookie%3A%20x%2F..%2F%C3%A9.exe"
            ),
            "{text}"
        );
    }
}
