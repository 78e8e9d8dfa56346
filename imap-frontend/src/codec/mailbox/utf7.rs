//! Modified UTF-7, the encoding of mailbox names in IMAP4rev1 (RFC 3501 5.1.3).
//!
//! Printable ASCII stands for itself, `&` is `&-`, and all else is UTF-16 in a base64 whose 63rd
//! and 64th characters are `+` and `,`, without padding, between `&` and `-`.

use std::borrow::Cow;

use data_encoding::BASE64_NOPAD;

/// A name in modified UTF-7.
pub fn encode(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|byte| is_plain(byte) && byte != b'&') {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() * 2);
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let plain = first.is_ascii() && is_plain(first as u8);
        let len = rest
            .char_indices()
            .find(|(_, c)| (c.is_ascii() && is_plain(*c as u8)) != plain)
            .map_or(rest.len(), |(at, _)| at);
        let (run, after) = rest.split_at(len);
        if plain {
            out.push_str(&run.replace('&', "&-"))
        } else {
            encode_run(run, &mut out)
        }
        rest = after;
    }
    Cow::Owned(out)
}

/// The name that this encodes, if it is modified UTF-7. What two encodings would stand for the same
/// name (base64 of printable ASCII, `&...-&...-`) is accepted, since clients have sent it.
pub fn decode(encoded: &str) -> Option<String> {
    let mut out = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((plain, after)) = rest.split_once('&') {
        out.push_str(plain_text(plain)?);
        let (run, after) = after.split_once('-')?;
        if run.is_empty() {
            out.push('&')
        } else {
            decode_run(run, &mut out)?
        }
        rest = after;
    }
    out.push_str(plain_text(rest)?);
    Some(out)
}

/// As [`decode`]; but a name with bytes over 127 is taken as UTF-8, in which `&` is itself. Some
/// clients send it without having enabled it.
pub fn decode_lenient(name: &[u8]) -> Option<String> {
    let name = str::from_utf8(name).ok()?;
    if name.is_ascii() { decode(name) } else { Some(name.to_owned()) }
}

fn is_plain(byte: u8) -> bool {
    (0x20..=0x7e).contains(&byte)
}

fn plain_text(text: &str) -> Option<&str> {
    text.bytes().all(is_plain).then_some(text)
}

fn encode_run(run: &str, out: &mut String) {
    let units: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
    out.push('&');
    out.push_str(&BASE64_NOPAD.encode(&units).replace('/', ","));
    out.push('-');
}

fn decode_run(run: &str, out: &mut String) -> Option<()> {
    if run.contains('/') {
        return None;
    }
    let bytes = BASE64_NOPAD.decode(run.replace(',', "/").as_bytes()).ok()?;
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    for unit in char::decode_utf16(units) {
        out.push(unit.ok()?);
    }
    odd.is_empty().then_some(())
}
