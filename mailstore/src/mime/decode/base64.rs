//! Base64 (RFC 2045 6.8), undone for reading.

const SKIP: u8 = 0xff;

const SEXTETS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [SKIP; 256];
    let mut value = 0;
    while value < 64 {
        table[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    table
};

/// Appends what base64 text stands for. What is not of the alphabet is passed over; `=` ends a
/// group, after which another may begin (several encoded texts in a row are seen).
pub fn decode_base64(text: &[u8], out: &mut Vec<u8>) {
    let mut base64 = Base64::default();
    base64.push(text, out);
    base64.finish(out);
}

/// Base64 text that comes in pieces: the digits of a group that is not yet whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Base64 {
    bits: u32,
    count: u8,
}

impl Base64 {
    /// Appends what can be decoded with this text.
    pub(super) fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.reserve(text.len() / 4 * 3 + 3);
        let (mut bits, mut count) = (self.bits, self.count);
        for byte in text {
            let sextet = SEXTETS[usize::from(*byte)];
            if sextet != SKIP {
                bits = bits << 6 | u32::from(sextet);
                count += 1;
                if count == 4 {
                    out.extend_from_slice(&bits.to_be_bytes()[1..]);
                    (bits, count) = (0, 0);
                }
            } else if *byte == b'=' {
                flush(bits, count, out);
                (bits, count) = (0, 0);
            }
        }
        (self.bits, self.count) = (bits, count);
    }

    /// Appends what the end of the text leaves.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        flush(self.bits, self.count, out);
    }
}

/// The one or two bytes that a group of two or three digits stands for.
fn flush(bits: u32, count: u8, out: &mut Vec<u8>) {
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
}
