//! CLOSE and UNSELECT (RFC 9051 6.4.1, 6.4.2; RFC 3691).

use super::expunge;
use crate::outcome::{Done, Outcome};
use crate::state::State;

/// CLOSE: expunges, without a word, and leaves the mailbox.
pub(super) async fn run(state: &mut State) -> Outcome {
    if let Some(selected) = state.selected() {
        Box::pin(expunge::before_close(selected)).await?;
    }
    Ok(unselect(state))
}

/// UNSELECT: leaves the mailbox as it is.
pub(super) fn unselect(state: &mut State) -> Done {
    state.deselect();
    Done::new("Closed")
}
