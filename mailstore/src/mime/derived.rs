//! What FETCH shows of a message, made once when it comes in and kept beside its tree.
//!
//! ENVELOPE and BODYSTRUCTURE are kept as the IMAP text that the server sends (RFC 9051 9,
//! `envelope` and `body`), so that a FETCH of a whole mailbox copies bytes. BODY is BODYSTRUCTURE
//! without the extension data, whose places are kept. All of it can be made again from the
//! message; a stored form of another [`Derived::VERSION`] is to be.

mod render;

use std::ops::Range;

use bytes::Bytes;

use super::envelope::Envelope;
use super::structure::Structure;
use super::{MimeTree, preview};

/// The derived values of one message. The IMAP texts hold no NUL, and CR and LF only at the head
/// of a literal (`{n}` CR LF), which is how text that is not ASCII is written. At most some MB, for
/// a message made to be large; usually about 1 KB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    envelope: Bytes,
    structure: Bytes,
    /// Where in `structure` extension data stands; ascending, without overlap.
    extensions: Vec<Range<usize>>,
    preview: String,
}

impl Derived {
    /// The version of what is derived and of its encoding: raised when either changes.
    pub const VERSION: u8 = 1;

    /// Derives all of it from a message, whose bytes are `source`.
    pub fn of(tree: &MimeTree, source: &[u8]) -> Self {
        let header = tree.parts().first().map_or(0..0, |part| part.header.clone());
        let envelope = Envelope::of(super::structure::slice(source, &header));
        let structure = render::structure(&Structure::of(tree, source));
        Self {
            envelope: render::envelope(&envelope).into(),
            structure: structure.text.into(),
            extensions: structure.extensions,
            preview: preview::preview(tree, source),
        }
    }

    /// ENVELOPE: what follows that word and a space.
    pub fn envelope(&self) -> &Bytes {
        &self.envelope
    }

    /// BODYSTRUCTURE: what follows that word and a space.
    pub fn structure(&self) -> &Bytes {
        &self.structure
    }

    /// BODY: what follows that word and a space.
    pub fn body(&self) -> Bytes {
        let mut body = Vec::with_capacity(self.structure.len());
        let mut at = 0;
        for range in &self.extensions {
            body.extend_from_slice(self.structure.get(at..range.start).unwrap_or_default());
            at = range.end;
        }
        body.extend_from_slice(self.structure.get(at..).unwrap_or_default());
        body.into()
    }

    /// PREVIEW (RFC 8970): at most 200 characters, on one line.
    pub fn preview(&self) -> &str {
        &self.preview
    }

    /// Bytes of memory that it takes, about.
    pub(crate) fn memory(&self) -> usize {
        let texts = self.envelope.len() + self.structure.len() + self.preview.capacity();
        texts + self.extensions.capacity() * size_of::<Range<usize>>() + size_of::<Self>()
    }

    /// The stored form: the version, then each value after its length.
    pub fn encode(&self) -> Vec<u8> {
        let texts = self.envelope.len() + self.structure.len() + self.preview.len();
        let mut out = Vec::with_capacity(texts + 4 * self.extensions.len() + 16);
        out.push(Self::VERSION);
        put_bytes(&mut out, &self.envelope);
        put_bytes(&mut out, &self.structure);
        put(&mut out, self.extensions.len());
        let mut at = 0;
        for range in &self.extensions {
            put(&mut out, range.start - at);
            put(&mut out, range.len());
            at = range.end;
        }
        put_bytes(&mut out, self.preview.as_bytes());
        out
    }

    /// The reverse of `encode`, which shares the bytes. `None` if they are of another version, or
    /// are not what `encode` makes.
    pub fn decode(stored: &Bytes) -> Option<Self> {
        let mut reader = Reader { stored, at: 1 };
        if *stored.first()? != Self::VERSION {
            return None;
        }
        let (envelope, structure) = (reader.bytes()?, reader.bytes()?);
        let extensions = reader.ranges(structure.len())?;
        let preview = String::from_utf8(reader.bytes()?.to_vec()).ok()?;
        let complete = reader.at == stored.len();
        complete.then_some(Self { envelope, structure, extensions, preview })
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Seven bits to a byte, the lowest first; the top bit says that more follow.
fn put(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

struct Reader<'a> {
    stored: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn number(&mut self) -> Option<usize> {
        let mut number = 0usize;
        for shift in (0..35).step_by(7) {
            let byte = *self.stored.get(self.at)?;
            self.at += 1;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<Bytes> {
        let len = self.number()?;
        let end = self.at.checked_add(len).filter(|end| *end <= self.stored.len())?;
        let bytes = self.stored.slice(self.at..end);
        self.at = end;
        Some(bytes)
    }

    /// Ranges within `len` bytes, given as gap and length.
    fn ranges(&mut self, len: usize) -> Option<Vec<Range<usize>>> {
        let count = self.number()?;
        let mut ranges = Vec::with_capacity(count.min(self.stored.len()));
        let mut at = 0usize;
        for _ in 0..count {
            let start = at.checked_add(self.number()?)?;
            at = start.checked_add(self.number()?).filter(|end| *end <= len)?;
            ranges.push(start..at);
        }
        Some(ranges)
    }
}
