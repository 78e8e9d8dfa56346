//! What an array is made of: runs, and blocks where the runs would be larger.

use std::sync::Arc;

use super::block::{Block, Stretch};
use super::steps::Steps;

/// At most so many runs in a row are looked at together.
const PACK: usize = 64;

/// A run, or a block. Pieces are ascending and do not overlap. A piece ends, in sequence numbers,
/// where the next one starts, so that appending to the last run changes no piece.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The first UID of the run; the UID of the block's offset 0.
    pub(super) first: u32,
    /// How many UIDs all earlier pieces hold.
    pub(super) before: u32,
    pub(super) block: Option<Arc<Block>>,
}

/// Puts pieces together in ascending order, turning runs into blocks where those are smaller.
#[derive(Debug)]
pub(super) struct Builder {
    pieces: Vec<Piece>,
    len: u32,
    /// How many runs follow the last block, as far as it matters.
    runs: usize,
}

impl Builder {
    /// Goes on after pieces that hold `len` UIDs.
    pub(super) fn after(pieces: Vec<Piece>, len: u32) -> Self {
        let runs = pieces.iter().rev().take(PACK).take_while(|piece| piece.block.is_none()).count();
        Self { pieces, len, runs }
    }

    /// The pieces, and how many UIDs they hold.
    pub(super) fn finish(self) -> (Vec<Piece>, u32) {
        (self.pieces, self.len)
    }

    /// Adds a run.
    pub(super) fn run(&mut self, from: u32, to: u32) {
        let continues = self.pieces.last().is_some_and(|last| {
            last.block.is_none() && from - last.first == self.len - last.before
        });
        if !continues {
            if self.runs >= PACK {
                self.pack();
            }
            self.pieces.push(Piece { first: from, before: self.len, block: None });
            self.runs += 1;
        }
        self.len += to - from + 1;
    }

    /// Adds every `step`-th UID from one on, none of them above `to`.
    pub(super) fn steps(&mut self, from: u32, to: u32, step: u32) {
        let count = (to - from) / step + 1;
        if step == 1 {
            self.run(from, to);
        } else if (count as usize) < PACK {
            (from..=to).step_by(step as usize).for_each(|uid| self.run(uid, uid));
        } else {
            self.block(from, Arc::new(Block::Steps(Steps::of(step, count))));
        }
    }

    /// Adds a block, or its runs where those are smaller or make a smaller block.
    pub(super) fn block(&mut self, first: u32, mut block: Arc<Block>) {
        if Block::is_wasteful(&mut block) {
            block.runs_from(0).for_each(|(from, to)| self.run(first + from, first + to));
        } else if block.len() > 0 {
            self.pack();
            let before = self.len;
            self.len += block.len();
            self.pieces.push(Piece { first, before, block: Some(block) });
            self.runs = 0;
        }
    }

    /// Makes the last runs part of the block before them, or a block, if that takes less room.
    fn pack(&mut self) {
        let at = self.pieces.len() - self.runs.min(PACK);
        let (before, runs) = self.pieces.split_at(at);
        let Some(stretch) = Stretch::of(runs, self.len) else { return };
        let room = size_of_val(runs) as u64 * 8;
        let joined = before.last().and_then(|last| last.growth(&stretch)).unwrap_or(u64::MAX);
        let (alone, block) = Block::best_for(&stretch);
        if room <= joined.min(alone) {
            return;
        }
        let runs = self.pieces.split_off(at);
        if alone < joined {
            let (first, before) = (runs[0].first, runs[0].before);
            self.pieces.push(Piece { first, before, block: Some(Arc::new(block)) });
        }
        self.runs = 0;
        if let Some(Piece { first: base, block: Some(block), .. }) = self.pieces.last_mut() {
            let block = Arc::make_mut(block);
            for (at, run) in runs.iter().enumerate() {
                let end = runs.get(at + 1).map_or(self.len, |next| next.before);
                let from = run.first - *base;
                block.append(from, from + (end - run.before) - 1);
            }
        }
    }
}

impl Piece {
    fn growth(&self, stretch: &Stretch) -> Option<u64> {
        self.block.as_ref()?.growth(self.first, stretch)
    }

    /// Bytes on the heap for this piece beyond the piece itself.
    pub(super) fn heap(&self) -> usize {
        // The two counts of an `Arc` stand before what it holds.
        self.block.as_ref().map_or(0, |block| 16 + size_of::<Block>() + block.heap())
    }
}

impl Stretch {
    /// Some runs, the last of which ends where the array has `len` UIDs.
    fn of(runs: &[Piece], len: u32) -> Option<Self> {
        let (first, last) = (runs.first()?, runs.last()?);
        let count = len - first.before;
        let step = runs.get(1).map(|second| second.first - first.first);
        let constant = count as usize == runs.len()
            && runs.windows(2).all(|pair| Some(pair[1].first - pair[0].first) == step);
        Some(Self {
            first: first.first,
            last: last.first + (len - last.before) - 1,
            count,
            step: step.filter(|_| constant),
        })
    }
}
