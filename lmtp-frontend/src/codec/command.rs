//! Commands (RFC 2033 4, RFC 5321 4.1.1).

use super::cursor::{Cursor, SyntaxError};
use super::parameter::{MailParameters, RcptParameters};
use super::path::{Domain, Mailbox, ReversePath};
use super::reply::Reply;
use super::xtext;

/// What a client can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `LHLO domain` (RFC 2033 4.1).
    Lhlo(Domain),
    /// `MAIL FROM:<reverse-path> parameters`.
    Mail(Mail),
    /// `RCPT TO:<forward-path> parameters`.
    Rcpt(Rcpt),
    /// `DATA`.
    Data,
    /// `BDAT size [LAST]` (RFC 3030 2).
    Bdat(Bdat),
    /// `RSET`.
    Rset,
    /// `NOOP [anything]`.
    Noop,
    /// `QUIT`.
    Quit,
    /// `VRFY name`.
    Vrfy(String),
    /// `HELP [topic]`.
    Help,
    /// `STARTTLS` (RFC 3207).
    StartTls,
    /// `XCLIENT name=value ...`: a proxy passes on what it knows of the true client.
    Xclient(Vec<Attribute>),
}

/// The start of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who is told about failures.
    pub from: ReversePath,
    /// ESMTP parameters.
    pub parameters: MailParameters,
}

/// One recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rcpt {
    /// Who.
    pub to: Mailbox,
    /// ESMTP parameters.
    pub parameters: RcptParameters,
}

/// The announcement of a chunk, whose bytes follow the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bdat {
    /// Bytes in it.
    pub size: u64,
    /// Whether more chunks come.
    pub position: Position,
}

/// Which chunk of a message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Others follow.
    More,
    /// The last.
    Last,
}

/// One `name=value` of XCLIENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// In capitals.
    pub name: String,
    /// Decoded from xtext. `[UNAVAILABLE]` and `[TEMPUNAVAIL]` are left to the reader.
    pub value: String,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such verb.
    #[error("no such command")]
    Unknown,
    /// HELO or EHLO, which RFC 2033 4.1 forbids to accept.
    #[error("this is LMTP: say LHLO")]
    Smtp,
    /// A verb of SMTP that a server for final delivery does not have.
    #[error("not implemented")]
    NotImplemented,
    /// A parameter of MAIL or RCPT that is not known.
    #[error("unknown parameter at column {}", .at + 1)]
    UnknownParameter {
        /// Bytes before it in the line.
        at: usize,
    },
    /// A known verb with something else after it than it takes.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
}

impl CommandError {
    /// What the client is told.
    pub fn reply(&self) -> Reply {
        match self {
            Self::Unknown | Self::Smtp => Reply::new(500, (5, 1), self.to_string()),
            Self::NotImplemented => Reply::new(502, (5, 1), self.to_string()),
            Self::UnknownParameter { .. } => Reply::new(555, (5, 4), self.to_string()),
            Self::Syntax(_) => Reply::new(501, (5, 4), self.to_string()),
        }
    }
}

impl Command {
    /// Reads a line, given without its CRLF. White space at its end is ignored (RFC 5321 4.1.1).
    pub fn parse(line: &[u8]) -> Result<Self, CommandError> {
        let mut cursor = Cursor::new(line.trim_ascii_end());
        let verb = cursor.take_while(|byte| byte != b' ' && byte != b'\t');
        match verb.to_ascii_uppercase().as_slice() {
            b"LHLO" => argument(&mut cursor, Domain::parse).map(Self::Lhlo),
            b"MAIL" => mail(&mut cursor).map(Self::Mail),
            b"RCPT" => rcpt(&mut cursor).map(Self::Rcpt),
            b"DATA" => alone(&cursor, Self::Data),
            b"BDAT" => argument(&mut cursor, bdat).map(Self::Bdat),
            b"RSET" => alone(&cursor, Self::Rset),
            b"NOOP" => free_text(&mut cursor).map(|_| Self::Noop),
            b"QUIT" => alone(&cursor, Self::Quit),
            b"VRFY" => argument(&mut cursor, text).map(Self::Vrfy),
            b"HELP" => free_text(&mut cursor).map(|_| Self::Help),
            b"STARTTLS" => alone(&cursor, Self::StartTls),
            b"XCLIENT" => argument(&mut cursor, attributes).map(Self::Xclient),
            b"HELO" | b"EHLO" => Err(CommandError::Smtp),
            b"EXPN" | b"TURN" | b"ETRN" | b"SEND" | b"SOML" | b"SAML" | b"AUTH" | b"BURL" => {
                Err(CommandError::NotImplemented)
            }
            _ => Err(CommandError::Unknown),
        }
    }
}

/// A verb that takes nothing.
fn alone(cursor: &Cursor<'_>, command: Command) -> Result<Command, CommandError> {
    cursor.end()?;
    Ok(command)
}

/// A space, one argument, and the end.
fn argument<T>(
    cursor: &mut Cursor<'_>,
    read: fn(&mut Cursor<'_>) -> Result<T, SyntaxError>,
) -> Result<T, CommandError> {
    cursor.expect(b' ', "a space and an argument")?;
    cursor.spaces();
    let argument = read(cursor)?;
    cursor.end()?;
    Ok(argument)
}

/// Anything printable, or nothing.
fn free_text(cursor: &mut Cursor<'_>) -> Result<(), CommandError> {
    cursor.take_while(|byte| !byte.is_ascii_control());
    Ok(cursor.end()?)
}

/// Anything printable.
fn text(cursor: &mut Cursor<'_>) -> Result<String, SyntaxError> {
    cursor.text(|byte| !byte.is_ascii_control(), "a name").map(str::to_owned)
}

fn mail(cursor: &mut Cursor<'_>) -> Result<Mail, CommandError> {
    keyword(cursor, " FROM:", "\" FROM:<\"")?;
    let from = ReversePath::parse(cursor)?;
    Ok(Mail { from, parameters: MailParameters::parse(cursor)? })
}

fn rcpt(cursor: &mut Cursor<'_>) -> Result<Rcpt, CommandError> {
    keyword(cursor, " TO:", "\" TO:<\"")?;
    let to = Mailbox::in_brackets(cursor)?;
    Ok(Rcpt { to, parameters: RcptParameters::parse(cursor)? })
}

/// `word`, and the spaces that some clients put before the path.
fn keyword(cursor: &mut Cursor<'_>, word: &str, expected: &'static str) -> Result<(), SyntaxError> {
    if !cursor.eat_word(word) {
        return Err(cursor.error(expected));
    }
    cursor.spaces();
    Ok(())
}

fn bdat(cursor: &mut Cursor<'_>) -> Result<Bdat, SyntaxError> {
    let error = cursor.error("the size of the chunk");
    let digits = cursor.text(|byte| byte.is_ascii_digit(), error.expected)?;
    let size = digits.parse().map_err(|_| error)?;
    if cursor.is_done() {
        return Ok(Bdat { size, position: Position::More });
    }
    cursor.expect(b' ', "a space")?;
    cursor.spaces();
    if !cursor.eat_word("LAST") {
        return Err(cursor.error("LAST"));
    }
    Ok(Bdat { size, position: Position::Last })
}

fn attributes(cursor: &mut Cursor<'_>) -> Result<Vec<Attribute>, SyntaxError> {
    let mut attributes = Vec::new();
    loop {
        attributes.push(attribute(cursor)?);
        if cursor.is_done() {
            return Ok(attributes);
        }
        cursor.expect(b' ', "a space")?;
        cursor.spaces();
    }
}

fn attribute(cursor: &mut Cursor<'_>) -> Result<Attribute, SyntaxError> {
    let name = cursor.text(|byte| byte.is_ascii_alphabetic(), "a name")?.to_ascii_uppercase();
    cursor.expect(b'=', "\"=\"")?;
    let at = cursor.at();
    let value = cursor.text(|byte| byte > b' ' && byte != 0x7f, "a value")?;
    let value = xtext::decode(value.as_bytes())
        .map_err(|offset| SyntaxError { at: at + offset, expected: "xtext" })?;
    let value = String::from_utf8(value).map_err(|_| SyntaxError { at, expected: "UTF-8" })?;
    Ok(Attribute { name, value })
}

#[cfg(test)]
mod tests;
