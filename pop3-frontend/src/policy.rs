//! What holds for one user: the server's settings, or what the user has chosen.

use mailstore::id::AccountId;
use mailstore::property::Scope;
use mailstore::{Error, Mailstore};

use crate::settings::{Dele, Retr, Settings};

/// Where the choices stand: properties of the account, `pop3/dele` and `pop3/retr`.
const AREA: &str = "pop3/";

/// What DELE and RETR mean for one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) dele: Dele,
    pub(crate) retr: Retr,
}

impl Policy {
    /// What holds for the user of this account. A choice that says nothing known is passed over.
    pub(crate) async fn of(
        account: AccountId,
        store: &Mailstore,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let mut policy = Self { dele: settings.dele, retr: settings.retr };
        for property in store.properties(account, Scope::Account, AREA).await? {
            match (property.key.as_str(), &property.value[..]) {
                ("pop3/dele", b"expunge") => policy.dele = Dele::Expunge,
                ("pop3/dele", b"trash") => policy.dele = Dele::Trash,
                ("pop3/retr", b"seen") => policy.retr = Retr::Seen,
                ("pop3/retr", b"unchanged") => policy.retr = Retr::Unchanged,
                (key, _) => tracing::warn!(%account, key, "a setting of a user is not known"),
            }
        }
        Ok(policy)
    }
}
