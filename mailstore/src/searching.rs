//! SEARCH in a view: rows first, then texts, which are kept for the next search.

mod aside;
mod cache;
mod sorting;
mod summaries;
mod texts;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::change::Refusal;
use crate::error::Error;
use crate::message::{Fetched, Row, Want};
use crate::mime::text::HeaderText;
use crate::search::{Candidate, Matcher, Recency};
use crate::selected::Selected;
use crate::uid::{ModSeq, Uid, UidSet};

pub(crate) use cache::TextCache;
pub use sorting::Threaded;
pub(crate) use summaries::SummaryCache;

/// After so many bytes of text another task has its turn.
const TURN: usize = 4 << 20;

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The messages.
    pub uids: UidSet,
    /// The highest MODSEQ among them; zero if no rows had to be looked at.
    pub modseq: ModSeq,
    /// How relevant each is, from 1 to 100, ascending by UID; empty if nothing was FUZZY
    /// (RFC 6203).
    pub scores: Vec<(Uid, u8)>,
}

impl Found {
    /// How relevant a message is.
    pub fn relevancy(&self, uid: Uid) -> u8 {
        let at = self.scores.binary_search_by_key(&uid, |(uid, _)| *uid).ok();
        at.and_then(|at| self.scores.get(at)).map_or(100, |(_, score)| *score)
    }

    fn add(&mut self, row: &Row, score: Option<u8>) {
        self.scores.extend(score.map(|score| (row.uid, score)));
        self.uids.insert(row.uid);
        self.modseq = self.modseq.max(row.modseq);
    }

    fn join(&mut self, other: Self) {
        self.uids = self.uids.union(&other.uids);
        self.modseq = self.modseq.max(other.modseq);
        self.scores.extend(other.scores);
    }
}

/// The texts of one message, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    header: Option<Arc<HeaderText>>,
    body: Option<Arc<str>>,
}

impl Texts {
    fn len(&self) -> usize {
        let header = self.header.as_ref().map_or(0, |header| header.as_str().len());
        header + self.body.as_ref().map_or(0, |body| body.len())
    }
}

impl Selected {
    /// The messages of the view that match; the matcher must have been made for this view. Also
    /// finds what was expunged meanwhile, as long as the view shows it. Reads page by page, and
    /// lets other tasks run between. Refused when it has become more work than
    /// [`Settings::search_work`](crate::Settings::search_work) allows.
    pub async fn search(&self, matcher: &Matcher) -> Result<Found, Error> {
        let rest = matcher.candidates(self.uids());
        if matcher.is_decided_by_uid() {
            return Ok(Found { uids: rest, ..Found::default() });
        }
        let most = self.store().settings().search_work;
        let mut search =
            Search { selected: self, matcher, hits: Found::default(), turn: 0, most, work: 0 };
        search.run(rest).await?;
        search.hits.scores.sort_unstable();
        Ok(search.hits)
    }

    fn candidate<'a>(&self, row: &'a Row, texts: &'a Texts) -> Candidate<'a> {
        let recent = self.is_recent(row.uid);
        Candidate {
            uid: row.uid,
            flags: &row.flags,
            recency: if recent { Recency::Recent } else { Recency::Old },
            internal: row.internal_date,
            size: row.size,
            modseq: row.modseq,
            email: row.email,
            thread: row.thread,
            saved: row.saved,
            header: texts.header.as_deref(),
            body: texts.body.as_deref(),
        }
    }
}

/// A search under way.
struct Search<'a> {
    selected: &'a Selected,
    matcher: &'a Matcher,
    hits: Found,
    /// Bytes looked through since others had their turn.
    turn: usize,
    /// Bytes looked through at all, once for each text sought; and the most there may be.
    work: u64,
    most: u64,
}

impl Search<'_> {
    async fn run(&mut self, mut rest: UidSet) -> Result<(), Error> {
        while !rest.is_empty() {
            let page = self.selected.fetch(&rest, Want::Row).await?;
            rest = page.rest;
            let rows = page.messages.into_iter().map(|message| message.row).collect();
            self.page(rows).await?;
            give_way().await;
        }
        Ok(())
    }

    async fn page(&mut self, mut rows: Vec<Row>) -> Result<(), Error> {
        // In the order of UIDs, for which the set is cheap to add to.
        let mut hits = Found::default();
        rows.retain(|row| {
            let decided = self.decide(row, &Texts::default());
            if decided == Some(true) {
                hits.add(row, self.score(row, &Texts::default()));
            }
            decided.is_none()
        });
        self.hits.join(hits);
        let unknown = self.known(&rows).await?;
        self.unknown(unknown).await
    }

    /// Searches messages whose texts are in memory; gives back the others.
    async fn known(&mut self, rows: &[Row]) -> Result<UidSet, Error> {
        let (mut hits, mut unknown) = (Found::default(), UidSet::new());
        let texts = self.selected.store().texts();
        let known = texts.get_all(self.selected.mailbox().account, rows, self.matcher.needs());
        for (row, texts) in rows.iter().zip(&known) {
            match self.decide(row, texts) {
                Some(true) => hits.add(row, self.score(row, texts)),
                Some(false) => {}
                None => unknown.insert(row.uid),
            }
            self.spend(texts.len()).await?;
        }
        self.hits.join(hits);
        Ok(unknown)
    }

    /// Searches messages whose texts are to be made first.
    async fn unknown(&mut self, mut rest: UidSet) -> Result<(), Error> {
        let mut hits = Found::default();
        while !rest.is_empty() {
            // Past the contents that are kept: what is kept of these is their text.
            let at = self.selected.mailbox();
            let page = self.selected.store().ledger().fetch(at, &rest, Want::Tree).await?;
            rest = page.rest;
            for message in &page.messages {
                self.message(message, &mut hits).await?;
            }
        }
        self.hits.join(hits);
        Ok(())
    }

    /// Makes the texts of a message, keeps them, and looks through them.
    async fn message(&mut self, message: &Fetched, hits: &mut Found) -> Result<(), Error> {
        let Some(tree) = &message.tree else { return Ok(()) };
        let (store, needs) = (self.selected.store(), self.matcher.needs());
        let mut texts = Texts::default();
        if needs.header {
            texts.header = Some(texts::header(store, tree).await?);
        }
        if needs.body {
            texts.body = Some(texts::body(store, tree).await?);
        }
        if self.decide(&message.row, &texts) == Some(true) {
            hits.add(&message.row, self.score(&message.row, &texts));
        }
        let len = texts.len();
        store.texts().put(self.selected.mailbox().account, message.row.email, texts);
        // To make a text takes many times as long as to look through it.
        self.turn += len.saturating_mul(15);
        self.spend(len).await
    }

    fn decide(&self, row: &Row, texts: &Texts) -> Option<bool> {
        self.matcher.matches(&self.selected.candidate(row, texts))
    }

    /// How relevant a message is that matches, if that is asked.
    fn score(&self, row: &Row, texts: &Texts) -> Option<u8> {
        let candidate = self.selected.candidate(row, texts);
        self.matcher.is_fuzzy().then(|| self.matcher.relevancy(&candidate))
    }

    /// So many bytes were looked through: it is the turn of others, or enough.
    async fn spend(&mut self, bytes: usize) -> Result<(), Error> {
        self.turn += bytes;
        self.work += (bytes as u64).saturating_mul(self.matcher.texts());
        if self.turn > TURN {
            self.turn = 0;
            give_way().await;
        }
        if self.work > self.most {
            return Err(Refusal::TooMany { what: "bytes to search", limit: self.most }.into());
        }
        Ok(())
    }
}

/// Lets other tasks run.
async fn give_way() {
    let mut given = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
