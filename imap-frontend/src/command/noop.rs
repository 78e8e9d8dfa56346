//! NOOP (RFC 9051 6.1.2) and CHECK (RFC 3501 6.4.1): all they do is let news be told, which the
//! end of every command does.
//!
//! A mailbox that is deleted while it is selected stays so until the client leaves it: its
//! messages can still be read for a while, and these two say NO (RFC 2180 3.3).

use crate::codec::reply::Code;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::{Selected, State};

pub(super) fn run(state: &mut State) -> Outcome {
    match state {
        State::Selected(selected) => check(selected),
        _ => Ok(Done::new("Done")),
    }
}

pub(super) fn check(selected: &Selected) -> Outcome {
    if selected.is_gone() {
        return Err(Failed::no(Code::NonExistent, "The mailbox has been deleted"));
    }
    Ok(Done::new("Done"))
}
