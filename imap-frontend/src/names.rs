//! What the name of a mailbox stands for: one's own, or, under `Other Users/NAME/`, another user's
//! (RFC 2342). Of what a user may not know it is said that it does not exist.

use mailstore::Actor;
use mailstore::id::{AccountId, MailboxId, MailboxKey};
use mailstore::mailbox::{INBOX, Mailbox, SEPARATOR};
use mailstore::rights::{Right, Rights};

use crate::codec::MailboxName;
use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::refusal::{Role, no_such_mailbox};
use crate::state::Authenticated;

/// Under which names other users' mailboxes stand.
pub(crate) const OTHERS: &str = "Other Users/";

/// A mailbox that a user knows of, and what may be done with it.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// The user, in the account of the mailbox.
    pub(crate) by: Actor,
    pub(crate) mailbox: Mailbox,
    pub(crate) rights: Rights,
}

impl Named {
    /// Refuses what is not permitted.
    pub(crate) fn require(&self, right: Right) -> Result<(), Failed> {
        match self.rights {
            rights if rights.has(right) => Ok(()),
            rights if rights.has(Right::Lookup) => Err(no_right()),
            _ => Err(no_such_mailbox(Role::Subject)),
        }
    }
}

/// There is no right to do that.
pub(crate) fn no_right() -> Failed {
    Failed::no(Code::NoPerm, "You have no right to do that")
}

impl Authenticated {
    /// The account that a name leads to, and the name there. `None` where it leads nowhere.
    pub(crate) async fn locate<'a>(
        &self,
        name: &'a str,
    ) -> Result<Option<(Actor, &'a str)>, Failed> {
        let Some(others) = name.strip_prefix(OTHERS) else {
            let reserved = name == OTHERS.trim_end_matches(SEPARATOR);
            return Ok((!reserved).then_some((self.by, name)));
        };
        let Some((owner, name)) = others.split_once(SEPARATOR) else { return Ok(None) };
        let found = self.server.directory().find(owner).await?;
        let account = found.map(|identity| identity.account);
        let account = account.filter(|account| *account != self.by.user && !name.is_empty());
        Ok(account.map(|account| (self.by.within(account), name)))
    }

    /// The mailbox of that name: who asks, in its account, and its id.
    pub(crate) async fn find(
        &self,
        name: &MailboxName,
        role: Role,
    ) -> Result<(Actor, MailboxId), Failed> {
        if name.as_str() == INBOX {
            return Ok((self.by, MailboxId::INBOX));
        }
        let named = self.look_up(name.as_str()).await?;
        let named = named.ok_or_else(|| no_such_mailbox(role))?;
        Ok((named.by, named.mailbox.id))
    }

    /// The mailbox of that name, to be read: as [`Self::find`], with what else may be done.
    pub(crate) async fn readable(
        &self,
        name: &MailboxName,
    ) -> Result<(Actor, MailboxId, Rights), Failed> {
        if name.as_str() == INBOX {
            return Ok((self.by, MailboxId::INBOX, Rights::ALL));
        }
        let named = self.named(name).await?;
        named.require(Right::Read)?;
        Ok((named.by, named.mailbox.id, named.rights))
    }

    /// The mailbox of that name, and what may be done with it.
    pub(crate) async fn named(&self, name: &MailboxName) -> Result<Named, Failed> {
        let named = self.look_up(name.as_str()).await?;
        named.ok_or_else(|| no_such_mailbox(Role::Subject))
    }

    async fn look_up(&self, name: &str) -> Result<Option<Named>, Failed> {
        let Some((by, local)) = self.locate(name).await? else { return Ok(None) };
        let all = self.store().mailboxes(by.account).await?;
        let Some(mut mailbox) = all.find(local).cloned() else { return Ok(None) };
        if by.is_guest() {
            // What it is for to its owner.
            mailbox.special_use = None;
        }
        let key = MailboxKey { account: by.account, mailbox: mailbox.id };
        let rights = self.store().rights(by.user, key).await?;
        Ok((!rights.is_empty()).then_some(Named { by, mailbox, rights }))
    }

    /// The account whose quota counts for a mailbox of that name, existing or not, and its name.
    pub(crate) async fn quota_root(
        &self,
        name: &MailboxName,
    ) -> Result<(AccountId, String), Failed> {
        if !name.as_str().starts_with(OTHERS) {
            return Ok((self.by.user, self.name.to_string()));
        }
        let named = self.named(name).await?;
        named.require(Right::Read)?;
        let owner = self.server.directory().name_of(named.by.account).await?;
        let owner = owner.ok_or_else(|| no_such_mailbox(Role::Subject))?;
        Ok((named.by.account, owner))
    }
}
