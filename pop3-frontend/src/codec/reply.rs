//! Replies (RFC 1939 3), with response codes (RFC 2449 8, RFC 3206, RFC 6856).

use std::fmt::{self, Write};

/// The longest first line, with its CRLF (RFC 2449 4).
const LINE: usize = 512;

/// What a client can make of a refusal, beyond the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Another session has the maildrop (RFC 2449 8.1.2).
    InUse,
    /// The last login was too short a time ago (RFC 2449 8.1.1).
    LoginDelay,
    /// It is the name or the password (RFC 3206 5).
    Auth,
    /// It may work later (RFC 3206 4).
    SysTemp,
    /// It will not work until somebody does something (RFC 3206 4).
    SysPerm,
}

impl Code {
    fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "IN-USE",
            Self::LoginDelay => "LOGIN-DELAY",
            Self::Auth => "AUTH",
            Self::SysTemp => "SYS/TEMP",
            Self::SysPerm => "SYS/PERM",
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct No {
    /// Its code.
    pub code: Option<Code>,
    /// Its words.
    pub text: String,
}

impl No {
    /// A refusal with a code.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code: Some(code), text: text.into() }
    }

    /// A refusal of what the client has said: no code, for it will not help to say it again.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { code: None, text: text.into() }
    }
}

/// Replies on their way out.
#[derive(Debug, Default)]
pub struct Reply {
    bytes: Vec<u8>,
}

impl Reply {
    /// `+OK text`.
    pub fn ok(&mut self, text: impl fmt::Display) {
        self.first_line(format_args!("+OK {text}"));
    }

    /// `-ERR [code] text`.
    pub fn no(&mut self, no: &No) {
        match no.code {
            Some(code) => self.first_line(format_args!("-ERR [{}] {}", code.as_str(), no.text)),
            None => self.first_line(format_args!("-ERR {}", no.text)),
        }
    }

    /// `+ challenge`, with the challenge in base64 already (RFC 5034 4).
    pub fn challenge(&mut self, challenge: &str) {
        self.bytes.extend_from_slice(b"+ ");
        self.bytes.extend_from_slice(challenge.as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// A line of a list. It must be text without line ends that begins with no dot, as all that
    /// this server lists is.
    pub fn line(&mut self, line: impl fmt::Display) {
        // Writing to memory does not fail.
        let _ = write!(self, "{line}\r\n");
    }

    /// The end of a list.
    pub fn end(&mut self) {
        self.bytes.extend_from_slice(b".\r\n");
    }

    /// What is to be sent.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// How many bytes that is.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Is it nothing?
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A line that may quote what the client has sent: it must not end early, nor be too long.
    fn first_line(&mut self, line: fmt::Arguments<'_>) {
        let line = line.to_string();
        let printable = |c: char| if (' '..='~').contains(&c) { c as u8 } else { b'?' };
        self.bytes.extend(line.chars().map(printable).take(LINE - 2));
        self.bytes.extend_from_slice(b"\r\n");
    }
}

impl Write for Reply {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(say: impl Fn(&mut Reply)) -> String {
        let mut reply = Reply::default();
        say(&mut reply);
        String::from_utf8(std::mem::take(reply.buffer())).unwrap()
    }

    #[test]
    fn replies() {
        assert_eq!(said(|reply| reply.ok("2 320")), "+OK 2 320\r\n");
        assert_eq!(said(|reply| reply.no(&No::plain("no"))), "-ERR no\r\n");
        let no = No::new(Code::InUse, "busy");
        assert_eq!(said(|reply| reply.no(&no)), "-ERR [IN-USE] busy\r\n");
        assert_eq!(said(|reply| reply.challenge("")), "+ \r\n");
        let list = |reply: &mut Reply| {
            reply.line("1 120");
            reply.end();
        };
        assert_eq!(said(list), "1 120\r\n.\r\n");
    }

    #[test]
    fn text_cannot_break_out_of_its_line() {
        let no = No::plain("a\r\n+OK\0é");
        assert_eq!(said(|reply| reply.no(&no)), "-ERR a??+OK??\r\n");
        let long = said(|reply| reply.ok("x".repeat(2000)));
        assert_eq!((long.len(), long.ends_with("x\r\n")), (512, true));
    }
}
