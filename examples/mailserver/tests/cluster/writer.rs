//! Somebody who writes to the mailbox on one host, at random, and goes on when the host fails.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::book::Book;
use crate::imap::{Known, Session};
use crate::site::Cluster;

/// How often a writer tries to get a session before it gives up.
const TRIES: usize = 1_200;

pub(crate) struct Writer<'a> {
    cluster: &'a Cluster,
    book: &'a Book,
    number: usize,
    random: u64,
    session: Session,
    written: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(cluster: &'a Cluster, book: &'a Book, number: usize) -> Self {
        let session = open(cluster, number);
        let random = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number as u64 + 1);
        Self { cluster, book, number, random, session, written: 0 }
    }

    /// Does something. What fails is not done again, for it may have been done.
    pub(crate) fn step(&mut self) {
        let done = match self.draw(20) {
            0..8 => self.append(),
            8..13 => self.flag(),
            13..15 => self.expunge(),
            15..17 => self.transfer(),
            17 => self.deliver(),
            _ => self.session.noop(),
        };
        if done.is_err() {
            self.session = open(self.cluster, self.number);
        }
    }

    /// What it knows in the end.
    pub(crate) fn finish(mut self) -> Vec<Known> {
        if self.session.noop().is_err() {
            self.session = open(self.cluster, self.number);
        }
        self.session.known()
    }

    fn draw(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % below as u64) as usize
    }

    fn subject(&mut self) -> String {
        self.written += 1;
        format!("{}-{}", self.number, self.written)
    }

    /// A UID that it knows.
    fn some(&mut self) -> Option<u32> {
        // A session knows the UIDs of what it has not been told of only after asking.
        self.session.noop().ok()?;
        let known = self.session.known();
        let chosen = self.draw(known.len().max(1));
        known.get(chosen).map(|(uid, _)| *uid)
    }

    fn append(&mut self) -> io::Result<()> {
        let subject = self.subject();
        // Some have an attachment, the same for all.
        let attachment =
            if self.draw(10) == 0 { "attached\r\n".repeat(40_000) } else { String::new() };
        let message = format!("Subject: {subject}\r\n\r\nbody\r\n{attachment}");
        let uid = self.session.append("INBOX", &message)?;
        self.book.keep(subject.clone());
        self.book.learn(uid, subject);
        Ok(())
    }

    fn flag(&mut self) -> io::Result<()> {
        let Some(uid) = self.some() else { return Ok(()) };
        let set = self.draw(3) > 0;
        let (sign, keyword) = (if set { '+' } else { '-' }, format!("writer{}", self.number));
        self.book.flag(uid, &keyword, None);
        self.session.ok(&format!("UID STORE {uid} {sign}FLAGS ({keyword})"))?;
        self.book.flag(uid, &keyword, Some(set));
        Ok(())
    }

    fn expunge(&mut self) -> io::Result<()> {
        let Some(uid) = self.some().filter(|uid| self.book.doom(*uid)) else { return Ok(()) };
        self.session.ok(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"))?;
        self.session.ok(&format!("UID EXPUNGE {uid}")).map(drop)
    }

    fn transfer(&mut self) -> io::Result<()> {
        let Some(uid) = self.some() else { return Ok(()) };
        self.session.ok(&format!("UID MOVE {uid} Archive")).map(drop)
    }

    /// Over LMTP, at the next host.
    fn deliver(&mut self) -> io::Result<()> {
        let subject = self.subject();
        let Some(address) = self.cluster.place(self.number + 1, "lmtp") else { return Ok(()) };
        let delivered = deliver(&address, &format!("Subject: {subject}\r\n\r\nbody\r\n"));
        // It is the other host that failed, not this session's.
        if delivered.is_ok() {
            self.book.keep(subject);
        }
        Ok(())
    }
}

/// A session, as soon as the host lets it.
fn open(cluster: &Cluster, number: usize) -> Session {
    let mut why = None;
    for _ in 0..TRIES {
        let opened =
            cluster.place(number, "imap").map(|place| Session::open(&place, "alice", "INBOX"));
        match opened {
            Some(Ok(session)) => return session,
            Some(Err(error)) => why = Some(error),
            None => {}
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no session on host {number}: {why:?}");
}

/// Delivers a message to alice.
pub(crate) fn deliver(address: &str, message: &str) -> io::Result<()> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut stream = BufReader::new(stream);
    let mut say = |text: &str, code: &str| -> io::Result<()> {
        stream.get_mut().write_all(text.as_bytes())?;
        let mut line = String::new();
        while stream.read_line(&mut line)? > 0 {
            match line.strip_prefix(code) {
                Some(rest) if rest.starts_with('-') => line.clear(),
                Some(_) => return Ok(()),
                None => return Err(io::Error::other(line)),
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    };
    say("", "220")?;
    say("LHLO client.example\r\n", "250")?;
    say("MAIL FROM:<>\r\n", "250")?;
    say("RCPT TO:<alice@localhost>\r\n", "250")?;
    say("DATA\r\n", "354")?;
    say(&format!("{message}.\r\n"), "250")
}
