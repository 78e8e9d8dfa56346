//! NAMESPACE (RFC 2342): one's own mailboxes, and those that others share.

use mailstore::mailbox::SEPARATOR;

use crate::names::OTHERS;
use crate::outcome::{Done, Outcome};
use crate::talk::Talk;

pub(super) fn run(talk: &mut Talk) -> Outcome {
    talk.reply.namespace([&[("", SEPARATOR)], &[(OTHERS, SEPARATOR)], &[]]);
    Ok(Done::new("Done"))
}
