//! One message under way: from MAIL to the last reply.

use mailstore::id::AccountId;

use crate::codec::command::Mail;
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
    pub(crate) account: AccountId,
}

impl Transaction {
    pub(crate) fn new(mail: Mail) -> Self {
        Self { mail, recipients: Vec::new(), chunks: None }
    }
}
