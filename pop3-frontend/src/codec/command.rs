//! Commands (RFC 1939, RFC 2449, RFC 2595, RFC 5034, RFC 6856).

use mailstore::store::directory::Secret;
use mailstore::uid::Seq;

/// What a client can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `CAPA` (RFC 2449 5).
    Capa,
    /// `STLS` (RFC 2595 4).
    Stls,
    /// `USER name`.
    User(String),
    /// `PASS password`: all that follows the first space, for passwords may hold spaces.
    Pass(Secret),
    /// `AUTH mechanism [initial-response]` (RFC 5034 4); without a mechanism, what may be used.
    Auth(Option<Auth>),
    /// `APOP name digest`.
    Apop,
    /// `UTF8` (RFC 6856 2.1).
    Utf8,
    /// `LANG [language]` (RFC 6856 3.2).
    Lang(Option<String>),
    /// `STAT`.
    Stat,
    /// `LIST [message]`.
    List(Option<Seq>),
    /// `UIDL [message]`.
    Uidl(Option<Seq>),
    /// `RETR message`.
    Retr(Seq),
    /// `TOP message lines`.
    Top(Seq, u64),
    /// `DELE message`.
    Dele(Seq),
    /// `RSET`.
    Rset,
    /// `NOOP`.
    Noop,
    /// `QUIT`.
    Quit,
}

/// How the client wants to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// The mechanism's name, in the client's case.
    pub mechanism: String,
    /// Its first message, in base64; `=` stands for an empty one.
    pub initial: Option<Vec<u8>>,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such verb.
    #[error("no such command")]
    Unknown,
    /// A known verb with something else after it than it takes.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A number that no message can have.
    #[error("no such message")]
    NoSuchMessage,
}

impl Command {
    /// Reads a line, given without its CRLF. White space at its end is ignored, except in a
    /// password.
    pub fn parse(line: &[u8]) -> Result<Self, CommandError> {
        let (verb, rest) = split(line);
        if verb.eq_ignore_ascii_case(b"PASS") {
            return password(rest);
        }
        let (verb, rest) = split(line.trim_ascii_end());
        let verb = verb.to_ascii_uppercase();
        match verb.as_slice() {
            b"CAPA" => alone(rest, Self::Capa),
            b"STLS" => alone(rest, Self::Stls),
            b"USER" => Ok(Self::User(text(rest, "a name")?)),
            b"AUTH" => auth(rest),
            b"APOP" => Ok(Self::Apop),
            b"UTF8" => alone(rest, Self::Utf8),
            b"LANG" => Ok(Self::Lang(rest.map(|_| text(rest, "a language")).transpose()?)),
            b"STAT" => alone(rest, Self::Stat),
            b"LIST" => Ok(Self::List(rest.map(message).transpose()?)),
            b"UIDL" => Ok(Self::Uidl(rest.map(message).transpose()?)),
            b"RETR" => Ok(Self::Retr(one_message(rest)?)),
            b"TOP" => top(rest),
            b"DELE" => Ok(Self::Dele(one_message(rest)?)),
            b"RSET" => alone(rest, Self::Rset),
            b"NOOP" => alone(rest, Self::Noop),
            b"QUIT" => alone(rest, Self::Quit),
            _ => Err(CommandError::Unknown),
        }
    }
}

/// What stands before the first space, and what after it.
fn split(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    match line.iter().position(|byte| *byte == b' ') {
        Some(at) => {
            let (first, rest) = line.split_at(at);
            (first, rest.get(1..))
        }
        None => (line, None),
    }
}

/// A verb that takes nothing.
fn alone(rest: Option<&[u8]>, command: Command) -> Result<Command, CommandError> {
    match rest {
        None => Ok(command),
        Some(_) => Err(CommandError::Expected("nothing after the command")),
    }
}

/// UTF-8 without control characters, not empty.
fn text(rest: Option<&[u8]>, expected: &'static str) -> Result<String, CommandError> {
    let text = rest.and_then(|rest| std::str::from_utf8(rest).ok());
    let text = text.filter(|text| !text.is_empty() && !text.contains(char::is_control));
    text.map(str::to_owned).ok_or(CommandError::Expected(expected))
}

fn password(rest: Option<&[u8]>) -> Result<Command, CommandError> {
    text(rest, "a password").map(|text| Command::Pass(Secret::new(text)))
}

fn auth(rest: Option<&[u8]>) -> Result<Command, CommandError> {
    let Some(rest) = rest else { return Ok(Command::Auth(None)) };
    let (mechanism, initial) = split(rest);
    let mechanism = text(Some(mechanism), "a mechanism")?;
    let initial = initial.map(<[u8]>::to_vec);
    Ok(Command::Auth(Some(Auth { mechanism, initial })))
}

/// A decimal number of at most 20 digits; one beyond 64 bits is the largest.
fn number(digits: &[u8], expected: &'static str) -> Result<u64, CommandError> {
    if digits.is_empty() || digits.len() > 20 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(CommandError::Expected(expected));
    }
    let text = std::str::from_utf8(digits).unwrap_or_default();
    Ok(text.parse().unwrap_or(u64::MAX))
}

/// A message number. None is zero, or above 2^32.
fn message(digits: &[u8]) -> Result<Seq, CommandError> {
    let number = number(digits, "a message number")?;
    let number = u32::try_from(number).ok().and_then(Seq::new);
    number.ok_or(CommandError::NoSuchMessage)
}

fn one_message(rest: Option<&[u8]>) -> Result<Seq, CommandError> {
    message(rest.unwrap_or_default())
}

fn top(rest: Option<&[u8]>) -> Result<Command, CommandError> {
    let (first, lines) = split(rest.unwrap_or_default());
    let message = message(first)?;
    Ok(Command::Top(message, number(lines.unwrap_or_default(), "a number of lines")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(number: u32) -> Seq {
        Seq::new(number).unwrap()
    }

    #[test]
    fn every_command() {
        let initial = Some(b"AGE=".to_vec());
        for (line, command) in [
            ("CAPA", Command::Capa),
            ("capa  ", Command::Capa),
            ("STLS", Command::Stls),
            ("USER joe", Command::User("joe".into())),
            ("user jürgen m", Command::User("jürgen m".into())),
            ("PASS x", Command::Pass(Secret::new("x"))),
            ("pass  a b ", Command::Pass(Secret::new(" a b "))),
            ("AUTH", Command::Auth(None)),
            ("AUTH PLAIN", Command::Auth(Some(Auth { mechanism: "PLAIN".into(), initial: None }))),
            ("AUTH x AGE=", Command::Auth(Some(Auth { mechanism: "x".into(), initial }))),
            ("APOP joe c4c9334bac560ecc979e58001b3e22fb", Command::Apop),
            ("UTF8", Command::Utf8),
            ("LANG", Command::Lang(None)),
            ("LANG *", Command::Lang(Some("*".into()))),
            ("STAT", Command::Stat),
            ("LIST", Command::List(None)),
            ("LIST 7", Command::List(Some(seq(7)))),
            ("UIDL", Command::Uidl(None)),
            ("UIDL 4294967295", Command::Uidl(Some(seq(u32::MAX)))),
            ("RETR 1", Command::Retr(seq(1))),
            ("TOP 1 0", Command::Top(seq(1), 0)),
            ("top 2 99999999999999999999", Command::Top(seq(2), u64::MAX)),
            ("DELE 003", Command::Dele(seq(3))),
            ("RSET", Command::Rset),
            ("NOOP", Command::Noop),
            ("QUIT", Command::Quit),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_no_command() {
        for line in ["", " ", " STAT", "XYZ", "RETR1", "STAT\tx", "\u{e4}", "PASSx y"] {
            assert_eq!(Command::parse(line.as_bytes()), Err(CommandError::Unknown), "{line:?}");
        }
        for line in ["RETR 0", "RETR 4294967296", "LIST 0", "TOP 0 1", "DELE 18446744073709551616"]
        {
            assert_eq!(Command::parse(line.as_bytes()), Err(CommandError::NoSuchMessage), "{line}");
        }
        for line in [
            "RETR",
            "RETR x",
            "RETR 1 2",
            "RETR -1",
            "RETR +1",
            "DELE",
            "TOP",
            "TOP 1",
            "TOP 1 x",
            "TOP 1  2",
            "LIST 1 2",
            "STAT 1",
            "QUIT now",
            "NOOP x",
            "USER",
            "USER a\u{1}",
            "PASS",
            "PASS ",
            "PASS a\0",
            "LANG \u{7f}",
            "RETR 000000000000000000001",
        ] {
            let parsed = Command::parse(line.as_bytes());
            assert!(matches!(parsed, Err(CommandError::Expected(_))), "{line}: {parsed:?}");
        }
        let parsed = Command::parse(b"USER \xff");
        assert!(matches!(parsed, Err(CommandError::Expected(_))), "{parsed:?}");
    }
}
