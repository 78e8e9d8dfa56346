//! Removing UIDs from the pieces of an array.

use std::sync::Arc;

use super::bitmap::Bitmap;
use super::piece::{Builder, Piece};

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
        match piece.bits {
            None => self.run(piece.first, piece.first + (count - 1)),
            Some(bits) => self.bits(piece.first, bits),
        }
    }

    fn run(&mut self, mut from: u32, to: u32) {
        while let Some((cut_from, cut_to)) = self.next_cut(from, to) {
            if cut_from > from {
                self.kept.run(from, cut_from - 1);
            }
            if cut_to == to {
                return;
            }
            from = cut_to + 1;
        }
        self.kept.run(from, to);
    }

    fn bits(&mut self, first: u32, mut bits: Arc<Bitmap>) {
        let last = first + bits.last();
        let Some(cut) = self.next_cut(first, last) else {
            return self.kept.bits(first, bits);
        };
        if cut == (first, last) {
            return;
        }
        let mut clearing = Arc::make_mut(&mut bits).clearing();
        clearing.clear(cut.0 - first, cut.1 - first);
        let mut from = cut.1;
        while from < last
            && let Some(cut) = self.next_cut(from + 1, last)
        {
            clearing.clear(cut.0 - first, cut.1 - first);
            from = cut.1;
        }
        clearing.finish();
        self.kept.bits(first, bits);
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
