//! The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): the header with which a
//! proxy tells whose connection it passes on. Sans-I/O and total: [`parse`] takes any bytes.

use std::net::SocketAddr;

mod v1;
mod v2;

/// The bytes that begin a header of version 2.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The bytes that begin a header of version 1.
const WORD: &[u8; 6] = b"PROXY ";
/// No header of either version is shorter than version 2's signature, so that many bytes can be
/// read before the version is known.
const SHORTEST: usize = SIGNATURE.len();

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Source and destination of the connection passed on. `None` if it is the proxy's own (a health
    /// check) or of a kind without IP addresses: then the socket's own ends hold.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    /// Whether the client came to the proxy by TLS (version 2, `PP2_TYPE_SSL`).
    pub tls: bool,
}

impl Header {
    /// A header without addresses.
    const ANONYMOUS: Self = Self { ends: None, tls: false };
}

/// How far a header has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// At least so many more bytes belong to it (never 0): whoever reads just these never reads
    /// beyond it.
    More(usize),
    /// It is complete.
    Done {
        /// What it says.
        header: Header,
        /// The bytes it takes.
        length: usize,
    },
}

/// Bytes that do not begin with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Neither version's signature.
    #[error("no PROXY header")]
    Absent,
    /// A header that breaks the rules of its version.
    #[error("malformed PROXY header: {0}")]
    Malformed(&'static str),
    /// A header longer than version 1 allows (107 bytes) or than is accepted of version 2
    /// (16 + 4,096 bytes).
    #[error("PROXY header too long")]
    TooLong,
}

/// Reads the header at the start of `bytes`.
///
/// ```
/// use wire::proxy::{Progress, parse};
///
/// let Ok(Progress::Done { header, length }) =
///     parse(b"PROXY TCP4 192.0.2.1 198.51.100.2 40000 143\r\nA LOGIN")
/// else {
///     panic!("a complete header");
/// };
/// assert_eq!(header.ends.unwrap().0, "192.0.2.1:40000".parse().unwrap());
/// assert_eq!(length, 45);
/// ```
pub fn parse(bytes: &[u8]) -> Result<Progress, ProxyError> {
    if bytes.starts_with(SIGNATURE) {
        v2::parse(bytes)
    } else if bytes.len() >= SHORTEST && bytes.starts_with(WORD) {
        v1::parse(bytes)
    } else if SIGNATURE.starts_with(bytes) || WORD.starts_with(bytes) || bytes.starts_with(WORD) {
        Ok(Progress::More(SHORTEST.saturating_sub(bytes.len())))
    } else {
        Err(ProxyError::Absent)
    }
}

#[cfg(test)]
mod tests;
