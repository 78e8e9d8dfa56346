//! Numbers as digits. A FETCH of flags writes three per message, some millions per second.

use bytes::{BufMut, BytesMut};

const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// Appends a number in decimal.
pub(super) fn put(out: &mut BytesMut, number: impl Into<u64>) {
    let (digits, len) = format(number.into());
    let end = out.len() + len;
    // A copy of a length that the compiler knows takes a few instructions, others a call.
    out.put_slice(&digits);
    out.truncate(end);
}

/// The digits, and how many there are.
fn format(mut number: u64) -> ([u8; 20], usize) {
    let mut digits = [0; 20];
    let len = number.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut at = len;
    while at >= 2 {
        let pair = PAIRS[(number % 100) as usize];
        number /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&pair);
    }
    if at == 1 {
        digits[0] = b'0' + number as u8;
    }
    (digits, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lengths() {
        let mut numbers = vec![0, u64::MAX];
        numbers.extend((0..20).map(|n| 10u64.pow(n)).flat_map(|n| [n - 1, n, n + 1]));
        for number in numbers {
            let mut out = BytesMut::new();
            put(&mut out, number);
            assert_eq!(out, number.to_string());
        }
    }
}
