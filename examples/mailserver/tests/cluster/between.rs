//! Between hosts and MongoDB: it passes on what is said, unless it plays a primary that steps down.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::common::mongodb::{self, Bson};

/// `NotWritablePrimary`
pub(crate) const NOT_PRIMARY: i32 = 10_107;
/// `PrimarySteppedDown`
pub(crate) const STEPPED_DOWN: i32 = 189;

const OP_MSG: i32 = 2013;
/// A command that asks for more than one answer: a monitor's.
const EXHAUST_ALLOWED: i32 = 1 << 16;

/// What the server seems to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Play {
    /// What it does.
    Nothing,
    /// It is no primary: every command is refused.
    NoPrimary,
    /// It steps down at the next command of that name, and is back at once.
    StepDownAt(&'static str, Moment),
}

/// When it steps down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before it has carried out the command.
    Before,
    /// After it, before it has answered.
    After,
}

/// A place to connect to in the server's stead.
#[derive(Clone)]
pub(crate) struct Between(Arc<Inner>);

struct Inner {
    here: u16,
    there: u16,
    play: Mutex<Play>,
    /// The connections that wait for news of the server.
    monitors: Mutex<Vec<TcpStream>>,
}

impl Between {
    /// In front of the server on this port.
    pub(crate) fn of(there: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap().port();
        // One name is put in the other's place.
        assert_eq!(here.to_string().len(), there.to_string().len());
        let (play, monitors) = (Mutex::new(Play::Nothing), Mutex::default());
        let between = Self(Arc::new(Inner { here, there, play, monitors }));
        let this = between.clone();
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (near, this) = (near.unwrap(), this.clone());
                // It ends when one of the two does.
                std::thread::spawn(move || this.pass_on(near));
            }
        });
        between
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.here
    }

    pub(crate) fn play(&self, play: Play) {
        *self.playing() = play;
        self.tell();
    }

    /// The server is asked anew what it is, as if it had told of its going or coming.
    fn tell(&self) {
        for monitor in self.0.monitors.lock().unwrap().drain(..) {
            let _ = monitor.shutdown(Shutdown::Both);
        }
    }

    /// What it plays now: a step down that has happened is over.
    pub(crate) fn now(&self) -> Play {
        *self.playing()
    }

    fn playing(&self) -> MutexGuard<'_, Play> {
        self.0.play.lock().unwrap()
    }

    fn pass_on(&self, mut near: TcpStream) -> io::Result<()> {
        let mut far = TcpStream::connect(("127.0.0.1", self.0.there))?;
        loop {
            let asked = Message::read(&mut near)?;
            if asked.flags() & EXHAUST_ALLOWED != 0 {
                self.0.monitors.lock().unwrap().push(near.try_clone()?);
                return self.monitor((near, far), &asked);
            }
            let answer = match self.refusal(asked.command()) {
                Some((code, Moment::Before)) => asked.refused(code),
                Some((code, Moment::After)) => {
                    far.write_all(&asked.0)?;
                    Message::read(&mut far)?;
                    asked.refused(code)
                }
                None => {
                    far.write_all(&asked.0)?;
                    self.disguised(Message::read(&mut far)?)
                }
            };
            near.write_all(&answer.0)?;
        }
    }

    fn monitor(
        &self,
        (mut near, mut far): (TcpStream, TcpStream),
        asked: &Message,
    ) -> io::Result<()> {
        far.write_all(&asked.0)?;
        loop {
            near.write_all(&self.disguised(Message::read(&mut far)?).0)?;
        }
    }

    fn refusal(&self, command: &str) -> Option<(i32, Moment)> {
        let mut play = self.playing();
        match *play {
            Play::NoPrimary if !is_hello(command) => Some((NOT_PRIMARY, Moment::Before)),
            Play::StepDownAt(at, moment) if at == command => {
                *play = Play::Nothing;
                self.tell();
                Some((STEPPED_DOWN, moment))
            }
            _ => None,
        }
    }

    /// The server is here, and is what it plays.
    fn disguised(&self, mut message: Message) -> Message {
        let place = |port: u16| format!("127.0.0.1:{port}").into_bytes();
        message.replace(&place(self.0.there), &place(self.0.here));
        if self.now() == Play::NoPrimary {
            message.replace(b"isWritablePrimary\0\x01", b"isWritablePrimary\0\0");
            message.replace(b"ismaster\0\x01", b"ismaster\0\0");
            message.replace(b"secondary\0\0", b"secondary\0\x01");
        }
        message
    }
}

fn is_hello(command: &str) -> bool {
    ["", "hello", "isMaster", "ismaster"].contains(&command)
}

/// A message of MongoDB's protocol.
struct Message(Vec<u8>);

impl Message {
    fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut bytes = vec![0; 4];
        stream.read_exact(&mut bytes)?;
        let length = i32::from_le_bytes(bytes[..].try_into().unwrap());
        bytes.resize(length as usize, 0);
        stream.read_exact(&mut bytes[4..])?;
        Ok(Self(bytes))
    }

    fn number(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn flags(&self) -> i32 {
        if self.number(12) == OP_MSG { self.number(16) } else { 0 }
    }

    /// The name of its first element; empty in the older kind of message, which only a hello is.
    fn command(&self) -> &str {
        if self.number(12) != OP_MSG {
            return "";
        }
        // After the header, the flags, the kind of the section, a length and a type.
        let name = self.0[26..].split(|byte| *byte == 0).next().unwrap();
        str::from_utf8(name).unwrap()
    }

    /// The answer to it of a server that is no primary, or no longer.
    fn refused(&self, code: i32) -> Self {
        // As a server does, with what may be done again: a transaction, or else its end.
        let label = match self.command() {
            "commitTransaction" | "abortTransaction" => "RetryableWriteError",
            _ if self.is_in_a_transaction() => "TransientTransactionError",
            _ => "RetryableWriteError",
        };
        let labels = Bson::default().text("0", label);
        let answer = Bson::default()
            .number("ok", 0)
            .text("errmsg", "not primary: it stepped down")
            .number("code", code)
            .element(0x04, "errorLabels", &labels.done());
        Self(mongodb::message(answer, self.number(4)))
    }

    fn is_in_a_transaction(&self) -> bool {
        let autocommit = b"\x08autocommit\0\0";
        self.0.windows(autocommit.len()).any(|found| found == autocommit)
    }

    /// Puts bytes in the place of as many others.
    fn replace(&mut self, from: &[u8], to: &[u8]) {
        let mut at = 0;
        while let Some(found) = self.0[at..].windows(from.len()).position(|found| found == from) {
            at += found;
            self.0[at..at + to.len()].copy_from_slice(to);
            at += to.len();
        }
    }
}
