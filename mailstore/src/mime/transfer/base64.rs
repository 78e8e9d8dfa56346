//! The base64 alphabet, in bulk and without line breaks (RFC 4648 section 4).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The two characters of each 12 bits.
static PAIRS: [[u8; 2]; 4096] = pairs();

/// What each character adds to 24 bits in each of its four places; [`BAD`] if it is none.
static PLACES: [[u32; 256]; 4] = [places(18), places(12), places(6), places(0)];

const BAD: u32 = 1 << 31;

const fn pairs() -> [[u8; 2]; 4096] {
    let mut table = [[0; 2]; 4096];
    let mut at = 0;
    while at < 4096 {
        table[at] = [ALPHABET[at >> 6], ALPHABET[at & 63]];
        at += 1;
    }
    table
}

const fn places(shift: u32) -> [u32; 256] {
    let mut table = [BAD; 256];
    let mut value = 0;
    while value < 64 {
        table[ALPHABET[value] as usize] = (value as u32) << shift;
        value += 1;
    }
    table
}

/// Encodes `content`, with padding at the end, into the front of `out` and returns how many
/// characters that made. Content that does not fit is left out.
pub(super) fn encode(content: &[u8], out: &mut [u8]) -> usize {
    let sixes = content.chunks_exact(6);
    let rest = sixes.remainder();
    let mut made = 0;
    for (six, eight) in sixes.zip(out.chunks_exact_mut(8)) {
        let bits = u64::from_be_bytes([0, 0, six[0], six[1], six[2], six[3], six[4], six[5]]);
        for (pair, shift) in eight.chunks_exact_mut(2).zip([36, 24, 12, 0]) {
            pair.copy_from_slice(&PAIRS[(bits >> shift) as usize & 4095]);
        }
        made += 8;
    }
    let tail = out.get_mut(made..).unwrap_or_default();
    for (three, four) in rest.chunks(3).zip(tail.chunks_exact_mut(4)) {
        four.copy_from_slice(&quad(three));
        made += 4;
    }
    made
}

/// One to three bytes as four characters.
fn quad(bytes: &[u8]) -> [u8; 4] {
    let byte = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let [[a, b], [c, d]] = [PAIRS[bits >> 12 & 4095], PAIRS[bits & 4095]];
    match bytes.len() {
        1 => [a, b, b'=', b'='],
        2 => [a, b, c, b'='],
        _ => [a, b, c, d],
    }
}

/// Adds what whole groups of four characters mean to `out`, up to the first group that has
/// padding or anything else that is not in the alphabet; returns how many characters were read.
pub(super) fn decode(chars: &[u8], out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.resize(start + chars.len() / 4 * 3, 0);
    let mut read = 0;
    for (four, three) in chars.chunks_exact(4).zip(out[start..].chunks_exact_mut(3)) {
        let bits = PLACES[0][four[0] as usize]
            | PLACES[1][four[1] as usize]
            | PLACES[2][four[2] as usize]
            | PLACES[3][four[3] as usize];
        if bits & BAD != 0 {
            break;
        }
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
        read += 4;
    }
    out.truncate(start + read / 4 * 3);
    read
}

/// The one or two bytes of a last group with padding, if it is canonical: the bits that mean
/// nothing are zero (RFC 4648 3.5).
pub(super) fn decode_padded(four: [u8; 4]) -> Option<Vec<u8>> {
    let padding = four.iter().rev().take_while(|b| **b == b'=').count();
    if !(1..=2).contains(&padding) {
        return None;
    }
    let mut bytes = Vec::with_capacity(3);
    let filled = four.map(|b| if b == b'=' { b'A' } else { b });
    if decode(&filled, &mut bytes) != 4 {
        return None;
    }
    bytes.truncate(3 - padding);
    (quad(&bytes) == four).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_others_call_base64(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut out = vec![0; content.len().div_ceil(3) * 4];
            prop_assert_eq!(encode(&content, &mut out), out.len());
            let expected = data_encoding::BASE64.encode(&content);
            prop_assert_eq!(&out[..], expected.as_bytes());

            let mut back = Vec::new();
            let read = decode(&out, &mut back);
            if let Some(last) = out.get(read..read + 4) {
                back.extend(decode_padded(last.try_into().unwrap()).unwrap());
            }
            prop_assert_eq!(back, content);
        }
    }

    #[test]
    fn every_character_outside_the_alphabet_stops_it() {
        for byte in 0..=255 {
            let mut out = Vec::new();
            let expected = if ALPHABET.contains(&byte) { 8 } else { 4 };
            assert_eq!(
                decode(&[b'Q', b'U', b'J', b'D', b'Q', byte, b'J', b'D'], &mut out),
                expected
            );
        }
    }

    #[test]
    fn bits_that_mean_nothing_must_be_zero() {
        assert_eq!(decode_padded(*b"QQ=="), Some(vec![b'A']));
        assert_eq!(decode_padded(*b"QUI="), Some(b"AB".to_vec()));
        for bad in [*b"QR==", *b"QUJ=", *b"Q===", *b"====", *b"QQ=A", *b"Q=Q=", *b"Q!=="] {
            assert_eq!(decode_padded(bad), None);
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        assert_eq!(encode(b"abcdefghi", &mut [0; 5]), 4);
        assert_eq!(encode(b"abc", &mut []), 0);
    }
}
