//! Version 1: one line of text.

use std::net::{IpAddr, SocketAddr};
use std::str::{self, FromStr, Split};

use super::{Header, Progress, ProxyError};

/// The longest line, CRLF included.
const LONGEST: usize = 107;

pub(super) fn parse(bytes: &[u8]) -> Result<Progress, ProxyError> {
    let window = bytes.get(..LONGEST).unwrap_or(bytes);
    let Some(end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() >= LONGEST { Err(ProxyError::TooLong) } else { Ok(missing(bytes)) };
    };
    let line = window.get(..end).unwrap_or_default();
    let line = str::from_utf8(line).map_err(|_| ProxyError::Malformed("not text"))?;
    Ok(Progress::Done { header: header(line)?, length: end + 2 })
}

/// After CR only LF can be sure to follow.
fn missing(bytes: &[u8]) -> Progress {
    Progress::More(if bytes.ends_with(b"\r") { 1 } else { 2 })
}

fn header(line: &str) -> Result<Header, ProxyError> {
    let mut words = line.split(' ');
    match (words.next(), words.next()) {
        (Some("PROXY"), Some("UNKNOWN")) => Ok(Header::ANONYMOUS),
        (Some("PROXY"), Some("TCP4")) => ends(words, IpAddr::is_ipv4),
        (Some("PROXY"), Some("TCP6")) => ends(words, IpAddr::is_ipv6),
        _ => Err(ProxyError::Malformed("unknown protocol")),
    }
}

/// `source destination source-port destination-port`, and nothing else.
fn ends(
    mut words: Split<'_, char>,
    is_of_family: fn(&IpAddr) -> bool,
) -> Result<Header, ProxyError> {
    let source: IpAddr = word(words.next())?;
    let destination: IpAddr = word(words.next())?;
    let (source_port, destination_port) = (port(words.next())?, port(words.next())?);
    if words.next().is_some() {
        return Err(ProxyError::Malformed("more words than expected"));
    }
    if !is_of_family(&source) || !is_of_family(&destination) {
        return Err(ProxyError::Malformed("address of another family"));
    }
    let source = SocketAddr::new(source, source_port);
    let destination = SocketAddr::new(destination, destination_port);
    Ok(Header { ends: Some((source, destination)), tls: false })
}

/// A decimal number; Rust would also take a sign.
fn port(text: Option<&str>) -> Result<u16, ProxyError> {
    word(text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())))
}

fn word<T: FromStr>(text: Option<&str>) -> Result<T, ProxyError> {
    text.and_then(|text| text.parse().ok()).ok_or(ProxyError::Malformed("address or port"))
}
