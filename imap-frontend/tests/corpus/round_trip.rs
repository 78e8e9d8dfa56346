//! One connection that appends messages to a mailbox and fetches them again.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use bytes::Bytes;
use mailstore::mime::{Limits, parse};

use crate::common::client::Client;
use crate::common::sections::sections;

/// Messages appended before the answers are read, and messages in one FETCH.
const BATCH: usize = 64;
/// Items in one FETCH of ranges and parts.
const ITEMS: usize = 40;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) messages: usize,
    pub(crate) ranges: usize,
    pub(crate) parts: usize,
}

impl std::ops::AddAssign for Seen {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.ranges += other.ranges;
        self.parts += other.parts;
    }
}

struct Message {
    /// Its place in the corpus, to find it when a test fails.
    number: usize,
    raw: Bytes,
}

/// A connection, and what goes through it.
pub(crate) struct Lane {
    user: &'static str,
    mailbox: &'static str,
    messages: Vec<Message>,
}

impl Lane {
    pub(crate) fn new(user: &'static str, mailbox: &'static str) -> Self {
        Self { user, mailbox, messages: Vec::new() }
    }

    pub(crate) fn push(&mut self, number: usize, raw: Vec<u8>) {
        self.messages.push(Message { number, raw: raw.into() });
    }

    pub(crate) async fn run(self, address: SocketAddr) -> Seen {
        let mut client = Client::connect(address).await;
        client.ok(&format!("LOGIN {} secret", self.user)).await;
        if self.mailbox != "INBOX" {
            client.ok(&format!("CREATE {}", self.mailbox)).await;
        }
        let mut seen = Seen::default();
        for (batch, messages) in self.messages.chunks(BATCH).enumerate() {
            append(&mut client, self.mailbox, first_uid(batch), messages).await;
        }
        client.ok(&format!("SELECT {}", self.mailbox)).await;
        for (batch, messages) in self.messages.chunks(BATCH).enumerate() {
            seen.messages += whole(&mut client, first_uid(batch), messages).await;
            for (uid, message) in (first_uid(batch)..).zip(messages) {
                seen += pieces(&mut client, uid, message).await;
            }
        }
        seen
    }
}

fn first_uid(batch: usize) -> u32 {
    (batch * BATCH) as u32 + 1
}

/// Appends the messages without waiting for the answers in between.
async fn append(client: &mut Client, mailbox: &str, first: u32, messages: &[Message]) {
    for message in messages {
        let head = format!("a{} APPEND {mailbox} {{{}+}}\r\n", message.number, message.raw.len());
        client.send(&[head.as_bytes(), &message.raw, b"\r\n"].concat()).await;
    }
    for (uid, message) in (first..).zip(messages) {
        let line = String::from_utf8(client.line().await).unwrap();
        let (start, end) = (format!("a{} OK [APPENDUID ", message.number), format!(" {uid}] "));
        assert!(line.starts_with(&start) && line.contains(&end), "{uid}: {line}");
    }
}

/// Whole messages, many at a time; how many were found.
async fn whole(client: &mut Client, first: u32, messages: &[Message]) -> usize {
    let last = first + messages.len() as u32 - 1;
    let items = "UID RFC822.SIZE BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT]";
    let mut lines = client.command(&format!("UID FETCH {first}:{last} ({items})")).await;
    assert!(lines.pop().unwrap().starts_with(b"OK "));
    assert_eq!(lines.len(), messages.len());
    for ((uid, message), line) in (first..).zip(messages).zip(&lines) {
        let (answer, number, raw) = (answer(line), message.number, &message.raw);
        assert_eq!(answer["UID"], uid.to_string().as_bytes(), "message {number}");
        assert_eq!(answer["RFC822.SIZE"], raw.len().to_string().as_bytes(), "message {number}");
        assert!(answer["BODY[]"] == raw, "message {number}: BODY[] differs");
        let both = [answer["BODY[HEADER]"], answer["BODY[TEXT]"]].concat();
        assert!(both == *raw, "message {number}: HEADER and TEXT differ");
    }
    lines.len()
}

/// What is asked for: the name in the answer, the item in the command, the bytes expected.
type Asked<'a> = BTreeMap<String, (String, &'a [u8])>;

/// Ranges of a message and of its parts, and the parts.
async fn pieces(client: &mut Client, uid: u32, message: &Message) -> Seen {
    let mut asked = Asked::new();
    ask_ranges(&mut asked, "", &message.raw);
    let parts = ask_parts(&mut asked, &message.raw);
    let asked: Vec<_> = asked.into_iter().collect();
    for asked in asked.chunks(ITEMS) {
        compare(client, uid, message.number, asked).await;
    }
    Seen { messages: 0, ranges: asked.len() - 2 * parts, parts }
}

/// Partial fetches of `bytes`, which are those of `section`, most at odd offsets.
fn ask_ranges<'a>(asked: &mut Asked<'a>, section: &str, bytes: &'a [u8]) {
    let len = bytes.len();
    for (offset, count) in [
        (0, 1),
        (1, 3),
        ((len / 3) | 1, 77),
        ((len / 2) | 1, 4_097),
        (len.saturating_sub(5), 99),
        (len, 9),
    ] {
        let expected = &bytes[offset.min(len)..(offset + count).min(len)];
        let item = format!("BODY.PEEK[{section}]<{offset}.{count}>");
        asked.insert(format!("BODY[{section}]<{offset}>"), (item, expected));
    }
}

/// Every part, its header, and ranges of the first ones; how many parts there are.
fn ask_parts<'a>(asked: &mut Asked<'a>, raw: &'a Bytes) -> usize {
    let tree = parse(raw.clone(), &Limits::default());
    let sections = sections(&tree);
    for (nth, (section, index)) in sections.iter().enumerate() {
        let part = &tree.parts()[*index];
        let body = &raw[part.body.start as usize..part.body.end as usize];
        let header = &raw[part.header.start as usize..part.header.end as usize];
        for (section, bytes) in [(section.clone(), body), (format!("{section}.MIME"), header)] {
            asked.insert(format!("BODY[{section}]"), (format!("BODY.PEEK[{section}]"), bytes));
            if nth < 3 {
                ask_ranges(asked, &section, bytes);
            }
        }
    }
    sections.len()
}

async fn compare(
    client: &mut Client,
    uid: u32,
    number: usize,
    asked: &[(String, (String, &[u8]))],
) {
    let items: Vec<_> = asked.iter().map(|(_, (item, _))| item.as_str()).collect();
    let lines = client.command(&format!("UID FETCH {uid} ({})", items.join(" "))).await;
    assert_eq!(lines.len(), 2, "message {number}: {:?}", lines.last());
    assert!(lines[1].starts_with(b"OK "), "message {number}");
    let answer = answer(&lines[0]);
    for (name, (item, expected)) in asked {
        let found = answer.get(name.as_str());
        assert!(found == Some(expected), "message {number}: {item} differs");
    }
}

/// The items of a FETCH response. One that is NIL is left out.
fn answer(line: &[u8]) -> HashMap<&str, &[u8]> {
    let start = line.iter().position(|byte| *byte == b'(').expect("items");
    let mut rest = &line[start + 1..];
    let mut items = HashMap::new();
    while rest != b")" {
        let (name, after) = cut(rest, b" ");
        let name = std::str::from_utf8(name).unwrap();
        if after.starts_with(b"{") {
            let (len, after) = cut(&after[1..], b"}\r\n");
            let (value, after) = after.split_at(std::str::from_utf8(len).unwrap().parse().unwrap());
            items.insert(name, value);
            rest = after;
        } else {
            let end = after.iter().position(|byte| matches!(byte, b' ' | b')')).unwrap();
            let (value, after) = after.split_at(end);
            if value != b"NIL" {
                items.insert(name, value);
            }
            rest = after;
        }
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    items
}

/// What is before `at`, and what is after it.
fn cut<'a>(text: &'a [u8], at: &[u8]) -> (&'a [u8], &'a [u8]) {
    let found = text.windows(at.len()).position(|window| window == at).expect("more");
    (&text[..found], &text[found + at.len()..])
}
