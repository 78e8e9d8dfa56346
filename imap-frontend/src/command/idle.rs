//! IDLE (RFC 2177): news as they come.
//!
//! The beacon only says when to look; a beacon that fails costs the client a delay, for the
//! journal is also read once in a while ([`Settings::idle_poll`](crate::Settings::idle_poll)), a
//! little earlier or later in each session, so that thousands of them do not do it together.

use std::time::Duration;

use bytes::Bytes;
use mailstore::random::Random;

use crate::notify::{self, Heard, When};
use crate::outcome::{Done, Failed, Outcome};
use crate::state::State;
use crate::talk::Talk;

/// The longest line with which a client may try to end it, in bytes.
const LONGEST: usize = 1024;

pub(crate) async fn run(talk: &mut Talk, state: &mut State, poll: Duration) -> Outcome {
    talk.reply.proceed("idling");
    let line = watch(talk, state, jittered(poll)).await?;
    if line.eq_ignore_ascii_case(b"DONE") {
        return Ok(Done::new("Done"));
    }
    Err(Failed::bad("Only DONE ends IDLE"))
}

/// Waits for the client's line, and tells what happens meanwhile.
async fn watch(talk: &mut Talk, state: &mut State, poll: Duration) -> Result<Bytes, Failed> {
    let until = talk.connection.within(talk.connection.timeouts().idle);
    loop {
        if let Some(line) = line(talk)? {
            return Ok(line);
        }
        // What this takes must not be held while nothing happens.
        let awaited = Box::pin(notify::tell(talk, state, When::Idle)).await?;
        while notify::hear(talk, state, (until, poll), awaited).await? == Heard::Client {
            if let Some(line) = line(talk)? {
                return Ok(line);
            }
        }
    }
}

fn line(talk: &mut Talk) -> Result<Option<Bytes>, Failed> {
    talk.framer.next_line(LONGEST).map_err(|_| Failed::bad("Only DONE ends IDLE"))
}

/// From 7/8 to 9/8 of the time.
pub(crate) fn jittered(poll: Duration) -> Duration {
    let eighth = poll / 8;
    let part = (Random::draw().0 & 0xff) as u32;
    poll - eighth + eighth * 2 / 256 * part
}
