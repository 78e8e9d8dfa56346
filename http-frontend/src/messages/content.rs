//! A message as people read it.

use bytes::Bytes;
use mailstore::message::Fetched;
use mailstore::mime::header::{Fields, Parameters};
use mailstore::mime::text::decode_text;
use mailstore::mime::{Disposition, Encoding, Kind, MimeTree, Part};
use mailstore::{Error, Mailstore};
use serde::Serialize;
use utoipa::ToSchema;

use super::summary::{Summary, header_of};
use super::{html, tree};
use crate::problem::Problem;

/// Most bytes of one body that are read to be shown.
const MAX_BODY: u64 = 1 << 20;
/// Most bytes of text, and of HTML, that are shown of a message.
const MAX_SHOWN: usize = 2 << 20;
/// Most header fields that are shown.
const MAX_FIELDS: usize = 1_000;
/// Most attachments that are listed.
const MAX_ATTACHMENTS: usize = 1_000;

/// A message as people read it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct Parsed {
    /// What a list shows of it.
    summary: Summary,
    /// Its header fields, unfolded and decoded; at most 1000.
    headers: Vec<HeaderField>,
    /// Its text.
    text: String,
    /// Its HTML, without anything that would run or be loaded from elsewhere.
    html: String,
    /// What is attached to it, embedded messages too; at most 1000.
    attachments: Vec<Attachment>,
    /// Was something left out because there is too much of it? The source has all.
    truncated: bool,
}

/// A header field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderField {
    /// Its name, as written.
    name: String,
    /// Its value, unfolded and decoded.
    value: String,
}

/// Something attached to a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Attachment {
    /// The number of the part, for `/parts/{part}`.
    part: usize,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its media type, as the message has it.
    media: String,
    /// Its bytes, as they stand in the message.
    encoded_size: u64,
    /// Its bytes once decoded, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// Its `Content-ID`, without angle brackets.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_id: Option<String>,
}

/// What a part is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Text,
    Html,
    Attachment,
}

/// The parts that a reader sees, in order. What is in an embedded message is not looked at.
fn readings(tree: &MimeTree) -> impl Iterator<Item = (usize, Reading)> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        loop {
            let (index, part) = (next, tree.parts().get(next)?);
            next += 1;
            if let Kind::Multipart { .. } = part.kind {
                continue;
            }
            next = next.max(part.end as usize);
            return Some((index, reading(part)));
        }
    })
}

fn reading(part: &Part) -> Reading {
    let attached = part.content.disposition == Some(Disposition::Attachment);
    match part.content.media.as_str() {
        _ if attached || part.kind != Kind::Leaf => Reading::Attachment,
        "text/html" => Reading::Html,
        "text/calendar" | "text/csv" => Reading::Attachment,
        media if media.starts_with("text/") || media.starts_with("multipart/") => Reading::Text,
        _ => Reading::Attachment,
    }
}

/// The numbers of the parts that are attached.
pub(crate) fn attachments(tree: &MimeTree) -> impl Iterator<Item = usize> + '_ {
    readings(tree).filter(|(_, reading)| *reading == Reading::Attachment).map(|(index, _)| index)
}

/// A message that was fetched whole, as people read it.
pub(crate) async fn parsed(store: &Mailstore, message: &Fetched) -> Result<Parsed, Problem> {
    let tree = tree(message)?;
    let mut shown = Shown::default();
    for (index, reading) in readings(&tree) {
        shown.add(store, &tree, (index, reading)).await?;
    }
    let header = header_of(store, &tree, &tree.parts()[0]).await?;
    let headers = Fields::new(&header).take(MAX_FIELDS).map(|field| HeaderField {
        name: String::from_utf8_lossy(field.name).into_owned(),
        value: field.text(),
    });
    let html = html::safe(shown.html).await?;
    Ok(Parsed {
        truncated: shown.truncated || html.is_none(),
        html: html.unwrap_or_default(),
        summary: Summary::of(store, message).await?,
        headers: headers.collect(),
        text: shown.text,
        attachments: shown.attachments,
    })
}

/// What has been gathered.
#[derive(Debug, Default)]
struct Shown {
    text: String,
    html: String,
    attachments: Vec<Attachment>,
    truncated: bool,
}

impl Shown {
    async fn add(
        &mut self,
        store: &Mailstore,
        tree: &MimeTree,
        (index, reading): (usize, Reading),
    ) -> Result<(), Error> {
        let part = &tree.parts()[index];
        if reading == Reading::Attachment {
            return self.attach(store, tree, (index, part)).await;
        }
        let end = part.body.end.min(part.body.start + MAX_BODY);
        let out = match reading {
            Reading::Html => &mut self.html,
            _ => &mut self.text,
        };
        if end < part.body.end || out.len() >= MAX_SHOWN {
            self.truncated = true;
        }
        if out.len() < MAX_SHOWN {
            let body = store.read(tree.slice(part.body.start..end)).to_bytes().await?;
            out.push_str(&decode_text(part, &body));
        }
        Ok(())
    }

    async fn attach(
        &mut self,
        store: &Mailstore,
        tree: &MimeTree,
        (index, part): (usize, &Part),
    ) -> Result<(), Error> {
        if self.attachments.len() >= MAX_ATTACHMENTS {
            self.truncated = true;
            return Ok(());
        }
        let header = header_of(store, tree, part).await?;
        self.attachments.push(Attachment {
            part: index,
            name: name(&header),
            media: part.content.media.to_string(),
            encoded_size: part.body.end - part.body.start,
            size: decoded_size(tree, part),
            content_id: content_id(&header),
        });
        Ok(())
    }
}

/// The length of a part once decoded, if it is kept so or needs no decoding.
pub(crate) fn decoded_size(tree: &MimeTree, part: &Part) -> Option<u64> {
    if part.content.transfer.is_identity() {
        return Some(part.body.end - part.body.start);
    }
    let kept = tree.holes().iter().find(|hole| hole.range() == part.body)?;
    (kept.encoding != Encoding::Raw).then_some(kept.blob.size)
}

/// What a part is called, if its header says it.
pub(crate) fn name(header: &Bytes) -> Option<String> {
    let fields = Fields::new(header);
    let parameter = |field: &str, name: &str| {
        let value = fields.first(field)?;
        Parameters::split(&value.value()).1.get(name)
    };
    parameter("Content-Disposition", "filename").or_else(|| parameter("Content-Type", "name"))
}

fn content_id(header: &Bytes) -> Option<String> {
    let text = Fields::new(header).first("Content-ID")?.text();
    Some(text.trim().trim_start_matches('<').trim_end_matches('>').to_owned())
}
