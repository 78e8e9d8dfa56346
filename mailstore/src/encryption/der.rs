//! DER (X.690 8, 10) of the few things that are written.

/// A tag and a length in front of content that follows.
pub(super) fn head(tag: u8, len: usize) -> Vec<u8> {
    if len < 0x80 {
        return vec![tag, len as u8];
    }
    let bytes = len.to_be_bytes();
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    [&[tag, 0x80 | bytes.len() as u8], bytes].concat()
}

/// A value: tag, length, and the parts that are its content.
pub(super) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [head(tag, content.len()), content].concat()
}

/// SEQUENCE.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(0x30, parts)
}

/// OCTET STRING.
pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    value(0x04, &[bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_can_be() {
        for (len, expected) in [
            (0, &[4, 0][..]),
            (0x7f, &[4, 0x7f]),
            (0x80, &[4, 0x81, 0x80]),
            (0xff, &[4, 0x81, 0xff]),
            (0x100, &[4, 0x82, 1, 0]),
            (0x12_3456, &[4, 0x83, 0x12, 0x34, 0x56]),
        ] {
            assert_eq!(head(4, len), expected);
        }
        assert_eq!(sequence(&[&octets(b"a"), &octets(b"")]), [0x30, 5, 4, 1, b'a', 4, 0]);
    }
}
