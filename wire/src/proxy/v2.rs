//! Version 2: a binary header.

use std::net::{IpAddr, SocketAddr};

use super::{Header, Progress, ProxyError, SIGNATURE};

/// Signature, version and command, family and transport, length.
const FIXED: usize = SIGNATURE.len() + 4;
/// The most that may follow the fixed part: addresses and extensions.
const MOST: usize = 4096;
/// The extension that tells of TLS, and the bit that says it was used.
const SSL_EXTENSION: u8 = 0x20;
const CLIENT_SSL: u8 = 0x01;

pub(super) fn parse(bytes: &[u8]) -> Result<Progress, ProxyError> {
    let Some((fixed, rest)) = bytes.split_at_checked(FIXED) else {
        return Ok(Progress::More(FIXED - bytes.len()));
    };
    let &[.., command, family, high, low] = fixed else {
        return Err(ProxyError::Absent);
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > MOST {
        return Err(ProxyError::TooLong);
    }
    let Some(body) = rest.get(..length) else {
        return Ok(Progress::More(length - rest.len()));
    };
    Ok(Progress::Done { header: header(command, family, body)?, length: FIXED + length })
}

fn header(command: u8, family: u8, body: &[u8]) -> Result<Header, ProxyError> {
    match command {
        // LOCAL: the proxy itself speaks; whatever follows is to be ignored.
        0x20 => Ok(Header::ANONYMOUS),
        0x21 => passed_on(family, body),
        _ => Err(ProxyError::Malformed("version or command")),
    }
}

fn passed_on(family: u8, body: &[u8]) -> Result<Header, ProxyError> {
    let (ends, extensions) = match family {
        0x11 => ends::<4>(body)?,
        0x21 => ends::<16>(body)?,
        // Unspecified, or a Unix socket: there is no address to learn.
        0x00 | 0x31 => return Ok(Header::ANONYMOUS),
        _ => return Err(ProxyError::Malformed("family or transport")),
    };
    Ok(Header { ends: Some(ends), tls: tells_of_tls(extensions)? })
}

type Ends = (SocketAddr, SocketAddr);

/// Two addresses of `N` bytes, two ports, and the rest.
fn ends<const N: usize>(body: &[u8]) -> Result<(Ends, &[u8]), ProxyError>
where
    [u8; N]: Into<IpAddr>,
{
    split::<N>(body)
        .and_then(|(source, rest)| {
            let (destination, rest) = split::<N>(rest)?;
            let (source_port, rest) = split::<2>(rest)?;
            let (destination_port, rest) = split::<2>(rest)?;
            let source = SocketAddr::new(source.into(), u16::from_be_bytes(source_port));
            let destination =
                SocketAddr::new(destination.into(), u16::from_be_bytes(destination_port));
            Some(((source, destination), rest))
        })
        .ok_or(ProxyError::Malformed("addresses cut short"))
}

fn split<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk::<N>().map(|(first, rest)| (*first, rest))
}

/// Walks the extensions (type, length, value).
fn tells_of_tls(mut extensions: &[u8]) -> Result<bool, ProxyError> {
    let mut tls = false;
    while !extensions.is_empty() {
        let (value, rest) = split::<3>(extensions)
            .and_then(|([_, high, low], rest)| {
                rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))
            })
            .ok_or(ProxyError::Malformed("extension cut short"))?;
        if extensions.first() == Some(&SSL_EXTENSION) {
            tls |= value.first().is_some_and(|client| client & CLIENT_SSL != 0);
        }
        extensions = rest;
    }
    Ok(tls)
}
