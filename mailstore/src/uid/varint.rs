//! Numbers as LEB128: seven bits a byte, the least significant first. Used by the stored forms of
//! sets and arrays.

/// Stored bytes that are not what the encoder writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the stored UIDs end too early")]
    Truncated,
    /// A format version from a later release.
    #[error("stored UIDs of unknown format version {0}")]
    Version(u8),
    /// A number that is too large, or does not fit what came before it.
    #[error("the stored UIDs are inconsistent")]
    Inconsistent,
    /// Bytes are left over.
    #[error("bytes follow the stored UIDs")]
    Trailing,
}

/// Appends a number.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number off the front.
pub(super) fn take(input: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let byte = take_byte(input)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(DecodeError::Inconsistent)
}

/// Takes a number that fits 32 bits off the front.
pub(super) fn take_u32(input: &mut &[u8]) -> Result<u32, DecodeError> {
    u32::try_from(take(input)?).map_err(|_| DecodeError::Inconsistent)
}

/// Takes one byte off the front.
pub(super) fn take_byte(input: &mut &[u8]) -> Result<u8, DecodeError> {
    let (&byte, rest) = input.split_first().ok_or(DecodeError::Truncated)?;
    *input = rest;
    Ok(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::from(u32::MAX), (1 << 63) - 1] {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            let mut input = bytes.as_slice();
            assert_eq!(take(&mut input), Ok(number));
            assert!(input.is_empty());
            assert_eq!(take(&mut &bytes[..bytes.len() - 1]), Err(DecodeError::Truncated));
        }
    }

    #[test]
    fn endless_numbers_are_refused() {
        assert_eq!(take(&mut [0xff_u8; 20].as_slice()), Err(DecodeError::Inconsistent));
        let five_gig = [0x80, 0x80, 0x80, 0x80, 0x20];
        assert_eq!(take_u32(&mut five_gig.as_slice()), Err(DecodeError::Inconsistent));
    }
}
