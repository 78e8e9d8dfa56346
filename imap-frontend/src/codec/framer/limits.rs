//! How much a client may send.

use crate::codec::Tag;

/// Caps on what a client sends, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One line, with its line end.
    pub line: usize,
    /// An ID in one line that is longer is looked at and not kept.
    pub id: usize,
    /// The text of one command: its lines and literals, without message literals.
    pub command: usize,
    /// One message literal (APPEND). `None`: there are no messages, as before login.
    pub message: Option<u64>,
    /// A literal that the client sends without waiting, although it is refused, is passed over up
    /// to this size. Beyond it the connection is lost.
    pub skip: u64,
    /// The largest literal that a client may send without waiting.
    pub unasked: u64,
    /// The most that is read at a time, outside message literals: what may be there of later commands
    /// while one is served.
    pub read: usize,
}

impl Limits {
    /// Before login: 8 KiB a command, which may be one line (only an ID may be longer), and no
    /// messages. A session holds no more than 16 KiB of it and of what is made of it, however it
    /// comes in.
    pub const NOT_AUTHENTICATED: Self = Self {
        line: 8 << 10,
        id: 4 << 10,
        command: 8 << 10,
        message: None,
        skip: 64 << 10,
        unasked: u64::MAX,
        read: 1 << 10,
    };

    /// After login: 64 KiB a line, 192 KiB a command, and messages up to this size. A session holds
    /// no more than 256 KiB of it, however it comes in.
    pub const fn authenticated(message: u64) -> Self {
        Self {
            line: 64 << 10,
            id: 64 << 10,
            command: 192 << 10,
            message: Some(message),
            skip: 256 << 20,
            unasked: u64::MAX,
            read: 256 << 10,
        }
    }

    /// The same with LITERAL- instead of LITERAL+ (RFC 7888 5).
    #[must_use]
    pub const fn with_literal_minus(self) -> Self {
        Self { unasked: 4096, ..self }
    }
}

/// Which cap was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// [`Limits::line`]: BAD.
    #[error("line too long")]
    LineTooLong,
    /// [`Limits::command`], by the lines: BAD.
    #[error("command too long")]
    CommandTooLong,
    /// [`Limits::command`], by a literal: BAD.
    #[error("literal too large")]
    LiteralTooLarge,
    /// [`Limits::unasked`]: BAD.
    #[error("a literal of this size needs to be waited for")]
    LiteralUnasked,
    /// [`Limits::message`]: NO `[TOOBIG]` (RFC 7889 5, RFC 4469 4.3).
    #[error("message too large")]
    MessageTooLarge,
    /// [`Limits::skip`]: BYE, and close.
    #[error("literal too large to pass over")]
    Lost,
}

/// A command that is given up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct FrameError {
    /// Which cap it broke.
    pub fault: FrameFault,
    /// Its tag, if it has one.
    pub tag: Option<Tag>,
}

impl FrameError {
    /// Can no further command be read on this connection?
    pub fn is_fatal(&self) -> bool {
        self.fault == FrameFault::Lost
    }
}
