//! ENABLE (RFC 5161). What is not known is ignored.

use crate::codec::command::Enable;
use crate::outcome::{Done, Outcome};
use crate::state::State;
use crate::talk::Talk;

pub(super) fn run(talk: &mut Talk, state: &mut State, enable: &Enable) -> Outcome {
    let condstore = enable.capabilities.iter().any(|name| name == "CONDSTORE");
    talk.reply.enabled(if condstore { &["CONDSTORE"] } else { &[] });
    if condstore {
        if let Some(selected) = state.selected() {
            selected.enable_condstore(&mut talk.reply);
        }
        if let Some(user) = state.user() {
            user.condstore = true;
        }
    }
    Ok(Done::new("Done"))
}
