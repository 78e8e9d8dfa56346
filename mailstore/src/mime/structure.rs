//! BODYSTRUCTURE as data (RFC 9051 7.5.2): what each part of a message is.
//!
//! It follows the tree, so that what it shows is what `BODY[n]` gives, and it is always legal IMAP:
//! - A multipart without parts (no boundary, or one that never comes) is shown as plain text, its
//!   body as it stands: `BODY[1]` is that body, and clients show it.
//! - An embedded message that is not divided (it is encoded, or too deep) is shown as
//!   application/octet-stream, as it has no envelope to show.
//! - message/global is shown as message/rfc822: clients of IMAP4rev1 take anything else to be
//!   without an envelope, and fail on it.

use memchr::memchr_iter;

use super::envelope::Envelope;
use super::header::{Field, Fields, Parameters, token};
use super::{Kind, MimeTree, Part};

/// The most bytes that the values of one message's structure take together; what is over is left
/// out, so that a part is only its type, encoding and size.
const MAX_VALUES: usize = 512 * 1024;

/// The deepest nesting that is shown. The tree's own limit is lower.
const MAX_DEPTH: usize = 100;

/// The structure of one part and of those in it. Texts are undecoded, unfolded, and without CR,
/// LF and NUL; types are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// The media type.
    pub media: String,
    /// The media subtype.
    pub subtype: String,
    /// The parameters of Content-Type; of text, always with a charset.
    pub parameters: Parameters,
    /// Content-ID.
    pub id: Option<Vec<u8>>,
    /// Content-Description.
    pub description: Option<Vec<u8>>,
    /// Content-Transfer-Encoding, `7bit` by default.
    pub encoding: Vec<u8>,
    /// Bytes of the body, as it is encoded.
    pub size: u64,
    /// Content-MD5.
    pub md5: Option<Vec<u8>>,
    /// Content-Disposition.
    pub disposition: Option<Disposition>,
    /// Content-Language.
    pub language: Vec<Vec<u8>>,
    /// Content-Location.
    pub location: Option<Vec<u8>>,
    /// What is in it.
    pub body: Body,
}

/// A Content-Disposition (RFC 2183).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// `inline`, `attachment`, or whatever was written.
    pub kind: Vec<u8>,
    /// Its parameters.
    pub parameters: Parameters,
}

/// What is in a part. Lines are counted by their newlines (LF).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Anything else.
    Basic,
    /// Text.
    Text {
        /// Newlines in it.
        lines: u64,
    },
    /// A message.
    Message {
        /// Its envelope.
        envelope: Box<Envelope>,
        /// Its structure.
        structure: Box<Structure>,
        /// Newlines in it.
        lines: u64,
    },
    /// Parts; at least one.
    Multipart(Vec<Structure>),
}

impl Structure {
    /// The structure of a message, whose bytes are `source`. A body that lies beyond the end of
    /// `source` counts as having no lines.
    pub fn of(tree: &MimeTree, source: &[u8]) -> Self {
        Builder { tree, source, left: MAX_VALUES }.part(0, 0)
    }

    fn bare(media: &str, subtype: &str) -> Self {
        Self {
            media: media.into(),
            subtype: subtype.into(),
            parameters: Parameters::default(),
            id: None,
            description: None,
            encoding: b"7bit".into(),
            size: 0,
            md5: None,
            disposition: None,
            language: Vec::new(),
            location: None,
            body: Body::Basic,
        }
    }
}

struct Builder<'a> {
    tree: &'a MimeTree,
    source: &'a [u8],
    /// What is left of [`MAX_VALUES`].
    left: usize,
}

impl<'a> Builder<'a> {
    fn part(&mut self, index: usize, depth: usize) -> Structure {
        let tree = self.tree;
        let Some(part) = tree.parts().get(index) else {
            return Structure::bare("application", "octet-stream");
        };
        let kind = if depth < MAX_DEPTH { &part.kind } else { &Kind::Leaf };
        let (media, subtype) = shown_type(part, kind);
        let mut structure = Structure::bare(media, subtype);
        structure.size = part.body.end.saturating_sub(part.body.start);
        self.fields(part, &mut structure);
        structure.body = match kind {
            Kind::Multipart { .. } => self.multipart(index, depth),
            Kind::Message => self.message(index, depth),
            Kind::Leaf if media == "text" => Body::Text { lines: self.lines(part) },
            Kind::Leaf => Body::Basic,
        };
        if media == "text" {
            add_charset(&mut structure.parameters);
        }
        structure
    }

    fn multipart(&mut self, index: usize, depth: usize) -> Body {
        let children: Vec<_> = self.tree.children(index).collect();
        let children: Vec<_> = children.into_iter().map(|at| self.part(at, depth + 1)).collect();
        debug_assert!(!children.is_empty(), "the tree makes no multipart without parts");
        Body::Multipart(children)
    }

    fn message(&mut self, index: usize, depth: usize) -> Body {
        let (parts, child) = (self.tree.parts(), index + 1);
        let header = parts.get(child).map(|part| slice(self.source, &part.header));
        let envelope = self.envelope(header.unwrap_or_default());
        let lines = parts.get(index).map_or(0, |part| self.lines(part));
        let structure = Box::new(self.part(child, depth + 1));
        Body::Message { envelope: Box::new(envelope), structure, lines }
    }

    fn envelope(&mut self, header: &[u8]) -> Envelope {
        let envelope = Envelope::of(header);
        match self.left.checked_sub(envelope.cost()) {
            Some(left) => {
                self.left = left;
                envelope
            }
            None => Envelope::default(),
        }
    }

    fn lines(&self, part: &Part) -> u64 {
        memchr_iter(b'\n', slice(self.source, &part.body)).count() as u64
    }

    fn fields(&mut self, part: &Part, structure: &mut Structure) {
        let mut seen = Seen::default();
        for field in Fields::new(slice(self.source, &part.header)) {
            if let Some(slot) = Slot::of(field.name)
                && !std::mem::replace(&mut seen.0[slot as usize], true)
            {
                self.field(slot, &field, structure);
            }
        }
    }

    fn field(&mut self, slot: Slot, field: &Field<'_>, structure: &mut Structure) {
        let value = field.value();
        match self.left.checked_sub(value.len()) {
            Some(left) => self.left = left,
            None => return,
        }
        match slot {
            Slot::Type => structure.parameters = Parameters::split(&value).1,
            Slot::Id => structure.id = Some(value.into_owned()),
            Slot::Description => structure.description = Some(value.into_owned()),
            Slot::TransferEncoding => {
                structure.encoding = token(&value).unwrap_or(b"7bit").to_vec();
            }
            Slot::Md5 => structure.md5 = Some(value.into_owned()),
            Slot::Disposition => structure.disposition = disposition(&value),
            Slot::Language => structure.language = languages(&value),
            Slot::Location => structure.location = Some(value.into_owned()),
        }
    }
}

/// The type under which a part is shown: see the top of this file.
fn shown_type<'a>(part: &'a Part, kind: &Kind) -> (&'a str, &'a str) {
    let media = &part.content.media;
    match (kind, media.kind()) {
        (Kind::Message, _) => ("message", "rfc822"),
        (Kind::Leaf, "multipart") => ("text", "plain"),
        (Kind::Leaf, _) if media.is_message() => ("application", "octet-stream"),
        (_, kind) => (kind, media.subtype()),
    }
}

/// RFC 2046 4.1.2: text is in US-ASCII unless it says otherwise.
fn add_charset(parameters: &mut Parameters) {
    let is_charset =
        |name: &[u8]| name.strip_suffix(b"*").unwrap_or(name).eq_ignore_ascii_case(b"charset");
    if !parameters.0.iter().any(|one| is_charset(&one.name)) {
        let (name, value) = (b"charset".to_vec(), b"us-ascii".to_vec());
        parameters.0.push(super::header::Parameter { name, value });
    }
}

fn disposition(value: &[u8]) -> Option<Disposition> {
    let (head, parameters) = Parameters::split(value);
    Some(Disposition { kind: token(&head)?.to_vec(), parameters })
}

/// The most languages of a part that are kept.
const MAX_LANGUAGES: usize = 32;

fn languages(value: &[u8]) -> Vec<Vec<u8>> {
    let tags = value.split(|byte| *byte == b',').filter_map(token);
    tags.take(MAX_LANGUAGES).map(<[u8]>::to_vec).collect()
}

pub(super) fn slice<'a>(source: &'a [u8], range: &std::ops::Range<u64>) -> &'a [u8] {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    source.get(at(range.start)..at(range.end)).unwrap_or_default()
}

/// The fields that describe a part, of each of which the first counts.
#[derive(Clone, Copy)]
enum Slot {
    Type,
    Id,
    Description,
    TransferEncoding,
    Md5,
    Disposition,
    Language,
    Location,
}

#[derive(Default)]
struct Seen([bool; 8]);

impl Slot {
    fn of(name: &[u8]) -> Option<Self> {
        let (prefix, name) = name.split_at_checked(8)?;
        let slots = [
            (&b"type"[..], Self::Type),
            (b"id", Self::Id),
            (b"description", Self::Description),
            (b"transfer-encoding", Self::TransferEncoding),
            (b"md5", Self::Md5),
            (b"disposition", Self::Disposition),
            (b"language", Self::Language),
            (b"location", Self::Location),
        ];
        let found = slots.into_iter().find(|(wanted, _)| name.eq_ignore_ascii_case(wanted));
        found.filter(|_| prefix.eq_ignore_ascii_case(b"content-")).map(|(_, slot)| slot)
    }
}
