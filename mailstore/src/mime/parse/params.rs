//! Structured field values: `value; name=value` (RFC 2045 5.1, RFC 2231), in one pass.

/// A cursor over a field value. White space, newlines of folding and comments are skipped.
#[derive(Debug, Clone)]
pub(super) struct Value<'a> {
    rest: &'a [u8],
}

impl<'a> Value<'a> {
    pub(super) fn new(value: &'a [u8]) -> Value<'a> {
        Value { rest: value }
    }

    /// The next token, empty if there is none here.
    pub(super) fn token(&mut self) -> &'a [u8] {
        self.skip_blanks();
        self.take_while(|b| b > b' ' && b != 127 && !b"()<>@,;:\\\"/[]?=".contains(&b))
    }

    /// Steps over `byte` if it comes next.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let found = self.rest.first() == Some(&byte);
        self.advance(usize::from(found));
        found
    }

    /// The next parameter; text that is none is passed over.
    fn param(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        loop {
            self.skip_to_semicolon();
            if !self.eat(b';') {
                return None;
            }
            self.skip_blanks();
            let name = self.take_while(|b| !is_blank(b) && !b"=;(\"".contains(&b));
            if self.eat(b'=') && !name.is_empty() {
                return Some((name, self.value()));
            }
        }
    }

    /// A quoted string, without its quotes but with its escapes, or whatever ends in white space,
    /// `;` or a comment.
    fn value(&mut self) -> &'a [u8] {
        self.skip_blanks();
        if self.rest.first() == Some(&b'"') {
            return self.quoted();
        }
        self.take_while(|b| !is_blank(b) && b != b';' && b != b'(')
    }

    /// Keeps the opening quote, so that [`unquote`] can tell; not the closing one.
    fn quoted(&mut self) -> &'a [u8] {
        let mut at = 1;
        while let Some(&byte) = self.rest.get(at) {
            match byte {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        let (text, rest) = self.rest.split_at(at.min(self.rest.len()));
        self.rest = rest;
        self.advance(1);
        text
    }

    fn skip_to_semicolon(&mut self) {
        loop {
            self.skip_blanks();
            match self.rest.first() {
                None | Some(b';') => return,
                Some(b'"') => drop(self.quoted()),
                Some(_) => self.advance(1),
            }
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            self.take_while(is_blank);
            if self.rest.first() != Some(&b'(') {
                return;
            }
            self.comment();
        }
    }

    fn comment(&mut self) {
        let (mut depth, mut at) = (0usize, 0);
        while let Some(&byte) = self.rest.get(at) {
            at += 1 + usize::from(byte == b'\\');
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        self.advance(at);
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let len = self.rest.iter().position(|&b| !keep(b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }

    fn advance(&mut self, by: usize) {
        self.rest = self.rest.get(by..).unwrap_or_default();
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What was found of a parameter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Param {
    Absent,
    TooLong,
    Value(Vec<u8>),
}

/// The parameter `name`, in its plain form or, if that is absent, in the forms of RFC 2231
/// (`name*`, `name*0`, `name*1*`), at most `longest` bytes.
pub(super) fn param(mut value: Value<'_>, name: &[u8], longest: usize) -> Param {
    let mut extended = Extended::default();
    while let Some((found, text)) = value.param() {
        let Some(stem) = found.get(..name.len()) else { continue };
        if !stem.eq_ignore_ascii_case(name) {
            continue;
        }
        match &found[name.len()..] {
            [] => return capped(unquote(text), longest),
            suffix => extended.note(suffix, text, longest),
        }
    }
    extended.join(longest)
}

fn capped(value: Vec<u8>, longest: usize) -> Param {
    if value.len() > longest { Param::TooLong } else { Param::Value(value) }
}

/// Takes the quotes, the escapes and the newlines of folding away.
fn unquote(text: &[u8]) -> Vec<u8> {
    let Some(inner) = text.strip_prefix(b"\"") else { return text.to_vec() };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {}
            b'\\' => out.extend(bytes.next()),
            _ => out.push(byte),
        }
    }
    out
}

/// The sections of a parameter continued as in RFC 2231 section 3.
#[derive(Debug, Default)]
struct Extended {
    sections: Vec<(usize, Vec<u8>)>,
    too_long: bool,
}

impl Extended {
    /// More sections than this are not looked at.
    const MOST: usize = 64;

    fn note(&mut self, suffix: &[u8], text: &[u8], longest: usize) {
        let Some((number, encoded)) = section_number(suffix) else { return };
        if self.sections.len() >= Self::MOST || text.len() > 4 * longest + 64 {
            self.too_long = true;
            return;
        }
        let mut value = unquote(text);
        if encoded {
            let start = if number == 0 { after_language(&value) } else { 0 };
            value = percent_decoded(&value[start..]);
        }
        self.sections.push((number, value));
    }

    fn join(mut self, longest: usize) -> Param {
        if self.too_long {
            return Param::TooLong;
        }
        self.sections.sort_by_key(|(number, _)| *number);
        self.sections.dedup_by_key(|(number, _)| *number);
        let whole = self.sections.into_iter().enumerate();
        let joined: Vec<Vec<u8>> =
            whole.take_while(|(i, (n, _))| i == n).map(|(_, (_, value))| value).collect();
        if joined.is_empty() { Param::Absent } else { capped(joined.concat(), longest) }
    }
}

/// `*` (the only section), `*7` or `*7*` (percent-encoded).
fn section_number(suffix: &[u8]) -> Option<(usize, bool)> {
    let digits = suffix.strip_prefix(b"*")?;
    if digits.is_empty() {
        return Some((0, true));
    }
    let (digits, encoded) = match digits.strip_suffix(b"*") {
        Some(digits) => (digits, true),
        None => (digits, false),
    };
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, encoded))
}

/// After `charset'language'`; 0 if the value does not begin so.
fn after_language(value: &[u8]) -> usize {
    let mut quotes = value.iter().enumerate().filter(|(_, b)| **b == b'\'');
    quotes.nth(1).map_or(0, |(at, _)| at + 1)
}

fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        let hex = value.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(hex_byte);
        out.push(hex.unwrap_or(byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    out
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    Some(digit(*digits.first()?)? << 4 | digit(*digits.get(1)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary(value: &str) -> Param {
        param(Value::new(value.as_bytes()), b"boundary", 200)
    }

    #[track_caller]
    fn assert_boundary(value: &str, expected: &str) {
        assert_eq!(boundary(value), Param::Value(expected.into()), "{value}");
    }

    #[test]
    fn plain_and_quoted() {
        assert_boundary("multipart/mixed; boundary=ab", "ab");
        assert_boundary("multipart/mixed;boundary = \"a;b\" ; x=y", "a;b");
        assert_boundary("multipart/mixed; BOUNDARY=\"a\\\"b\\\\\"", "a\"b\\");
        assert_boundary("multipart/mixed; boundary='ab'", "'ab'");
        assert_boundary("multipart/mixed; boundary==_x/y:z?", "=_x/y:z?");
        assert_boundary("multipart/mixed\r\n ;\r\n\tboundary\r\n =\r\n \"f\"\r\n", "f");
        assert_boundary("multipart/mixed; boundary=\"a\r\n b\"", "a b");
    }

    #[test]
    fn comments_are_no_part_of_it() {
        assert_boundary("multipart/mixed (x;boundary=no); boundary=ab (c)", "ab");
        assert_boundary("multipart/mixed; boundary=ab(c(d)\\)e); x", "ab");
        assert_boundary("multipart/mixed; (c) boundary (c) = (c) ab", "ab");
    }

    #[test]
    fn other_parameters_do_not_hide_it() {
        assert_boundary("multipart/mixed; x=\"; boundary=no\"; boundary=yes", "yes");
        assert_boundary("multipart/mixed; ;; x; =y; boundary=yes", "yes");
        assert_boundary("multipart/mixed; boundary=one; boundary=two", "one");
        assert_eq!(boundary("multipart/mixed; boundaryx=1"), Param::Absent);
        assert_eq!(boundary("multipart/mixed; x-boundary=1"), Param::Absent);
        assert_eq!(boundary("multipart/mixed boundary=1"), Param::Absent);
    }

    #[test]
    fn rfc_2231_forms() {
        assert_boundary("multipart/mixed; boundary*=us-ascii'en'a%20b", "a b");
        assert_boundary("multipart/mixed; boundary*1=cd; boundary*0=\"ab\"", "abcd");
        assert_boundary("multipart/mixed; boundary*0*=''%61; boundary*1*=%62; boundary*3=x", "ab");
        assert_boundary("multipart/mixed; boundary*0=no; boundary=plain", "plain");
        assert_eq!(boundary("multipart/mixed; boundary*1=x"), Param::Absent);
        assert_eq!(boundary("multipart/mixed; boundary*x=x"), Param::Absent);
    }

    #[test]
    fn unclosed_quotes_comments_and_escapes_end_with_the_value() {
        assert_boundary("multipart/mixed; boundary=\"ab", "ab");
        assert_boundary("multipart/mixed; boundary=\"ab\\", "ab");
        assert_boundary("multipart/mixed; boundary=ab (((", "ab");
        assert_eq!(boundary("multipart/mixed; (((boundary=ab"), Param::Absent);
        assert_eq!(boundary("multipart/mixed; (\\"), Param::Absent);
    }

    #[test]
    fn too_long_is_said() {
        let long = "x".repeat(201);
        assert_eq!(boundary(&format!("a/b; boundary={long}")), Param::TooLong);
        assert_eq!(boundary(&format!("a/b; boundary*0={long}")), Param::TooLong);
    }
}
