//! ENABLE (RFC 5161). What is not known is ignored.

use crate::codec::Names;
use crate::codec::command::Enable;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::{Revision, State};
use crate::talk::Talk;

/// What can be enabled.
const KNOWN: [&str; 5] = ["CONDSTORE", "QRESYNC", "UIDONLY", "IMAP4rev2", "UTF8=ACCEPT"];

pub(super) fn run(talk: &mut Talk, state: &mut State, enable: &Enable) -> Outcome {
    let asked =
        |name: &str| enable.capabilities.iter().any(|asked| asked.eq_ignore_ascii_case(name));
    let enabled: Vec<&str> = KNOWN.into_iter().filter(|name| asked(name)).collect();
    talk.reply.enabled(&enabled);
    let Some(user) = state.user() else { return Err(Failed::bad("Log in first")) };
    user.qresync |= asked("QRESYNC");
    user.uid_only |= asked("UIDONLY");
    user.utf8 |= asked("UTF8=ACCEPT");
    if asked("IMAP4rev2") {
        user.revision = Revision::Two;
    }
    if asked("IMAP4rev2") || asked("UTF8=ACCEPT") {
        talk.reply.set_names(Names::Utf8);
    }
    if asked("CONDSTORE") || asked("QRESYNC") {
        match state {
            State::Selected(selected) => selected.enable_condstore(&mut talk.reply),
            _ => state.user().into_iter().for_each(|user| user.condstore = true),
        }
    }
    Ok(Done::new("Done"))
}
