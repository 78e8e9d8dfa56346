//! Removing UIDs from the pieces of an array.

use std::sync::Arc;

use super::bitmap::Bitmap;
use super::block::Block;
use super::piece::{Builder, Piece};
use super::sparse::Sparse;

/// Rebuilds pieces without some UIDs.
pub(super) struct Removal<'a> {
    kept: Builder,
    /// Ranges to remove, ascending, none of them below the piece at hand.
    gone: &'a [(u32, u32)],
}

impl<'a> Removal<'a> {
    /// Removes ranges from what follows the pieces of `kept`.
    pub(super) const fn new(kept: Builder, gone: &'a [(u32, u32)]) -> Self {
        Self { kept, gone }
    }

    /// The pieces that are left, and how many UIDs they hold.
    pub(super) fn finish(self) -> (Vec<Piece>, u32) {
        self.kept.finish()
    }

    /// Takes the next piece, which holds so many UIDs.
    pub(super) fn piece(&mut self, piece: Piece, count: u32) {
        match piece.block {
            None => self.steps(piece.first, piece.first + (count - 1), 1),
            Some(block) => self.block(piece.first, block),
        }
    }

    fn block(&mut self, first: u32, mut block: Arc<Block>) {
        let last = first + block.last();
        match self.next_cut(first, last) {
            None => return self.kept.block(first, block),
            Some(cut) if cut == (first, last) => return,
            Some(_) => {}
        }
        match &*block {
            Block::Steps(steps) => self.steps(first, last, steps.step()),
            Block::Sparse(sparse) => self.sparse(first, sparse),
            Block::Bits(_) => {
                if let Block::Bits(bits) = Arc::make_mut(&mut block) {
                    self.clear(first, bits);
                }
                self.kept.block(first, block);
            }
        }
    }

    fn sparse(&mut self, first: u32, sparse: &Sparse) {
        let last = first + sparse.last();
        let cuts = self.cuts(first, last).map(|(from, to)| (from - first, to - first));
        match sparse.without(cuts) {
            Some(left) => self.kept.block(first, Arc::new(Block::Sparse(left))),
            None => sparse.iter_from(0).for_each(|at| self.steps(first + at, first + at, 1)),
        }
    }

    /// Every `step`-th from one UID to another, which is one of them.
    fn steps(&mut self, mut from: u32, to: u32, step: u32) {
        while let Some((cut_from, cut_to)) = self.next_cut(from, to) {
            if cut_from > from {
                self.kept.steps(from, cut_from - 1, step);
            }
            if cut_to == to {
                return;
            }
            from += (cut_to - from) / step * step + step;
        }
        self.kept.steps(from, to, step);
    }

    fn clear(&self, first: u32, bits: &mut Bitmap) {
        let last = first + bits.last();
        let mut clearing = bits.clearing();
        self.cuts(first, last).for_each(|(from, to)| clearing.clear(from - first, to - first));
        clearing.finish();
    }

    /// All ranges to remove between two UIDs, cut to lie between them.
    fn cuts(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let gone = self.gone.iter().skip_while(move |gone| gone.1 < from);
        let gone = gone.take_while(move |gone| gone.0 <= to);
        gone.map(move |gone| (from.max(gone.0), to.min(gone.1)))
    }

    /// The next range to remove between two UIDs, cut to lie between them.
    fn next_cut(&mut self, from: u32, to: u32) -> Option<(u32, u32)> {
        while let [(gone_from, gone_to), rest @ ..] = self.gone {
            if *gone_to >= from {
                return (*gone_from <= to).then(|| (from.max(*gone_from), to.min(*gone_to)));
            }
            self.gone = rest;
        }
        None
    }
}
