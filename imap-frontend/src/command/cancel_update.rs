//! CANCELUPDATE (RFC 5267 4.3.5). A tag of no search is passed over: the search may have ended
//! with the mailbox that was selected then.

use crate::codec::command::CancelUpdate;
use crate::outcome::{Done, Outcome};
use crate::state::Selected;

pub(super) fn run(selected: &mut Selected, cancel: &CancelUpdate) -> Outcome {
    cancel.tags.iter().for_each(|tag| selected.searches.contexts.cancel(tag));
    Ok(Done::new("No further updates"))
}
