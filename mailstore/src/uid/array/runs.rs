//! The runs of an array, in order.

use super::block::BlockRuns;
use super::piece::Piece;

/// The runs of consecutive UIDs between two UIDs, ascending, with a gap between any two.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    /// Those not yet begun.
    pieces: &'a [Piece],
    /// The length of the array: where the last piece ends.
    len: u32,
    from: u32,
    to: u32,
    /// What is left of the block that was begun, and the UID of its offset 0.
    block: Option<(u32, BlockRuns<'a>)>,
    /// A run already read to see whether it continues the one before.
    ahead: Option<(u32, u32)>,
}

impl<'a> Runs<'a> {
    /// Those parts of runs that lie in a range.
    pub(super) fn within(pieces: &'a [Piece], len: u32, (from, to): (u32, u32)) -> Self {
        let start = pieces.partition_point(|piece| piece.first <= from).saturating_sub(1);
        Self { pieces: &pieces[start..], len, from, to, block: None, ahead: None }
    }

    /// The next run of one piece, cut to lie in the range; it may touch the one before.
    fn part(&mut self) -> Option<(u32, u32)> {
        // A run of the first piece may end before the range begins.
        let (from, to) = loop {
            let run = self.uncut()?;
            if run.1 >= self.from {
                break run;
            }
        };
        (from <= self.to).then(|| (from.max(self.from), to.min(self.to)))
    }

    fn uncut(&mut self) -> Option<(u32, u32)> {
        loop {
            if let Some((first, runs)) = &mut self.block {
                if let Some((from, to)) = runs.next() {
                    return Some((*first + from, *first + to));
                }
                self.block = None;
            }
            let (piece, rest) = self.pieces.split_first()?;
            if piece.first > self.to {
                return None;
            }
            self.pieces = rest;
            let Some(block) = &piece.block else {
                let end = rest.first().map_or(self.len, |next| next.before);
                return Some((piece.first, piece.first + (end - piece.before - 1)));
            };
            let offset = self.from.saturating_sub(piece.first);
            self.block = Some((piece.first, block.runs_from(offset)));
        }
    }
}

impl Iterator for Runs<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let (from, mut to) = self.ahead.take().or_else(|| self.part())?;
        while let Some(next) = self.part() {
            if next.0 - to > 1 {
                self.ahead = Some(next);
                break;
            }
            to = next.1;
        }
        Some((from, to))
    }
}
