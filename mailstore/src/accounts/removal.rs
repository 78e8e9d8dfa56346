//! Removing a user with everything.

use super::{AccountError, Accounts, Status, User};
use crate::mailstore::Mailstore;

impl Accounts {
    /// Removes a user: mail, mailboxes, filters, credentials, log, addresses, name. First the user
    /// is disabled, and the user's record goes last; so what was interrupted is done again to be
    /// done. Mail goes in chunks; blobs that nobody else has go with the next sweep.
    pub async fn remove(&self, name: &str, mail: &Mailstore) -> Result<User, AccountError> {
        let user = self.set_status(name, Status::Disabled).await?;
        mail.forget(user.account).await?;
        self.store.delete(user.account).await?;
        // What was being delivered when the user was disabled.
        mail.forget(user.account).await?;
        Ok(user)
    }
}
