//! A client that believes what it is told, and lives with servers that fail.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any time-out of the server's.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a session believes of one message.
#[derive(Clone, Debug, Default)]
struct Believed {
    uid: Option<u32>,
    flags: Option<BTreeSet<String>>,
}

/// A session with a mailbox selected.
pub(crate) struct Session {
    stream: BufReader<TcpStream>,
    tag: u32,
    believed: Vec<Believed>,
}

/// A message as a session knows it: its UID and its flags.
pub(crate) type Known = (u32, BTreeSet<String>);

impl Session {
    /// Logs in, selects, and asks for all there is.
    pub(crate) fn open(address: &str, user: &str, mailbox: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut session = Self { stream: BufReader::new(stream), tag: 0, believed: Vec::new() };
        session.line()?;
        session.ok(&format!("LOGIN {user} sesame"))?;
        session.ok(&format!("SELECT {mailbox}"))?;
        session.ask_for_news()?;
        Ok(session)
    }

    /// A command that must succeed; the text after OK.
    pub(crate) fn ok(&mut self, command: &str) -> io::Result<String> {
        self.send(command)?;
        self.answer()
    }

    /// APPEND; the UID that the message got.
    pub(crate) fn append(&mut self, mailbox: &str, message: &str) -> io::Result<u32> {
        self.send(&format!("APPEND {mailbox} {{{}+}}\r\n{message}", message.len()))?;
        let said = self.answer()?;
        let uid = said.split(']').next().and_then(|code| code.rsplit(' ').next()?.parse().ok());
        Ok(uid.unwrap_or_else(|| panic!("no APPENDUID in {said:?}")))
    }

    /// Hears of all that has happened.
    pub(crate) fn noop(&mut self) -> io::Result<()> {
        self.ok("NOOP")?;
        self.ask_for_news()
    }

    /// Waits in IDLE until the server tells of what happens meanwhile.
    pub(crate) fn idle(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        self.send("IDLE")?;
        self.line()?;
        meanwhile();
        let before = self.believed.len();
        while self.believed.len() == before {
            let line = self.line()?;
            self.hear(&line);
        }
        self.stream.get_mut().write_all(b"DONE\r\n")?;
        self.answer().map(drop)
    }

    /// All that it knows, which must be complete and in order.
    pub(crate) fn known(&self) -> Vec<Known> {
        let complete = |message: &Believed| Some((message.uid?, message.flags.clone()?));
        let known: Vec<Known> = self.believed.iter().map(|each| complete(each).unwrap()).collect();
        assert!(known.windows(2).all(|pair| pair[0].0 < pair[1].0), "UIDs ascend: {known:?}");
        known
    }

    /// The text after each `Subject: ` of all messages, by UID.
    pub(crate) fn subjects(&mut self) -> io::Result<Vec<(u32, String)>> {
        self.send("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")?;
        let mut subjects = Vec::new();
        loop {
            let line = self.line()?;
            if let Some((_, rest)) = line.split_once("Subject: ") {
                let subject = rest.lines().next().unwrap_or_default().to_owned();
                subjects.push((number_after(&line, "UID ").unwrap(), subject));
            }
            if line.starts_with(&format!("{} ", self.tag)) {
                return self.done(&line).map(|_| subjects);
            }
        }
    }

    /// A message, byte for byte.
    pub(crate) fn whole(&mut self, uid: u32) -> io::Result<String> {
        self.send(&format!("UID FETCH {uid} (UID BODY.PEEK[])"))?;
        let line = self.line()?;
        self.answer()?;
        let literal = line.split_once("}\r\n").map(|(_, rest)| rest.strip_suffix(")\r\n"));
        Ok(literal.flatten().unwrap_or_else(|| panic!("no message in {line:?}")).to_owned())
    }

    fn ask_for_news(&mut self) -> io::Result<()> {
        let unknown = |message: &Believed| message.uid.is_none() || message.flags.is_none();
        match self.believed.iter().position(unknown) {
            Some(first) => self.ok(&format!("FETCH {}:* (UID FLAGS)", first + 1)).map(drop),
            None => Ok(()),
        }
    }

    fn send(&mut self, command: &str) -> io::Result<()> {
        self.tag += 1;
        self.stream.get_mut().write_all(format!("{} {command}\r\n", self.tag).as_bytes())
    }

    /// Hears all until the tagged answer; its text if that is OK.
    fn answer(&mut self) -> io::Result<String> {
        loop {
            let line = self.line()?;
            if line.starts_with(&format!("{} ", self.tag)) {
                return self.done(&line);
            }
            self.hear(&line);
        }
    }

    fn done(&self, line: &str) -> io::Result<String> {
        let said = line.strip_prefix(&format!("{} OK ", self.tag));
        said.map(str::to_owned).ok_or_else(|| io::Error::other(line.to_owned()))
    }

    /// A line with the literals in it.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        loop {
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let literal = line.strip_suffix("}\r\n").and_then(|line| line.rsplit_once('{'));
            let Some(length) = literal.and_then(|(_, digits)| digits.parse().ok()) else {
                return Ok(line);
            };
            self.stream.by_ref().take(length).read_to_string(&mut line)?;
        }
    }

    /// Takes in what is said without being asked.
    fn hear(&mut self, line: &str) {
        let mut words = line.trim_end().splitn(4, ' ');
        let (_, number, what) = (words.next(), words.next(), words.next());
        let Some(number) = number.and_then(|number| number.parse::<usize>().ok()) else { return };
        match what {
            Some("EXISTS") => {
                assert!(number >= self.believed.len(), "EXISTS must not shrink: {line}");
                self.believed.resize(number, Believed::default());
            }
            Some("EXPUNGE") => drop(self.believed.remove(number - 1)),
            Some("FETCH") => self.believed[number - 1].learn(line),
            _ => {}
        }
    }
}

impl Believed {
    fn learn(&mut self, line: &str) {
        if let Some(uid) = number_after(line, "UID ") {
            assert!(self.uid.is_none_or(|known| known == uid), "a number changed its UID: {line}");
            self.uid = Some(uid);
        }
        if let Some((_, rest)) = line.split_once("FLAGS (") {
            let flags = rest.split(')').next().unwrap_or_default().split_whitespace();
            let lasting = flags.filter(|flag| *flag != "\\Recent");
            self.flags = Some(lasting.map(str::to_owned).collect());
        }
    }
}

fn number_after(line: &str, word: &str) -> Option<u32> {
    let (_, rest) = line.split_once(word)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
