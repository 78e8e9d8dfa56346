//! RCPT (RFC 5321 4.1.1.3).

use mailstore::store::directory::Route;
use tokio::time::Instant;

use super::mail::needs_smtputf8;
use crate::codec::command::Rcpt;
use crate::codec::parameter::RcptParameters;
use crate::codec::reply::Reply;
use crate::refusal::No;
use crate::session::Session;
use crate::transaction::{Recipient, Target};

impl Session {
    /// Adds a recipient, if the directory knows where its mail goes.
    pub(super) async fn rcpt(&mut self, rcpt: Rcpt) -> Reply {
        if let Some(refusal) = self.not_now(&rcpt) {
            return refusal;
        }
        let Rcpt { to, parameters } = rcpt;
        let route = self.lmtp.route(&to).await;
        match (route, &mut self.transaction) {
            (Ok(Route::Local { account, label }), Some(transaction)) => {
                let (target, routed) = (Target::Account(account), Instant::now());
                transaction.recipients.push(Recipient { to, target, label, parameters, routed });
                Reply::new(250, (1, 5), "OK")
            }
            (Ok(Route::Forward(targets)), Some(transaction)) if self.lmtp.outbox.is_some() => {
                let (target, routed) = (Target::Elsewhere(targets), Instant::now());
                let label = None;
                transaction.recipients.push(Recipient { to, target, label, parameters, routed });
                Reply::new(250, (1, 5), "OK")
            }
            (Ok(Route::Forward(_)), _) => No::NO_RELAY.about(to),
            (Ok(Route::Disabled), _) => No::DISABLED.about(to),
            (Ok(_), _) => No::UNKNOWN.about(to),
            (Err(no), _) => no.about(to),
        }
    }

    /// Why this recipient cannot be taken, whoever it is.
    fn not_now(&mut self, rcpt: &Rcpt) -> Option<Reply> {
        let Some(transaction) = &self.transaction else {
            return Some(self.out_of_order("MAIL comes first"));
        };
        if transaction.chunks.is_some() {
            return Some(self.out_of_order("the message has begun"));
        }
        if let Some(parameter) = not_offered(&rcpt.parameters)
            && self.lmtp.outbox.is_none()
        {
            return Some(Reply::new(555, (5, 4), format!("{parameter} is not offered")));
        }
        if !rcpt.to.is_ascii() && transaction.mail.parameters.smtputf8.is_none() {
            return Some(needs_smtputf8(553));
        }
        let full = transaction.recipients.len() >= self.lmtp.settings.recipients;
        full.then(|| Reply::new(452, (5, 3), "too many recipients"))
    }
}

/// As for MAIL.
fn not_offered(parameters: &RcptParameters) -> Option<&'static str> {
    let notify = parameters.notify.as_ref().map(|_| "NOTIFY");
    notify.or(parameters.orcpt.as_ref().map(|_| "ORCPT"))
}
