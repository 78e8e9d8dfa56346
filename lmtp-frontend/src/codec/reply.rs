//! Replies (RFC 5321 4.2), with enhanced status codes (RFC 2034, RFC 3463).

use std::borrow::Cow;
use std::fmt;

/// The longest reply line, with its CRLF (RFC 5321 4.5.3.1.5).
const LINE: usize = 512;

/// One reply: a code and one or more lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    /// Subject and detail of the enhanced code. Its class is the first digit of `code`.
    status: Option<(u16, u16)>,
    lines: Vec<Cow<'static, str>>,
}

impl Reply {
    /// A reply with an enhanced code: `Reply::new(250, (1, 5), "OK")` is `250 2.1.5 OK`.
    pub fn new(code: u16, status: (u16, u16), text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status: Some(status), lines: vec![text.into()] }
    }

    /// A reply without enhanced code: greeting, LHLO, and the intermediate ones (RFC 2034 4).
    pub fn plain(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status: None, lines: vec![text.into()] }
    }

    /// Adds a line.
    pub fn line(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.lines.push(text.into());
        self
    }

    /// The three-digit code.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Whether the client's request was done (RFC 2033 4, "Positive Completion").
    pub fn is_positive(&self) -> bool {
        self.class() == 2
    }

    fn class(&self) -> u16 {
        self.code / 100
    }

    /// Appends the reply as it goes on the wire.
    pub fn encode(&self, output: &mut Vec<u8>) {
        let last = self.lines.len().saturating_sub(1);
        for (number, text) in self.lines.iter().enumerate() {
            let separator = if number == last { ' ' } else { '-' };
            self.encode_line(separator, text, output);
        }
    }

    fn encode_line(&self, separator: char, text: &str, output: &mut Vec<u8>) {
        let start = output.len();
        output.extend_from_slice(format!("{:03}{separator}", self.code).as_bytes());
        if let Some((subject, detail)) = self.status {
            output.extend_from_slice(format!("{}.{subject}.{detail} ", self.class()).as_bytes());
        }
        output.extend(text.chars().map(printable));
        output.truncate(start + LINE - 2);
        output.extend_from_slice(b"\r\n");
    }
}

/// Text may quote what the client sent. It must not end the line, and is ASCII, since a client
/// need not understand more (RFC 6531 3.7.4).
fn printable(character: char) -> u8 {
    match character {
        ' '..='~' => character as u8,
        _ => b'?',
    }
}

/// As it goes on the wire.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut wire = Vec::new();
        self.encode(&mut wire);
        f.write_str(&String::from_utf8_lossy(&wire))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line() {
        assert_eq!(Reply::new(250, (1, 5), "OK").to_string(), "250 2.1.5 OK\r\n");
        assert_eq!(Reply::plain(354, "Go on").to_string(), "354 Go on\r\n");
    }

    #[test]
    fn the_class_follows_the_code() {
        assert_eq!(Reply::new(452, (2, 2), "full").to_string(), "452 4.2.2 full\r\n");
        assert!(!Reply::new(452, (2, 2), "full").is_positive());
        assert!(Reply::plain(250, "").is_positive());
    }

    #[test]
    fn every_line_has_the_codes() {
        let reply = Reply::new(214, (0, 0), "a").line("b").line("c");
        assert_eq!(reply.to_string(), "214-2.0.0 a\r\n214-2.0.0 b\r\n214 2.0.0 c\r\n");
        assert_eq!(Reply::plain(250, "host").line("SIZE").to_string(), "250-host\r\n250 SIZE\r\n");
    }

    #[test]
    fn text_cannot_break_out_of_its_line() {
        let reply = Reply::new(550, (1, 1), "a\r\n250 b\0\t\u{7f}é");
        assert_eq!(reply.to_string(), "550 5.1.1 a??250 b????\r\n");
    }

    #[test]
    fn long_text_is_cut() {
        let wire = Reply::new(550, (1, 1), "x".repeat(2000)).to_string();
        assert_eq!((wire.len(), wire.ends_with("x\r\n")), (512, true));
    }
}
