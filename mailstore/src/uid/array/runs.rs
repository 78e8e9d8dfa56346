//! The runs of an array, in order.

use super::piece::Piece;

/// The runs of consecutive UIDs between two UIDs, ascending, with a gap between any two.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    pieces: &'a [Piece],
    /// The length of the array: where the last piece ends.
    len: u32,
    /// No UID below this one is still to come; wider than a UID to pass the largest.
    from: u64,
    to: u64,
    /// A run already read to see whether it continues the one before.
    ahead: Option<(u32, u32)>,
}

impl<'a> Runs<'a> {
    /// Those parts of runs that lie in a range.
    pub(super) fn within(pieces: &'a [Piece], len: u32, (from, to): (u32, u32)) -> Self {
        let start = pieces.partition_point(|piece| piece.first <= from).saturating_sub(1);
        let pieces = &pieces[start..];
        Self { pieces, len, from: from.into(), to: to.into(), ahead: None }
    }

    /// The next run of one piece; it may touch the one before.
    fn part(&mut self) -> Option<(u32, u32)> {
        while let [piece, rest @ ..] = self.pieces {
            let first = u64::from(piece.first);
            if self.from > self.to || first > self.to {
                return None;
            }
            let found = match &piece.bits {
                None => {
                    let end = rest.first().map_or(self.len, |next| next.before);
                    self.pieces = rest;
                    Some((first, first + u64::from(end - piece.before) - 1))
                }
                Some(bits) => {
                    let offset = self.from.saturating_sub(first) as u32;
                    bits.run_from(offset).map(|(a, b)| (first + u64::from(a), first + u64::from(b)))
                }
            };
            let Some((from, to)) = found else {
                self.pieces = rest;
                continue;
            };
            if from > self.to {
                return None;
            }
            let (from, to) = (from.max(self.from), to.min(self.to));
            // A run of the first piece may end before the range begins.
            if from <= to {
                self.from = to + 1;
                return Some((from as u32, to as u32));
            }
        }
        None
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
