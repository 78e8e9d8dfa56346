//! SORT (RFC 5256, RFC 5957): the order of messages by what is known of each.

use std::cmp::Ordering;
use std::sync::Arc;

use super::summary::Summary;
use crate::uid::Uid;

/// What messages are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// ARRIVAL: INTERNALDATE.
    Arrival,
    /// CC: the first address's part before the `@`.
    Cc,
    /// DATE: the sent date; INTERNALDATE if there is none.
    Date,
    /// DISPLAYFROM: the first address's name, or else address (RFC 5957).
    DisplayFrom,
    /// DISPLAYTO.
    DisplayTo,
    /// FROM.
    From,
    /// RELEVANCY: the most relevant first (RFC 6203 6).
    Relevancy,
    /// SIZE.
    Size,
    /// SUBJECT: the base subject.
    Subject,
    /// TO.
    To,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Lower first.
    Ascending,
    /// REVERSE: higher first.
    Descending,
}

/// Criteria, the first first. What is equal by all of them is in the order of the mailbox.
pub type Program = [(Criterion, Direction)];

/// What is known of a message.
#[derive(Clone, Debug)]
pub struct Sortable {
    /// Its UID.
    pub uid: Uid,
    /// INTERNALDATE, in seconds since 1970.
    pub arrival: i64,
    /// The sent date, in seconds since 1970; INTERNALDATE if there is none.
    pub sent: i64,
    /// RFC822.SIZE, in bytes.
    pub size: u64,
    /// How relevant it is, from 1 to 100 (RFC 6203).
    pub relevancy: u8,
    /// What its header says.
    pub summary: Arc<Summary>,
}

/// The UIDs of messages that are in the order of the mailbox, in the order of the program.
pub fn sorted(messages: &[Sortable], program: &Program) -> Vec<Uid> {
    let sorter = Sorter { messages, program };
    let mut order: Vec<_> = (0..).zip(messages).map(|(at, it)| sorter.rank(at, it)).collect();
    order.sort_unstable_by(|a, b| sorter.compare(a, b));
    let uid = |ranked: Ranked| messages.get(ranked.at as usize).map(|message| message.uid);
    order.into_iter().filter_map(uid).collect()
}

/// The place of a message in the mailbox, and the start of its first key, so that most comparisons
/// look no further.
#[derive(Clone, Copy)]
struct Ranked {
    rank: u64,
    at: u32,
}

struct Sorter<'a> {
    messages: &'a [Sortable],
    program: &'a Program,
}

impl Sorter<'_> {
    fn rank(&self, at: u32, message: &Sortable) -> Ranked {
        let Some((criterion, direction)) = self.program.first() else {
            return Ranked { rank: 0, at };
        };
        let rank = match text(*criterion, message) {
            Some(text) => start_of(text),
            None => number(*criterion, message),
        };
        Ranked { rank: if *direction == Direction::Descending { !rank } else { rank }, at }
    }

    fn compare(&self, a: &Ranked, b: &Ranked) -> Ordering {
        a.rank.cmp(&b.rank).then_with(|| self.compare_whole(a.at, b.at)).then(a.at.cmp(&b.at))
    }

    fn compare_whole(&self, a: u32, b: u32) -> Ordering {
        let of = |at: u32| self.messages.get(at as usize);
        let (Some(a), Some(b)) = (of(a), of(b)) else { return Ordering::Equal };
        let each = self.program.iter().map(|(criterion, direction)| {
            let texts = text(*criterion, a).cmp(&text(*criterion, b));
            let order = texts.then_with(|| number(*criterion, a).cmp(&number(*criterion, b)));
            if *direction == Direction::Descending { order.reverse() } else { order }
        });
        each.fold(Ordering::Equal, Ordering::then)
    }
}

/// The text of a criterion that has one.
fn text(criterion: Criterion, message: &Sortable) -> Option<&str> {
    let summary = &message.summary;
    Some(match criterion {
        Criterion::Cc => &summary.cc,
        Criterion::DisplayFrom => &summary.display_from,
        Criterion::DisplayTo => &summary.display_to,
        Criterion::From => &summary.from,
        Criterion::Subject => summary.sorted_subject(),
        Criterion::To => &summary.to,
        Criterion::Arrival | Criterion::Date | Criterion::Relevancy | Criterion::Size => {
            return None;
        }
    })
}

/// The number of a criterion that has one, in an order without signs.
fn number(criterion: Criterion, message: &Sortable) -> u64 {
    match criterion {
        Criterion::Arrival => message.arrival.cast_unsigned() ^ 1 << 63,
        Criterion::Date => message.sent.cast_unsigned() ^ 1 << 63,
        Criterion::Relevancy => u64::from(u8::MAX - message.relevancy),
        Criterion::Size => message.size,
        _ => 0,
    }
}

/// The first eight bytes of a text, as a number with the same order.
fn start_of(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(8);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests;
