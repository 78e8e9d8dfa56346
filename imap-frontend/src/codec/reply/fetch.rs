//! FETCH responses (RFC 9051 7.5.2), item by item.

use bytes::{BufMut, BytesMut};
use mailstore::flags::{Flags, SystemFlag};
use mailstore::id::{EmailId, ThreadId};
use mailstore::mime::{FieldMode, Section, What};
use mailstore::time::{InternalDate, Timestamp};
use mailstore::uid::{ModSeq, Seq, Uid};

use super::{Reply, number, string};
use crate::codec::command::{Content, ContentName};
use crate::codec::{email_id, thread_id, write_internal_date};

/// Is a message `\Recent` in this session?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recent {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// A FETCH response that is being written. [`Fetch::end`] must be called.
#[derive(Debug)]
#[must_use = "a FETCH response must be ended"]
pub struct Fetch<'a> {
    out: &'a mut BytesMut,
    first: bool,
}

impl Reply {
    /// Begins `* seq FETCH (`.
    pub fn fetch(&mut self, seq: Seq) -> Fetch<'_> {
        self.out.put_slice(b"* ");
        number::put(&mut self.out, seq.get());
        self.out.put_slice(b" FETCH (");
        Fetch { out: &mut self.out, first: true }
    }

    /// Begins `* uid UIDFETCH (`: to a client that has no sequence numbers (RFC 9586 3.3).
    pub fn uid_fetch(&mut self, uid: Uid) -> Fetch<'_> {
        self.out.put_slice(b"* ");
        number::put(&mut self.out, uid.get());
        self.out.put_slice(b" UIDFETCH (");
        Fetch { out: &mut self.out, first: true }
    }
}

impl Fetch<'_> {
    /// Ends the response.
    pub fn end(self) {
        self.out.put_slice(b")\r\n");
    }

    /// `FLAGS (...)`.
    pub fn flags(&mut self, flags: &Flags, recent: Recent) {
        self.item(b"FLAGS (");
        flag_names(self.out, flags, recent);
        self.out.put_u8(b')');
    }

    /// `UID n`.
    pub fn uid(&mut self, uid: Uid) {
        self.item(b"UID ");
        number::put(self.out, uid.get());
    }

    /// `MODSEQ (n)` (RFC 7162 3.1.4.2).
    pub fn modseq(&mut self, modseq: ModSeq) {
        self.item(b"MODSEQ (");
        number::put(self.out, modseq.0);
        self.out.put_u8(b')');
    }

    /// `RFC822.SIZE n`.
    pub fn size(&mut self, bytes: u64) {
        self.item(b"RFC822.SIZE ");
        number::put(self.out, bytes);
    }

    /// `INTERNALDATE "..."`.
    pub fn internal_date(&mut self, date: InternalDate) {
        self.item(b"INTERNALDATE ");
        write_internal_date(self.out, date);
    }

    /// `SAVEDATE "..."` (RFC 8514 4.2).
    pub fn save_date(&mut self, saved: Timestamp) {
        self.item(b"SAVEDATE ");
        write_internal_date(self.out, saved.into());
    }

    /// `EMAILID (...)` (RFC 8474 5.3).
    pub fn email_id(&mut self, email: EmailId) {
        self.item(b"EMAILID (");
        self.out.put_slice(email_id(email).as_bytes());
        self.out.put_u8(b')');
    }

    /// `THREADID (...)` (RFC 8474 5.3).
    pub fn thread_id(&mut self, thread: ThreadId) {
        self.item(b"THREADID (");
        self.out.put_slice(thread_id(thread).as_bytes());
        self.out.put_u8(b')');
    }

    /// `PREVIEW "..."` (RFC 8970 3.2).
    pub fn preview(&mut self, text: &str) {
        self.item(b"PREVIEW ");
        string::string(self.out, text.as_bytes());
    }

    /// `ENVELOPE (...)`, from the IMAP text that is kept with the message.
    pub fn envelope(&mut self, text: &[u8]) {
        self.text(b"ENVELOPE ", text);
    }

    /// `BODYSTRUCTURE (...)`, from the IMAP text that is kept with the message.
    pub fn body_structure(&mut self, text: &[u8]) {
        self.text(b"BODYSTRUCTURE ", text);
    }

    /// `BODY (...)`: the structure without extension data, as IMAP text.
    pub fn body(&mut self, text: &[u8]) {
        self.text(b"BODY ", text);
    }

    fn text(&mut self, start: &[u8], text: &[u8]) {
        self.item(start);
        self.out.put_slice(text);
    }

    /// `BODY[...]` and its bytes, which are short; `None` says that there is no such part. Of
    /// BINARY bytes with NUL among them are a literal8 (RFC 3516 4.3); the size of what is not there
    /// is 0, as there must be a number.
    pub fn content(&mut self, content: &Content, bytes: Option<&[u8]>) {
        self.label(content);
        match bytes {
            Some(bytes) if content.name == ContentName::Binary && bytes.contains(&0) => {
                string::literal8(self.out, bytes);
            }
            Some(bytes) => string::literal(self.out, bytes),
            None if content.name == ContentName::BinarySize => self.out.put_u8(b'0'),
            None => self.out.put_slice(b"NIL"),
        }
    }

    /// `BODY[...] {n}`: the announcement of bytes that the caller sends next, by whatever way,
    /// after what is in the buffer. The rest of the response follows them: [`Reply::resume`].
    pub fn content_of(mut self, content: &Content, len: u64) {
        self.label(content);
        string::literal_of(self.out, len);
    }

    /// `BINARY[...] ~{n}`: as [`Self::content_of`], where there is NUL among the bytes.
    pub fn content8_of(mut self, content: &Content, len: u64) {
        self.label(content);
        string::literal8_of(self.out, len);
    }

    /// `BINARY.SIZE[...] n` (RFC 3516 4.3).
    pub fn binary_size(&mut self, content: &Content, len: u64) {
        self.label(content);
        number::put(self.out, len);
    }

    /// Is nothing said in it yet? That must not be ended, but taken back.
    pub fn is_empty(&self) -> bool {
        self.first
    }

    fn label(&mut self, content: &Content) {
        let start: &[u8] = match content.name {
            ContentName::Body => b"BODY[",
            ContentName::Rfc822 => b"RFC822 ",
            ContentName::Rfc822Header => b"RFC822.HEADER ",
            ContentName::Rfc822Text => b"RFC822.TEXT ",
            ContentName::Binary => b"BINARY[",
            ContentName::BinarySize => b"BINARY.SIZE[",
        };
        self.item(start);
        if !start.ends_with(b"[") {
            return;
        }
        section(self.out, &content.section);
        self.out.put_u8(b']');
        if let Some(partial) = content.partial {
            self.out.put_u8(b'<');
            number::put(self.out, partial.offset);
            self.out.put_u8(b'>');
        }
        self.out.put_u8(b' ');
    }

    fn item(&mut self, start: &[u8]) {
        if !std::mem::take(&mut self.first) {
            self.out.put_u8(b' ');
        }
        self.out.put_slice(start);
    }
}

impl Reply {
    /// Goes on with a FETCH response after the bytes announced by [`Fetch::content_of`].
    pub fn resume(&mut self) -> Fetch<'_> {
        Fetch { out: &mut self.out, first: false }
    }
}

fn section(out: &mut BytesMut, section: &Section) {
    for (i, part) in section.path.iter().enumerate() {
        if i > 0 {
            out.put_u8(b'.');
        }
        number::put(out, *part);
    }
    if !section.path.is_empty() && section.what != What::Full {
        out.put_u8(b'.');
    }
    match &section.what {
        What::Full => {}
        What::Header => out.put_slice(b"HEADER"),
        What::Text => out.put_slice(b"TEXT"),
        What::Mime => out.put_slice(b"MIME"),
        What::HeaderFields { names, mode } => {
            out.put_slice(match mode {
                FieldMode::Only => b"HEADER.FIELDS",
                FieldMode::Not => b"HEADER.FIELDS.NOT",
            });
            for (i, name) in names.iter().enumerate() {
                out.put_slice(if i == 0 { b" (" } else { b" " });
                string::astring(out, name.as_bytes());
            }
            out.put_u8(b')');
        }
    }
}

/// The names of flags, with spaces between them.
pub(super) fn flag_names(out: &mut BytesMut, flags: &Flags, recent: Recent) {
    let bits = usize::from(flags.bits()) | usize::from(recent == Recent::Yes) << 5;
    let (text, len) = SYSTEM_FLAGS[bits & 63];
    let end = out.len() + len;
    // A copy of a length that the compiler knows takes a few instructions, others a call.
    out.put_slice(&text);
    out.truncate(end);
    for (i, keyword) in flags.keywords().iter().enumerate() {
        if i > 0 || len > 0 {
            out.put_u8(b' ');
        }
        out.put_slice(keyword.as_str().as_bytes());
    }
}

/// The names of every set of system flags and `\Recent`, by their bits.
static SYSTEM_FLAGS: [([u8; 48], usize); 64] = {
    let mut sets = [([0; 48], 0); 64];
    let mut bits = 0;
    while bits < 64 {
        sets[bits] = system_flags(bits);
        bits += 1;
    }
    sets
};

const fn system_flags(bits: usize) -> ([u8; 48], usize) {
    let mut text = ([0; 48], 0);
    let mut i = 0;
    while i < SystemFlag::ALL.len() {
        let flag = SystemFlag::ALL[i];
        if bits & flag as usize != 0 {
            text = append(text, flag.name());
        }
        i += 1;
    }
    if bits & 32 != 0 {
        text = append(text, "\\Recent");
    }
    text
}

const fn append((mut text, mut len): ([u8; 48], usize), name: &str) -> ([u8; 48], usize) {
    if len > 0 {
        text[len] = b' ';
        len += 1;
    }
    let mut i = 0;
    while i < name.len() {
        text[len] = name.as_bytes()[i];
        len += 1;
        i += 1;
    }
    (text, len)
}
