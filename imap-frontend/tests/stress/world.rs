//! What is so, whoever looks: the messages that were made, and what was told of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::dice::Dice;

/// A message in a mailbox, which is another one after UIDVALIDITY has changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub mailbox: String,
    pub validity: u32,
    pub uid: u32,
}

#[derive(Default)]
struct Told {
    messages: HashMap<u32, Arc<[u8]>>,
    /// Which message is where.
    here: HashMap<Place, u32>,
    /// What was told of a message, which never changes.
    facts: HashMap<(u32, String), String>,
    /// What was told of a message in a mailbox, which never changes.
    local: HashMap<(Place, String), String>,
    /// In which session a message was `\Recent`.
    recent: HashMap<Place, u64>,
}

/// What is so.
#[derive(Default)]
pub struct World(Mutex<Told>);

const WORDS: [&str; 12] = [
    "apple", "bridge", "copper", "dusk", "ember", "fjord", "grape", "harbor", "island", "juniper",
    "kettle", "lantern",
];

impl World {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A new message, with its number.
    pub fn message(&self, dice: &mut Dice) -> (u32, Arc<[u8]>) {
        let mut told = self.told();
        let number = told.messages.len() as u32 + 1;
        let bytes: Arc<[u8]> = compose(number, dice).into_bytes().into();
        told.messages.insert(number, Arc::clone(&bytes));
        (number, bytes)
    }

    /// This message was found there: always that one.
    pub fn found(&self, place: &Place, number: u32) -> Result<(), String> {
        let known = *self.told().here.entry(place.clone()).or_insert(number);
        same("the message", &known, &number)
    }

    /// The message that is there, if anyone was told.
    pub fn at(&self, place: &Place) -> Option<(u32, Arc<[u8]>)> {
        let told = self.told();
        let number = *told.here.get(place)?;
        Some((number, Arc::clone(&told.messages[&number])))
    }

    pub fn bytes(&self, number: u32) -> Arc<[u8]> {
        Arc::clone(&self.told().messages[&number])
    }

    /// Something that was told of a message: always the same.
    pub fn fact(&self, number: u32, what: &str, told: String) -> Result<(), String> {
        let mut all = self.told();
        let known = all.facts.entry((number, what.to_owned())).or_insert_with(|| told.clone());
        same(what, known, &told)
    }

    /// Something that was told of a message where it is: always the same.
    pub fn local(&self, place: &Place, what: &str, told: String) -> Result<(), String> {
        let mut all = self.told();
        let known = all.local.entry((place.clone(), what.to_owned()));
        same(what, known.or_insert_with(|| told.clone()), &told)
    }

    /// A message is `\Recent` in a session: in no other.
    pub fn recent(&self, place: &Place, session: u64) -> Result<(), String> {
        let known = *self.told().recent.entry(place.clone()).or_insert(session);
        same("the session in which it is recent", &known, &session)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, known: &T, told: &T) -> Result<(), String> {
    match known == told {
        true => Ok(()),
        false => Err(format!("{what} changed from {known:?} to {told:?}")),
    }
}

/// The number of the message with these bytes.
pub fn number_of(bytes: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(bytes);
    let (_, rest) = text.split_once("Message-ID: ")?;
    number_in(rest.lines().next()?)
}

/// The number in `<12@stress>`.
pub fn number_in(id: &str) -> Option<u32> {
    id.trim().strip_prefix('<')?.strip_suffix("@stress>")?.parse().ok()
}

/// The header of a message, with the empty line.
pub fn header(bytes: &[u8]) -> &[u8] {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a header");
    &bytes[..end + 4]
}

/// The subject of a message.
pub fn subject(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().find_map(|line| line.strip_prefix("Subject: "));
    line.unwrap_or_default().to_owned()
}

/// A word that is in some messages.
pub fn word(dice: &mut Dice) -> &'static str {
    dice.of::<&str>(&WORDS)
}

fn compose(number: u32, dice: &mut Dice) -> String {
    let names = ["ann", "bob", "cid"];
    let (from, to) = (dice.of(&names), dice.of(&names));
    let words = |dice: &mut Dice, count: usize| {
        let words: Vec<_> = (0..=dice.below(count)).map(|_| *dice.of(&WORDS)).collect();
        words.join(" ")
    };
    let reply = if dice.percent(40) { "Re: " } else { "" };
    let mut text = format!(
        "Message-ID: <{number}@stress>\r\nFrom: {from} <{from}@example.org>\r\nTo: \
         {to}@example.org\r\nDate: {:02} Nov 2026 {:02}:00:00 +0100\r\nSubject: {reply}{}\r\n",
        1 + dice.below(28),
        dice.below(24),
        words(dice, 2),
    );
    if number > 1 && dice.percent(50) {
        let other = 1 + dice.below(number as usize - 1);
        text += &format!("References: <{other}@stress>\r\nIn-Reply-To: <{other}@stress>\r\n");
    }
    let body = (0..dice.below(12)).map(|_| words(dice, 9) + "\r\n").collect::<String>();
    match dice.below(4) {
        0 => {
            text += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n";
            text += &format!("--=_b\r\nContent-Type: text/plain\r\n\r\n{body}\r\n--=_b\r\n");
            text += "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64";
            let rows = 1 + dice.below(700);
            text += &format!("\r\n\r\n{}--=_b--\r\n", "QUJDREVGR0hJSktMTU5PUA==\r\n".repeat(rows));
        }
        1 => text += &format!("Content-Type: text/plain; charset=utf-8\r\n\r\ngr\u{fc}n {body}"),
        2 => text += &format!("X-Long: {}\r\n\r\n{body}", "x ".repeat(dice.below(400))),
        _ => text += &format!("\r\n{body}"),
    }
    text
}
