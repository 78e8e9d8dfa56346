//! Parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183, RFC 2231).

use super::charset::decode_charset;
use super::words::decode_words;

/// The most parameters of one field that are kept; a long name cut by RFC 2231 takes some tens.
const MAX_PARAMETERS: usize = 128;

/// The longest name of a disposition or an encoding (as RFC 6838 4.2 has it of media types).
const MAX_TOKEN: usize = 127;

/// One parameter, undecoded: quoting undone, RFC 2231 pieces joined, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name as written; it ends in `*` if the value is extended (RFC 2231 4).
    pub name: Vec<u8>,
    /// The value; of an extended one, `charset'language'percent-encoded`.
    pub value: Vec<u8>,
}

/// The parameters of a field, in the order in which they first appear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(pub Vec<Parameter>);

impl Parameters {
    /// A parameter's text: extended, else as an encoded word (against RFC 2047 5, but common).
    pub fn get(&self, name: &str) -> Option<String> {
        let name = name.as_bytes();
        let find = |wanted: &dyn Fn(&[u8]) -> bool| self.0.iter().find(|one| wanted(&one.name));
        let extended =
            find(&|found| found.strip_suffix(b"*").is_some_and(|n| n.eq_ignore_ascii_case(name)));
        let plain = find(&|found| found.eq_ignore_ascii_case(name));
        extended
            .map(|one| decode_extended(&one.value))
            .or_else(|| plain.map(|one| decode_words(&one.value).into_owned()))
    }

    /// Splits an unfolded value at its first semicolon: what stands before (comments and white
    /// space removed), and the parameters, of which at most 128 are kept.
    pub fn split(value: &[u8]) -> (Vec<u8>, Self) {
        let mut scanner = Scanner { rest: value };
        let head = scanner.head();
        let mut pieces = Vec::new();
        while pieces.len() < MAX_PARAMETERS
            && let Some(parameter) = scanner.parameter()
        {
            pieces.push(parameter);
        }
        (head, Self(join_pieces(pieces)))
    }
}

/// The token at the start of an unfolded value, such as a disposition or an encoding; `None` if
/// there is none or it is too long.
pub fn token(value: &[u8]) -> Option<&[u8]> {
    let special = |byte: &u8| !byte.is_ascii_graphic() || b"()<>@,;:\\\"/[]?=".contains(byte);
    let value = value.trim_ascii_start();
    let len = value.iter().position(special).unwrap_or(value.len());
    (1..=MAX_TOKEN).contains(&len).then_some(&value[..len])
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let len = self.rest.iter().position(|byte| !wanted(*byte)).unwrap_or(self.rest.len());
        self.take(len)
    }

    fn head(&mut self) -> Vec<u8> {
        let mut head = Vec::new();
        loop {
            self.skip_blank();
            match self.peek() {
                None | Some(b';') => return head,
                Some(_) => {
                    let word = self
                        .take_while(|byte| !byte.is_ascii_whitespace() && !b";(".contains(&byte));
                    // Words stay apart, so that `text plain` is not taken for a token.
                    if !head.is_empty() && !head.ends_with(b"/") && !word.starts_with(b"/") {
                        head.push(b' ');
                    }
                    head.extend_from_slice(word);
                }
            }
        }
    }

    /// Passes white space and comments.
    fn skip_blank(&mut self) {
        loop {
            self.take_while(|byte| byte.is_ascii_whitespace());
            if self.peek() != Some(b'(') {
                return;
            }
            self.skip_comment();
        }
    }

    fn skip_comment(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            self.take(if byte == b'\\' { 2 } else { 1 });
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// The next parameter that has a name and a value. A missing semicolon before it is forgiven.
    fn parameter(&mut self) -> Option<Parameter> {
        loop {
            self.skip_blank();
            match self.peek()? {
                b';' | b'=' | b'"' => {
                    self.take(1);
                    continue;
                }
                _ => {}
            }
            let name =
                self.take_while(|byte| !byte.is_ascii_whitespace() && !b";=(\"".contains(&byte));
            self.skip_blank();
            if self.peek() == Some(b'=') {
                self.take(1);
                self.skip_white_space();
                return Some(Parameter { name: name.into(), value: self.value() });
            }
        }
    }

    fn skip_white_space(&mut self) {
        self.take_while(|byte| byte.is_ascii_whitespace());
    }

    fn value(&mut self) -> Vec<u8> {
        if self.peek() == Some(b'"') { self.quoted() } else { self.bare() }
    }

    fn quoted(&mut self) -> Vec<u8> {
        self.take(1);
        let mut value = Vec::new();
        loop {
            value.extend_from_slice(self.take_while(|byte| !b"\"\\".contains(&byte)));
            match self.take(1) {
                b"\\" => value.extend_from_slice(self.take(1)),
                _ => return value,
            }
        }
    }

    /// A value without quotes: up to the semicolon, as unquoted names with spaces are common, or
    /// up to a comment.
    fn bare(&mut self) -> Vec<u8> {
        let all = self.take_while(|byte| byte != b';');
        let comment = memchr::memmem::find(all, b" (").unwrap_or(all.len());
        all[..comment].trim_ascii().into()
    }
}

/// A parameter name of RFC 2231: `base*section*`.
struct Piece<'a> {
    base: &'a [u8],
    section: u32,
    extended: bool,
}

impl<'a> Piece<'a> {
    fn parse(name: &'a [u8]) -> Option<Self> {
        let (name, extended) = name.strip_suffix(b"*").map_or((name, false), |base| (base, true));
        let star = memchr::memrchr(b'*', name)?;
        let section = std::str::from_utf8(&name[star + 1..]).ok()?.parse().ok()?;
        Some(Self { base: &name[..star], section, extended })
    }
}

/// Puts the pieces of each continued parameter (RFC 2231 3) together, in the place of the first.
fn join_pieces(parameters: Vec<Parameter>) -> Vec<Parameter> {
    let mut pieces: Vec<(Vec<u8>, u32, usize)> = parameters
        .iter()
        .enumerate()
        .filter_map(|(at, one)| {
            let piece = Piece::parse(&one.name)?;
            Some((piece.base.to_ascii_lowercase(), piece.section, at))
        })
        .collect();
    if pieces.is_empty() {
        return parameters;
    }
    pieces.sort();
    let mut slots: Vec<Option<Parameter>> = parameters.iter().cloned().map(Some).collect();
    for group in pieces.chunk_by(|a, b| a.0 == b.0) {
        let first = group.iter().map(|piece| piece.2).min().unwrap_or_default();
        group.iter().for_each(|piece| slots[piece.2] = None);
        slots[first] = join(group.iter().map(|piece| &parameters[piece.2]));
    }
    slots.into_iter().flatten().collect()
}

/// One parameter of its sorted pieces, up to the first that is missing.
fn join<'a>(pieces: impl Iterator<Item = &'a Parameter> + Clone) -> Option<Parameter> {
    let parsed = pieces.filter_map(|one| Some((Piece::parse(&one.name)?, one)));
    let run = parsed.enumerate().take_while(|(at, (piece, _))| piece.section as usize == *at);
    let run: Vec<_> = run.map(|(_, piece)| piece).collect();
    let (first, _) = run.first()?;
    let extended = run.iter().any(|(piece, _)| piece.extended);
    let mut joined = Parameter { name: first.base.into(), value: Vec::new() };
    if extended {
        joined.name.push(b'*');
    }
    if extended && !first.extended {
        joined.value.extend_from_slice(b"''");
    }
    for (piece, one) in &run {
        match extended && !piece.extended {
            true => percent_encode(&one.value, &mut joined.value),
            false => joined.value.extend_from_slice(&one.value),
        }
    }
    Some(joined)
}

fn percent_encode(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(*byte);
        } else {
            let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble & 15)];
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(*byte)]);
        }
    }
}

/// The text of `charset'language'percent-encoded`.
fn decode_extended(value: &[u8]) -> String {
    let mut fields = value.splitn(3, |byte| *byte == b'\'');
    let (charset, _, text) = (fields.next(), fields.next(), fields.next());
    let (charset, text) =
        text.map_or((&b""[..], value), |text| (charset.unwrap_or_default(), text));
    let mut bytes = Vec::with_capacity(text.len());
    percent_decode(text, &mut bytes);
    decode_charset(charset, &bytes).into_owned()
}

fn percent_decode(mut text: &[u8], out: &mut Vec<u8>) {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    while let Some((byte, rest)) = text.split_first() {
        text = rest;
        match (byte, digit(rest.first()), digit(rest.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                text = &rest[2..];
            }
            _ => out.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests;
