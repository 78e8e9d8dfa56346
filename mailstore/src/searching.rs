//! SEARCH in a view: rows first, then texts, which are kept for the next search.

mod cache;
mod texts;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crate::error::Error;
use crate::message::{Fetched, Row, Want};
use crate::mime::text::HeaderText;
use crate::search::{Candidate, Matcher, Recency};
use crate::selected::Selected;
use crate::uid::{ModSeq, UidSet};

pub(crate) use cache::TextCache;

/// After so many bytes of text another task has its turn.
const TURN: usize = 4 << 20;

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The messages.
    pub uids: UidSet,
    /// The highest MODSEQ among them; zero if no rows had to be looked at.
    pub modseq: ModSeq,
}

impl Found {
    fn add(&mut self, row: &Row) {
        self.uids.insert(row.uid);
        self.modseq = self.modseq.max(row.modseq);
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
    /// lets other tasks run between.
    pub async fn search(&self, matcher: &Matcher) -> Result<Found, Error> {
        let mut rest = matcher.candidates(self.uids());
        if matcher.is_decided_by_uid() {
            return Ok(Found { uids: rest, modseq: ModSeq::ZERO });
        }
        let mut found = Found::default();
        while !rest.is_empty() {
            let page = self.fetch(&rest, Want::Row).await?;
            rest = page.rest;
            let rows = page.messages.into_iter().map(|message| message.row).collect();
            self.search_page(matcher, rows, &mut found).await?;
            give_way().await;
        }
        Ok(found)
    }

    async fn search_page(
        &self,
        matcher: &Matcher,
        mut rows: Vec<Row>,
        found: &mut Found,
    ) -> Result<(), Error> {
        let mut hits = Found::default();
        rows.retain(|row| {
            let decided = matcher.matches(&self.candidate(row, &Texts::default()));
            if decided == Some(true) {
                hits.add(row);
            }
            decided.is_none()
        });
        let known = self.store().texts().get_all(self.mailbox().account, &rows, matcher.needs());
        let (mut unknown, mut searched) = (UidSet::new(), 0);
        for (row, texts) in rows.iter().zip(&known) {
            match matcher.matches(&self.candidate(row, texts)) {
                Some(true) => hits.add(row),
                Some(false) => {}
                None => unknown.insert(row.uid),
            }
            searched += texts.len();
            if searched > TURN {
                searched = 0;
                give_way().await;
            }
        }
        while !unknown.is_empty() {
            let page = self.fetch(&unknown, Want::Tree).await?;
            unknown = page.rest;
            for message in &page.messages {
                self.search_message(matcher, message, &mut hits).await?;
            }
        }
        found.uids = found.uids.union(&hits.uids);
        found.modseq = found.modseq.max(hits.modseq);
        Ok(())
    }

    /// Makes the texts of a message, keeps them, and looks through them.
    async fn search_message(
        &self,
        matcher: &Matcher,
        message: &Fetched,
        hits: &mut Found,
    ) -> Result<(), Error> {
        let Some(tree) = &message.tree else { return Ok(()) };
        let needs = matcher.needs();
        let mut texts = Texts::default();
        if needs.header {
            texts.header = Some(texts::header(self.store(), tree).await?);
        }
        if needs.body {
            texts.body = Some(texts::body(self.store(), tree).await?);
        }
        if matcher.matches(&self.candidate(&message.row, &texts)) == Some(true) {
            hits.add(&message.row);
        }
        let large = texts.len() > TURN / 16;
        self.store().texts().put(self.mailbox().account, message.row.email, texts);
        if large {
            give_way().await;
        }
        Ok(())
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
            header: texts.header.as_deref(),
            body: texts.body.as_deref(),
        }
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
