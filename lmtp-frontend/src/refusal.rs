//! What LMTP says when something cannot be done: the one table.

use mailstore::Error;
use mailstore::change::Refusal;
use mailstore::store::{Fault, StoreError};

use crate::codec::reply::Reply;
use crate::intake::Unkept;

/// A reply in the making: code, enhanced code and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct No {
    code: u16,
    status: (u16, u16),
    why: &'static str,
}

const fn no(code: u16, status: (u16, u16), why: &'static str) -> No {
    No { code, status, why }
}

impl No {
    pub(crate) const TOO_LARGE: Self = no(552, (3, 4), "the message is too large");
    pub(crate) const NO_MEMORY: Self = no(452, (3, 1), "no memory for the message at present");
    pub(crate) const UNKNOWN: Self = no(550, (1, 1), "no such user");
    pub(crate) const DISABLED: Self = no(450, (2, 1), "takes no mail at present");
    pub(crate) const NO_RELAY: Self = no(550, (7, 1), "mail is not sent on from here");
    pub(crate) const LOOP: Self = no(554, (4, 6), "the message has been here before");
    pub(crate) const NO_ROUTE: Self = no(451, (4, 3), "the directory does not answer");
    pub(crate) const MOVED: Self = no(451, (4, 3), "the mail for it goes elsewhere since");
    pub(crate) const TOO_LATE: Self = no(451, (3, 0), "the store does not answer");

    pub(crate) const NOT_ENCRYPTED: Self =
        no(451, (7, 5), "takes encrypted mail only, and it cannot be encrypted at present");

    /// The reply.
    pub(crate) fn reply(self) -> Reply {
        Reply::new(self.code, self.status, self.why)
    }

    /// The reply about one of several.
    pub(crate) fn about(self, subject: impl std::fmt::Display) -> Reply {
        Reply::new(self.code, self.status, format!("<{subject}> {}", self.why))
    }
}

impl From<&Error> for No {
    fn from(error: &Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Store(error) => error.into(),
            Error::NotEncrypted(_) => Self::NOT_ENCRYPTED,
            _ => no(451, (3, 0), "the store cannot take it at present"),
        }
    }
}

impl From<&Refusal> for No {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::OverQuota => no(452, (2, 2), "over quota"),
            Refusal::TooLarge { .. } => Self::TOO_LARGE,
            Refusal::NoSuchMailbox => no(550, (2, 1), "no such mailbox"),
            Refusal::UidsExhausted | Refusal::ModSeqsExhausted(_) | Refusal::TooMany { .. } => {
                no(452, (2, 2), "the mailbox is full")
            }
            _ => no(451, (2, 0), "the mailbox cannot take it at present"),
        }
    }
}

impl From<&StoreError> for No {
    fn from(error: &StoreError) -> Self {
        match error.fault {
            Fault::Contended => no(451, (3, 0), "the store is busy"),
            Fault::Unavailable => no(451, (3, 0), "the store is not available"),
            Fault::Corrupt => no(451, (3, 0), "the store is damaged"),
        }
    }
}

impl From<Unkept> for No {
    fn from(unkept: Unkept) -> Self {
        match unkept {
            Unkept::TooLarge => Self::TOO_LARGE,
            Unkept::NoMemory => Self::NO_MEMORY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(no: impl Into<No>) -> String {
        no.into().about("alice").to_string().trim_end().to_owned()
    }

    #[test]
    fn what_a_mailbox_refuses() {
        for (refusal, reply) in [
            (Refusal::OverQuota, "452 4.2.2 <alice> over quota"),
            (Refusal::TooLarge { limit: 1 }, "552 5.3.4 <alice> the message is too large"),
            (Refusal::NoSuchMailbox, "550 5.2.1 <alice> no such mailbox"),
            (Refusal::UidsExhausted, "452 4.2.2 <alice> the mailbox is full"),
            (Refusal::NoRight, "451 4.2.0 <alice> the mailbox cannot take it at present"),
        ] {
            assert_eq!(said(&refusal), reply);
        }
    }

    #[test]
    fn what_a_store_cannot_do() {
        for (fault, why) in [
            (Fault::Contended, "the store is busy"),
            (Fault::Unavailable, "the store is not available"),
            (Fault::Corrupt, "the store is damaged"),
        ] {
            let error = StoreError::new(fault, "commit", "x");
            assert_eq!(said(&error), format!("451 4.3.0 <alice> {why}"));
        }
    }

    /// A sender tries again, and the user hears of it from the log.
    #[test]
    fn what_cannot_be_encrypted_may_come_again() {
        let unusable = mailstore::encryption::recognise(b"").unwrap_err();
        let said = said(&Error::from(unusable));
        assert!(said.starts_with("451 4.7.5 <alice> takes encrypted mail only"), "{said}");
    }
}
