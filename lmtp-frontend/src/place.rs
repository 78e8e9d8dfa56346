//! Where a copy goes within an account: what the recipient's label and the user's filters say.

use std::sync::Arc;

use mailstore::Prepared;
use mailstore::filter::{self, Destination, Disposal, Filter, Verdict};
use mailstore::flags::Flags;
use mailstore::id::{AccountId, MailboxId};
use mailstore::mailbox::{Mailbox, MailboxState, Mailboxes, SpecialUse};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::deliver::{Addressee, Delivery, LARGE};
use crate::refusal::No;
use crate::settings::Labels;

/// What becomes of one recipient's copy.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    /// Where it goes, if it is kept.
    pub(crate) mailbox: MailboxId,
    pub(crate) flags: Flags,
    pub(crate) disposal: Disposal,
    /// To whom it is forwarded.
    pub(crate) forwards: Vec<String>,
    /// What its sender is answered.
    pub(crate) reply: Option<String>,
}

impl Placement {
    /// The mailbox, if the copy is kept.
    pub(crate) fn kept(&self) -> Option<MailboxId> {
        (self.disposal == Disposal::Keep).then_some(self.mailbox)
    }
}

/// What is known of an account.
struct Wishes {
    filters: Arc<[Filter]>,
    /// Read only if something may lead elsewhere than to INBOX.
    mailboxes: Mailboxes,
}

impl Delivery {
    /// A placement for each of an account's recipients.
    pub(crate) async fn place(
        &self,
        account: AccountId,
        addressees: &[Addressee],
        message: &Prepared,
    ) -> Result<Vec<Placement>, No> {
        let reading = timeout(self.lmtp.settings.delivery, self.wishes(account, addressees));
        let wishes = reading.await.map_err(|_| No::TOO_LATE)?.map_err(|error| {
            tracing::warn!(id = self.id, %account, %error, "no filters");
            No::from(&error)
        })?;
        let mut placements = Vec::with_capacity(addressees.len());
        for addressee in addressees {
            let label = addressee.recipient.label.as_deref();
            let verdict = self.judge(&wishes.filters, message, label).await?;
            placements.push(self.placement(&wishes.mailboxes, verdict, label));
        }
        Ok(placements)
    }

    /// What the filters want. A large message is looked through where that holds nobody up.
    async fn judge(
        &self,
        filters: &Arc<[Filter]>,
        message: &Prepared,
        label: Option<&str>,
    ) -> Result<Verdict, No> {
        if filters.is_empty() {
            return Ok(Verdict::default());
        }
        let facts = self.facts(message);
        if self.message.len() <= LARGE {
            return Ok(filter::judge(filters, facts, label));
        }
        let (filters, facts) = (Arc::clone(filters), Arc::clone(facts));
        let label = label.map(str::to_owned);
        let judging = spawn_blocking(move || filter::judge(&filters, &facts, label.as_deref()));
        judging.await.map_err(|_| No::TOO_LATE)
    }

    async fn wishes(
        &self,
        account: AccountId,
        addressees: &[Addressee],
    ) -> Result<Wishes, mailstore::Error> {
        let store = &self.lmtp.store;
        let filters = store.filters(account).await?;
        let labels = addressees.iter().any(|addressee| addressee.recipient.label.is_some());
        let labels = labels && self.lmtp.settings.labels == Labels::Filed;
        let mailboxes = match filters.is_empty() && !labels {
            true => Mailboxes::default(),
            false => store.mailboxes(account).await?,
        };
        Ok(Wishes { filters: filters.into(), mailboxes })
    }

    /// The first filter that files the message is heard before the label.
    fn placement(&self, mailboxes: &Mailboxes, verdict: Verdict, label: Option<&str>) -> Placement {
        let filed = match &verdict.destination {
            Some(Destination::Mailbox(name)) => live(mailboxes.find(name)),
            Some(Destination::Junk) => {
                let junk = |found: &&Mailbox| found.special_use == Some(SpecialUse::Junk);
                live(mailboxes.list.iter().find(junk))
            }
            None => None,
        };
        let label = label.filter(|_| self.lmtp.settings.labels == Labels::Filed);
        let labelled = || label.and_then(|label| labelled(mailboxes, label));
        Placement {
            mailbox: filed.or_else(labelled).unwrap_or(MailboxId::INBOX),
            flags: verdict.flags,
            disposal: verdict.disposal,
            forwards: verdict.forwards,
            reply: verdict.reply,
        }
    }
}

/// A mailbox that can hold messages.
fn live(mailbox: Option<&Mailbox>) -> Option<MailboxId> {
    mailbox.filter(|found| found.state == MailboxState::Live).map(|found| found.id)
}

/// The mailbox that a label names: in its own case, or else in any, as senders write addresses in
/// all of them; and with a dot for the separator.
fn labelled(mailboxes: &Mailboxes, label: &str) -> Option<MailboxId> {
    let dotted = label.replace('.', "/");
    [label, &dotted].into_iter().find_map(|name| {
        live(mailboxes.find(name)).or_else(|| {
            let folded = name.to_lowercase();
            let names = mailboxes.names();
            let mut found = names.iter().filter(|(full, _)| full.to_lowercase() == folded);
            found.find_map(|(_, mailbox)| live(Some(mailbox)))
        })
    })
}
