//! Reverse-paths and forward-paths (RFC 5321 4.1.2, 4.1.3; RFC 6531 3.3).
//!
//! More is accepted than a client may send, because what is refused here bounces: bare local parts
//! (the rule in LMTP), dots anywhere in a local part, underscores in a domain. A source route is
//! read and ignored.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::cursor::{Cursor, SyntaxError};

/// Where a message comes from (MAIL FROM).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`: nobody to tell about failures.
    Null,
    /// A mailbox.
    Mailbox(Mailbox),
}

/// `local@domain`, or a local part alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox {
    /// The local part, without quoting: `"a b"@c` and `"a\ b"@c` are the same mailbox.
    pub local: String,
    /// The domain, if one was given.
    pub domain: Option<Domain>,
}

/// A domain name or an address in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Domain {
    /// A name, as written.
    Name(String),
    /// `[192.0.2.1]`.
    V4(Ipv4Addr),
    /// `[IPv6:2001:db8::1]`.
    V6(Ipv6Addr),
    /// `[tag:content]`, of a kind not known here.
    Literal(String),
}

impl ReversePath {
    /// Whether it needs no SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Mailbox(mailbox) => mailbox.is_ascii(),
        }
    }

    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, SyntaxError> {
        if cursor.eat_word("<>") {
            return Ok(Self::Null);
        }
        Mailbox::in_brackets(cursor).map(Self::Mailbox)
    }
}

impl Mailbox {
    /// Whether it needs no SMTPUTF8 (RFC 6531 3.3).
    pub fn is_ascii(&self) -> bool {
        let domain = match &self.domain {
            Some(Domain::Name(name)) => name.is_ascii(),
            _ => true,
        };
        domain && self.local.is_ascii()
    }

    /// `"<" [ source route ":" ] mailbox ">"`.
    pub(crate) fn in_brackets(cursor: &mut Cursor<'_>) -> Result<Self, SyntaxError> {
        cursor.expect(b'<', "\"<\"")?;
        if cursor.peek() == Some(b'@') {
            source_route(cursor)?;
        }
        let local = local_part(cursor)?;
        let domain = if cursor.eat(b'@') { Some(Domain::parse(cursor)?) } else { None };
        cursor.expect(b'>', if domain.is_some() { "\">\"" } else { "\"@\" or \">\"" })?;
        Ok(Self { local, domain })
    }
}

impl Domain {
    /// Reads a text that is one and nothing else.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text.as_bytes());
        let domain = Self::parse(&mut cursor).ok()?;
        cursor.is_done().then_some(domain)
    }

    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, SyntaxError> {
        if cursor.eat(b'[') { Self::literal(cursor) } else { Self::name(cursor) }
    }

    fn name(cursor: &mut Cursor<'_>) -> Result<Self, SyntaxError> {
        let start = *cursor;
        let name = cursor.text(|byte| is_label(byte) || byte == b'.', "a domain")?;
        let mut at = start.at();
        for label in name.split('.') {
            if label.is_empty() || label.starts_with('-') {
                return Err(SyntaxError { at, expected: "a letter or digit" });
            }
            at += label.len() + 1;
        }
        Ok(Self::Name(name.to_owned()))
    }

    /// What follows `[`.
    fn literal(cursor: &mut Cursor<'_>) -> Result<Self, SyntaxError> {
        let error = cursor.error("an IPv4 address, \"IPv6:\" and one, or a tag and \":\"");
        let content = cursor.text(is_dcontent, error.expected)?;
        cursor.expect(b']', "\"]\"")?;
        if let Ok(address) = content.parse() {
            return Ok(Self::V4(address));
        }
        let (tag, address) = content.split_once(':').ok_or(error)?;
        if tag.eq_ignore_ascii_case("IPv6") {
            return address.parse().map(Self::V6).map_err(|_| error);
        }
        let tagged = !address.is_empty() && !tag.is_empty() && tag.bytes().all(is_ldh);
        tagged.then(|| Self::Literal(content.to_owned())).ok_or(error)
    }
}

/// `"@" domain *( "," "@" domain ) ":"`, thrown away (RFC 5321 appendix C).
fn source_route(cursor: &mut Cursor<'_>) -> Result<(), SyntaxError> {
    loop {
        cursor.expect(b'@', "\"@\"")?;
        Domain::parse(cursor)?;
        if !cursor.eat(b',') {
            return cursor.expect(b':', "\",\" or \":\"");
        }
        cursor.spaces();
    }
}

fn local_part(cursor: &mut Cursor<'_>) -> Result<String, SyntaxError> {
    if cursor.eat(b'"') {
        return quoted(cursor);
    }
    cursor.text(|byte| is_atext(byte) || byte == b'.', "a local part").map(str::to_owned)
}

/// What follows `"`, with quoting resolved.
fn quoted(cursor: &mut Cursor<'_>) -> Result<String, SyntaxError> {
    let start = cursor.at();
    let mut local = Vec::new();
    loop {
        let error = cursor.error("a printable character or \"\\\"\"");
        let mut byte = cursor.next().ok_or(error)?;
        if byte == b'"' {
            break;
        }
        if byte == b'\\' {
            byte = cursor.next().ok_or(error)?;
        }
        if byte.is_ascii_control() {
            return Err(error);
        }
        local.push(byte);
    }
    String::from_utf8(local).map_err(|_| SyntaxError { at: start, expected: "UTF-8" })
}

/// `atext` (RFC 5322 3.2.3), and UTF-8 (RFC 6531 3.3).
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// A byte of a label: letters, digits, hyphen, UTF-8; and the underscore, which is wrong but used.
fn is_label(byte: u8) -> bool {
    is_ldh(byte) || byte == b'_' || !byte.is_ascii()
}

fn is_ldh(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// `dcontent` (RFC 5321 4.1.3): printable, without brackets and backslash.
fn is_dcontent(byte: u8) -> bool {
    matches!(byte, b'!'..=b'Z' | b'^'..=b'~')
}

/// With its angle brackets, as in MAIL and in Return-Path.
impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// Without angle brackets and with as little quoting as possible, so that equal mailboxes look
/// equal.
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |byte| is_atext(byte) || byte == b'.';
        if !self.local.is_empty() && self.local.bytes().all(plain) {
            f.write_str(&self.local)?;
        } else {
            write_quoted(&self.local, f)?;
        }
        match &self.domain {
            Some(domain) => write!(f, "@{domain}"),
            None => Ok(()),
        }
    }
}

fn write_quoted(local: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for character in local.chars() {
        if matches!(character, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{character}")?;
    }
    f.write_str("\"")
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => write!(f, "[{address}]"),
            Self::V6(address) => write!(f, "[IPv6:{address}]"),
            Self::Literal(literal) => write!(f, "[{literal}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<String, SyntaxError> {
        let mut cursor = Cursor::new(text.as_bytes());
        let path = ReversePath::parse(&mut cursor)?;
        cursor.end()?;
        Ok(path.to_string())
    }

    #[test]
    fn paths_are_read_and_written_alike() {
        for text in [
            "<>",
            "<user>",
            "<user@example.org>",
            "<user+label@example.org>",
            "<\"\"@a>",
            "<\"odd local\"@b>",
            "<\"a\\\"b\\\\c\"@d>",
            "<a@[192.0.2.1]>",
            "<a@[IPv6:2001:db8::1]>",
            "<a@[x-tag:content]>",
            "<δοκιμή@παράδειγμα.δοκιμή>",
            "<a..b.@docomo.example>",
            "<a@under_score.example>",
            "<!#$%&'*+-/=?^_`{|}~@a>",
            "<\"@\"@a>",
            "<\"a,b\">",
        ] {
            assert_eq!(path(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn needless_quoting_goes() {
        assert_eq!(path("<\"user\"@a>").as_deref(), Ok("<user@a>"));
        assert_eq!(path("<\"\\u\\s\\er\"@a>").as_deref(), Ok("<user@a>"));
    }

    #[test]
    fn a_source_route_is_ignored() {
        assert_eq!(path("<@a:user@b>").as_deref(), Ok("<user@b>"));
        assert_eq!(path("<@a,@[192.0.2.1]:user>").as_deref(), Ok("<user>"));
    }

    #[test]
    fn errors_say_where() {
        for (text, at, expected) in [
            ("", 0, "\"<\""),
            ("user@a", 0, "\"<\""),
            ("<", 1, "a local part"),
            ("<@a>", 3, "\",\" or \":\""),
            ("<@a:>", 4, "a local part"),
            ("<a b@c>", 2, "\"@\" or \">\""),
            ("<a@b", 4, "\">\""),
            ("<a@>", 3, "a domain"),
            ("<a@b..c>", 5, "a letter or digit"),
            ("<a@-b>", 3, "a letter or digit"),
            ("<a@[1.2.3]>", 4, "an IPv4 address, \"IPv6:\" and one, or a tag and \":\""),
            ("<a@[IPv6:zz]>", 4, "an IPv4 address, \"IPv6:\" and one, or a tag and \":\""),
            ("<a@[192.0.2.1>", 14, "\"]\""),
            ("<\"a", 3, "a printable character or \"\\\"\""),
            ("<\"a\rb\">", 3, "a printable character or \"\\\"\""),
            ("<\"a\\", 3, "a printable character or \"\\\"\""),
            ("<a\0@b>", 2, "\"@\" or \">\""),
        ] {
            assert_eq!(path(text), Err(SyntaxError { at, expected }), "{text:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        let mut cursor = Cursor::new(b"<a\xff@b>");
        let error = ReversePath::parse(&mut cursor).unwrap_err();
        assert_eq!(error, SyntaxError { at: 2, expected: "UTF-8" });
    }
}
