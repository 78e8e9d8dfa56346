//! What POP3 says when something cannot be done: the one table.

use mailstore::Error;
use mailstore::store::directory::Verdict;
use mailstore::store::{Fault, StoreError};
use wire::Ended;

use crate::codec::reply::{Code, No};

/// How a command failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The client is told.
    No(No),
    /// The client has said something wrong, which counts against it.
    Bad(No),
    /// The client is told, and that is the end.
    Last(No),
    /// The connection is at its end.
    Ended(Ended),
}

impl Failed {
    pub(crate) fn no(code: Code, text: impl Into<String>) -> Self {
        Self::No(No::new(code, text))
    }

    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::Bad(No::plain(text))
    }
}

impl From<Ended> for Failed {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

impl From<No> for Failed {
    fn from(no: No) -> Self {
        Self::No(no)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        tracing::warn!(%error, "a POP3 command failed");
        Self::No(match error {
            Error::Refused(refusal) => No::new(Code::SysPerm, refusal.to_string()),
            Error::Store(error) => (&error).into(),
            _ => No::new(Code::SysTemp, "the store cannot do it at present"),
        })
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<&StoreError> for No {
    fn from(error: &StoreError) -> Self {
        match error.fault {
            Fault::Contended => Self::new(Code::SysTemp, "the store is busy"),
            Fault::Unavailable => Self::new(Code::SysTemp, "the store is not available"),
            Fault::Corrupt => Self::new(Code::SysPerm, "the store is damaged"),
        }
    }
}

/// A login that the directory did not accept.
pub(crate) fn of_login(verdict: &Verdict) -> No {
    match verdict {
        Verdict::Disabled => No::new(Code::SysPerm, "the account is disabled"),
        Verdict::Forbidden => No::new(Code::SysPerm, "not allowed"),
        Verdict::Throttled { seconds } => {
            No::new(Code::SysTemp, format!("too many attempts; try again in {seconds} s"))
        }
        _ => No::new(Code::Auth, "wrong name or password"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_cannot_do() {
        for (fault, code, text) in [
            (Fault::Contended, Code::SysTemp, "the store is busy"),
            (Fault::Unavailable, Code::SysTemp, "the store is not available"),
            (Fault::Corrupt, Code::SysPerm, "the store is damaged"),
        ] {
            let no = No::from(&StoreError::new(fault, "fetch", "x"));
            assert_eq!(no, No::new(code, text));
        }
    }
}
