//! IDLE (RFC 2177): news as they come.
//!
//! The beacon only says when to look; a beacon that fails costs the client a delay, for the
//! journal is also read once in a while ([`Settings::idle_poll`](crate::Settings::idle_poll)), a
//! little earlier or later in each session, so that thousands of them do not do it together.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use mailstore::random::Random;
use wire::{Ended, Idle, Instant};

use crate::codec::reply::{Code, Condition};
use crate::outcome::{Done, Failed, Outcome};
use crate::state::{Selected, State};
use crate::talk::Talk;

pub(crate) async fn run(talk: &mut Talk, state: &mut State, poll: Duration) -> Outcome {
    talk.reply.proceed("idling");
    let until = talk.connection.within(talk.connection.timeouts().idle);
    let line = match state {
        State::Selected(selected) => watch(talk, selected, (until, jittered(poll))).await?,
        _ => wait(talk, until).await?,
    };
    if line.eq_ignore_ascii_case(b"DONE") {
        return Ok(Done::new("Done"));
    }
    Err(Failed::bad("Only DONE ends IDLE"))
}

/// Waits for the client's line.
async fn wait(talk: &mut Talk, until: Instant) -> Result<Bytes, Failed> {
    loop {
        if let Some(line) = line(talk)? {
            return Ok(line);
        }
        talk.rest().await?;
        talk.await_command(until).await?;
    }
}

/// As [`wait`], and tells what happens meanwhile.
async fn watch(
    talk: &mut Talk,
    selected: &mut Selected,
    (until, poll): (Instant, Duration),
) -> Result<Bytes, Failed> {
    loop {
        if let Some(line) = line(talk)? {
            return Ok(line);
        }
        // What this takes must not be held while nothing happens.
        Box::pin(news(talk, selected)).await?;
        if let Some(text) = wait_either(talk, selected, (until, poll)).await? {
            return Ok(text);
        }
    }
}

/// Waits for the client's line (which is returned) or for a reason to look for news.
async fn wait_either(
    talk: &mut Talk,
    selected: &mut Selected,
    (until, poll): (Instant, Duration),
) -> Result<Option<Bytes>, Failed> {
    // By reference, so that the layers below do not each keep room for it.
    let changed = pin!(selected.mailbox.changed());
    let look = until.min(talk.connection.within(poll));
    match talk.await_either(look, changed).await {
        Ok(Idle::Bytes(_)) => line(talk),
        Ok(Idle::Other(())) => Ok(None),
        Err(Ended::TimedOut) if look < until => Ok(None),
        Err(ended) => Err(ended.into()),
    }
}

async fn news(talk: &mut Talk, selected: &mut Selected) -> Result<(), Failed> {
    selected.tell(talk).await?;
    if let Some(modseq) = selected.owed_modseq() {
        let code = Some(Code::HighestModSeq(modseq));
        talk.reply.untagged(Condition::Ok, code, "Highest told");
    }
    Ok(talk.rest().await?)
}

fn line(talk: &mut Talk) -> Result<Option<Bytes>, Failed> {
    talk.framer.next_line().map_err(|_| Failed::bad("Only DONE ends IDLE"))
}

/// From 7/8 to 9/8 of the time.
fn jittered(poll: Duration) -> Duration {
    let eighth = poll / 8;
    let part = (Random::draw().0 & 0xff) as u32;
    poll - eighth + eighth * 2 / 256 * part
}
