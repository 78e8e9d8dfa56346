//! One message under way: from MAIL to the last reply.

use mailstore::id::AccountId;
use tokio::time::Instant;

use crate::codec::command::Mail;
use crate::codec::parameter::{Event, Notify, RcptParameters};
use crate::codec::path::Mailbox;
use crate::intake::Intake;

/// From MAIL to the last reply, or RSET.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// The sender.
    pub(crate) mail: Mail,
    /// Those that RCPT accepted, in order; one may come twice.
    pub(crate) recipients: Vec<Recipient>,
    /// What BDAT has brought so far.
    pub(crate) chunks: Option<Intake>,
}

/// One accepted RCPT.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    /// As the client gave it.
    pub(crate) to: Mailbox,
    /// Where it leads.
    pub(crate) target: Target,
    /// What stood behind the plus sign.
    pub(crate) label: Option<String>,
    /// What is to be reported.
    pub(crate) parameters: RcptParameters,
    /// When that was asked.
    pub(crate) routed: Instant,
}

/// Where a recipient leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// To an account.
    Account(AccountId),
    /// To these addresses, of others.
    Elsewhere(Vec<String>),
}

impl Recipient {
    /// Does the sender want to know that the message was delivered (RFC 3461 4.1)?
    pub(crate) fn wants_report(&self) -> bool {
        let events = match &self.parameters.notify {
            Some(Notify::On(events)) => events.as_slice(),
            Some(Notify::Never) | None => &[],
        };
        events.contains(&Event::Success)
    }
}

impl Transaction {
    pub(crate) fn new(mail: Mail) -> Self {
        Self { mail, recipients: Vec::new(), chunks: None }
    }
}
