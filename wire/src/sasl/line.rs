//! SASL messages as lines: base64, `*` to cancel, `=` for an empty initial response. IMAP
//! (RFC 9051 section 6.2.2, RFC 4959), POP3 (RFC 5034) and SMTP (RFC 4954) agree on this.

use data_encoding::BASE64;

use super::SaslError;

/// The longest line taken, in bytes without CRLF (RFC 4954 section 4).
pub const MAX_LINE: usize = 12_288;

/// A line the client sent in answer to a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// It wants to go no further.
    Cancelled,
    /// Its message.
    Message(Vec<u8>),
}

/// Reads a line, without its CRLF.
pub fn decode_response(line: &[u8]) -> Result<Response, SaslError> {
    match line {
        b"*" => Ok(Response::Cancelled),
        line => decode(line).map(Response::Message),
    }
}

/// Reads an initial response, given on the line of the command: `=` stands for an empty one.
pub fn decode_initial(word: &[u8]) -> Result<Vec<u8>, SaslError> {
    match word {
        b"=" => Ok(Vec::new()),
        word => decode(word),
    }
}

/// A challenge as it is put on the line.
pub fn encode(challenge: &[u8]) -> String {
    BASE64.encode(challenge)
}

fn decode(line: &[u8]) -> Result<Vec<u8>, SaslError> {
    if line.len() > MAX_LINE {
        return Err(SaslError::TooLong);
    }
    BASE64.decode(line).map_err(|_| SaslError::NotBase64)
}
