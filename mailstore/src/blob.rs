//! Content identity: what a blob is called and how each of its chunks is checked.
//!
//! Content is hashed per chunk of 256 KiB, so that a reader can check a chunk before it lets the
//! chunk out, without reading the rest.

use std::fmt;
use std::sync::Arc;

use crate::random::Random;
use crate::time::Timestamp;

/// Bytes per hashed chunk; the last chunk of a blob may be shorter.
pub const CHUNK: usize = 256 * 1024;

/// The BLAKE3 hash of one chunk.
pub type ChunkHash = [u8; 32];

/// The domain of the digest of content of several chunks. It can never equal a chunk's own hash.
const DOMAIN: &str = "mailstore 2026-11 blob digest over chunk hashes and size";

/// The name of some content, equal for equal bytes.
///
/// For content of one chunk it is the BLAKE3 hash of the bytes; for longer content it is a
/// keyed BLAKE3 hash over the size and the chunks' hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `content`.
    pub fn of(content: &[u8]) -> Digest {
        Digest::of_chunks(&chunk_hashes(content), content.len() as u64)
    }

    /// The digest of content of `size` bytes whose chunks have these hashes.
    pub fn of_chunks(chunks: &[ChunkHash], size: u64) -> Digest {
        if let [only] = chunks {
            return Digest(*only);
        }
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        hasher.update(&size.to_le_bytes());
        for chunk in chunks {
            hasher.update(chunk);
        }
        Digest(*hasher.finalize().as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The name under which a blob store keeps some bytes. No name is ever used twice.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ObjectName(pub String);

impl ObjectName {
    /// A name never used before: a folder by the digest's first byte, then the time in
    /// milliseconds, the digest and 64 random bits, all in hexadecimal.
    pub fn new(at: Timestamp, digest: &Digest, random: Random) -> ObjectName {
        let folder = digest.0[0];
        ObjectName(format!("{folder:02x}/{:012x}-{digest}-{:016x}", at.millis(), random.0 as u64))
    }

    /// The folder it is in.
    pub fn folder(&self) -> Option<u8> {
        let (folder, _) = self.0.split_once('/')?;
        u8::from_str_radix(folder, 16).ok()
    }

    /// When it was made.
    pub fn time(&self) -> Option<Timestamp> {
        let millis = self.fields().next()?;
        i64::from_str_radix(millis, 16).ok().map(Timestamp::from_millis)
    }

    /// What it holds.
    pub fn digest(&self) -> Option<Digest> {
        let hex = self.fields().nth(1)?;
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?;
        bytes.try_into().ok().map(Digest)
    }

    fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.split_once('/').map_or("", |(_, name)| name).split('-')
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a blob's bytes are.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Place {
    /// Not stored yet.
    #[default]
    Unplaced,
    /// In the ledger itself.
    Ledger,
    /// In the blob store, under this name.
    Object(ObjectName),
}

/// A reference to stored content: enough to find it and to check every chunk of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobRef {
    /// The name of the content.
    pub digest: Digest,
    /// Length of the content in bytes.
    pub size: u64,
    /// One hash per chunk of [`CHUNK`] bytes; content of no bytes has one chunk of no bytes.
    pub chunks: Arc<[ChunkHash]>,
    /// Where the bytes are.
    pub place: Place,
}

impl BlobRef {
    /// A reference to `content`, not placed yet.
    pub fn of(content: &[u8]) -> BlobRef {
        let chunks = chunk_hashes(content);
        let size = content.len() as u64;
        let digest = Digest::of_chunks(&chunks, size);
        BlobRef { digest, size, chunks: chunks.into(), place: Place::Unplaced }
    }

    /// Whether `bytes` is exactly chunk number `index` of the content.
    pub fn check_chunk(&self, index: usize, bytes: &[u8]) -> bool {
        let expected = self.chunks.get(index);
        self.chunk_len(index) == Some(bytes.len())
            && expected.is_some_and(|hash| blake3::hash(bytes) == blake3::Hash::from(*hash))
    }

    /// Length of chunk number `index` in bytes, if there is such a chunk.
    pub fn chunk_len(&self, index: usize) -> Option<usize> {
        let start = (index as u64).checked_mul(CHUNK as u64)?;
        let known = index < self.chunks.len() && (start < self.size || index == 0);
        known.then(|| self.size.saturating_sub(start).min(CHUNK as u64) as usize)
    }
}

/// How many chunks content of `size` bytes has.
pub fn chunk_count(size: u64) -> u64 {
    size.div_ceil(CHUNK as u64).max(1)
}

fn chunk_hashes(content: &[u8]) -> Vec<ChunkHash> {
    if content.is_empty() {
        return vec![*blake3::hash(b"").as_bytes()];
    }
    content.chunks(CHUNK).map(|chunk| *blake3::hash(chunk).as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chunk_is_named_by_its_own_hash() {
        let content = vec![7; CHUNK];
        assert_eq!(Digest::of(&content).0, *blake3::hash(&content).as_bytes());
        assert_eq!(BlobRef::of(&content).chunks.len(), 1);
    }

    #[test]
    fn longer_content_is_named_by_its_chunks_and_its_size() {
        let content = vec![7; 2 * CHUNK + 5];
        let blob = BlobRef::of(&content);
        assert_eq!(blob.chunks.len() as u64, chunk_count(blob.size));
        assert_eq!(blob.digest, Digest::of(&content));
        assert_ne!(blob.digest, Digest::of_chunks(&blob.chunks, blob.size + 1));
        assert_ne!(blob.digest, Digest::of(&content[1..]));
    }

    #[test]
    fn a_chunk_is_checked_by_length_and_by_content() {
        let mut content = vec![7; CHUNK + 5];
        let blob = BlobRef::of(&content);
        assert!(blob.check_chunk(0, &content[..CHUNK]));
        assert!(blob.check_chunk(1, &content[CHUNK..]));
        assert!(!blob.check_chunk(1, &content[CHUNK + 1..]));
        assert!(!blob.check_chunk(2, b""));
        content[CHUNK] ^= 1;
        assert!(!blob.check_chunk(1, &content[CHUNK..]));
    }

    #[test]
    fn empty_content_has_one_empty_chunk() {
        let blob = BlobRef::of(b"");
        assert!(blob.check_chunk(0, b""));
        assert!(!blob.check_chunk(1, b""));
        assert_eq!(blob.chunks.len() as u64, chunk_count(0));
    }
}
