//! Memory for results, out of the share that an account has of the budget of the process.

use mailstore::Admission;

use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::state::Authenticated;

/// Bytes that one message found may take: a range of a set.
pub(crate) const PER_FOUND: u64 = 8;

/// Bytes that one message sorted or threaded may take, beside what is kept of it.
pub(crate) const PER_SORTED: u64 = 128;

/// Bytes that one mailbox in a list may take: what is stored of it, and its name.
pub(crate) const PER_MAILBOX: u64 = 512;

/// Results of fewer bytes are not worth asking for.
pub(crate) const SMALL: u64 = 128 * 1024;

/// Takes room for a result of so many bytes, waiting for it as long as for a message.
pub(crate) async fn take(user: &Authenticated, bytes: u64) -> Result<Option<Admission>, Failed> {
    if bytes < SMALL {
        return Ok(None);
    }
    user.server.admit(user.by.user, bytes).await.map(Some).ok_or_else(full)
}

/// There was no memory in time.
pub(crate) fn full() -> Failed {
    Failed::no(Code::Limit, "Too much is under way; try again later")
}
