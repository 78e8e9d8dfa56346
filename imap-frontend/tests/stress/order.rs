//! What a client asks, and what it takes for a right answer.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::search::Program;
use super::view::{Gate, View};
use super::world::{self, World};

/// How messages are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Seq,
    Uid,
}

/// A command, without its tag.
pub struct Order {
    pub text: Vec<u8>,
    pub gate: Gate,
    pub check: Check,
    /// The messages that it names.
    pub by: By,
    pub targets: Vec<u32>,
}

/// What a right answer is.
pub enum Check {
    /// OK.
    Fine,
    /// OK or NO.
    MayFail,
    /// Each message that is named, with these items.
    Fetch(Vec<String>),
    Store(Store),
    Search(Program),
    /// Each message once; and if it is by size, the sizes ascend.
    Sort(SortKey),
    Thread,
    /// These messages came into this mailbox.
    Append(String, Vec<u32>),
    /// These messages are there too, or there alone.
    Copy(String),
    Status(String),
    List,
}

/// By what is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    Size,
    Other,
}

pub struct Store {
    pub mode: Mode,
    pub flags: BTreeSet<String>,
    pub silent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Add,
    Remove,
    Replace,
}

pub const MAILBOXES: [&str; 2] = ["INBOX", "Other"];
const KEYWORDS: [&str; 5] = ["$Label1", "$Label2", "$Label3", "$Label4", "$Label5"];
const FLAGS: [&str; 4] = ["\\Answered", "\\Flagged", "\\Seen", "\\Draft"];

impl Order {
    pub fn new(text: impl Into<Vec<u8>>, gate: Gate, check: Check) -> Self {
        Self { text: text.into(), gate, check, by: By::Uid, targets: Vec::new() }
    }

    fn of(self, by: By, targets: Vec<u32>) -> Self {
        Self { by, targets, ..self }
    }
}

/// Makes commands that fit a view.
pub struct Orders<'a> {
    pub dice: &'a mut Dice,
    pub view: &'a View,
    pub world: &'a World,
    pub condstore: bool,
    /// Nobody changes others' flags.
    pub owned: bool,
}

impl Orders<'_> {
    /// A command that counts on numbers, and may not change them.
    pub fn by_number(&mut self) -> Order {
        match self.dice.below(10) {
            0..=3 => self.fetch(By::Seq),
            4 | 5 => self.store(By::Seq),
            6 | 7 => self.search(By::Seq),
            8 => self.sort(By::Seq),
            _ => self.thread(By::Seq),
        }
    }

    /// A command that may change numbers.
    pub fn with_news(&mut self) -> Order {
        let full = self.view.count() > 60;
        match self.dice.below(20) {
            0..=3 if !full => self.append(),
            4 if !full => self.copy(By::Uid),
            5 => self.relocate(),
            6 | 7 => self.fetch(By::Uid),
            8 => self.store(By::Uid),
            9 => self.search(By::Uid),
            10 => self.sort(By::Uid),
            11 => self.thread(By::Uid),
            12 => self.status(),
            13 => Order::new("LIST \"\" *", Gate::News, Check::List),
            14 => self.tree(),
            15 | 16 => self.expunge(),
            17 => Order::new("CHECK", Gate::News, Check::Fine),
            _ => Order::new("NOOP", Gate::News, Check::Fine),
        }
    }

    fn targets(&mut self, by: By, most: usize) -> (Vec<u32>, String) {
        let all: Vec<u32> = match by {
            By::Seq => (1..=self.view.count()).collect(),
            By::Uid => self.view.uids(),
        };
        let some = if all.is_empty() { vec![1] } else { self.dice.some(&all, most) };
        let set = some.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        (some, set)
    }

    fn fetch(&mut self, by: By) -> Order {
        let items = [
            "UID",
            "FLAGS",
            "ENVELOPE",
            "INTERNALDATE",
            "BODY",
            "BODYSTRUCTURE",
            "RFC822.SIZE",
            "EMAILID",
            "SAVEDATE",
            "BODY[]",
            "BODY[HEADER]",
            "BODY[TEXT]",
            "BODY[1]",
            "BODY[]<0>",
            "RFC822.HEADER",
            "BODY[HEADER.FIELDS (Subject From)]",
            "BODY[HEADER.FIELDS (To)]",
        ];
        let (targets, set) = self.targets(by, 20);
        let mut chosen: Vec<_> =
            self.dice.some(&items, 5).iter().map(|item| item.to_string()).collect();
        chosen.extend(["UID", "FLAGS"].map(str::to_owned));
        if self.condstore && self.dice.percent(30) {
            chosen.push("MODSEQ".to_owned());
        }
        let asked = chosen.iter().map(|item| match item.as_str() {
            "BODY[]<0>" => "BODY.PEEK[]<0.100>".to_owned(),
            item => item.replace("BODY[", "BODY.PEEK["),
        });
        let asked = asked.collect::<Vec<_>>().join(" ");
        let (word, gate) = worded(by, "FETCH", Gate::Fetch);
        Order::new(format!("{word} {set} ({asked})"), gate, Check::Fetch(chosen)).of(by, targets)
    }

    /// Flags that this client may change.
    fn some_flags(&mut self) -> BTreeSet<String> {
        let own: Vec<_> = self.view.own.iter().cloned().collect();
        let all: Vec<_> = FLAGS.iter().chain(&KEYWORDS).map(|flag| (*flag).to_owned()).collect();
        self.dice.some(if self.owned { &own } else { &all }, 3).into_iter().collect()
    }

    fn store(&mut self, by: By) -> Order {
        let (targets, set) = self.targets(by, 12);
        let mut flags = self.some_flags();
        if !self.owned && self.dice.percent(40) {
            flags.insert("\\Deleted".to_owned());
        }
        let mode = match self.dice.below(3) {
            0 => Mode::Remove,
            1 if !self.owned => Mode::Replace,
            _ => Mode::Add,
        };
        let sign = match mode {
            Mode::Add => "+",
            Mode::Remove => "-",
            Mode::Replace => "",
        };
        let silent = self.dice.percent(25);
        let dot = if silent { ".SILENT" } else { "" };
        let list = flags.iter().cloned().collect::<Vec<_>>().join(" ");
        let (word, gate) = worded(by, "STORE", Gate::Fetch);
        let text = format!("{word} {set} {sign}FLAGS{dot} ({list})");
        Order::new(text, gate, Check::Store(Store { mode, flags, silent })).of(by, targets)
    }

    fn search(&mut self, by: By) -> Order {
        let program = Program::some(self.dice, self.view, 2);
        let (word, gate) = worded(by, "SEARCH", Gate::Silence);
        let gate = if program.names_numbers() { Gate::Silence } else { gate };
        let text = format!("{word} {}", program.text());
        Order::new(text, gate, Check::Search(program)).of(by, Vec::new())
    }

    fn sort(&mut self, by: By) -> Order {
        let keys = ["SIZE", "ARRIVAL", "DATE", "SUBJECT", "FROM", "TO", "CC", "REVERSE DATE"];
        let key = *self.dice.of(&keys);
        let (word, gate) = worded(by, "SORT", Gate::Silence);
        let check = Check::Sort(if key == "SIZE" { SortKey::Size } else { SortKey::Other });
        Order::new(format!("{word} ({key}) UTF-8 ALL"), gate, check).of(by, Vec::new())
    }

    fn thread(&mut self, by: By) -> Order {
        let algorithm = *self.dice.of(&["REFERENCES", "ORDEREDSUBJECT", "REFS"]);
        let (word, gate) = worded(by, "THREAD", Gate::Silence);
        Order::new(format!("{word} {algorithm} UTF-8 ALL"), gate, Check::Thread).of(by, Vec::new())
    }

    /// One message, or two in one command.
    fn append(&mut self) -> Order {
        let to = match self.dice.percent(80) {
            true => self.view.mailbox.clone(),
            false => (*self.dice.of(&MAILBOXES)).to_owned(),
        };
        let mut text = format!("APPEND {to}").into_bytes();
        let mut numbers = Vec::new();
        for _ in 0..=usize::from(self.dice.percent(20)) {
            let (number, bytes) = self.world.message(self.dice);
            let flags = match self.dice.percent(50) {
                true => self.some_flags().into_iter().collect::<Vec<_>>().join(" "),
                false => String::new(),
            };
            text.extend(format!(" ({flags}) {{{}+}}\r\n", bytes.len()).as_bytes());
            text.extend_from_slice(&bytes);
            numbers.push(number);
        }
        Order::new(text, Gate::News, Check::Append(to, numbers))
    }

    pub fn copy(&mut self, by: By) -> Order {
        let (targets, set) = self.targets(by, 4);
        let to = *self.dice.of(&MAILBOXES);
        let word = worded(by, "COPY", Gate::News).0;
        let text = format!("{word} {set} {to}");
        Order::new(text, Gate::News, Check::Copy(to.to_owned())).of(by, targets)
    }

    fn relocate(&mut self) -> Order {
        if !self.view.writable {
            return Order::new("NOOP", Gate::News, Check::Fine);
        }
        let (targets, set) = self.targets(By::Uid, 4);
        let to = *self.dice.of(&MAILBOXES);
        let text = format!("UID MOVE {set} {to}");
        Order::new(text, Gate::News, Check::Copy(to.to_owned())).of(By::Uid, targets)
    }

    fn expunge(&mut self) -> Order {
        let fine = if self.view.writable { Check::Fine } else { Check::MayFail };
        match self.dice.percent(70) {
            true => Order::new("EXPUNGE", Gate::News, fine),
            false => {
                let (_, set) = self.targets(By::Uid, 20);
                Order::new(format!("UID EXPUNGE {set}"), Gate::News, fine)
            }
        }
    }

    fn status(&mut self) -> Order {
        let of = (*self.dice.of(&MAILBOXES)).to_owned();
        let items = "MESSAGES UNSEEN RECENT UIDNEXT UIDVALIDITY HIGHESTMODSEQ SIZE DELETED";
        let items = if self.condstore { items } else { &items.replace("HIGHESTMODSEQ ", "") };
        Order::new(format!("STATUS {of} ({items})"), Gate::News, Check::Status(of))
    }

    /// Mailboxes that come and go.
    fn tree(&mut self) -> Order {
        let mut name = || match self.dice.percent(50) {
            true => format!("test/{}", self.dice.below(6)),
            false => format!("test/{}/{}", self.dice.below(6), self.dice.below(4)),
        };
        let (one, other) = (name(), name());
        let word = world::word(self.dice);
        let text = match self.dice.below(7) {
            0 | 1 => format!("CREATE {one}"),
            2 => format!("DELETE {one}"),
            3 => format!("RENAME {one} {other}"),
            4 => format!("STATUS {one} (MESSAGES UIDNEXT)"),
            5 => format!("SUBSCRIBE {one}"),
            _ => format!("APPEND {one} {{{}+}}\r\n{word}", word.len()),
        };
        Order::new(text, Gate::News, Check::MayFail)
    }
}

/// `UID FETCH` may tell news, `FETCH` may not.
fn worded(by: By, word: &str, gate: Gate) -> (String, Gate) {
    match by {
        By::Seq => (word.to_owned(), gate),
        By::Uid => (format!("UID {word}"), Gate::News),
    }
}
