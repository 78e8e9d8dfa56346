//! SORT and THREAD in a view: by what is in memory of each message, read where it is not.

use std::sync::Arc;

use super::aside::aside;
use super::summaries::Known;
use super::texts;
use super::{Found, give_way};
use crate::error::Error;
use crate::message::{Fetched, Want};
use crate::search::Summary;
use crate::search::sort::{Criterion, Program, Sortable, sorted};
use crate::search::thread::{Algorithm, Threads};
use crate::selected::Selected;
use crate::uid::{Uid, UidSet};

/// Messages in threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threaded {
    /// The messages, as the threads number them.
    pub uids: Vec<Uid>,
    /// The threads.
    pub threads: Threads,
}

impl Selected {
    /// Messages of the view in the order of a program.
    pub async fn sort(&self, found: &Found, program: &Program) -> Result<Vec<Uid>, Error> {
        let mut messages = self.sortable(&found.uids).await?;
        if program.iter().any(|(criterion, _)| *criterion == Criterion::Relevancy) {
            messages = Arc::new(scored(&messages, found));
        }
        let program = program.to_vec();
        aside(messages.len(), move || sorted(&messages, &program)).await
    }

    /// Messages of the view, put into threads.
    pub async fn thread(&self, uids: &UidSet, algorithm: Algorithm) -> Result<Threaded, Error> {
        let messages = self.sortable(uids).await?;
        aside(messages.len(), move || Threaded {
            uids: messages.iter().map(|message| message.uid).collect(),
            threads: Threads::of(&messages, algorithm),
        })
        .await
    }

    /// What these messages are sorted by, ascending by UID; those that can no longer be read are
    /// left out.
    async fn sortable(&self, uids: &UidSet) -> Result<Arc<Vec<Sortable>>, Error> {
        let whose = (self.mailbox(), self.uid_validity());
        let mut known = self.store().summaries().take(whose);
        let missing = uids.difference(&known.uids);
        if !missing.is_empty() {
            let read = self.read_sortable(missing).await?;
            known = join(&known, read, self.uids().to_set());
            self.store().summaries().put(whose, &known);
        }
        if known.uids.is_subset(uids) {
            return Ok(known.messages);
        }
        let wanted = known.messages.iter().filter(|message| uids.contains(message.uid));
        Ok(Arc::new(wanted.cloned().collect()))
    }

    async fn read_sortable(&self, mut rest: UidSet) -> Result<Vec<Sortable>, Error> {
        let mut messages = Vec::new();
        while !rest.is_empty() {
            // Past the contents that are kept: what is kept of these is their summary.
            let page = self.store().ledger().fetch(self.mailbox(), &rest, Want::Tree).await?;
            rest = page.rest;
            for message in &page.messages {
                messages.push(self.summarise(message).await?);
            }
            give_way().await;
        }
        Ok(messages)
    }

    async fn summarise(&self, message: &Fetched) -> Result<Sortable, Error> {
        let header = match &message.tree {
            Some(tree) => texts::header_bytes(self.store(), tree).await?,
            None => bytes::Bytes::new(),
        };
        let summary = Arc::new(Summary::of(&header));
        let arrival = message.row.internal_date.secs;
        let sent = summary.sent.unwrap_or(arrival);
        Ok(Sortable {
            uid: message.row.uid,
            arrival,
            sent,
            size: message.row.size,
            relevancy: 100,
            summary,
        })
    }
}

/// Messages with how relevant they are to what was sought.
fn scored(messages: &[Sortable], found: &Found) -> Vec<Sortable> {
    let scored = |message: &Sortable| {
        let relevancy = found.relevancy(message.uid);
        Sortable { relevancy, ..message.clone() }
    };
    messages.iter().map(scored).collect()
}

/// What was known before and what was read now, without what is no longer in the view.
fn join(known: &Known, read: Vec<Sortable>, view: UidSet) -> Known {
    let before = known.messages.iter().filter(|message| view.contains(message.uid)).cloned();
    let mut all: Vec<_> = before.chain(read).collect();
    all.sort_by_key(|message| message.uid);
    Known::of(all)
}
