//! The binary form of what is stored: variable-length numbers, byte strings, a checksum.

#[cfg(feature = "embedded")]
use bytes::Bytes;

use crate::uid::{Uid, UidSet};

/// Bytes that are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: expected {expected}")]
pub struct DecodeError {
    /// Where, from the start of the value.
    pub at: usize,
    /// What should have been there.
    pub expected: &'static str,
}

/// Writes a value.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
}

impl Packer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    pub(crate) fn u8(&mut self, byte: u8) -> &mut Self {
        self.bytes.push(byte);
        self
    }

    /// LEB128: seven bits a byte, the lowest first.
    pub(crate) fn number(&mut self, mut number: u64) -> &mut Self {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
        self
    }

    /// A number that may be negative: the sign in the lowest bit.
    pub(crate) fn signed(&mut self, number: i64) -> &mut Self {
        self.number((number << 1 ^ number >> 63) as u64)
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    #[cfg(any(feature = "embedded", feature = "accounts"))]
    /// Bytes, after their number.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64).raw(bytes)
    }

    /// A set: its ranges, each as the gap before it and its length less one.
    pub(crate) fn uids(&mut self, uids: &UidSet) -> &mut Self {
        self.number(uids.ranges().count() as u64);
        let mut last = 0;
        for range in uids.ranges() {
            let (from, to) = (range.start().get(), range.end().get());
            self.number(u64::from(from - last)).number(u64::from(to - from));
            last = to;
        }
        self
    }

    /// Ends the value with a CRC-32 over `context` and the value: bytes that are right but stand
    /// in the wrong place are found out too.
    pub(crate) fn seal(mut self, context: u64) -> Vec<u8> {
        let sum = checksum(context, &self.bytes);
        self.bytes.extend_from_slice(&sum.to_le_bytes());
        self.bytes
    }
}

/// Reads a value.
#[derive(Clone, Debug)]
pub(crate) struct Unpacker<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Unpacker<'a> {
    /// Checks the checksum of a sealed value and starts to read it.
    pub(crate) fn open(sealed: &'a [u8], context: u64) -> Result<Self, DecodeError> {
        let bytes = unseal(sealed, context)?;
        Ok(Self { bytes, at: 0 })
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        let byte = self.bytes.get(self.at).copied().ok_or(self.error("a byte"))?;
        self.at += 1;
        Ok(byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64, DecodeError> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let mut number = 0;
        for (i, byte) in left.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * i);
            if *byte < 0x80 {
                self.at += i + 1;
                return Ok(number);
            }
        }
        self.at += left.len().min(10);
        Err(self.error(if left.len() < 10 { "a byte" } else { "a number below 2^64" }))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.number()?).map_err(|_| self.error("a number below 2^32"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, DecodeError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(crate) fn raw(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len).filter(|end| *end <= self.bytes.len());
        let range = end.map(|end| self.at..end).ok_or(self.error("more bytes"))?;
        self.at = range.end;
        Ok(&self.bytes[range])
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let error = self.error("more bytes");
        self.raw(N)?.try_into().map_err(|_| error)
    }

    #[cfg(any(feature = "embedded", feature = "accounts"))]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.number()?;
        self.raw(usize::try_from(len).map_err(|_| self.error("a shorter string"))?)
    }

    #[cfg(any(feature = "embedded", feature = "accounts"))]
    pub(crate) fn text(&mut self) -> Result<&'a str, DecodeError> {
        let error = self.error("UTF-8");
        std::str::from_utf8(self.bytes()?).map_err(|_| error)
    }

    pub(crate) fn uids(&mut self) -> Result<UidSet, DecodeError> {
        let (mut set, mut last) = (UidSet::new(), 0_u32);
        for _ in 0..self.number()? {
            let from = last.checked_add(self.u32()?);
            let to = from.and_then(|from| from.checked_add(self.number().ok()?.try_into().ok()?));
            match (from.and_then(Uid::new), to.and_then(Uid::new)) {
                (Some(from), Some(to)) if from.get() > last || last == 0 => {
                    set.insert_range(from..=to);
                    last = to.get();
                }
                _ => return Err(self.error("an ascending UID range")),
            }
        }
        Ok(set)
    }

    /// What is left to read.
    #[cfg(feature = "embedded")]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.error("the end")) }
    }

    pub(crate) fn error(&self, expected: &'static str) -> DecodeError {
        DecodeError { at: self.at, expected }
    }
}

const SUM: usize = 4;

/// The value without its checksum, which must be right.
pub(crate) fn unseal(sealed: &[u8], context: u64) -> Result<&[u8], DecodeError> {
    let wrong = DecodeError { at: sealed.len(), expected: "a right checksum" };
    let (bytes, sum) = sealed.split_last_chunk::<SUM>().ok_or(wrong)?;
    if checksum(context, bytes).to_le_bytes() == *sum { Ok(bytes) } else { Err(wrong) }
}

#[cfg(feature = "embedded")]
/// [`unseal`], without a copy.
pub(crate) fn unseal_bytes(sealed: &Bytes, context: u64) -> Result<Bytes, DecodeError> {
    let len = unseal(sealed, context)?.len();
    Ok(sealed.slice(..len))
}

fn checksum(context: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&context.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}
