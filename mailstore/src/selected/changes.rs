//! What happened to a selected mailbox since a MODSEQ that the client remembers.

use super::{JOURNAL_PAGE, Selected};
use crate::error::Error;
use crate::id::MailboxKey;
use crate::journal::Replay;
use crate::message::Want;
use crate::uid::{ModSeq, UidSet};
use crate::view::Changes;

impl Selected {
    /// What happened since a MODSEQ to these UIDs (RFC 7162 3.1.4, 3.2.5, 3.2.6): messages of the
    /// view whose MODSEQ is above that, and UIDs that are gone.
    ///
    /// Read from the journal, so that it takes no longer than there were changes; where that no
    /// longer reaches back, from the view and its rows.
    pub async fn changes(&self, since: ModSeq, among: &UidSet) -> Result<Changes, Error> {
        let MailboxKey { account, mailbox } = self.mailbox();
        let mut gathering = self.view().changes();
        let mut cursor = since;
        let found = loop {
            let ledger = self.store().ledger();
            match ledger.journal(account, cursor, Some(mailbox), JOURNAL_PAGE).await? {
                Replay::Records { records, upto, more } => {
                    gathering.records(&records);
                    cursor = upto;
                    if !more {
                        break gathering.finish();
                    }
                }
                Replay::Trimmed => {
                    let Changes { touched, vanished } = gathering.trimmed();
                    let touched = self.newer(since, touched.intersection(among)).await?;
                    break Changes { touched, vanished };
                }
            }
        };
        Ok(Changes {
            touched: found.touched.intersection(among),
            vanished: found.vanished.intersection(among),
        })
    }

    /// Those whose MODSEQ is above this.
    async fn newer(&self, since: ModSeq, mut rest: UidSet) -> Result<UidSet, Error> {
        let mut found = UidSet::new();
        while !rest.is_empty() {
            let page = self.fetch(&rest, Want::Row).await?;
            rest = page.rest;
            let rows = page.messages.iter().map(|message| &message.row);
            rows.filter(|row| row.modseq > since).for_each(|row| found.insert(row.uid));
        }
        Ok(found)
    }
}
