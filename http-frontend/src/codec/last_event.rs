//! `Last-Event-ID`: how far a client has seen a stream of events (WHATWG HTML 9.2).

use mailstore::uid::ModSeq;

use super::number;

/// The MODSEQ of the last event that was seen, in digits alone.
pub fn parse(text: &str) -> Option<ModSeq> {
    number::parse(text).map(ModSeq)
}
