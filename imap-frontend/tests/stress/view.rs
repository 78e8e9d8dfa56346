//! What one client believes of the mailbox that it has selected, and whether it may be told that.

use std::collections::BTreeSet;

use super::value::{Value, values};
use super::world::{self, Place, World};

pub type Flags = BTreeSet<String>;

/// What a client believes of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub uid: Option<u32>,
    pub flags: Option<Flags>,
    pub modseq: Option<u64>,
}

/// What may be told until the command is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing of the mailbox.
    Silence,
    /// FETCH only.
    Fetch,
    /// All that happened.
    News,
}

/// What one client believes of the mailbox that it has selected.
#[derive(Clone, Debug)]
pub struct View {
    pub mailbox: String,
    pub validity: u32,
    pub writable: bool,
    /// The number of this session with the mailbox: `\Recent` is for one only.
    pub session: u64,
    pub messages: Vec<Message>,
    pub keywords: BTreeSet<String>,
    pub recent: u32,
    /// HIGHESTMODSEQ, as RFC 7162 has a client keep it.
    pub highest: u64,
    shown: u64,
    /// Flags that only this client changes, and of which messages it is changing them now.
    pub own: Flags,
    pub changing: BTreeSet<u32>,
}

impl View {
    pub fn new(mailbox: &str, session: u64, own: Flags) -> Self {
        Self {
            mailbox: mailbox.to_owned(),
            validity: 0,
            writable: false,
            session,
            messages: Vec::new(),
            keywords: BTreeSet::new(),
            recent: 0,
            highest: 0,
            shown: 0,
            own,
            changing: BTreeSet::new(),
        }
    }

    pub fn count(&self) -> u32 {
        self.messages.len() as u32
    }

    pub fn place(&self, uid: u32) -> Place {
        Place { mailbox: self.mailbox.clone(), validity: self.validity, uid }
    }

    /// The UIDs that it knows.
    pub fn uids(&self) -> Vec<u32> {
        self.messages.iter().filter_map(|message| message.uid).collect()
    }

    pub fn by_uid(&mut self, uid: u32) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.uid == Some(uid))
    }

    /// A command was answered.
    pub fn answered(&mut self) {
        self.highest = self.highest.max(std::mem::take(&mut self.shown));
        self.changing.clear();
    }

    /// No MODSEQ that was shown says how far it has come.
    pub fn forget_shown(&mut self) {
        self.shown = 0;
    }

    /// A response code, with what follows it: `HIGHESTMODSEQ 12`.
    pub fn code(&mut self, code: &str) -> Result<(), String> {
        let (name, rest) = code.split_once(' ').unwrap_or((code, ""));
        match name {
            "HIGHESTMODSEQ" => {
                (self.highest, self.shown) = (number(rest)?.into(), 0);
            }
            "UIDVALIDITY" => self.validity = number(rest)?,
            "PERMANENTFLAGS" => {
                for flag in rest.trim_matches(['(', ')']).split(' ') {
                    if !flag.is_empty() && !flag.starts_with('\\') && !self.keywords.contains(flag)
                    {
                        return Err(format!("{flag} is in PERMANENTFLAGS and not in FLAGS"));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// FLAGS.
    pub fn flags(&mut self, list: &[Value]) -> Result<(), String> {
        let told: BTreeSet<_> = list.iter().map(|flag| flag.word().to_owned()).collect();
        let told: BTreeSet<_> = told.into_iter().filter(|flag| !flag.starts_with('\\')).collect();
        let used = self.messages.iter().filter_map(|message| message.flags.as_ref()).flatten();
        let lost =
            used.filter(|flag| self.keywords.contains(*flag) && !told.contains(*flag)).count();
        self.keywords = told;
        if lost == 0 { Ok(()) } else { Err("FLAGS has lost a keyword in use".to_owned()) }
    }

    pub fn exists(&mut self, count: usize) -> Result<(), String> {
        if count < self.messages.len() {
            return Err(format!("{} messages, and then {count} EXISTS", self.messages.len()));
        }
        self.messages.resize(count, Message::default());
        Ok(())
    }

    pub fn expunge(&mut self, number: usize) -> Result<(), String> {
        if !(1..=self.messages.len()).contains(&number) {
            return Err(format!("EXPUNGE of {} messages", self.messages.len()));
        }
        self.messages.remove(number - 1);
        Ok(())
    }

    /// VANISHED, not EARLIER. One that it knows not stands where its UID has room.
    pub fn vanished(&mut self, set: &str) -> Result<(), String> {
        for uid in expanded(set) {
            let known = self.messages.iter().position(|message| message.uid == Some(uid));
            let at = known.or_else(|| self.unknown(uid));
            self.messages.remove(at.ok_or(format!("{uid} vanished, which is not there"))?);
        }
        Ok(())
    }

    /// A message of which it knows nothing, and which may have this UID.
    fn unknown(&self, uid: u32) -> Option<usize> {
        let after = self.messages.iter().position(|message| message.uid > Some(uid));
        let end = after.unwrap_or(self.messages.len());
        self.messages[..end].iter().rposition(|message| message.uid.is_none())
    }

    /// A FETCH response: says which items it had.
    pub fn fetch(
        &mut self,
        at: u32,
        items: &[Value],
        world: &World,
    ) -> Result<Vec<String>, String> {
        let old = self.messages.get(at as usize - 1).cloned();
        let mut message = old.ok_or(format!("FETCH {at} of {} messages", self.count()))?;
        if !items.len().is_multiple_of(2) {
            return Err("an item without a value".to_owned());
        }
        let items: Vec<_> = items.chunks(2).map(|pair| (pair[0].word(), &pair[1])).collect();
        if let Some((_, uid)) = items.iter().find(|(name, _)| *name == "UID") {
            let uid = uid.number() as u32;
            if message.uid.is_some_and(|known| known != uid) {
                return Err(format!("{at} was UID {:?} and is {uid}", message.uid));
            }
            message.uid = Some(uid);
        }
        for (name, value) in &items {
            self.item(&mut message, (name, value), world).map_err(|error| {
                format!("{name} of {at}, UID {:?}, in {}: {error}", message.uid, self.mailbox)
            })?;
        }
        self.messages[at as usize - 1] = message;
        self.in_order(at as usize - 1)?;
        Ok(items.iter().map(|(name, _)| (*name).to_owned()).collect())
    }

    fn in_order(&self, at: usize) -> Result<(), String> {
        let uid = self.messages[at].uid;
        let before = self.messages[..at].iter().rev().find_map(|message| message.uid);
        let after = self.messages[at + 1..].iter().find_map(|message| message.uid);
        match uid.is_none_or(|uid| before < Some(uid) && after.is_none_or(|after| uid < after)) {
            true => Ok(()),
            false => Err(format!("UID {uid:?} stands between {before:?} and {after:?}")),
        }
    }

    fn item(
        &mut self,
        message: &mut Message,
        (name, value): (&str, &Value),
        world: &World,
    ) -> Result<(), String> {
        match name {
            "UID" => return Ok(()),
            "FLAGS" => return self.told_flags(message, value, world),
            "MODSEQ" => {
                let modseq = value.list()[0].number();
                if message.modseq.is_some_and(|known| known > modseq) {
                    return Err(format!("{modseq} after {:?}", message.modseq));
                }
                message.modseq = Some(modseq);
                self.shown = self.shown.max(modseq);
                return Ok(());
            }
            _ => {}
        }
        let Some(uid) = message.uid else { return Ok(()) };
        let place = self.place(uid);
        if let "INTERNALDATE" | "EMAILID" | "SAVEDATE" = name {
            return world.local(&place, name, format!("{value:?}"));
        }
        content(&place, (name, value), world)
    }

    fn told_flags(
        &self,
        message: &mut Message,
        value: &Value,
        world: &World,
    ) -> Result<(), String> {
        let mut flags: Flags = value.list().iter().map(|flag| flag.word().to_owned()).collect();
        if flags.remove("\\Recent")
            && self.writable
            && let Some(uid) = message.uid
        {
            world.recent(&self.place(uid), self.session)?;
        }
        let unknown = |flag: &&String| !flag.starts_with('\\') && !self.keywords.contains(*flag);
        if let Some(flag) = flags.iter().find(unknown) {
            return Err(format!("{flag} was not in FLAGS"));
        }
        let is_changing = message.uid.is_none_or(|uid| self.changing.contains(&uid));
        if let Some(known) = &message.flags
            && !is_changing
            && let Some(flag) = self.own.iter().find(|f| known.contains(*f) != flags.contains(*f))
        {
            return Err(format!("{flag} is ours, and changed: {known:?}, {flags:?}"));
        }
        message.flags = Some(flags);
        Ok(())
    }
}

/// What is told of the bytes of a message.
fn content(place: &Place, (name, value): (&str, &Value), world: &World) -> Result<(), String> {
    let number = match name {
        "ENVELOPE" => world::number_in(&String::from_utf8_lossy(value.list()[9].text())),
        "BODY[]" | "BODY[HEADER]" | "RFC822" | "RFC822.HEADER" => world::number_of(value.text()),
        _ => None,
    };
    if let Some(number) = number {
        world.found(place, number)?;
    }
    let Some((number, bytes)) = world.at(place) else { return Ok(()) };
    let header = world::header(&bytes);
    let expected = match name {
        "BODY[]" | "RFC822" => Some(&bytes[..]),
        "BODY[HEADER]" | "RFC822.HEADER" => Some(header),
        "BODY[TEXT]" | "RFC822.TEXT" => Some(&bytes[header.len()..]),
        "BODY[]<0>" => Some(&bytes[..bytes.len().min(100)]),
        _ => None,
    };
    match (name, expected) {
        (_, Some(expected)) if value.text() == expected => Ok(()),
        (_, Some(expected)) => {
            Err(format!("{} bytes, and not the {} of {number}", value.text().len(), expected.len()))
        }
        ("RFC822.SIZE", _) if value.number() == bytes.len() as u64 => Ok(()),
        _ => world.fact(number, name, format!("{value:?}")),
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| format!("no number: {text}"))
}

/// All numbers of a set without `*`.
pub fn expanded(set: &str) -> Vec<u32> {
    let bounds = |range: &str| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
        first.min(last)..=first.max(last)
    };
    set.split(',').flat_map(bounds).collect()
}

/// The values of an untagged line.
pub fn untagged(line: &[u8]) -> Option<Vec<Value>> {
    let rest = line.strip_prefix(b"* ")?;
    let said = ["OK", "NO", "BAD", "BYE"].map(str::as_bytes);
    let is_said = said.iter().any(|word| rest.starts_with(word));
    (!is_said).then(|| values(rest))
}
