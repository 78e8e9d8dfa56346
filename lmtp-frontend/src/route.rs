//! Asking the directory where a recipient's mail goes, within the time that there is for it.

use mailstore::store::directory::Route;
use tokio::time::timeout;

use crate::Lmtp;
use crate::codec::path::Mailbox;
use crate::refusal::No;
use crate::transaction::{Recipient, Target};

impl Lmtp {
    /// Where mail for this recipient goes.
    pub(crate) async fn route(&self, to: &Mailbox) -> Result<Route, No> {
        let address = to.to_string();
        match timeout(self.settings.routing, self.directory.route(&address)).await {
            Ok(Ok(route)) => Ok(route),
            Ok(Err(error)) => {
                tracing::error!(%error, address, "no route");
                Err(No::NO_ROUTE)
            }
            Err(_) => {
                tracing::error!(address, "no route in time");
                Err(No::NO_ROUTE)
            }
        }
    }

    /// Asks again, if it was asked long ago: somebody may have been removed while the message came
    /// in, and what is stored for nobody is lost.
    pub(crate) async fn is_still_there(&self, recipient: &Recipient) -> Result<(), No> {
        if recipient.routed.elapsed() < self.settings.route_age {
            return Ok(());
        }
        match self.route(&recipient.to).await? {
            Route::Local { account, .. } if recipient.target == Target::Account(account) => Ok(()),
            Route::Unknown => Err(No::UNKNOWN),
            Route::Disabled => Err(No::DISABLED),
            _ => Err(No::MOVED),
        }
    }
}
