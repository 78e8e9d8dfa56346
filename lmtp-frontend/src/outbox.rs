//! What delivery would send, if this project sent mail: a host application that does takes it over.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use mailstore::id::AccountId;
use mailstore::store::StoreError;

use crate::codec::parameter::{OriginalRecipient, Ret};

/// Takes over what is to be sent. With one, `DSN` (RFC 3461) is offered too.
#[async_trait]
pub trait Outbox: fmt::Debug + Send + Sync + 'static {
    /// Takes over a message. It must not get lost once this has returned: a sender may have been
    /// told so.
    async fn send(&self, outgoing: Outgoing) -> Result<(), StoreError>;
}

/// Something to be sent, because of a message that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Whose filter wants it; `None` if the recipient is nobody here.
    pub account: Option<AccountId>,
    /// The sender of the message, as the envelope names it; empty for the null sender.
    pub sender: String,
    /// Its recipient here.
    pub recipient: String,
    /// The message, with the fields that delivery puts in front of it.
    pub message: Bytes,
    /// What is to be sent.
    pub what: What,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The message, to this address. `Delivered-To` stands in front of it, by which a loop is found
    /// out when it comes back.
    Forward {
        /// To whom.
        to: String,
    },
    /// An answer to the sender (RFC 3834): it is asked for once in
    /// [`Settings::reply_interval`](crate::Settings::reply_interval), and never by a machine's
    /// message.
    Autoreply {
        /// Its text.
        text: String,
    },
    /// A report that the message was delivered (RFC 3461 5.2.3, NOTIFY=SUCCESS).
    Delivered {
        /// How the sender knows the message.
        envid: Option<String>,
        /// How the sender knows the recipient.
        orcpt: Option<OriginalRecipient>,
        /// How much of the message the report brings back.
        ret: Option<Ret>,
    },
}
