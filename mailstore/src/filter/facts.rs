//! What filters look at.

use std::sync::OnceLock;

use bytes::Bytes;

use super::Attachment;
use crate::mime::text::{HeaderText, append_body_text, fold};
use crate::mime::{Disposition, Kind, MimeTree, Part};

/// A message as filters see it. Its header is decoded once, and its body once if any filter of
/// any recipient looks at it.
#[derive(Debug)]
pub struct Facts {
    tree: MimeTree,
    source: Bytes,
    header: HeaderText,
    body: OnceLock<String>,
}

impl Facts {
    /// Of a message, whose bytes are `source`.
    pub fn of(tree: MimeTree, source: Bytes) -> Self {
        let header = tree.parts().first().map_or(0..0, |part| part.header.clone());
        let header = HeaderText::of(slice(&source, header).unwrap_or_default());
        Self { tree, source, header, body: OnceLock::new() }
    }

    /// Bytes of the message.
    pub fn size(&self) -> u64 {
        self.source.len() as u64
    }

    /// Its header, folded.
    pub fn header(&self) -> &HeaderText {
        &self.header
    }

    /// Has it an attachment? A part is one if it says so, or if it is no text and does not say that
    /// it is to be shown in place.
    pub fn attachment(&self) -> Attachment {
        match self.tree.parts().iter().any(is_attachment) {
            true => Attachment::Some,
            false => Attachment::None,
        }
    }

    /// Stands the text in one of these fields (in lower case)?
    pub(super) fn has_field(&self, names: &[&str], text: &str) -> bool {
        let text = fold(text);
        let mut fields = self.header.fields().filter(|(name, _)| names.contains(name));
        fields.any(|(_, value)| value.contains(&text))
    }

    /// Stands the text in the body?
    pub(super) fn has_text(&self, text: &str) -> bool {
        self.body().contains(&fold(text))
    }

    fn body(&self) -> &str {
        self.body.get_or_init(|| {
            let mut body = String::new();
            append_body_text(&self.tree, |range| slice(&self.source, range), &mut body);
            body
        })
    }
}

fn is_attachment(part: &Part) -> bool {
    let content = &part.content;
    part.kind == Kind::Leaf
        && match content.disposition {
            Some(Disposition::Attachment) => true,
            Some(Disposition::Inline) => false,
            None => !matches!(content.media.kind(), "text" | "multipart"),
        }
}

fn slice(source: &Bytes, range: std::ops::Range<u64>) -> Option<&[u8]> {
    source.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}
