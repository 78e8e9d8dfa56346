//! Pieces of memory that are sent one after the other as if they were one.

use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// What is left to send; no piece of it is empty.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    /// The first that is not sent to its end.
    first: usize,
    left: usize,
}

impl<'a> Pieces<'a> {
    /// A text with other bytes between, each with the place in the text where it comes, ascending.
    pub(super) fn woven(text: &'a [u8], between: &'a [(usize, Bytes)]) -> Self {
        let mut pieces = Vec::with_capacity(2 * between.len() + 1);
        let mut start = 0;
        for (at, bytes) in between {
            pieces.push(text.get(start..*at).unwrap_or_default());
            pieces.push(bytes);
            start = *at;
        }
        pieces.push(text.get(start..).unwrap_or_default());
        pieces.retain(|piece| !piece.is_empty());
        let left = pieces.iter().map(|piece| piece.len()).sum();
        Self { pieces, first: 0, left }
    }

    fn rest(&self) -> &[&'a [u8]] {
        self.pieces.get(self.first..).unwrap_or_default()
    }
}

impl Buf for Pieces<'_> {
    fn remaining(&self) -> usize {
        self.left
    }

    fn chunk(&self) -> &[u8] {
        self.rest().first().copied().unwrap_or_default()
    }

    fn chunks_vectored<'s>(&'s self, slots: &mut [IoSlice<'s>]) -> usize {
        let filled = slots.iter_mut().zip(self.rest());
        filled.map(|(slot, piece)| *slot = IoSlice::new(piece)).count()
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.left, "more was sent than there was");
        self.left -= count;
        while let Some(piece) = self.pieces.get_mut(self.first)
            && count > 0
        {
            let sent = count.min(piece.len());
            *piece = piece.get(sent..).unwrap_or_default();
            count -= sent;
            self.first += usize::from(piece.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(pieces: &[(usize, &'static str)]) -> Vec<(usize, Bytes)> {
        pieces.iter().map(|(at, bytes)| (*at, Bytes::from_static(bytes.as_bytes()))).collect()
    }

    /// Sends so many bytes at a time, as a socket does that takes no more.
    fn sent(mut pieces: Pieces<'_>, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while pieces.has_remaining() {
            let mut slots = [IoSlice::new(&[]); 2];
            let filled = pieces.chunks_vectored(&mut slots);
            let offered = slots[..filled].iter().flat_map(|slot| slot.to_vec()).collect::<Vec<_>>();
            assert!(offered.starts_with(pieces.chunk()) && !pieces.chunk().is_empty());
            let taken = step.min(offered.len());
            out.extend_from_slice(&offered[..taken]);
            pieces.advance(taken);
        }
        assert_eq!(pieces.chunk(), b"");
        out
    }

    #[test]
    fn any_part_may_be_sent_at_a_time() {
        type Between = &'static [(usize, &'static str)];
        let tables: [(&str, Between, &str); 5] = [
            ("", &[], ""),
            ("abc", &[], "abc"),
            ("abc", &[(0, "0"), (1, "11"), (3, "333")], "0a11bc333"),
            ("ab", &[(1, "1"), (1, "2")], "a12b"),
            ("", &[(0, "only")], "only"),
        ];
        for (text, pieces, whole) in tables {
            for step in 1..=10 {
                let between = between(pieces);
                let woven = Pieces::woven(text.as_bytes(), &between);
                assert_eq!(woven.remaining(), whole.len());
                assert_eq!(sent(woven, step), whole.as_bytes());
            }
        }
    }
}
