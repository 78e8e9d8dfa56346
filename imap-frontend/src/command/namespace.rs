//! NAMESPACE (RFC 2342): one's own mailboxes, and no others.

use mailstore::mailbox::SEPARATOR;

use crate::outcome::{Done, Outcome};
use crate::talk::Talk;

pub(super) fn run(talk: &mut Talk) -> Outcome {
    talk.reply.namespace([&[("", SEPARATOR)], &[], &[]]);
    Ok(Done::new("Done"))
}
