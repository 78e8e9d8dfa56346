//! From the fields of a part to its [`Content`].

use super::params::{Param, Value, param};
use crate::mime::scan::{HeaderBlock, trim_end};
use crate::mime::tree::content::{Content, Disposition, Media, TransferEncoding};

/// The longest charset name kept; the longest registered one has 45 bytes.
const CHARSET: usize = 64;

/// What the header block says about the part. `default` is the type of a part that says nothing
/// (RFC 2045 5.2; RFC 2046 5.1.5 for multipart/digest).
pub(super) fn content(raw: &[u8], block: &HeaderBlock, default: Media) -> Content {
    let field = |range: &Option<std::ops::Range<usize>>| range.clone().and_then(|r| raw.get(r));
    let mut content = Content {
        media: default,
        charset: None,
        transfer: field(&block.transfer_encoding).map_or(TransferEncoding::SevenBit, transfer),
        disposition: field(&block.disposition).and_then(disposition),
    };
    if let Some(value) = field(&block.content_type) {
        content.media = media(value);
        content.charset = charset(value, &content.media);
    }
    content
}

/// The boundary of a multipart.
pub(super) fn boundary(raw: &[u8], block: &HeaderBlock, longest: usize) -> Param {
    let value = block.content_type.clone().and_then(|range| raw.get(range)).unwrap_or_default();
    match param(Value::new(value), b"boundary", longest) {
        Param::Value(mut text) => {
            text.truncate(trim_end(&text).len());
            if text.is_empty() { Param::Absent } else { Param::Value(text) }
        }
        other => other,
    }
}

/// A type that cannot be read is text/plain (RFC 2045 5.2).
fn media(value: &[u8]) -> Media {
    let mut value = Value::new(value);
    let kind = value.token();
    let subtype = if value.eat(b'/') { value.token() } else { b"" };
    Media::new(kind, subtype).unwrap_or_default()
}

fn charset(value: &[u8], media: &Media) -> Option<Box<str>> {
    if media.kind() != "text" {
        return None;
    }
    let Param::Value(name) = param(Value::new(value), b"charset", CHARSET) else { return None };
    let graphic = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = String::from_utf8(name).ok().filter(|_| graphic)?;
    Some(name.to_ascii_lowercase().into_boxed_str())
}

fn transfer(value: &[u8]) -> TransferEncoding {
    let mut value = Value::new(value);
    value.eat(b'"');
    match &value.token().to_ascii_lowercase()[..] {
        b"7bit" | b"" => TransferEncoding::SevenBit,
        b"8bit" => TransferEncoding::EightBit,
        b"binary" => TransferEncoding::Binary,
        b"quoted-printable" => TransferEncoding::QuotedPrintable,
        b"base64" => TransferEncoding::Base64,
        _ => TransferEncoding::Other,
    }
}

/// What is neither is to be taken as an attachment (RFC 2183 2.8).
fn disposition(value: &[u8]) -> Option<Disposition> {
    match &Value::new(value).token().to_ascii_lowercase()[..] {
        b"" => None,
        b"inline" => Some(Disposition::Inline),
        _ => Some(Disposition::Attachment),
    }
}
