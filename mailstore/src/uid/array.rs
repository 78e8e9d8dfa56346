//! The UIDs of a view, in order: sequence number to UID and back.

mod bitmap;
mod block;
mod codec;
mod packed;
mod piece;
mod removal;
mod runs;
mod sparse;
mod steps;

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::sync::Arc;

use self::piece::{Builder, Piece};
use self::removal::Removal;
use self::runs::Runs;
use super::{Seq, Uid, UidSet};

/// The UIDs of a mailbox as a session sees it, ascending.
///
/// Held as runs of consecutive UIDs, and where the runs would be larger as blocks, each in the form
/// that takes least: a bitmap, the offsets of UIDs that are far from each other, or a constant
/// distance. A dense mailbox takes a few bytes, and no pattern of holes takes much more than it has
/// information. Clones share everything until they differ.
#[derive(Clone, Default)]
pub struct UidArray {
    len: u32,
    pieces: Arc<Vec<Piece>>,
}

impl UidArray {
    /// The empty array.
    pub fn new() -> Self {
        Self::default()
    }

    /// From a set.
    pub fn from_set(set: &UidSet) -> Self {
        let mut builder = Builder::after(Vec::new(), 0);
        for &(from, to) in set.as_pairs() {
            builder.run(from, to);
        }
        let (mut pieces, len) = builder.finish();
        pieces.shrink_to_fit();
        Self { len, pieces: Arc::new(pieces) }
    }

    /// How many UIDs it holds.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Is it empty?
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The smallest UID.
    pub fn first(&self) -> Option<Uid> {
        self.uid(Seq::MIN)
    }

    /// The largest UID.
    pub fn last(&self) -> Option<Uid> {
        self.uid(Seq::new(self.len)?)
    }

    /// The sequence number of a UID.
    pub fn seq(&self, uid: Uid) -> Option<Seq> {
        let at = self.pieces.partition_point(|piece| piece.first <= uid.get()).checked_sub(1)?;
        let piece = &self.pieces[at];
        let offset = uid.get() - piece.first;
        let rank = match &piece.block {
            None => (offset < self.end_of(at) - piece.before).then_some(offset),
            Some(block) => block.rank(offset),
        };
        Seq::new(piece.before + rank? + 1)
    }

    /// The UID at a sequence number.
    pub fn uid(&self, seq: Seq) -> Option<Uid> {
        if seq.get() > self.len {
            return None;
        }
        let before = seq.get() - 1;
        let at = self.pieces.partition_point(|piece| piece.before <= before).checked_sub(1)?;
        let piece = &self.pieces[at];
        let rank = before - piece.before;
        let offset = match &piece.block {
            None => Some(rank),
            Some(block) => block.select(rank),
        };
        Uid::new(piece.first + offset?)
    }

    /// Is this UID in it?
    pub fn contains(&self, uid: Uid) -> bool {
        self.seq(uid).is_some()
    }

    /// Appends a run of UIDs. Those not above the last are ignored.
    pub fn push_range(&mut self, range: RangeInclusive<Uid>) {
        let last = self.last().map_or(0, Uid::get);
        let (from, to) = (range.start().get().max(last.saturating_add(1)), range.end().get());
        if from > to || last == u32::MAX {
            return;
        }
        if self.ends_in_run_to(from) {
            // No piece changes, so an array shared with other sessions stays shared.
            self.len += to - from + 1;
            return;
        }
        let mut builder = Builder::after(self.take_pieces(), self.len);
        builder.run(from, to);
        self.put_pieces(builder.finish());
    }

    /// Removes UIDs; those that are not there are ignored.
    pub fn remove(&mut self, gone: &UidSet) {
        let Some(first) = self.first_of(gone) else { return };
        let start = self.pieces.partition_point(|piece| piece.first <= first) - 1;
        let len = self.len;
        let mut pieces = self.take_pieces();
        let tail = pieces.split_off(start);
        let ends: Vec<u32> = tail.iter().skip(1).map(|next| next.before).chain([len]).collect();
        let kept = tail.first().map_or(len, |piece| piece.before);
        pieces.reserve(tail.len() + gone.as_pairs().len().min(self.len as usize));
        let mut removal = Removal::new(Builder::after(pieces, kept), gone.as_pairs());
        for (piece, end) in tail.into_iter().zip(ends) {
            let count = end - piece.before;
            removal.piece(piece, count);
        }
        self.put_pieces(removal.finish());
    }

    /// The UIDs in both.
    pub fn intersection(&self, set: &UidSet) -> UidSet {
        // Ranges of a set never touch, so neither do runs within different ones.
        UidSet::from_sorted(set.as_pairs().iter().flat_map(|&range| self.runs_within(range)))
    }

    /// The UIDs whose sequence numbers are `seqs` (a set of numbers, written as UIDs). Numbers
    /// beyond the last are ignored.
    pub fn uids_at(&self, seqs: &UidSet) -> UidSet {
        let uid = |number| Seq::new(number).and_then(|seq| self.uid(seq)).map(Uid::get);
        let ranges = seqs.as_pairs().iter().filter_map(|&(from, to)| {
            let from = uid(from)?;
            Some((from, if to < self.len { uid(to)? } else { u32::MAX }))
        });
        UidSet::from_sorted(ranges.flat_map(|range| self.runs_within(range)))
    }

    /// All UIDs, as a set.
    pub fn to_set(&self) -> UidSet {
        UidSet::from_sorted(self.runs())
    }

    /// All UIDs from 1 to this one that are not in the array: what `VANISHED` names when the
    /// journal no longer tells (RFC 7162 3.2.10).
    pub fn complement(&self, up_to: Uid) -> UidSet {
        let all = UidSet::range(Uid::MIN..=up_to);
        all.difference(&self.intersection(&all))
    }

    /// Cuts the UIDs into ranges of `size` messages each, from the newest down: those batches of
    /// them, counted from 1. The first ends at the last UID, the last begins at 1, and no UID is
    /// between any two (RFC 10022).
    pub fn batches(
        &self,
        size: NonZeroU32,
        which: RangeInclusive<u32>,
    ) -> impl ExactSizeIterator<Item = RangeInclusive<Uid>> + '_ {
        let last = which.end().min(&self.len.div_ceil(size.get())).saturating_add(1);
        let first = (*which.start()).clamp(1, last);
        (first..last).map(move |batch| {
            let above = self.first_of_batch(size, batch - 1).map_or(0, Uid::get);
            let high = if batch == 1 { self.last() } else { Uid::new(above.saturating_sub(1)) };
            let low = self.first_of_batch(size, batch).unwrap_or(Uid::MIN);
            low..=high.unwrap_or(low)
        })
    }

    /// The lowest UID of a batch, unless that is the oldest.
    fn first_of_batch(&self, size: NonZeroU32, batch: u32) -> Option<Uid> {
        let below = self.len.checked_sub(size.get().checked_mul(batch)?)?;
        Seq::new(below + 1).filter(|_| below > 0).and_then(|seq| self.uid(seq))
    }

    /// All UIDs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.runs().flat_map(|(from, to)| (from..=to).filter_map(Uid::new))
    }

    /// The bytes it takes, with what it shares with its clones.
    pub fn memory(&self) -> usize {
        // The two counts of the `Arc` stand before the vector.
        let shared = 16 + size_of::<Vec<Piece>>() + self.pieces.capacity() * size_of::<Piece>();
        size_of::<Self>() + shared + self.pieces.iter().map(Piece::heap).sum::<usize>()
    }

    fn runs(&self) -> Runs<'_> {
        self.runs_within((1, u32::MAX))
    }

    fn runs_within(&self, range: (u32, u32)) -> Runs<'_> {
        Runs::within(&self.pieces, self.len, range)
    }

    /// The smallest UID of a set that is there.
    fn first_of(&self, set: &UidSet) -> Option<u32> {
        let mut found = set.as_pairs().iter().filter_map(|&range| self.runs_within(range).next());
        found.next().map(|(from, _)| from)
    }

    fn pieces_with_counts(&self) -> impl Iterator<Item = (&Piece, u32)> {
        let pieces = self.pieces.iter().enumerate();
        pieces.map(|(at, piece)| (piece, self.end_of(at) - piece.before))
    }

    /// How many UIDs the pieces up to and with this one hold.
    fn end_of(&self, at: usize) -> u32 {
        self.pieces.get(at + 1).map_or(self.len, |next| next.before)
    }

    fn ends_in_run_to(&self, uid: u32) -> bool {
        self.pieces
            .last()
            .is_some_and(|last| last.block.is_none() && uid - last.first == self.len - last.before)
    }

    /// The pieces to change: a copy if they are shared.
    fn take_pieces(&mut self) -> Vec<Piece> {
        std::mem::take(Arc::make_mut(&mut self.pieces))
    }

    fn put_pieces(&mut self, (mut pieces, len): (Vec<Piece>, u32)) {
        pieces.shrink_to(pieces.len() * 2);
        *Arc::make_mut(&mut self.pieces) = pieces;
        self.len = len;
    }
}

impl PartialEq for UidArray {
    /// Do they hold the same UIDs, however they are laid out?
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len
            && (Arc::ptr_eq(&self.pieces, &other.pieces) || self.runs().eq(other.runs()))
    }
}

impl Eq for UidArray {}

impl fmt::Debug for UidArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UidArray{:?}", self.to_set())
    }
}
