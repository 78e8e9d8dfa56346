//! What a refusal or a failure of the store is in IMAP: the one table of response codes
//! (RFC 9051 7.1, RFC 5530).

use mailstore::Error;
use mailstore::change::Refusal;
use mailstore::store::{Fault, StoreError};

use crate::codec::reply::Code;
use crate::outcome::Failed;

/// What a mailbox was named for: it decides what is said when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// To put messages into: a client may create it and try again (RFC 9051 6.3.12).
    Target,
    /// Anything else.
    Subject,
}

/// The code for each refusal.
fn code(refusal: &Refusal, role: Role) -> Code<'static> {
    match refusal {
        Refusal::NoSuchMailbox if role == Role::Target => Code::TryCreate,
        Refusal::NoSuchMailbox => Code::NonExistent,
        Refusal::MailboxExists => Code::AlreadyExists,
        Refusal::BadName(_) | Refusal::BadKey(_) | Refusal::Cannot(_) => Code::Cannot,
        Refusal::HasChildren => Code::HasChildren,
        Refusal::MessageGone => Code::ExpungeIssued,
        Refusal::NoRight => Code::NoPerm,
        Refusal::OverQuota => Code::OverQuota,
        Refusal::TooLarge { .. } => Code::TooBig,
        Refusal::ValueTooLarge { limit } => Code::MetadataMaxSize(*limit),
        Refusal::TooMany { .. } | Refusal::UidsExhausted | Refusal::ModSeqsExhausted(_) | _ => {
            Code::Limit
        }
    }
}

/// There is no such mailbox.
pub(crate) fn no_such_mailbox(role: Role) -> Failed {
    refused(&Refusal::NoSuchMailbox, role)
}

/// The answer to what a store says instead of yes, when the mailbox at fault may be a target.
pub(crate) fn of_target(error: Error) -> Failed {
    match error {
        Error::Refused(refusal) => refused(&refusal, Role::Target),
        other => other.into(),
    }
}

fn refused(refusal: &Refusal, role: Role) -> Failed {
    Failed::no(code(refusal, role), refusal.to_string())
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        refused(&refusal, Role::Subject)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Store(error) => error.into(),
            Error::NotEncrypted(_) => Self::no(Code::Unavailable, error.to_string()),
            other => {
                tracing::error!(error = %other, "the store failed");
                Self::no(Code::ServerBug, "Internal error")
            }
        }
    }
}

impl From<StoreError> for Failed {
    /// What went wrong is for the log, not for the client.
    fn from(error: StoreError) -> Self {
        match error.fault {
            Fault::Corrupt => {
                tracing::error!(%error, "stored data is damaged");
                Self::no(Code::ServerBug, "Stored data is damaged; see the server's log")
            }
            Fault::Contended | Fault::Unavailable => {
                tracing::warn!(%error, "the store is unavailable");
                Self::no(Code::Unavailable, "The mail store is unavailable; try again later")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_code() {
        use Role::{Subject, Target};
        let cases = [
            (Refusal::NoSuchMailbox, Target, Code::TryCreate),
            (Refusal::NoSuchMailbox, Subject, Code::NonExistent),
            (Refusal::MailboxExists, Subject, Code::AlreadyExists),
            (Refusal::BadName("x"), Subject, Code::Cannot),
            (Refusal::Cannot("x"), Subject, Code::Cannot),
            (Refusal::HasChildren, Subject, Code::HasChildren),
            (Refusal::MessageGone, Subject, Code::ExpungeIssued),
            (Refusal::BadKey("x"), Subject, Code::Cannot),
            (Refusal::NoRight, Target, Code::NoPerm),
            (Refusal::ValueTooLarge { limit: 1 }, Subject, Code::MetadataMaxSize(1)),
            (Refusal::OverQuota, Target, Code::OverQuota),
            (Refusal::TooLarge { limit: 1 }, Target, Code::TooBig),
            (Refusal::TooMany { what: "x", limit: 1 }, Subject, Code::Limit),
            (Refusal::UidsExhausted, Target, Code::Limit),
            (Refusal::ModSeqsExhausted(mailstore::uid::ModSeq(1)), Subject, Code::Limit),
        ];
        for (refusal, role, expected) in cases {
            assert_eq!(code(&refusal, role), expected, "{refusal}");
        }
    }

    #[test]
    fn failures_say_no_more_than_they_should() {
        for (error, expected) in [
            (StoreError::corrupt("read", "/var/secret"), Code::ServerBug),
            (StoreError::unavailable("read", "/var/secret"), Code::Unavailable),
            (StoreError::contended("read", "/var/secret"), Code::Unavailable),
        ] {
            let Failed::No(code, text) = Failed::from(error) else { panic!("it is a NO") };
            assert_eq!(code, Some(expected));
            assert!(!text.contains("secret"));
        }
    }
}
