//! Pages of messages, with memory for what is read and is then on its way to the client.

use mailstore::Admission;
use mailstore::message::{Fetched, Want};
use mailstore::store::{PAGE_BYTES, PAGE_ROWS, Page};
use mailstore::uid::UidSet;

use crate::outcome::Failed;
use crate::room;
use crate::state::Selected;

/// Bytes that are expected of a row, of what is derived from a message, and of its tree.
const ROW: u64 = 256;
const DERIVED: u64 = 4 * 1024;
const TREE: u64 = 16 * 1024;
/// Most bytes of a content that are held on their way, beside its tree.
const ON_THE_WAY: u64 = 1024 * 1024;

/// Reads as many of these messages as one page has, and what of the budget they take. If they are
/// larger than was expected, they are let go until there is room for them.
pub(super) async fn read(
    selected: &Selected,
    uids: &UidSet,
    want: Want,
) -> Result<(Page, Option<Admission>), Failed> {
    let mut due = expected(uids.len(), want);
    loop {
        let mut room = room::take(&selected.user, due).await?;
        let page = selected.mailbox.fetch(uids, want).await?;
        let cost = cost(&page.messages, want);
        if cost < room::SMALL {
            return Ok((page, None));
        }
        if cost <= due {
            room.iter_mut().for_each(|room| room.keep(cost));
            return Ok((page, room));
        }
        due = cost;
    }
}

/// What a page is expected to take.
fn expected(messages: u64, want: Want) -> u64 {
    let messages = messages.min(PAGE_ROWS as u64);
    let derived = if want.has_derived() { DERIVED } else { 0 };
    let (tree, on_the_way) = if want.has_tree() { (TREE, ON_THE_WAY) } else { (0, 0) };
    let contents = messages * (derived + tree);
    messages * ROW + contents.min(PAGE_BYTES as u64) + on_the_way
}

/// What it takes.
fn cost(messages: &[Fetched], want: Want) -> u64 {
    let contents: usize = messages.iter().map(Fetched::memory).sum();
    let largest = messages.iter().map(|message| message.row.size).max().unwrap_or(0);
    let on_the_way = if want.has_tree() { largest.min(ON_THE_WAY) } else { 0 };
    contents as u64 + on_the_way
}
