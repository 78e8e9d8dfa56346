//! UIDBATCHES (RFC 10022): ranges of UIDs that hold so many messages each, from the newest down.

use crate::codec::command::UidBatches;
use crate::codec::reply::Code;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Selected;
use crate::talk::Talk;

/// Smaller batches are refused: a client would be slower with them than without.
const LEAST_SIZE: u32 = 500;
/// Most batches of one answer.
const MOST_BATCHES: usize = 10_000;

pub(super) fn run(talk: &mut Talk, selected: &Selected, command: &UidBatches) -> Outcome {
    let wanted = command.batches.clone().unwrap_or(1..=u32::MAX);
    let batches = selected.mailbox.uids().batches(command.size, wanted);
    let too_few = command.size.get() < LEAST_SIZE;
    if too_few && (command.batches.is_none() || batches.len() > 0) {
        return Err(Failed::no(Code::TooFew, "A batch has 500 messages at least"));
    }
    if batches.len() > MOST_BATCHES {
        return Err(Failed::no(Code::TooMany, "That is more than 10,000 batches"));
    }
    let Talk { reply, tag, .. } = talk;
    reply.uid_batches(tag, batches);
    Ok(Done::new("Done"))
}
