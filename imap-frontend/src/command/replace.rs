//! REPLACE (RFC 8508): APPEND and EXPUNGE of one message in one commit.
//!
//! The new one may be put together from parts of others, and of the old one (RFC 8508 4.2).
//! APPENDUID comes in an untagged OK, before what is gone is told (RFC 8508 4.3).

use mailstore::Incoming;

use super::catenate::Sources;
use super::{append, copy};
use crate::codec::command::{AppendMessage, Replace};
use crate::codec::reply::{Code, Condition};
use crate::outcome::{Done, Failed, Outcome};
use crate::refusal::Role;
use crate::state::Selected;
use crate::talk::Talk;

pub(super) async fn run(talk: &mut Talk, selected: &mut Selected, replace: Replace) -> Outcome {
    selected.writable()?;
    let AppendMessage { flags, date, data } = replace.new;
    if append::is_cancelled(&data) {
        return Err(append::cancelled());
    }
    let Some(old) = selected.resolve(replace.by, &replace.old)?.first() else {
        return Err(Failed::no(Code::NonExistent, "There is no such message"));
    };
    let (by, to) = selected.user.find(&replace.mailbox, Role::Target).await?;
    if by.account != selected.at().account {
        // There is no commit of two accounts; the client has APPEND and EXPUNGE.
        return Err(Failed::no(Code::Cannot, "A message is replaced within its account"));
    }
    let mut sources = Sources::in_selected(selected);
    let way = append::way(&data);
    let data = sources.bytes(data).await?;
    let message = append::prepare(selected.store(), data, way).await?;
    let new = Incoming { flags, internal_date: date, ..Incoming::appended(message) };
    let old = (selected.at().mailbox, old);
    let done = selected.store().replace(by, old, to, new).await;
    let done = match done {
        Ok(done) => done,
        Err(error) => return Err(copy::refused(selected, error).await),
    };
    let code = Code::AppendUid { validity: done.uid_validity, uids: &done.uids };
    talk.reply.untagged(Condition::Ok, Some(code), "Stored");
    selected.expunged();
    Ok(Done::new("Replaced"))
}
