//! Texts of messages that were searched, kept as long as there is room.
//!
//! What is to go is chosen by lot: a search goes through a mailbox from one end to the other, and
//! throwing out what was used least recently would then throw out just what comes next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Texts;
use crate::id::{AccountId, EmailId};
use crate::message::Row;
use crate::mime::text::HeaderText;
use crate::search::Needs;

/// What an entry takes beside its text, about.
const OVERHEAD: usize = 128;

/// Whose text, and which of its two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    account: AccountId,
    email: EmailId,
    which: Which,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Which {
    Header,
    Body,
}

#[derive(Clone, Debug)]
enum Text {
    Header(Arc<HeaderText>),
    Body(Arc<str>),
}

impl Text {
    fn cost(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Header(header) => header.memory(),
                Self::Body(body) => body.len(),
            }
    }
}

/// Texts, up to a number of bytes in all.
#[derive(Debug)]
pub(crate) struct TextCache {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    texts: HashMap<Key, Text>,
    /// All keys, so that one can be drawn.
    keys: Vec<Key>,
    bytes: usize,
    /// For the lot.
    seed: u64,
}

impl TextCache {
    pub(crate) fn new(bytes: u64) -> Self {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX);
        Self { most, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of each of these messages.
    pub(super) fn get_all(&self, account: AccountId, rows: &[Row], needs: Needs) -> Vec<Texts> {
        let kept = self.kept();
        let texts = |row: &Row| {
            let mut texts = Texts::default();
            let take = |which| kept.texts.get(&Key { account, email: row.email, which });
            if needs.header
                && let Some(Text::Header(header)) = take(Which::Header)
            {
                texts.header = Some(Arc::clone(header));
            }
            if needs.body
                && let Some(Text::Body(body)) = take(Which::Body)
            {
                texts.body = Some(Arc::clone(body));
            }
            texts
        };
        rows.iter().map(texts).collect()
    }

    pub(super) fn put(&self, account: AccountId, email: EmailId, texts: Texts) {
        let mut kept = self.kept();
        let header = texts.header.map(|header| (Which::Header, Text::Header(header)));
        let body = texts.body.map(|body| (Which::Body, Text::Body(body)));
        for (which, text) in header.into_iter().chain(body) {
            // A text that would take most of the room is worth less than what it drives out.
            if text.cost() <= self.most / 4 {
                kept.put(Key { account, email, which }, text, self.most);
            }
        }
    }
}

impl Kept {
    fn put(&mut self, key: Key, text: Text, most: usize) {
        if self.texts.contains_key(&key) {
            return;
        }
        self.bytes += text.cost();
        while self.bytes > most && self.drop_one() {}
        self.texts.insert(key, text);
        self.keys.push(key);
    }

    fn drop_one(&mut self) -> bool {
        if self.keys.is_empty() {
            return false;
        }
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let at = (self.seed >> 33) as usize % self.keys.len();
        let key = self.keys.swap_remove(at);
        if let Some(text) = self.texts.remove(&key) {
            self.bytes -= text.cost();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(len: usize) -> Texts {
        Texts { header: None, body: Some("x".repeat(len).into()) }
    }

    #[test]
    fn never_more_than_there_is_room_for() {
        let cache = TextCache::new(10_000);
        let account = AccountId::new(1).unwrap();
        for number in 0..1_000 {
            cache.put(account, EmailId(number), body(500));
            let kept = cache.kept();
            assert!(kept.bytes <= 10_000);
            assert_eq!(kept.bytes, kept.texts.values().map(Text::cost).sum::<usize>());
            assert_eq!(kept.keys.len(), kept.texts.len());
        }
        assert_eq!(cache.kept().texts.len(), 10_000 / (500 + OVERHEAD));
    }

    #[test]
    fn what_is_too_large_drives_nothing_out() {
        let cache = TextCache::new(10_000);
        let account = AccountId::new(1).unwrap();
        cache.put(account, EmailId(1), body(500));
        cache.put(account, EmailId(2), body(9_000));
        assert_eq!(cache.kept().texts.len(), 1);
    }
}
