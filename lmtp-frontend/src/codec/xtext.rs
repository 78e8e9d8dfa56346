//! xtext (RFC 3461 4): printable ASCII, with `+XX` for everything else.

/// Whether a byte may stand in xtext for itself.
fn is_xchar(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && !matches!(byte, b'+' | b'=')
}

/// Decodes xtext; on failure, the offset of the first byte that is wrong.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match (byte, tail) {
            (b'+', [high, low, after @ ..]) => {
                let value = hex(*high).zip(hex(*low)).ok_or(text.len() - rest.len())?;
                decoded.push(value.0 << 4 | value.1);
                after
            }
            (byte, after) if is_xchar(byte) => {
                decoded.push(byte);
                after
            }
            _ => return Err(text.len() - rest.len()),
        };
    }
    Ok(decoded)
}

/// The value of a hexadecimal digit. RFC 3461 wants capitals; small letters do no harm.
fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

/// Encodes bytes as xtext.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if is_xchar(byte) {
            text.push(byte as char);
        } else {
            text.push_str(&format!("+{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_rfc_s_example() {
        assert_eq!(decode(b"QQ314159"), Ok(b"QQ314159".to_vec()));
        assert_eq!(decode(b"Bob+20x+2B+3D"), Ok(b"Bob x+=".to_vec()));
    }

    #[test]
    fn errors_say_where() {
        for (text, at) in [("ab+2", 2), ("a+zz", 1), ("a=b", 1), ("a b", 1), ("+", 0)] {
            assert_eq!(decode(text.as_bytes()), Err(at), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(encode(&bytes).as_bytes()), Ok(bytes));
        }
    }
}
