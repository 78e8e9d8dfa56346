//! How the bytes of a blob are laid out in an object.
//!
//! ```text
//! plain:   0  the bytes
//! zstd:    1  count (u32)  length of each packed chunk (count × u32)  packed chunks
//! ```
//!
//! Numbers are little-endian; each packed chunk holds [`CHUNK`] bytes, the last one the rest. Content
//! that does not get smaller (images, archives) is written plain.

use std::ops::Range;

use bytes::Bytes;

use crate::blob::CHUNK;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Quick enough not to be noticed beside the fsync.
const LEVEL: i32 = 1;
/// How much of the content is packed to see whether it is worth it.
const SAMPLE: usize = 32 << 10;
/// Bytes before the table of lengths: what there is, and how many.
const PREFIX: u64 = 5;

/// Bytes that are none that [`pack`] made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the object is not laid out as blobs are")]
pub(crate) struct Malformed;

/// The object for some content.
pub(crate) fn pack(content: &Bytes) -> Vec<Bytes> {
    let plain = || vec![Bytes::from_static(&[PLAIN]), content.clone()];
    let sample = content.get(..SAMPLE).unwrap_or(content);
    let shrinks = |plain: &[u8], packed: &[u8]| packed.len() < plain.len() - plain.len() / 10;
    if !zstd::bulk::compress(sample, LEVEL).is_ok_and(|packed| shrinks(sample, &packed)) {
        return plain();
    }
    let chunks: Result<Vec<Bytes>, _> = content
        .chunks(CHUNK)
        .map(|chunk| zstd::bulk::compress(chunk, LEVEL).map(Bytes::from))
        .collect();
    let Ok(chunks) = chunks else { return plain() };
    let mut head = vec![ZSTD];
    head.extend_from_slice(&(chunks.len() as u32).to_le_bytes());
    for chunk in &chunks {
        head.extend_from_slice(&(chunk.len() as u32).to_le_bytes());
    }
    std::iter::once(Bytes::from(head)).chain(chunks).collect()
}

/// Where to look next for a range of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// The bytes themselves stand here in the object.
    Plain(Range<u64>),
    /// The chunks from this one on, with their lengths, stand here in the object.
    Packed {
        /// Number of the first.
        first: u64,
        /// The length of each.
        lengths: Vec<u32>,
        /// Where they stand.
        at: Range<u64>,
    },
}

/// How many bytes from the start of the object [`layout`] needs to find a range of content.
pub(crate) fn head_len(range: &Range<u64>) -> u64 {
    PREFIX + 4 * range.end.div_ceil(CHUNK as u64)
}

/// Where a range of the content stands, from the head of the object, which may be cut short if the
/// object is.
pub(crate) fn layout(head: &[u8], range: &Range<u64>) -> Result<Layout, Malformed> {
    let (first, last) = (range.start / CHUNK as u64, range.end.div_ceil(CHUNK as u64));
    match head.split_first().ok_or(Malformed)? {
        (&PLAIN, _) => Ok(Layout::Plain(range.start + 1..range.end + 1)),
        (&ZSTD, rest) => {
            let (count, table) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
            let count = u64::from(u32::from_le_bytes(*count));
            if last > count {
                return Err(Malformed);
            }
            let lengths: Vec<u32> = table
                .chunks_exact(4)
                .filter_map(|bytes| bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)))
                .take(last as usize)
                .collect();
            let before = lengths.get(..first as usize).ok_or(Malformed)?;
            let wanted = lengths.get(first as usize..last as usize).ok_or(Malformed)?;
            let sum = |lengths: &[u32]| lengths.iter().map(|len| u64::from(*len)).sum::<u64>();
            let start = PREFIX + 4 * count + sum(before);
            let at = start..start + sum(wanted);
            Ok(Layout::Packed { first, lengths: wanted.to_vec(), at })
        }
        _ => Err(Malformed),
    }
}

/// The range of the content out of packed chunks.
pub(crate) fn unpack(
    packed: &[u8],
    (first, lengths): (u64, &[u32]),
    range: &Range<u64>,
) -> Result<Bytes, Malformed> {
    let mut plain = Vec::with_capacity(lengths.len() * CHUNK);
    let mut rest = packed;
    for len in lengths {
        let (chunk, later) = rest.split_at_checked(*len as usize).ok_or(Malformed)?;
        let chunk = zstd::bulk::decompress(chunk, CHUNK).map_err(|_| Malformed)?;
        plain.extend_from_slice(&chunk);
        rest = later;
    }
    let start = first * CHUNK as u64;
    let wanted = (range.start - start) as usize..(range.end - start) as usize;
    let plain = Bytes::from(plain);
    if wanted.end > plain.len() { Err(Malformed) } else { Ok(plain.slice(wanted)) }
}

/// The whole content of an object that is in memory.
#[cfg(feature = "embedded")]
pub(crate) fn unpack_all(object: &[u8]) -> Result<Bytes, Malformed> {
    match object.split_first().ok_or(Malformed)? {
        (&PLAIN, rest) => Ok(Bytes::copy_from_slice(rest)),
        (&ZSTD, rest) => {
            let (count, table) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
            let count = u32::from_le_bytes(*count) as usize;
            let (table, mut rest) = table.split_at_checked(4 * count).ok_or(Malformed)?;
            let mut plain = Vec::new();
            for len in table.chunks_exact(4) {
                let len = len.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
                let (chunk, later) = rest.split_at_checked(len as usize).ok_or(Malformed)?;
                let chunk = zstd::bulk::decompress(chunk, CHUNK).map_err(|_| Malformed)?;
                plain.extend_from_slice(&chunk);
                rest = later;
            }
            Ok(plain.into())
        }
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(object: &[u8], range: Range<u64>) -> Result<Bytes, Malformed> {
        let head = &object[..object.len().min(head_len(&range) as usize)];
        match layout(head, &range)? {
            Layout::Plain(at) => {
                Ok(Bytes::copy_from_slice(&object[at.start as usize..at.end as usize]))
            }
            Layout::Packed { first, lengths, at } => {
                let packed = &object[at.start as usize..at.end as usize];
                unpack(packed, (first, &lengths), &range)
            }
        }
    }

    #[test]
    fn every_range_comes_back() {
        let text: Vec<u8> = (0..700_000_u32).flat_map(|i| (i / 64).to_le_bytes()).collect();
        let noise: Vec<u8> = (0..700_000_u32)
            .flat_map(|i| blake3::hash(&i.to_le_bytes()).as_bytes()[..4].to_vec())
            .collect();
        for content in [Bytes::from(text), Bytes::from(noise), Bytes::new()] {
            let object = pack(&content).concat();
            assert_eq!(unpack_all(&object).unwrap(), content);
            let len = content.len() as u64;
            for range in [0..len, 0..0, len..len, len / 3..len / 2, len.saturating_sub(1)..len] {
                let expected = &content[range.start as usize..range.end as usize];
                assert_eq!(read(&object, range).unwrap(), expected);
            }
        }
    }

    #[test]
    fn text_gets_smaller_and_noise_hardly_larger() {
        let text = Bytes::from("the same words again and again\r\n".repeat(20_000));
        assert!(pack(&text).concat().len() < text.len() / 10);
        let noise: Vec<u8> =
            (0..20_000_u32).flat_map(|i| *blake3::hash(&i.to_le_bytes()).as_bytes()).collect();
        assert_eq!(pack(&noise.clone().into()).concat().len(), noise.len() + 1);
    }

    #[test]
    fn damage_is_an_error() {
        let object = pack(&Bytes::from(vec![7; 600_000])).concat();
        assert_eq!(layout(&[], &(0..1)), Err(Malformed));
        assert_eq!(layout(&object[..7], &(0..600_000)), Err(Malformed));
        assert_eq!(unpack_all(&object[..object.len() - 1]), Err(Malformed));
        assert_eq!(layout(&object, &(0..10_000_000)), Err(Malformed));
    }
}
