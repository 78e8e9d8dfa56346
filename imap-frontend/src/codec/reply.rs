//! What the server answers, written straight into the buffer that goes to the socket.
//!
//! Nothing a client sent can end a line or forge a response here: texts are stripped of control
//! characters, names and strings are quoted or sent as literals.

mod acl;
mod code;
mod data;
mod esearch;
mod fetch;
mod list;
mod metadata;
mod number;
mod quota;
mod string;
mod thread;

use bytes::{BufMut, BytesMut};

pub use code::{Code, NewKeywords};
pub use data::{IdField, Namespace, StatusValue, Vanished};
pub use esearch::{Change, Esearch, Numbers};
pub use fetch::{Fetch, Recent};
pub use list::ListAttribute;

use super::{CommandError, FrameError, FrameFault, Names, Rejected, Tag};

/// How a command ended, or what kind of untagged status this is (RFC 9051 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Done.
    Ok,
    /// Understood, and refused or failed.
    No,
    /// Not understood.
    Bad,
    /// Untagged only: the server closes the connection.
    Bye,
    /// Untagged only, as greeting: already authenticated.
    PreAuth,
}

impl Condition {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Bye => "BYE",
            Self::PreAuth => "PREAUTH",
        }
    }
}

/// A buffer of responses.
#[derive(Debug, Default)]
pub struct Reply {
    out: BytesMut,
    names: Names,
}

impl Reply {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names of mailboxes are to be written in this way from now on.
    pub fn set_names(&mut self, names: Names) {
        self.names = names;
    }

    /// How names of mailboxes are written.
    pub fn names(&self) -> Names {
        self.names
    }

    /// The bytes written so far, to be sent and cleared.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.out
    }

    /// Takes the bytes written so far.
    pub fn take(&mut self) -> BytesMut {
        self.out.split()
    }

    /// How many bytes are waiting.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Is nothing waiting?
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The completion of a command.
    pub fn tagged(&mut self, tag: &Tag, condition: Condition, code: Option<Code<'_>>, text: &str) {
        self.out.put_slice(tag.as_str().as_bytes());
        self.condition(condition, code, text);
    }

    /// `A1 OK text`.
    pub fn ok(&mut self, tag: &Tag, text: &str) {
        self.tagged(tag, Condition::Ok, None, text);
    }

    /// `A1 NO [CODE] text`.
    pub fn no(&mut self, tag: &Tag, code: Option<Code<'_>>, text: &str) {
        self.tagged(tag, Condition::No, code, text);
    }

    /// `A1 BAD text`.
    pub fn bad(&mut self, tag: &Tag, text: &str) {
        self.tagged(tag, Condition::Bad, None, text);
    }

    /// An untagged status: `* OK [UIDNEXT 4392] text`, the greeting.
    pub fn untagged(&mut self, condition: Condition, code: Option<Code<'_>>, text: &str) {
        self.out.put_u8(b'*');
        self.condition(condition, code, text);
    }

    /// `* BYE text`: the connection will be closed.
    pub fn bye(&mut self, code: Option<Code<'_>>, text: &str) {
        self.untagged(Condition::Bye, code, text);
    }

    /// `+ text`: the client may send its literal, or wait in IDLE.
    pub fn proceed(&mut self, text: &str) {
        self.out.put_slice(b"+ ");
        string::text(&mut self.out, text);
        self.crlf();
    }

    /// `+ base64`: a SASL challenge, possibly empty.
    pub fn challenge(&mut self, challenge: &[u8]) {
        self.out.put_slice(b"+ ");
        self.out.put_slice(data_encoding::BASE64.encode(challenge).as_bytes());
        self.crlf();
    }

    /// The answer to a command that was not understood: BAD, or NO for what the grammar allows and
    /// this server does not.
    pub fn rejected(&mut self, rejected: &Rejected) {
        let (condition, code) = match rejected.error {
            CommandError::Syntax(_) | CommandError::Unknown { .. } => (Condition::Bad, None),
            CommandError::Charset { .. } => (Condition::No, Some(Code::BadCharset)),
            CommandError::NotUtf8 { .. } => (Condition::Bad, Some(Code::BadCharset)),
            CommandError::TooManyKeys { .. } => (Condition::No, Some(Code::Limit)),
            CommandError::MailboxName { .. } => (Condition::No, Some(Code::Cannot)),
        };
        self.failed(rejected.tag.as_ref(), condition, code, &rejected.error.to_string());
    }

    /// The answer to a command over its limits.
    pub fn over_limit(&mut self, error: &FrameError) {
        let text = error.fault.to_string();
        match error.fault {
            FrameFault::Lost => self.bye(Some(Code::TooBig), &text),
            FrameFault::MessageTooLarge => {
                self.failed(error.tag.as_ref(), Condition::No, Some(Code::TooBig), &text);
            }
            _ => self.failed(error.tag.as_ref(), Condition::Bad, Some(Code::TooBig), &text),
        }
    }

    fn failed(
        &mut self,
        tag: Option<&Tag>,
        condition: Condition,
        code: Option<Code<'_>>,
        text: &str,
    ) {
        match tag {
            Some(tag) => self.tagged(tag, condition, code, text),
            None => self.untagged(Condition::Bad, code, text),
        }
    }

    fn condition(&mut self, condition: Condition, code: Option<Code<'_>>, text: &str) {
        self.out.put_u8(b' ');
        self.out.put_slice(condition.name().as_bytes());
        self.out.put_u8(b' ');
        if let Some(code) = &code {
            self.out.put_u8(b'[');
            code.write(&mut self.out);
            self.out.put_slice(b"] ");
        }
        // A text that starts like a code would be read as one.
        let text = if code.is_none() { text.trim_start_matches('[') } else { text };
        string::text(&mut self.out, text);
        self.crlf();
    }

    fn crlf(&mut self) {
        self.out.put_slice(b"\r\n");
    }
}
