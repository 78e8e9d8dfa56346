//! An account that a client is told of by NOTIFY, and what of it the user may see.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use mailstore::Watched;
use mailstore::id::{AccountId, MailboxId};
use mailstore::mailbox::{Mailbox, Mailboxes};
use mailstore::rights::{Right, Rights};

use crate::command::metadata;
use crate::outcome::Failed;
use crate::state::Authenticated;

/// An account whose mailboxes are watched.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) watched: Watched,
    /// What stands in front of the names of its mailboxes: nothing, if it is the user's own.
    prefix: String,
    /// What the user might do with its mailboxes, by name, when it was last looked at.
    pub(super) before: BTreeMap<String, Rights>,
}

impl Account {
    /// Begins to watch an account; and how it is now.
    pub(crate) async fn watch(
        user: &Authenticated,
        (id, prefix): (AccountId, String),
        metadata: Metadata,
    ) -> Result<(Self, Picture), Failed> {
        let (mut watched, mailboxes) = user.store().watch(user.by.within(id)).await?;
        if metadata == Metadata::Watched {
            watched = watched.with_properties(metadata::AREA).await?;
        }
        let mut account = Self { id, watched, prefix, before: BTreeMap::new() };
        let picture = account.picture(user, mailboxes).await?;
        account.before.clone_from(&picture.rights);
        Ok((account, picture))
    }

    /// These mailboxes as the user sees them.
    pub(super) async fn picture(
        &self,
        user: &Authenticated,
        mailboxes: Mailboxes,
    ) -> Result<Picture, Failed> {
        let own = self.id == user.by.user;
        let mut rights = BTreeMap::new();
        if !own {
            let given = user.store().all_rights(user.by.user, self.id).await?;
            for (name, mailbox) in mailboxes.names() {
                let given = given.get(&mailbox.id).filter(|given| given.has(Right::Lookup));
                rights.extend(given.map(|given| (name, *given)));
            }
        }
        let prefix = self.prefix.clone();
        Ok(Picture { id: self.id, prefix, own, mailboxes, rights })
    }
}

/// Are entries of METADATA watched?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metadata {
    Watched,
    Left,
}

/// An account as its user sees it.
pub(crate) struct Picture {
    pub(crate) id: AccountId,
    prefix: String,
    own: bool,
    pub(crate) mailboxes: Mailboxes,
    /// Of another's mailboxes those that may be seen.
    pub(super) rights: BTreeMap<String, Rights>,
}

impl Picture {
    /// The name by which the user knows a mailbox.
    pub(crate) fn name(&self, local: &str) -> String {
        format!("{}{local}", self.prefix)
    }

    /// What the user may do with the mailbox of that name in the account.
    pub(crate) fn rights(&self, local: &str) -> Rights {
        match self.own {
            true => Rights::ALL,
            false => self.rights.get(local).copied().unwrap_or(Rights::NONE),
        }
    }

    /// The mailbox and its name in the account, if the user may see it.
    pub(super) fn visible(&self, id: MailboxId) -> Option<(String, &Mailbox)> {
        let mailbox = self.mailboxes.get(id)?;
        let name = self.mailboxes.name(mailbox);
        self.rights(&name).has(Right::Lookup).then_some((name, mailbox))
    }
}

/// Waits until one of these accounts may have moved on.
pub(super) async fn changed(accounts: &mut [Account]) {
    let changes = accounts.iter_mut().map(|account| Box::pin(account.watched.changed()));
    let mut changes: Vec<_> = changes.collect();
    poll_fn(|context| {
        let ready = changes.iter_mut().any(|change| change.as_mut().poll(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
