//! What an array is made of: runs, and bitmaps where the runs would be larger.

use std::sync::Arc;

use super::bitmap::{Bitmap, SPAN};

/// So many runs in a row are looked at together.
const PACK: usize = 64;
/// If they span fewer UIDs than this, a bitmap of them is smaller than the runs.
const PACK_SPAN: u32 = (PACK * size_of::<Piece>() * 8) as u32;
/// What a separate bitmap costs besides its bits, in UIDs.
const OWN_BITMAP: u32 = 1024;

/// A run, or a bitmap. Pieces are ascending and do not overlap. A piece ends, in sequence numbers,
/// where the next one starts, so that appending to the last run changes no piece.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// The first UID of the run; the UID of the bitmap's offset 0.
    pub(super) first: u32,
    /// How many UIDs all earlier pieces hold.
    pub(super) before: u32,
    pub(super) bits: Option<Arc<Bitmap>>,
}

/// Puts pieces together in ascending order, turning runs into bitmaps where they get too many.
#[derive(Debug)]
pub(super) struct Builder {
    pieces: Vec<Piece>,
    len: u32,
    /// How many runs follow the last bitmap, as far as it matters.
    runs: usize,
}

impl Builder {
    /// Goes on after pieces that hold `len` UIDs.
    pub(super) fn after(pieces: Vec<Piece>, len: u32) -> Self {
        let runs = pieces.iter().rev().take(PACK).take_while(|piece| piece.bits.is_none()).count();
        Self { pieces, len, runs }
    }

    /// The pieces, and how many UIDs they hold.
    pub(super) fn finish(self) -> (Vec<Piece>, u32) {
        (self.pieces, self.len)
    }

    /// Adds a run.
    pub(super) fn run(&mut self, from: u32, to: u32) {
        let continues = self
            .pieces
            .last()
            .is_some_and(|last| last.bits.is_none() && from - last.first == self.len - last.before);
        if !continues {
            self.pieces.push(Piece { first: from, before: self.len, bits: None });
            self.runs += 1;
        }
        self.len += to - from + 1;
        if self.runs >= PACK && to - self.pieces[self.pieces.len() - PACK].first < PACK_SPAN {
            self.pack(to);
        }
    }

    /// Adds a bitmap, or its runs where those are smaller.
    pub(super) fn bits(&mut self, first: u32, mut bits: Arc<Bitmap>) {
        if Arc::get_mut(&mut bits).is_some_and(|bits| bits.is_wasteful(size_of::<Piece>())) {
            let mut offset = 0;
            while let Some((from, to)) = bits.run_from(offset) {
                self.run(first + from, first + to);
                offset = to + 1;
            }
        } else if bits.ones() > 0 {
            let before = self.len;
            self.len += bits.ones();
            self.pieces.push(Piece { first, before, bits: Some(bits) });
            self.runs = 0;
        }
    }

    /// Turns the last runs, the last of which ends at `to`, into a bitmap, or joins them to the one
    /// before if that has room and is near.
    fn pack(&mut self, to: u32) {
        let runs = self.pieces.split_off(self.pieces.len() - PACK);
        let (first, before) = (runs[0].first, runs[0].before);
        if !self.pieces.last().is_some_and(|last| last.has_room(to)) {
            let bits = Some(Arc::default());
            self.pieces.push(Piece { first, before, bits });
        }
        self.runs = 0;
        let Some(Piece { first: base, bits: Some(bits), .. }) = self.pieces.last_mut() else {
            return;
        };
        let bits = Arc::make_mut(bits);
        for (at, run) in runs.iter().enumerate() {
            let end = runs.get(at + 1).map_or(self.len, |next| next.before);
            let from = run.first - *base;
            bits.append(from, from + (end - run.before) - 1);
        }
    }
}

impl Piece {
    fn has_room(&self, to: u32) -> bool {
        self.bits.as_ref().is_some_and(|bits| {
            to - self.first < SPAN && to - self.first - bits.last() < PACK_SPAN + OWN_BITMAP
        })
    }

    /// Bytes on the heap for this piece beyond the piece itself.
    pub(super) fn heap(&self) -> usize {
        // The two counts of an `Arc` stand before what it holds.
        self.bits.as_ref().map_or(0, |bits| 16 + size_of::<Bitmap>() + bits.heap())
    }
}
