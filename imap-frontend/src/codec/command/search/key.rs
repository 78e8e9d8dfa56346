//! Search keys.

use std::num::NonZeroU32;

use mailstore::flags::SystemFlag;
use mailstore::search::{Charset, DateField, Day, Key};
use mailstore::uid::{Bound, SequenceSet};

use super::super::Messages;
use super::{Cursor, Parsed};
use crate::codec::{CommandError, parse_email_id, parse_thread_id};

/// Reads keys; remembers what SEARCH must know of them as a whole.
#[derive(Debug)]
pub(super) struct Keys {
    /// MODSEQ was among them.
    pub(super) modseq: bool,
    charset: Charset,
    depth: u32,
    count: u32,
}

/// How deep NOT, OR and parentheses may nest.
const MAX_DEPTH: u32 = 64;
/// How many keys one command may have.
const MAX_KEYS: u32 = 2_000;

impl Keys {
    /// Of texts in this charset.
    pub(super) fn new(charset: Charset) -> Self {
        Self { modseq: false, charset, depth: 0, count: 0 }
    }

    /// Keys with spaces between them, at least one.
    pub(super) fn row(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Key> {
        let mut keys = vec![self.key(cursor)?];
        while cursor.more() {
            keys.push(self.key(cursor)?);
        }
        Ok(all_of(keys))
    }

    fn key(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Key> {
        self.count += 1;
        if self.depth == MAX_DEPTH || self.count > MAX_KEYS {
            return Err(CommandError::TooManyKeys { at: cursor.at(), saves: false });
        }
        self.depth += 1;
        let key = match cursor.peek() {
            Some(b'(') => cursor.list1("keys", |cursor| self.key(cursor)).map(all_of),
            Some(b'0'..=b'9' | b'*') => cursor.sequence_set().map(Key::Sequence),
            Some(b'$') => cursor.messages().map(|_| Key::Saved),
            _ => self.named(cursor),
        };
        self.depth -= 1;
        key
    }

    fn named(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Key> {
        let at = cursor.at();
        let name = cursor.word().to_ascii_uppercase();
        if let Some(key) = alone(&name) {
            return Ok(key);
        }
        if let Some((field, make)) = dated(&name) {
            cursor.space()?;
            return Ok(make(field, cursor.date()?));
        }
        if let Some(make) = texted(&name) {
            cursor.space()?;
            return Ok(make(self.text(cursor)?));
        }
        if !matches!(
            name.as_slice(),
            b"NOT"
                | b"OR"
                | b"UID"
                | b"FUZZY"
                | b"HEADER"
                | b"OLDER"
                | b"YOUNGER"
                | b"UIDAFTER"
                | b"UIDBEFORE"
                | b"LARGER"
                | b"SMALLER"
                | b"MODSEQ"
                | b"EMAILID"
                | b"THREADID"
                | b"FILTER"
                | b"KEYWORD"
                | b"UNKEYWORD"
        ) {
            return Cursor::expected_at(at, "a search key");
        }
        cursor.space()?;
        self.argued(&name, cursor)
    }

    /// The keys with arguments of their own kind.
    fn argued(&mut self, name: &[u8], cursor: &mut Cursor<'_>) -> Parsed<Key> {
        match name {
            b"NOT" => self.key(cursor).map(not),
            b"FUZZY" => self.key(cursor).map(|key| Key::Fuzzy(Box::new(key))),
            b"OR" => {
                let either = self.key(cursor)?;
                cursor.space()?;
                Ok(Key::Or(Box::new(either), Box::new(self.key(cursor)?)))
            }
            b"UID" => cursor.messages().map(|messages| match messages {
                Messages::Set(set) => Key::Uid(set),
                Messages::Saved => Key::Saved,
            }),
            b"HEADER" => {
                let field = self.text(cursor)?;
                cursor.space()?;
                Ok(Key::Header(field, self.text(cursor)?))
            }
            b"OLDER" => cursor.nz_number().map(|secs| Key::Older(secs.get())),
            b"YOUNGER" => cursor.nz_number().map(|secs| Key::Younger(secs.get())),
            b"UIDAFTER" => {
                cursor.nz_number().map(|uid| uids(uid.checked_add(1), Some(NonZeroU32::MAX)))
            }
            b"UIDBEFORE" => cursor
                .nz_number()
                .map(|uid| uids(Some(NonZeroU32::MIN), NonZeroU32::new(uid.get() - 1))),
            b"LARGER" => cursor.number64().map(Key::Larger),
            b"SMALLER" => cursor.number64().map(Key::Smaller),
            b"MODSEQ" => self.modseq(cursor),
            b"EMAILID" => {
                cursor.object_id().map(|id| parse_email_id(id).map_or_else(nothing, Key::Email))
            }
            b"THREADID" => {
                cursor.object_id().map(|id| parse_thread_id(id).map_or_else(nothing, Key::Thread))
            }
            b"KEYWORD" => cursor.keyword().map(Key::Keyword),
            b"FILTER" => self.filter(cursor),
            _ => cursor.keyword().map(Key::Keyword).map(not),
        }
    }

    /// The name of a filter, which means the same in any case, as the entry that holds it does. Its
    /// texts are UTF-8, and so must those of the command be (RFC 5466 3.1).
    fn filter(&self, cursor: &mut Cursor<'_>) -> Parsed<Key> {
        let at = cursor.at();
        if self.charset != Charset::Utf8 {
            return Err(CommandError::NotUtf8 { at });
        }
        match cursor.atom("the name of a filter")? {
            name if name.contains('/') => Cursor::expected_at(at, "the name of a filter"),
            name => Ok(Key::Filter(name.to_ascii_lowercase().into())),
        }
    }

    /// A text in the charset of the command. Without quotes too, `NIL` is a text like any other.
    fn text(&self, cursor: &mut Cursor<'_>) -> Parsed<String> {
        let at = cursor.at();
        let bytes = cursor.astring()?;
        let text = self.charset.decode(&bytes);
        text.map_or_else(|| Cursor::expected_at(at, "text in the charset of the command"), Ok)
    }

    /// `MODSEQ ["/flags/\\seen" all] 620162338`. MODSEQs are per message here, not per flag, so
    /// the name of the flag makes no difference (RFC 7162 3.1.5).
    fn modseq(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Key> {
        self.modseq = true;
        if cursor.peek() == Some(b'"') {
            cursor.string()?;
            cursor.space()?;
            cursor.one_of(&[("PRIV", ()), ("SHARED", ()), ("ALL", ())], "priv, shared or all")?;
            cursor.space()?;
        }
        cursor.modseq().map(Key::ModSeq)
    }
}

/// Several keys in a row mean all of them; one means itself.
fn all_of(mut keys: Vec<Key>) -> Key {
    match keys.pop() {
        Some(only) if keys.is_empty() => only,
        last => {
            keys.extend(last);
            Key::And(keys)
        }
    }
}

/// The messages between two UIDs; none, if one of those is no number.
fn uids(from: Option<NonZeroU32>, to: Option<NonZeroU32>) -> Key {
    let bound = |number: Option<NonZeroU32>| number.map(Bound::Number);
    Key::Uid(SequenceSet(bound(from).zip(bound(to)).into_iter().collect()))
}

/// What no message matches.
fn nothing() -> Key {
    not(Key::All)
}

fn not(key: Key) -> Key {
    Key::Not(Box::new(key))
}

/// Keys without arguments.
fn alone(name: &[u8]) -> Option<Key> {
    let flag = |flag| Some(Key::Flag(flag));
    let no_flag = |flag| Some(not(Key::Flag(flag)));
    match name {
        b"ALL" | b"SAVEDATESUPPORTED" => Some(Key::All),
        b"ANSWERED" => flag(SystemFlag::Answered),
        b"DELETED" => flag(SystemFlag::Deleted),
        b"DRAFT" => flag(SystemFlag::Draft),
        b"FLAGGED" => flag(SystemFlag::Flagged),
        b"SEEN" => flag(SystemFlag::Seen),
        b"UNANSWERED" => no_flag(SystemFlag::Answered),
        b"UNDELETED" => no_flag(SystemFlag::Deleted),
        b"UNDRAFT" => no_flag(SystemFlag::Draft),
        b"UNFLAGGED" => no_flag(SystemFlag::Flagged),
        b"UNSEEN" => no_flag(SystemFlag::Seen),
        b"RECENT" => Some(Key::Recent),
        b"OLD" => Some(not(Key::Recent)),
        b"NEW" => Some(Key::And(vec![Key::Recent, not(Key::Flag(SystemFlag::Seen))])),
        _ => None,
    }
}

type DateKey = fn(DateField, Day) -> Key;

/// Keys with a date.
fn dated(name: &[u8]) -> Option<(DateField, DateKey)> {
    Some(match name {
        b"BEFORE" => (DateField::Internal, Key::Before),
        b"ON" => (DateField::Internal, Key::On),
        b"SINCE" => (DateField::Internal, Key::Since),
        b"SAVEDBEFORE" => (DateField::Saved, Key::Before),
        b"SAVEDON" => (DateField::Saved, Key::On),
        b"SAVEDSINCE" => (DateField::Saved, Key::Since),
        b"SENTBEFORE" => (DateField::Sent, Key::Before),
        b"SENTON" => (DateField::Sent, Key::On),
        b"SENTSINCE" => (DateField::Sent, Key::Since),
        _ => return None,
    })
}

/// Keys with a text.
fn texted(name: &[u8]) -> Option<fn(String) -> Key> {
    Some(match name {
        b"BCC" => |text| Key::Header("Bcc".into(), text),
        b"CC" => |text| Key::Header("Cc".into(), text),
        b"FROM" => |text| Key::Header("From".into(), text),
        b"SUBJECT" => |text| Key::Header("Subject".into(), text),
        b"TO" => |text| Key::Header("To".into(), text),
        b"BODY" => Key::Body,
        b"TEXT" => Key::Text,
        _ => return None,
    })
}
