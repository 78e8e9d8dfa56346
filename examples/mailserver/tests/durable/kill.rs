//! The server is killed at random moments while sixteen clients write, over LMTP and IMAP.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use mailstore::flags::Flags;
use rustix::process::Signal;

use super::book::Book;
use super::common::Server;
use super::peer::{Imap, Lmtp, new_uid};
use super::site;
use super::workload::{Deed, Done, Id, Line, WRITERS};

#[test]
fn what_was_acknowledged_survives() {
    let rounds = std::env::var("KILL_ROUNDS").ok().and_then(|count| count.parse().ok());
    let site = site();
    let mut book = Book::default();
    for round in 0..rounds.unwrap_or(10) {
        let server = site.serve();
        let lines = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let writer = Writer::open(&server, writer, &lines).unwrap();
                scope.spawn(move || writer.run(round * 100_000));
            }
            // Any moment will do; these are spread over the time that a few hundred commits take.
            std::thread::sleep(Duration::from_millis(u64::from(round * 7919 % 600)));
            server.signal(Signal::KILL);
        });
        drop(server);
        for line in lines.into_inner().unwrap() {
            book.line(line).unwrap();
        }
        let found = book.verify(&site.data());
        assert_eq!(found, Ok(()), "after round {round}, {} messages", book.len());
    }
    println!("{} messages", book.len());
}

struct Writer<'a> {
    writer: u32,
    imap: Imap,
    lmtp: Lmtp,
    lines: &'a Mutex<Vec<Line>>,
}

impl<'a> Writer<'a> {
    fn open(server: &Server, writer: u32, lines: &'a Mutex<Vec<Line>>) -> io::Result<Self> {
        let user = Id { writer, number: 0 }.account().get() as u32;
        let imap = Imap::open(server.place("imap"), user)?;
        let lmtp = Lmtp::open(server.place("lmtp"))?;
        Ok(Self { writer, imap, lmtp, lines })
    }

    /// Until the server is gone.
    fn run(mut self, first: u32) {
        let mut numbers = first..;
        while let Some(number) = numbers.next()
            && self.handle(Id { writer: self.writer, number }).is_ok()
        {}
    }

    /// One message, from its coming to its going. What happens to it depends on its number.
    fn handle(&mut self, id: Id) -> io::Result<()> {
        let fate = id.number.wrapping_mul(7) + id.writer;
        if fate.is_multiple_of(3) {
            return self.record(id, Deed::Append, |writer| writer.deliver(id)).map(drop);
        }
        let message = id.message();
        let uid = self.record(id, Deed::Append, |writer| {
            let answer = writer.imap.append(&message)?;
            Ok(new_uid(&answer).unwrap_or_else(|| panic!("{answer}")))
        })?;
        if fate.is_multiple_of(2) {
            self.flag(id, uid, 1 << (fate % 5))?;
        }
        if fate % 5 == 1 {
            self.transfer(id, Deed::Copy, &format!("UID COPY {uid} Drafts"))?;
        }
        match fate % 4 {
            1 => self.transfer(id, Deed::Move, &format!("UID MOVE {uid} Sent")),
            2 => {
                self.flag(id, uid, 8)?;
                let gone = format!("UID EXPUNGE {uid}");
                self.record(id, Deed::Expunge, |writer| writer.done(&gone).map(|_| 0)).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn deliver(&mut self, id: Id) -> io::Result<u32> {
        let answer = self.lmtp.deliver(id.account().get() as u32, &id.message())?;
        assert!(answer.starts_with("250 "), "{answer}");
        Ok(0)
    }

    fn flag(&mut self, id: Id, uid: u32, bits: u8) -> io::Result<()> {
        let names: Vec<_> = Flags::from_bits(bits).system().map(|flag| flag.name()).collect();
        let store = format!("UID STORE {uid} FLAGS ({})", names.join(" "));
        self.record(id, Deed::Flag(bits), |writer| writer.done(&store).map(|_| 0)).map(drop)
    }

    fn transfer(&mut self, id: Id, deed: Deed, command: &str) -> io::Result<()> {
        self.record(id, deed, |writer| {
            let answer = writer.done(command)?;
            Ok(new_uid(&answer).unwrap_or_else(|| panic!("{command}: {answer}")))
        })?;
        Ok(())
    }

    fn done(&mut self, command: &str) -> io::Result<String> {
        let answer = self.imap.ask(command)?;
        assert!(answer.contains("x OK"), "{command}: {answer}");
        Ok(answer)
    }

    fn record(
        &mut self,
        id: Id,
        deed: Deed,
        act: impl FnOnce(&mut Self) -> io::Result<u32>,
    ) -> io::Result<u32> {
        self.write(Line { id, deed, done: Done::Begun });
        let uid = act(self)?;
        self.write(Line { id, deed, done: Done::Acknowledged(uid) });
        Ok(uid)
    }

    fn write(&self, line: Line) {
        self.lines.lock().unwrap().push(line);
    }
}
