//! Many UIDs in few bytes, in one of three forms.

use std::sync::Arc;

use super::bitmap::{Bitmap, SPAN};
use super::piece::Piece;
use super::sparse::{self, Sparse};
use super::steps::Steps;

/// What a block costs besides its bits, in bits. The two counts of an `Arc` stand before it.
const OWN: u64 = (size_of::<Piece>() + 16 + size_of::<Block>()) as u64 * 8;

/// Which of the UIDs from some base on are there, by their offset from it.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// A bit for each of the span.
    Bits(Bitmap),
    /// Some bits for each that is there.
    Sparse(Sparse),
    /// Nothing but the distance and the count.
    Steps(Steps),
}

/// What is looked at of UIDs that may become a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) count: u32,
    /// The distance from each to the next, if it is constant.
    pub(super) step: Option<u32>,
}

impl Block {
    /// The form in which these UIDs take the least, with nothing in it yet, and how many bits they
    /// would take in it.
    pub(super) fn best_for(stretch: &Stretch) -> (u64, Self) {
        let (count, span) = (stretch.count, stretch.last - stretch.first);
        if let Some(step) = stretch.step {
            return (OWN, Self::Steps(Steps::new(step)));
        }
        let sparse = Sparse::bits(count, span);
        if count <= sparse::MOST && (sparse < u64::from(span) || span >= SPAN) {
            return (OWN + sparse, Self::Sparse(Sparse::for_density(count, span)));
        }
        let bits = if span < SPAN { OWN + u64::from(span) } else { u64::MAX };
        (bits, Self::Bits(Bitmap::default()))
    }

    /// How many bits more it would take with these UIDs, which lie above its own, if it can.
    pub(super) fn growth(&self, base: u32, stretch: &Stretch) -> Option<u64> {
        let last = stretch.last - base;
        match self {
            Self::Bits(bits) => (last < SPAN).then(|| u64::from(last - bits.last())),
            Self::Sparse(sparse) => sparse.growth(stretch.count, last),
            Self::Steps(steps) => {
                let goes_on = stretch.step == Some(steps.step())
                    && stretch.first - base - steps.last() == steps.step();
                (goes_on && steps.len() + stretch.count <= SPAN).then_some(0)
            }
        }
    }

    /// Adds a run above all that is there.
    pub(super) fn append(&mut self, from: u32, to: u32) {
        match self {
            Self::Bits(bits) => bits.append(from, to),
            Self::Sparse(sparse) => (from..=to).for_each(|offset| sparse.push(offset)),
            Self::Steps(steps) => steps.append(to - from + 1),
        }
    }

    /// How many UIDs are there.
    pub(super) const fn len(&self) -> u32 {
        match self {
            Self::Bits(bits) => bits.ones(),
            Self::Sparse(sparse) => sparse.len(),
            Self::Steps(steps) => steps.len(),
        }
    }

    /// The largest offset that is there.
    pub(super) fn last(&self) -> u32 {
        match self {
            Self::Bits(bits) => bits.last(),
            Self::Sparse(sparse) => sparse.last(),
            Self::Steps(steps) => steps.last(),
        }
    }

    /// How many come before this one, if it is there.
    pub(super) fn rank(&self, offset: u32) -> Option<u32> {
        match self {
            Self::Bits(bits) => bits.rank(offset),
            Self::Sparse(sparse) => sparse.rank(offset),
            Self::Steps(steps) => steps.rank(offset),
        }
    }

    /// The offset of the one before which there are `rank`.
    pub(super) fn select(&self, rank: u32) -> Option<u32> {
        match self {
            Self::Bits(bits) => bits.select(rank),
            Self::Sparse(sparse) => sparse.select(rank),
            Self::Steps(steps) => steps.select(rank),
        }
    }

    /// The runs from an offset on, ascending; one may touch the one before.
    pub(super) fn runs_from(&self, offset: u32) -> BlockRuns<'_> {
        match self {
            Self::Bits(bits) => BlockRuns::Bits(bits, offset),
            Self::Sparse(sparse) => BlockRuns::Sparse(sparse.iter_from(offset)),
            Self::Steps(steps) => BlockRuns::Steps(*steps, offset),
        }
    }

    /// Would it take less room in another form? Says yes only where nobody shares it.
    pub(super) fn is_wasteful(block: &mut Arc<Self>) -> bool {
        match Arc::get_mut(block) {
            Some(Self::Bits(bits)) => bits.is_wasteful(|runs, count, span| {
                Sparse::bits(count, span).min(runs as u64 * size_of::<Piece>() as u64 * 8)
            }),
            _ => false,
        }
    }

    /// Bytes on the heap.
    pub(super) const fn heap(&self) -> usize {
        match self {
            Self::Bits(bits) => bits.heap(),
            Self::Sparse(sparse) => sparse.heap(),
            Self::Steps(_) => 0,
        }
    }
}

/// The runs of a block, by their offsets.
#[derive(Clone, Debug)]
pub(super) enum BlockRuns<'a> {
    Bits(&'a Bitmap, u32),
    Sparse(sparse::Offsets<'a>),
    Steps(Steps, u32),
}

impl Iterator for BlockRuns<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let single = |offset| (offset, offset);
        match self {
            Self::Sparse(offsets) => offsets.next().map(single),
            Self::Bits(bits, from) => {
                let run = bits.run_from(*from)?;
                *from = run.1 + 1;
                Some(run)
            }
            Self::Steps(steps, from) => {
                let offset = steps.at_or_above(*from)?;
                *from = offset.saturating_add(1);
                Some(single(offset))
            }
        }
    }
}
