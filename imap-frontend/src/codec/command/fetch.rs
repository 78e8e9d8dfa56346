//! FETCH (RFC 9051 6.4.5), with modifiers (RFC 7162 3.1.4, 3.2.6).

mod content;

use mailstore::search::Window;
use mailstore::uid::ModSeq;

pub(super) use content::section_alone;
pub use content::{Content, ContentName, Marks, Partial};

use super::{By, Cursor, Messages, Parsed};

/// FETCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetch {
    /// What the numbers are.
    pub by: By,
    /// Which messages.
    pub set: Messages,
    /// What of them, in the client's order, each once; macros are expanded.
    pub items: Vec<FetchItem>,
    /// PARTIAL: only those at these positions among the messages named (RFC 9394 3.3).
    pub partial: Option<Window>,
    /// CHANGEDSINCE: only those whose MODSEQ is above this.
    pub changed_since: Option<ModSeq>,
    /// VANISHED: tell also what was expunged since. Valid only for UID FETCH with CHANGEDSINCE,
    /// and under QRESYNC.
    pub vanished: bool,
}

impl Fetch {
    /// The most items one command may ask for.
    pub const MAX_ITEMS: usize = 256;

    /// Does it ask for this?
    pub fn wants(&self, item: &FetchItem) -> bool {
        self.items.contains(item)
    }

    /// The contents it asks for.
    pub fn contents(&self) -> impl Iterator<Item = &Content> {
        self.items.iter().filter_map(|item| match item {
            FetchItem::Content(content) => Some(content),
            _ => None,
        })
    }

    /// Does it set `\Seen` on what it fetches?
    pub fn marks_seen(&self) -> bool {
        self.contents().any(|content| content.marks == Marks::Seen)
    }
}

/// What can be asked of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// FLAGS.
    Flags,
    /// UID.
    Uid,
    /// INTERNALDATE.
    InternalDate,
    /// RFC822.SIZE.
    Size,
    /// ENVELOPE.
    Envelope,
    /// BODY without a section: the structure without extension data.
    Body,
    /// BODYSTRUCTURE.
    BodyStructure,
    /// MODSEQ (RFC 7162 3.1.4.2).
    ModSeq,
    /// EMAILID (RFC 8474 5.1).
    EmailId,
    /// THREADID (RFC 8474 5.2).
    ThreadId,
    /// SAVEDATE (RFC 8514).
    SaveDate,
    /// PREVIEW, lazily or not: it is always at hand (RFC 8970).
    Preview,
    /// BODY[...], BODY.PEEK[...], RFC822, RFC822.HEADER, RFC822.TEXT: bytes of the message;
    /// BINARY[...], BINARY.PEEK[...], BINARY.SIZE[...]: those without their transfer encoding.
    Content(Content),
}

/// The items that are one word.
const WORDS: [(&str, FetchItem); 12] = [
    ("FLAGS", FetchItem::Flags),
    ("UID", FetchItem::Uid),
    ("INTERNALDATE", FetchItem::InternalDate),
    ("RFC822.SIZE", FetchItem::Size),
    ("ENVELOPE", FetchItem::Envelope),
    ("BODY", FetchItem::Body),
    ("BODYSTRUCTURE", FetchItem::BodyStructure),
    ("MODSEQ", FetchItem::ModSeq),
    ("EMAILID", FetchItem::EmailId),
    ("THREADID", FetchItem::ThreadId),
    ("SAVEDATE", FetchItem::SaveDate),
    ("PREVIEW", FetchItem::Preview),
];

/// The macros, by how many items of this row they stand for.
const MACRO: [FetchItem; 5] = [
    FetchItem::Flags,
    FetchItem::InternalDate,
    FetchItem::Size,
    FetchItem::Envelope,
    FetchItem::Body,
];
const MACROS: [(&str, usize); 3] = [("FAST", 3), ("ALL", 4), ("FULL", 5)];

pub(super) fn parse(cursor: &mut Cursor<'_>, by: By) -> Parsed<Fetch> {
    cursor.space()?;
    let set = cursor.messages()?;
    cursor.space()?;
    let items = items(cursor)?;
    let mut fetch = Fetch { by, set, items, partial: None, changed_since: None, vanished: false };
    if cursor.more() {
        modifiers(cursor, &mut fetch)?;
    }
    Ok(fetch)
}

pub(super) fn items(cursor: &mut Cursor<'_>) -> Parsed<Vec<FetchItem>> {
    if cursor.peek() != Some(b'(') {
        return match MACROS.iter().find(|(name, _)| cursor.eat_word(name)) {
            Some((_, count)) => Ok(MACRO.iter().take(*count).cloned().collect()),
            None => Ok(vec![item(cursor)?]),
        };
    }
    let mut items = Vec::new();
    cursor.list1("a list of fetch items", |cursor| {
        if items.len() == Fetch::MAX_ITEMS {
            return cursor.expected("at most 256 fetch items");
        }
        let item = item(cursor)?;
        if !items.contains(&item) {
            items.push(item);
        }
        Ok(())
    })?;
    Ok(items)
}

fn item(cursor: &mut Cursor<'_>) -> Parsed<FetchItem> {
    let at = cursor.at();
    let word = cursor.word();
    if let Some(content) = content::parse(cursor, word)? {
        return Ok(FetchItem::Content(content));
    }
    let known = WORDS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
    let Some((_, item)) = known else { return Cursor::expected_at(at, "a fetch item") };
    if *item == FetchItem::Preview {
        lazily(cursor);
    }
    Ok(item.clone())
}

/// Passes ` (LAZY)`. What else is in parentheses is another item, or a modifier.
fn lazily(cursor: &mut Cursor<'_>) {
    let mut ahead = cursor.clone();
    if !ahead.more() || !ahead.eat(b'(') {
        return;
    }
    ahead.spaces();
    let lazy = ahead.eat_word("LAZY");
    ahead.spaces();
    if lazy && ahead.eat(b')') {
        *cursor = ahead;
    }
}

fn modifiers(cursor: &mut Cursor<'_>, fetch: &mut Fetch) -> Parsed<()> {
    let at = cursor.at();
    cursor.list1("a list of modifiers", |cursor| {
        if cursor.eat_word("CHANGEDSINCE") {
            cursor.space()?;
            fetch.changed_since = Some(cursor.modseq()?);
            return Ok(());
        }
        if fetch.partial.is_none() && cursor.eat_word("PARTIAL") {
            cursor.space()?;
            fetch.partial = Some(cursor.window()?);
            return Ok(());
        }
        fetch.vanished = true;
        cursor.one_of(&[("VANISHED", ())], "CHANGEDSINCE, VANISHED or one PARTIAL")
    })?;
    if fetch.vanished && (fetch.changed_since.is_none() || fetch.by == By::Seq) {
        return Cursor::expected_at(at, "VANISHED only in UID FETCH, beside CHANGEDSINCE");
    }
    Ok(())
}
