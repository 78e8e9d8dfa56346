//! BINARY: contents without their transfer encoding (RFC 3516).
//!
//! How long a content is, and whether there is NUL in it, is said before its first byte. So a long
//! one is decoded twice, once to learn that and once to be sent, and is never held as a whole.

use std::ops::Range;

use bytes::Bytes;
use mailstore::mime::decode::Decoder;
use mailstore::mime::{MimeTree, Plan};
use mailstore::{Error, Mailstore, Reader};

use super::content::{self, Body, Form, Rest};
use crate::codec::command::{Content, ContentName, Partial};
use crate::codec::reply::Code;
use crate::outcome::Failed;

/// Up to so many bytes, decoded, are kept when they are first decoded.
const SHORT: u64 = 16 * 1024;

/// At most so many bytes are decoded at once; other sessions go on in between.
const STEP: usize = 256 * 1024;

/// Finds what `content` asks for; `None` if there is no such part.
///
/// Only the body of a leaf is decoded. A multipart and a whole message are sent as they are stored,
/// with the encodings that their headers name: what they hold is to be asked for part by part.
pub(super) async fn open(
    store: &Mailstore,
    tree: &MimeTree,
    content: &Content,
) -> Result<Option<Body>, Failed> {
    let plan = content::plan(store, tree, (&content.section, None)).await?;
    let Some(plan) = plan else { return Ok(None) };
    let encoding = tree.transfer(&content.section);
    let Some(decoder) = Decoder::new(encoding) else {
        return Err(Failed::no(Code::UnknownCte, "A part is encoded in a way that is not known"));
    };
    let window = content.partial.map_or(0..u64::MAX, Partial::range);
    let mut source = Source { plan, decoder, window };
    if encoding.is_identity() {
        // What was not asked for need not be read.
        source.plan = source.plan.slice(source.window.clone());
        source.window = 0..u64::MAX;
        if content.name == ContentName::BinarySize {
            return Ok(Some(Body::Size(source.plan.len())));
        }
    }
    let Measured { len, form, start } = Measured::of(source.decoded(store)).await?;
    Ok(Some(match content.name {
        ContentName::BinarySize => Body::Size(len),
        _ if len <= SHORT => Body::Short(start.into()),
        _ => {
            let rest = Rest::Decoded(source.decoded(store));
            Body::Parts { len, form, first: Vec::new(), rest }
        }
    }))
}

/// What is decoded.
struct Source {
    plan: Plan,
    decoder: Decoder,
    /// Which of the decoded bytes are wanted.
    window: Range<u64>,
}

impl Source {
    fn decoded(&self, store: &Mailstore) -> Decoded {
        Decoded {
            reader: store.read(self.plan.clone()),
            decoder: Some(self.decoder.clone()),
            encoded: Bytes::new(),
            at: 0,
            window: self.window.clone(),
        }
    }
}

/// What is to be known before anything is sent.
struct Measured {
    len: u64,
    form: Form,
    /// All bytes, if they are not more than [`SHORT`].
    start: Vec<u8>,
}

impl Measured {
    async fn of(mut decoded: Decoded) -> Result<Self, Error> {
        let mut measured = Self { len: 0, form: Form::Literal, start: Vec::new() };
        while let Some(bytes) = decoded.next().await? {
            measured.len += bytes.len() as u64;
            if memchr::memchr(0, &bytes).is_some() {
                measured.form = Form::Literal8;
            }
            if measured.len <= SHORT {
                measured.start.extend_from_slice(&bytes);
            }
        }
        Ok(measured)
    }
}

/// Bytes that are decoded while they are read.
pub(super) struct Decoded {
    reader: Reader,
    /// `None` at the end.
    decoder: Option<Decoder>,
    /// What was read and not yet decoded.
    encoded: Bytes,
    /// How many bytes were decoded.
    at: u64,
    window: Range<u64>,
}

impl Decoded {
    /// The next bytes; `None` at the end. After an error nothing more may be read.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while self.at < self.window.end {
            let Some(bytes) = self.decode().await? else { return Ok(None) };
            let wanted = self.cut(&bytes);
            if !wanted.is_empty() {
                return Ok(Some(wanted));
            }
        }
        Ok(None)
    }

    async fn decode(&mut self) -> Result<Option<Bytes>, Error> {
        if self.encoded.is_empty() {
            match self.reader.next().await? {
                Some(bytes) => self.encoded = bytes,
                None => return Ok(self.decoder.take().map(Decoder::finish)),
            }
        } else {
            tokio::task::yield_now().await;
        }
        let piece = self.encoded.split_to(self.encoded.len().min(STEP));
        Ok(self.decoder.as_mut().map(|decoder| decoder.push(&piece)))
    }

    /// Those of the bytes just decoded that are wanted.
    fn cut(&mut self, bytes: &Bytes) -> Bytes {
        let (start, end) = (self.at, self.at + bytes.len() as u64);
        self.at = end;
        let within = |at: u64| (at.clamp(start, end) - start) as usize;
        bytes.slice(within(self.window.start)..within(self.window.end))
    }
}
