//! SASL messages as lines: base64, `*` to cancel, `=` for an empty initial response. IMAP
//! (RFC 9051 section 6.2.2, RFC 4959), POP3 (RFC 5034) and SMTP (RFC 4954) agree on this.

use data_encoding::BASE64;

use super::SaslError;

/// The longest line taken, in bytes without CRLF (RFC 4954 section 4).
pub const MAX_LINE: usize = 12_288;
/// The longest line in the midst of an exchange, or at its end, in bytes without CRLF: such a line
/// has no token in it.
pub const MAX_SHORT_LINE: usize = 1024;
/// How many bytes of base64 are decoded at a time; a multiple of 4.
const BLOCK: usize = 1024;

/// Reads the line that a client sends in answer to a challenge, without its CRLF. The message is
/// where the line was, and needs no more memory.
///
/// # Errors
/// The client cancels; or the line is too long, or not base64.
pub fn decode_response(line: Vec<u8>) -> Result<Vec<u8>, SaslError> {
    match line.as_slice() {
        b"*" => Err(SaslError::Cancelled),
        _ => decode(line),
    }
}

/// Reads an initial response, given on the line of the command: `=` stands for an empty one.
///
/// # Errors
/// It is too long, or not base64.
pub fn decode_initial(word: &[u8]) -> Result<Vec<u8>, SaslError> {
    match word {
        b"=" => Ok(Vec::new()),
        word => decode(word.to_vec()),
    }
}

/// A challenge as it is put on the line.
pub fn encode(challenge: &[u8]) -> String {
    BASE64.encode(challenge)
}

fn decode(mut line: Vec<u8>) -> Result<Vec<u8>, SaslError> {
    if line.len() > MAX_LINE {
        return Err(SaslError::TooLong);
    }
    // Only the last group may be filled up.
    let full = line.len().saturating_sub(2);
    if !line.len().is_multiple_of(4) || line[..full].contains(&b'=') {
        return Err(SaslError::NotBase64);
    }
    let (mut block, mut len) = ([0; BLOCK / 4 * 3], 0);
    for start in (0..line.len()).step_by(BLOCK) {
        let end = line.len().min(start + BLOCK);
        let room = &mut block[..(end - start) / 4 * 3];
        let decoded = BASE64.decode_mut(&line[start..end], room);
        let count = decoded.map_err(|_| SaslError::NotBase64)?;
        line[len..len + count].copy_from_slice(&room[..count]);
        len += count;
    }
    line.truncate(len);
    if line.len() < line.capacity() / 8 {
        // It may have come in the buffer of a longer one.
        line.shrink_to_fit();
    }
    Ok(line)
}
