//! Reads a plan: its pieces in order, every blob checked before it is given out.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;

use crate::blob::{self, BlobRef, Place};
use crate::error::Error;
use crate::mailstore::Mailstore;
use crate::mime::{Encoding, Piece, Plan};
use crate::store::StoreError;

/// Bytes per checked chunk.
const CHUNK: u64 = blob::CHUNK as u64;
/// Most encoded bytes given out at once.
const STEP: u64 = 4 * CHUNK;

/// The bytes of a [`Plan`], piece by piece.
#[derive(Debug)]
pub struct Reader {
    store: Mailstore,
    pieces: VecDeque<Piece>,
}

impl Reader {
    pub(crate) fn new(store: Mailstore, plan: Plan) -> Self {
        Self { store, pieces: plan.into_pieces().into() }
    }

    /// The next bytes, at most about a megabyte at once unless they are in memory anyway; `None` at
    /// the end. After an error nothing more may be read: a piece is missing or altered.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(piece) = self.pieces.pop_front() {
            let bytes = match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Blob { blob, encoding, range } => {
                    self.next_of_blob(blob, encoding, range).await?
                }
            };
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// All bytes at once.
    pub async fn to_bytes(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut all = Vec::from(first);
        all.extend_from_slice(&second);
        while let Some(more) = self.next().await? {
            all.extend_from_slice(&more);
        }
        Ok(all.into())
    }

    async fn next_of_blob(
        &mut self,
        blob: BlobRef,
        encoding: Encoding,
        range: Range<u64>,
    ) -> Result<Bytes, Error> {
        let now = range.start..range.end.min(range.start + STEP);
        if now.end < range.end {
            let later = now.end..range.end;
            let blob = blob.clone();
            self.pieces.push_front(Piece::Blob { blob, encoding, range: later });
        }
        let needed = encoding.needed(blob.size, now.clone());
        let aligned = aligned(&needed, blob.size);
        let bytes = self.checked(&blob, aligned.clone()).await?;
        if encoding == Encoding::Raw {
            let skip = (now.start - aligned.start) as usize;
            return Ok(bytes.slice(skip..skip + (now.end - now.start) as usize));
        }
        let mut out = Vec::with_capacity((now.end - now.start) as usize);
        encoding.encode(blob.size, (aligned.start, &bytes), now, &mut out);
        Ok(out.into())
    }

    /// Reads whole chunks of a blob and checks each.
    async fn checked(&self, blob: &BlobRef, range: Range<u64>) -> Result<Bytes, Error> {
        let bytes = match &blob.place {
            Place::Ledger => match self.store.contents().blob(blob.digest) {
                Some(whole) if range.end <= whole.len() as u64 => {
                    return Ok(whole.slice(range.start as usize..range.end as usize));
                }
                _ => self.store.ledger().kept(blob.digest, range.clone()).await?,
            },
            Place::Object(name) => self.store.blobs().get(name, range.clone()).await?,
            Place::Unplaced => {
                return Err(StoreError::corrupt("read a part", "it was never stored").into());
            }
        };
        let wanted = range.end - range.start;
        if bytes.len() as u64 != wanted {
            let what = format!("{} of {wanted} bytes of blob {}", bytes.len(), blob.digest);
            return Err(StoreError::corrupt("read a part", what).into());
        }
        for (index, chunk) in (range.start / CHUNK..).zip(bytes.chunks(blob::CHUNK)) {
            if !blob.check_chunk(index as usize, chunk) {
                let what = format!("chunk {index} of blob {} was altered", blob.digest);
                return Err(StoreError::corrupt("read a part", what).into());
            }
        }
        if blob.place == Place::Ledger && wanted == blob.size {
            self.store.contents().keep_blob(blob.digest, bytes.clone());
        }
        Ok(bytes)
    }
}

/// The range, widened to whole chunks.
fn aligned(range: &Range<u64>, size: u64) -> Range<u64> {
    let start = range.start / CHUNK * CHUNK;
    let end = range.end.div_ceil(CHUNK) * CHUNK;
    start..end.min(size).max(start)
}
