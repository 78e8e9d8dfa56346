//! APPEND: messages come in (RFC 9051 6.3.12, RFC 3502 MULTIAPPEND, RFC 4469 CATENATE).

use std::fmt;

use bytes::Bytes;
use mailstore::flags::Flags;
use mailstore::time::InternalDate;

use super::{CatenatePart, Cursor, MailboxName, Parsed, catenate};

/// APPEND of one message, or of several that must all succeed or all fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// Where to.
    pub mailbox: MailboxName,
    /// At least one.
    pub messages: Vec<AppendMessage>,
}

/// One message of APPEND.
#[derive(Clone, PartialEq)]
pub struct AppendMessage {
    /// Its flags.
    pub flags: Flags,
    /// Its INTERNALDATE; the present, if the client gives none.
    pub date: Option<InternalDate>,
    /// Its bytes.
    pub data: MessageData,
}

/// The bytes of a message. If all that came is empty, the client has changed its mind (RFC 3502
/// 6.3.11).
#[derive(Clone, Debug, PartialEq)]
pub enum MessageData {
    /// As they came.
    Literal(Bytes),
    /// As they came in a literal8 (RFC 3516 4.4).
    Binary(Bytes),
    /// To be put together from these, at least one (RFC 4469).
    Catenate(Vec<CatenatePart>),
}

impl MessageData {
    /// How many bytes of them came with the command.
    fn received(&self) -> usize {
        match self {
            Self::Literal(bytes) | Self::Binary(bytes) => bytes.len(),
            Self::Catenate(parts) => parts.iter().map(CatenatePart::received).sum(),
        }
    }
}

impl fmt::Debug for AppendMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flags, date, data } = self;
        write!(f, "AppendMessage {{ {flags:?}, {date:?}, {} bytes }}", data.received())
    }
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Append> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    let mut messages = Vec::new();
    cursor.space()?;
    loop {
        messages.push(message(cursor)?);
        if !cursor.more() {
            return Ok(Append { mailbox, messages });
        }
    }
}

/// The bytes of a message: a literal, or `UTF8 (~{n}...)` (RFC 6855 4), which says of what follows
/// that its header may be in UTF-8. It is stored as it comes all the same.
fn data(cursor: &mut Cursor<'_>) -> Parsed<MessageData> {
    if cursor.eat_word("UTF8") {
        cursor.space()?;
        return in_utf8(cursor).map(MessageData::Literal);
    }
    match cursor.peek() {
        Some(b'~') => cursor.message_literal().map(MessageData::Binary),
        _ => cursor.message_literal().map(MessageData::Literal),
    }
}

/// What follows the word UTF8.
pub(super) fn in_utf8(cursor: &mut Cursor<'_>) -> Parsed<Bytes> {
    cursor.byte(b'(', "(")?;
    let data = cursor.message_literal()?;
    cursor.byte(b')', ")")?;
    Ok(data)
}

pub(super) fn message(cursor: &mut Cursor<'_>) -> Parsed<AppendMessage> {
    let mut flags = Flags::NONE;
    if cursor.peek() == Some(b'(') {
        flags = cursor.flag_list()?;
        cursor.space()?;
    }
    let mut date = None;
    if cursor.peek() == Some(b'"') {
        date = Some(cursor.date_time()?);
        cursor.space()?;
    }
    if cursor.eat_word("CATENATE") {
        let data = MessageData::Catenate(catenate::parse(cursor)?);
        return Ok(AppendMessage { flags, date, data });
    }
    if !matches!(cursor.peek(), Some(b'{' | b'~' | b'U' | b'u')) {
        return cursor.expected("flags, a date or a literal");
    }
    Ok(AppendMessage { flags, date, data: data(cursor)? })
}
