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
    check(command, batches.len())?;
    let Talk { reply, tag, .. } = talk;
    reply.uid_batches(tag, batches);
    Ok(Done::new("Done"))
}

/// Refuses what leads to so many batches, if they are too small or too many.
fn check(command: &UidBatches, batches: usize) -> Result<(), Failed> {
    let too_few = command.size.get() < LEAST_SIZE;
    if too_few && (command.batches.is_none() || batches > 0) {
        return Err(Failed::no(Code::TooFew, "A batch has 500 messages at least"));
    }
    match batches > MOST_BATCHES {
        true => Err(Failed::no(Code::TooMany, "That is more than 10,000 batches")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn refused(size: u32, batches: usize) -> Option<Code<'static>> {
        let command = UidBatches { size: NonZeroU32::new(size).unwrap(), batches: None };
        match check(&command, batches) {
            Err(Failed::No(code, _)) => code,
            _ => None,
        }
    }

    /// A mailbox of five million messages has so many.
    #[test]
    fn there_are_only_so_many() {
        assert_eq!(refused(500, 10_000), None);
        assert_eq!(refused(500, 10_001), Some(Code::TooMany));
        assert_eq!(refused(499, 10_001), Some(Code::TooFew));
    }
}
