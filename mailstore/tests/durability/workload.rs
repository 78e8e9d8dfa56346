//! Sixteen writers, who write down what they are about to do and what was acknowledged.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use mailstore::backends::embedded::Embedded;
use mailstore::change::{ExpungeGuard, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::{AccountId, MailboxId};
use mailstore::uid::{Uid, UidSet};
use mailstore::{Actor, Incoming, Mailstore, Settings};

pub(crate) const WRITERS: u32 = 16;
/// Numbered from 1; each is shared by four writers.
pub(crate) const ACCOUNTS: u32 = 4;
/// The file, beside the store, that holds what was acknowledged.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged";

/// INBOX, and the first two mailboxes that a new account gets.
pub(crate) const INBOX: MailboxId = MailboxId::INBOX;
pub(crate) const COPIES: MailboxId = MailboxId(2);
pub(crate) const MOVED: MailboxId = MailboxId(3);

/// A message: its writer, and a number that the writer uses once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) writer: u32,
    pub(crate) number: u32,
}

impl Id {
    pub(crate) fn account(self) -> AccountId {
        AccountId::new(i64::from(1 + self.writer % ACCOUNTS)).unwrap()
    }

    /// The id of a message, by what stands in it.
    pub(crate) fn of(raw: &[u8]) -> Option<Self> {
        let head = std::str::from_utf8(raw.get(..40)?).ok()?;
        let (writer, number) = head.strip_prefix("X-Id: ")?.split_once('\r')?.0.split_once('.')?;
        Some(Self { writer: writer.parse().ok()?, number: number.parse().ok()? })
    }

    /// The message: always the same bytes. Most are small; some have an attachment that the ledger
    /// keeps or that becomes a file, half of them shared with others.
    pub(crate) fn message(self) -> Bytes {
        let attached = match self.number % 20 {
            7 => 24 << 10,
            13 => 300 << 10,
            _ => 0,
        };
        let text = format!("{self:?} says the same again and again.\r\n");
        let mut raw = format!(
            "X-Id: {}.{}\r\nMessage-ID: <{0}.{1}@example.org>\r\nSubject: a message\r\n",
            self.writer, self.number
        );
        if attached == 0 {
            let lines = 1 + self.number as usize * 7 % 90;
            return Bytes::from(raw + "\r\n" + &text.repeat(lines));
        }
        let shared = (self.number / 20 + self.writer).is_multiple_of(2);
        let seed = if shared { self.number / 40 % 3 } else { self.writer << 16 | self.number };
        raw.push_str(
            "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        );
        let content = data_encoding::BASE64.encode(&noise(seed, attached));
        for line in content.as_bytes().chunks(60 + self.writer as usize % 2 * 16) {
            raw.push_str(std::str::from_utf8(line).unwrap());
            raw.push_str("\r\n");
        }
        raw.into()
    }
}

/// Bytes that look random.
pub(crate) fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| next()).collect();
    bytes.truncate(len);
    bytes
}

/// What a writer does with one of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Into INBOX.
    Append,
    /// Exactly these system flags, in INBOX.
    Flag(u8),
    /// From INBOX to [`COPIES`].
    Copy,
    /// From INBOX to [`MOVED`].
    Move,
    /// From INBOX.
    Expunge,
}

/// A line of what was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: Id,
    pub(crate) deed: Deed,
    pub(crate) done: Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It is about to be done.
    Begun,
    /// It was acknowledged; the message's UID, where it has a new one.
    Acknowledged(u32),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (deed, flags) = match self.deed {
            Deed::Append => ('a', 0),
            Deed::Flag(flags) => ('f', flags),
            Deed::Copy => ('c', 0),
            Deed::Move => ('m', 0),
            Deed::Expunge => ('e', 0),
        };
        let done = match self.done {
            Done::Begun => -1,
            Done::Acknowledged(uid) => i64::from(uid),
        };
        let Id { writer, number } = self.id;
        writeln!(f, "{writer} {number} {deed} {flags} {done}")
    }
}

impl FromStr for Line {
    type Err = &'static str;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let wrong = "not a line of the book";
        let words: Vec<&str> = line.split(' ').collect();
        let [writer, which, deed, flags, done] = words[..] else { return Err(wrong) };
        let number = |word: &str| word.parse::<u32>().map_err(|_| wrong);
        let deed = match deed {
            "a" => Deed::Append,
            "f" => Deed::Flag(number(flags)? as u8),
            "c" => Deed::Copy,
            "m" => Deed::Move,
            "e" => Deed::Expunge,
            _ => return Err(wrong),
        };
        let done = match done {
            "-1" => Done::Begun,
            uid => Done::Acknowledged(number(uid)?),
        };
        Ok(Self { id: Id { writer: number(writer)?, number: number(which)? }, deed, done })
    }
}

/// Opens the store below `disk` and lets each writer append so many messages, from the number
/// `first` on, writing what happens into `book`.
pub(crate) fn run(disk: &Path, book: File, (first, count): (u32, u32)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let embedded = Embedded::open(disk.join("store")).unwrap();
    let store = Mailstore::new(embedded.backend(), Settings::default());
    let book = Arc::new(book);
    runtime.block_on(async {
        let tasks: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let work = Writer { store: store.clone(), book: Arc::clone(&book) };
                tokio::spawn(work.run(writer, first..first.saturating_add(count)))
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

struct Writer {
    store: Mailstore,
    book: Arc<File>,
}

impl Writer {
    async fn run(self, writer: u32, numbers: std::ops::Range<u32>) {
        for number in numbers {
            let id = Id { writer, number };
            let uid = self.record(id, (Deed::Append, 0)).await;
            // What happens to a message depends on its number alone.
            let fate = number.wrapping_mul(7) + writer;
            if fate.is_multiple_of(2) {
                self.record(id, (Deed::Flag(1 << (fate % 5)), uid)).await;
            }
            if fate % 5 == 1 {
                self.record(id, (Deed::Copy, uid)).await;
            }
            match fate % 4 {
                1 => drop(self.record(id, (Deed::Move, uid)).await),
                2 => drop(self.record(id, (Deed::Expunge, uid)).await),
                _ => {}
            }
        }
    }

    async fn record(&self, id: Id, (deed, uid): (Deed, u32)) -> u32 {
        self.write(Line { id, deed, done: Done::Begun });
        let new = self.act(id, (deed, uid)).await;
        self.write(Line { id, deed, done: Done::Acknowledged(new) });
        new
    }

    /// One write, so that a line is never torn.
    fn write(&self, line: Line) {
        (&*self.book).write_all(line.to_string().as_bytes()).unwrap();
    }

    async fn act(&self, id: Id, (deed, uid): (Deed, u32)) -> u32 {
        let by = Actor::from(id.account());
        let uids = || UidSet::single(Uid::new(uid).unwrap());
        match deed {
            Deed::Append => {
                let message = Incoming::new(self.store.prepare(id.message()).unwrap());
                let appended = self.store.append(by, INBOX, vec![message]).await.unwrap();
                appended.uids.first().unwrap().get()
            }
            Deed::Flag(bits) => {
                let flags = Flags::from_bits(bits);
                let update = FlagUpdate { mode: FlagMode::Replace, flags };
                self.store.flag(by, INBOX, uids(), (update, None)).await.unwrap();
                0
            }
            Deed::Copy => self.transfer(by, uids(), (COPIES, Transfer::Copy)).await,
            Deed::Move => self.transfer(by, uids(), (MOVED, Transfer::Move)).await,
            Deed::Expunge => {
                let guard = ExpungeGuard::All;
                let gone = self.store.expunge(by, INBOX, uids(), guard).await.unwrap();
                assert_eq!(gone, uids());
                0
            }
        }
    }

    async fn transfer(&self, by: Actor, uids: UidSet, (to, mode): (MailboxId, Transfer)) -> u32 {
        let done = self.store.transfer(by, (INBOX, to), uids, mode).await.unwrap();
        done.to.first().unwrap().get()
    }
}

/// Appends one message and reports its UID; says so if the store will not.
pub(crate) async fn deliver(store: &Mailstore, id: Id) -> Result<u32, mailstore::Error> {
    let message = Incoming::new(store.prepare(id.message()).unwrap());
    let appended = store.append(id.account().into(), INBOX, vec![message]).await?;
    Ok(appended.uids.first().unwrap().get())
}

/// System flags by their bits.
pub(crate) fn bits(flags: &Flags) -> u8 {
    flags.system().fold(0, |bits, flag: SystemFlag| bits | flag as u8)
}
