//! Removing a user with everything.

use super::kept::Kept;
use super::token::nobody;
use super::{AccountError, Accounts, Status, User};
use crate::id::AccountId;
use crate::mailstore::Mailstore;
use crate::pack::{DecodeError, Packer, Unpacker};
use crate::time::Timestamp;

/// How long mail of a removed user may still come in, in milliseconds: a day, longer than any
/// delivery and most sessions take.
const AFTERWARDS: i64 = 24 * 60 * 60 * 1000;
/// Removed users looked after at a time.
const AT_ONCE: usize = 100;

/// Says that an account was removed.
struct Removed {
    id: String,
    account: AccountId,
    until: Timestamp,
}

impl Removed {
    fn now(account: AccountId) -> Self {
        let until = Timestamp::from_millis(Timestamp::now().millis().saturating_add(AFTERWARDS));
        Self { id: account.to_string(), account, until }
    }
}

impl Kept for Removed {
    const KIND: &'static str = "removed/";

    fn id(&self) -> &str {
        &self.id
    }

    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }

    fn pack(&self, packer: &mut Packer) {
        packer.signed(self.account.get()).signed(self.until.millis());
    }

    fn unpack(_: AccountId, id: &str, from: &mut Unpacker<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: id.to_owned(),
            account: AccountId::new(from.signed()?).ok_or(from.error("an account"))?,
            until: Timestamp::from_millis(from.signed()?),
        })
    }
}

impl Accounts {
    /// Removes a user: mail, mailboxes, filters, credentials, log, addresses, name. First the user
    /// is disabled, and the user's record goes last; so what was interrupted is done again to be
    /// done. Mail goes in chunks; blobs that nobody else has go with the next sweep, and for a
    /// day each sweep forgets what mail has come even so.
    pub async fn remove(&self, name: &str, mail: &Mailstore) -> Result<User, AccountError> {
        let user = self.set_status(name, Status::Disabled).await?;
        mail.forget(user.account).await?;
        // Where it was begun before, that is known already.
        self.put_new(nobody(), &Removed::now(user.account)).await?;
        self.store.delete(user.account).await?;
        // What was being delivered when the user was disabled.
        mail.forget(user.account).await?;
        Ok(user)
    }

    /// Forgets the mail that has come since for those who were removed within the last day: a
    /// delivery may have been on its way, on any host.
    pub(super) async fn forget_removed(&self, mail: &Mailstore) -> Result<(), AccountError> {
        let mut after: Option<String> = None;
        loop {
            let removed: Vec<Removed> = self.list_kept(nobody(), after.as_deref(), AT_ONCE).await?;
            for removed in &removed {
                mail.forget(removed.account).await?;
            }
            match removed.into_iter().nth(AT_ONCE - 1) {
                Some(last) => after = Some(last.id),
                None => return Ok(()),
            }
        }
    }
}
