//! Clients that write down what was acknowledged, and notice when the server is gone.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::common::Server;

/// A connection that speaks in lines and counted bytes.
pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) fn open(place: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(place)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(crate) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(line),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    pub(crate) fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// An IMAP session with INBOX selected.
pub(crate) struct Imap(pub(crate) Wire);

impl Imap {
    pub(crate) fn open(place: &str, user: u32) -> io::Result<Self> {
        let mut imap = Self(Wire::open(place)?);
        imap.0.line()?;
        assert!(imap.ask(&format!("LOGIN u{user} sesame"))?.starts_with("x OK"));
        assert!(imap.ask("SELECT INBOX")?.contains("x OK"));
        Ok(imap)
    }

    /// Sends a command; all lines up to its tagged answer.
    pub(crate) fn ask(&mut self, command: &str) -> io::Result<String> {
        self.0.send(format!("x {command}\r\n").as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut all = String::new();
        loop {
            let line = self.0.line()?;
            all += &line;
            if line.starts_with("x ") {
                return Ok(all);
            }
        }
    }

    /// What APPEND is answered.
    pub(crate) fn append(&mut self, message: &[u8]) -> io::Result<String> {
        self.0.send(format!("x APPEND INBOX {{{}+}}\r\n", message.len()).as_bytes())?;
        self.0.send(message)?;
        self.0.send(b"\r\n")?;
        self.answer()
    }

    /// A whole message by its UID: its bytes, or the answer that says no.
    pub(crate) fn fetch(&mut self, uid: u32) -> io::Result<Result<Vec<u8>, String>> {
        self.0.send(format!("x UID FETCH {uid} BODY.PEEK[]\r\n").as_bytes())?;
        loop {
            let line = self.0.line()?;
            if line.starts_with("x ") {
                return Ok(Err(line));
            }
            if let Some(len) = literal(&line) {
                let bytes = self.0.read(len)?;
                let answer = self.answer()?;
                assert!(answer.contains("x OK"), "{answer}");
                return Ok(Ok(bytes));
            }
        }
    }
}

/// The length of the literal that a line ends in.
pub(crate) fn literal(line: &str) -> Option<usize> {
    line.trim_end().strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}

/// The last number of a response code with three words, as in `[APPENDUID 1 7]`, or of one with
/// four, as in `[COPYUID 1 7 9]`.
pub(crate) fn new_uid(answer: &str) -> Option<u32> {
    let code = answer.split_once("UID ")?.1.split_once(']')?.0;
    code.rsplit(' ').next()?.parse().ok()
}

/// An LMTP session.
pub(crate) struct Lmtp(Wire);

impl Lmtp {
    pub(crate) fn open(place: &str) -> io::Result<Self> {
        let mut lmtp = Self(Wire::open(place)?);
        lmtp.0.line()?;
        lmtp.ask(b"LHLO test\r\n")?;
        Ok(lmtp)
    }

    /// The last line of the reply.
    fn ask(&mut self, command: &[u8]) -> io::Result<String> {
        self.0.send(command)?;
        loop {
            let line = self.0.line()?;
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }

    /// Delivers a message without lines that begin with a dot; what its recipient is answered, or
    /// whoever said no before.
    pub(crate) fn deliver(&mut self, user: u32, message: &[u8]) -> io::Result<String> {
        let sender = self.ask(b"MAIL FROM:<a@example.org>\r\n")?;
        if !sender.starts_with('2') {
            return Ok(sender);
        }
        let recipient = self.ask(format!("RCPT TO:<u{user}@localhost>\r\n").as_bytes())?;
        if !recipient.starts_with('2') {
            self.ask(b"RSET\r\n")?;
            return Ok(recipient);
        }
        let go_on = self.ask(b"DATA\r\n")?;
        if !go_on.starts_with('3') {
            self.ask(b"RSET\r\n")?;
            return Ok(go_on);
        }
        self.0.send(message)?;
        self.ask(b".\r\n")
    }
}

/// The most memory that a server ever had, in bytes.
pub(crate) fn peak_memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes << 10
}
