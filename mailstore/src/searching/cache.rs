//! Texts of messages that were searched, kept as long as there is room.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Texts;
use crate::id::{AccountId, EmailId};
use crate::lot::Lot;
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
    kept: Mutex<Lot<Key, Text>>,
}

impl TextCache {
    pub(crate) fn new(bytes: u64) -> Self {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX);
        Self { kept: Mutex::new(Lot::new(most)) }
    }

    fn kept(&self) -> MutexGuard<'_, Lot<Key, Text>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of each of these messages.
    pub(super) fn get_all(&self, account: AccountId, rows: &[Row], needs: Needs) -> Vec<Texts> {
        let kept = self.kept();
        let texts = |row: &Row| {
            let mut texts = Texts::default();
            let take = |which| kept.get(&Key { account, email: row.email, which });
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

    /// Forgets what an account holds.
    pub(crate) fn forget(&self, account: AccountId) {
        self.kept().forget(|key| key.account == account);
    }

    pub(super) fn put(&self, account: AccountId, email: EmailId, texts: Texts) {
        let mut kept = self.kept();
        let header = texts.header.map(|header| (Which::Header, Text::Header(header)));
        let body = texts.body.map(|body| (Which::Body, Text::Body(body)));
        for (which, text) in header.into_iter().chain(body) {
            let cost = text.cost();
            kept.put(Key { account, email, which }, text, cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_until_its_account_is_forgotten() {
        let cache = TextCache::new(10_000);
        let accounts = [1, 2].map(|id| AccountId::new(id).unwrap());
        let email = EmailId(1);
        let is_kept =
            |account| cache.kept().get(&Key { account, email, which: Which::Body }).is_some();
        for account in accounts {
            cache.put(account, email, Texts { header: None, body: Some("x".repeat(500).into()) });
        }
        assert!(accounts.into_iter().all(is_kept));
        cache.forget(accounts[0]);
        assert_eq!(accounts.map(is_kept), [false, true]);
    }
}
