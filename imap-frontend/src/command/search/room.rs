//! Memory for what a search finds, out of the budget of the process.

use mailstore::Admission;
use tokio::time::timeout;

use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::server::Imap;

/// Bytes that one message found may take: a range of a set.
pub(crate) const PER_FOUND: u64 = 8;

/// Bytes that one message sorted or threaded may take, beside what is kept of it.
pub(crate) const PER_SORTED: u64 = 128;

/// Results of fewer messages are not worth asking for.
const SMALL: u32 = 16 * 1024;

/// Takes room for a result with so many messages, so many bytes for each. Waits for it as long as
/// for a message.
pub(crate) async fn take(
    server: &Imap,
    messages: u32,
    each: u64,
) -> Result<Option<Admission>, Failed> {
    if messages < SMALL {
        return Ok(None);
    }
    let wait = server.settings().memory_wait;
    let admission = timeout(wait, server.store().admit(u64::from(messages) * each)).await;
    let full = |_| Failed::no(Code::Limit, "Too much is under way; try again later");
    admission.map(Some).map_err(full)
}
