//! The start of a message's text, on one line (RFC 8970).

use super::structure::slice;
use super::text::decode_text;
use super::{Disposition, Kind, MimeTree, Part};

/// The most characters of a preview (RFC 8970 3.1).
const MAX_CHARS: usize = 200;

/// How much of a part is read for it: HTML often begins with long style sheets.
const MAX_READ: usize = 128 * 1024;

/// The first 200 characters of the first text part that has any, white space squeezed; quoted
/// lines (`> `) are passed over if there are others. Empty if the message has no text.
pub(super) fn preview(tree: &MimeTree, source: &[u8]) -> String {
    let texts = tree.parts().iter().filter(|part| is_text(part)).take(MAX_TEXTS);
    let mut previews = texts.map(|part| of_part(part, slice(source, &part.body)));
    previews.find(|text| !text.is_empty()).unwrap_or_default()
}

/// How many text parts are tried.
const MAX_TEXTS: usize = 8;

fn is_text(part: &Part) -> bool {
    let media = &part.content.media;
    let shown = matches!(media.as_str(), "text/plain" | "text/html" | "text/enriched");
    let attached = part.content.disposition == Some(Disposition::Attachment);
    part.kind == Kind::Leaf && shown && !attached
}

fn of_part(part: &Part, body: &[u8]) -> String {
    let text = decode_text(part, body.get(..MAX_READ).unwrap_or(body));
    match part.content.media.subtype() {
        "plain" => {
            let own = text.lines().filter(|line| !line.starts_with('>'));
            let own = squeeze(own.flat_map(|line| line.chars().chain([' '])));
            if own.is_empty() { squeeze(text.chars()) } else { own }
        }
        _ => squeeze(Html { rest: &text }),
    }
}

/// The first characters: white space and control characters squeezed into single spaces.
fn squeeze(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut gap = false;
    let mut count = 0;
    for char in chars {
        if char.is_whitespace() || char.is_control() || is_invisible(char) {
            gap = count > 0;
            continue;
        }
        let needed = 1 + usize::from(gap);
        if count + needed > MAX_CHARS {
            break;
        }
        if std::mem::take(&mut gap) {
            out.push(' ');
        }
        out.push(char);
        count += needed;
    }
    out
}

/// Characters with which newsletters pad their own preview.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The characters of HTML that are text: no tags, no comments, no scripts, no style sheets.
struct Html<'a> {
    rest: &'a str,
}

/// Elements within a line: where they begin and end, a word goes on.
const INLINE: [&str; 30] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "ins", "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "tt", "u", "wbr",
];

/// What a tag does to the word that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    GoesOn,
    Ends,
}

impl Html<'_> {
    /// Passes the tag at the start of the rest, with what is in it if that is no text.
    fn pass_tag(&mut self) -> Word {
        if self.rest.starts_with("<!--") {
            self.pass("-->");
            return Word::GoesOn;
        }
        let tag = self.rest.get(1..).unwrap_or_default();
        let word = word(tag);
        let hidden = ["style", "script", "title"];
        let hidden = hidden.into_iter().find(|hidden| starts_with_ignore_case(tag, hidden));
        self.pass(">");
        if let Some(name) = hidden {
            self.pass_element(name);
        }
        word
    }

    /// Passes everything up to and with `end`; everything, if it does not come.
    fn pass(&mut self, end: &str) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }

    fn pass_element(&mut self, name: &str) {
        while let Some((_, rest)) = self.rest.split_once("</") {
            self.rest = rest;
            if starts_with_ignore_case(rest, name) {
                return self.pass(">");
            }
        }
        self.rest = "";
    }

    /// The character reference at the start of the rest, and its length.
    fn reference(&self) -> Option<(char, usize)> {
        let ahead = self.rest.bytes().take(12);
        let end = ahead.take_while(|byte| *byte != b';').count();
        let name = self.rest.get(1..end)?;
        if self.rest.as_bytes().get(end) != Some(&b';') {
            return None;
        }
        let char = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" | "zwnj" | "zwj" | "shy" => ' ',
            _ => numeric(name)?,
        };
        Some((char, end + 1))
    }
}

/// What the tag does that begins here, behind its `<`.
fn word(tag: &str) -> Word {
    let tag = tag.strip_prefix('/').unwrap_or(tag);
    let end = tag.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let name = tag.get(..end).unwrap_or_default();
    match INLINE.into_iter().any(|inline| inline.eq_ignore_ascii_case(name)) {
        true => Word::GoesOn,
        false => Word::Ends,
    }
}

fn numeric(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    char::from_u32(number.ok()?)
}

fn starts_with_ignore_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

impl Iterator for Html<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        while self.rest.starts_with('<') {
            if self.pass_tag() == Word::Ends {
                return Some(' ');
            }
        }
        let first = self.rest.chars().next()?;
        let (char, len) = match first {
            '&' => self.reference().unwrap_or((first, 1)),
            _ => (first, first.len_utf8()),
        };
        self.rest = self.rest.get(len..).unwrap_or_default();
        Some(char)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::mime::{Limits, parse};

    fn shown(message: &str) -> String {
        preview(&parse(Bytes::from(message.to_owned()), &Limits::default()), message.as_bytes())
    }

    #[test]
    fn plain_text() {
        assert_eq!(shown("A: 1\n\n  one\r\n\n two\tthree \n"), "one two three");
        assert_eq!(shown("A: 1\n\n> quoted\nown\n"), "own");
        assert_eq!(shown("A: 1\n\n> quoted\n"), "> quoted");
        assert_eq!(shown("A: 1\n\n"), "");
        let long = format!("A: 1\n\n{}", "é ".repeat(300));
        assert_eq!(shown(&long).chars().count(), 199);
    }

    #[test]
    fn html() {
        let html = "<html><HEAD><title>no</title><style>p {}</STYLE ></head><!-- <p>no -->\
                    <p>1 &lt; 2 &amp;&nbsp;&#x33;&#52;&bogus; &<br>a<script>if (a</b) no</script>b";
        let message = format!("Content-Type: text/html\n\n{html}");
        assert_eq!(shown(&message), "1 < 2 & 34&bogus; & a b");
        assert_eq!(shown("Content-Type: text/html\n\n<style>never closed"), "");
        assert_eq!(shown("Content-Type: text/html\n\na<"), "a");
    }

    #[test]
    fn tags_within_a_line_part_no_words() {
        let shown = |html: &str| shown(&format!("Content-Type: text/html\n\n{html}"));
        assert_eq!(shown("<B>bo</B>ld<!-- -->er, <a href='x'>link</a>."), "bolder, link.");
        assert_eq!(shown("<td>a</td><td>b<div>c</div>d<abbr >e</abbr>f"), "a b c def");
        assert_eq!(shown("<basefont>a<b"), "a");
    }

    #[test]
    fn the_first_text_that_is_not_attached_nor_empty() {
        let part = |head: &str, body: &str| format!("--b\nContent-Type: {head}\n\n{body}\n");
        let message = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned()
            + &part("text/plain\nContent-Disposition: attachment", "no")
            + &part("text/plain", " ")
            + &part("image/png", "no")
            + &part("text/html\nContent-Transfer-Encoding: quoted-printable", "caf=C3=A9")
            + "--b--\n";
        assert_eq!(shown(&message), "café");
    }
}
