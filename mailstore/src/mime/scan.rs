//! Lines, header blocks and delimiter lines (RFC 2046 section 5.1.1).
//!
//! A line ends in LF, with or without CR before it. A delimiter line is `--`, a boundary in use,
//! `--` again if it is the last one, and white space; the innermost boundary wins. Its cost does
//! not depend on how many boundaries are in use: the line is hashed once.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memmem};

static DASHED_LINE: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new(b"\n--"));

/// The position after the line that `at` is in.
pub(super) fn line_end(raw: &[u8], at: usize) -> usize {
    let rest = raw.get(at..).unwrap_or_default();
    memchr(b'\n', rest).map_or(raw.len(), |lf| at + lf + 1)
}

/// Where the newline that ends just before `at` begins; `at` if there is none.
pub(super) fn before_newline(raw: &[u8], at: usize) -> usize {
    match raw.get(..at) {
        Some([.., b'\r', b'\n']) => at - 2,
        Some([.., b'\n']) => at - 1,
        _ => at,
    }
}

/// Length of the newline at the start of `bytes`; `None` if there is none.
pub(super) fn newline_at(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// A delimiter line found in the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delimiter {
    /// Which of the open containers it belongs to, counted from the outermost.
    pub(super) level: usize,
    /// Whether it is the closing one, `--boundary--`.
    pub(super) closes: bool,
    /// The first of its two dashes.
    pub(super) start: usize,
    /// After its newline, or the end of the source.
    pub(super) end: usize,
}

/// The boundaries in use, outermost first. A container that has none holds its place.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    stack: Vec<Option<Boundary>>,
    active: usize,
    longest: usize,
    /// One bit for the hash of each boundary in use: most lines are told by it alone.
    filter: u128,
}

#[derive(Debug)]
struct Boundary {
    hash: u64,
    text: Vec<u8>,
}

impl Boundaries {
    /// Enters a container; an embedded message has no boundary of its own.
    pub(super) fn enter(&mut self, boundary: Option<Vec<u8>>) {
        let boundary = boundary.map(|text| Boundary { hash: hash(&text), text });
        if let Some(boundary) = &boundary {
            self.active += 1;
            self.longest = self.longest.max(boundary.text.len());
            self.filter |= bit(boundary.hash);
        }
        self.stack.push(boundary);
    }

    /// Leaves the innermost container.
    pub(super) fn leave(&mut self) {
        if let Some(Some(_)) = self.stack.pop() {
            self.forget_one();
        }
    }

    /// The container goes on (its epilogue), its boundary means nothing any more.
    pub(super) fn retire(&mut self, level: usize) {
        if self.stack.get_mut(level).and_then(Option::take).is_some() {
            self.forget_one();
        }
    }

    fn forget_one(&mut self) {
        self.active -= 1;
        self.filter = self.stack.iter().flatten().fold(0, |bits, b| bits | bit(b.hash));
    }

    /// Whether any boundary is in use. If not, the rest of the source need not be looked at.
    pub(super) fn any(&self) -> bool {
        self.active > 0
    }

    /// The first delimiter line at or after `from`, which is the start of a line.
    pub(super) fn next(&self, raw: &[u8], from: usize) -> Option<Delimiter> {
        if let Some(delimiter) = self.at(raw, from) {
            return Some(delimiter);
        }
        let rest = raw.get(from..)?;
        DASHED_LINE.find_iter(rest).find_map(|lf| self.at(raw, from + lf + 1))
    }

    /// The delimiter line that starts at `start`, which is the start of a line.
    pub(super) fn at(&self, raw: &[u8], start: usize) -> Option<Delimiter> {
        let line = raw.get(start..)?.strip_prefix(b"--")?;
        let end = start + 2 + memchr(b'\n', line).map_or(line.len(), |lf| lf + 1);
        let text = trim_end(raw.get(start + 2..end)?);
        if text.len() > self.longest + 2 {
            return None;
        }
        let (level, closes) = self.innermost(text)?;
        Some(Delimiter { level, closes, start, end })
    }

    fn innermost(&self, text: &[u8]) -> Option<(usize, bool)> {
        let whole = hash(text);
        let stem = text.strip_suffix(b"--").map(|stem| (hash(stem), stem));
        let bits = bit(whole) | stem.map_or(0, |(hash, _)| bit(hash));
        if self.filter & bits == 0 {
            return None;
        }
        self.stack.iter().enumerate().rev().find_map(|(level, entry)| {
            let boundary = entry.as_ref()?;
            if boundary.hash == whole && boundary.text == text {
                return Some((level, false));
            }
            let (hash, stem) = stem?;
            (boundary.hash == hash && boundary.text == stem).then_some((level, true))
        })
    }
}

/// Without the spaces, tabs, CRs and LFs at the end (RFC 2046: transport padding).
pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    let last = text.iter().rposition(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    text.get(..last.map_or(0, |last| last + 1)).unwrap_or_default()
}

fn bit(hash: u64) -> u128 {
    1 << (hash >> 57)
}

/// A quick hash of at most some hundred bytes; what it finds equal is compared in full.
fn hash(text: &[u8]) -> u64 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = text.len() as u64;
    for chunk in text.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(PRIME);
        state ^= state >> 29;
    }
    state
}

/// A header block and the fields in it that decide about structure; the first of each name.
#[derive(Debug, Default)]
pub(super) struct HeaderBlock {
    /// After the blank line, or where a delimiter line or the end of the source cut it short.
    pub(super) end: usize,
    pub(super) content_type: Option<Range<usize>>,
    pub(super) transfer_encoding: Option<Range<usize>>,
    pub(super) disposition: Option<Range<usize>>,
    /// Whether it is longer than what is looked at.
    pub(super) cut: bool,
}

/// Reads the header block at `at`, looking for fields in the first `indexed` bytes.
pub(super) fn header_block(
    raw: &[u8],
    at: usize,
    boundaries: &Boundaries,
    indexed: usize,
) -> HeaderBlock {
    let mut block = HeaderBlock { end: raw.len(), ..HeaderBlock::default() };
    let limit = at.saturating_add(indexed);
    let mut line = at;
    let mut field: Option<(Field, usize)> = None;
    while let Some(rest) = raw.get(line..).filter(|rest| !rest.is_empty()) {
        if !matches!(rest[0], b' ' | b'\t') {
            block.note(field.take(), line.min(limit));
        }
        match rest[0] {
            b'\n' | b'\r' if let Some(newline) = newline_at(rest) => {
                block.end = line + newline;
                break;
            }
            b'-' if boundaries.any() && boundaries.at(raw, line).is_some() => {
                block.end = line;
                break;
            }
            b'c' | b'C' if line < limit => field = field_at(rest, line),
            _ => {}
        }
        line = line_end(raw, line);
    }
    block.note(field, block.end.min(limit));
    block.cut = block.end - at > indexed;
    block
}

#[derive(Debug, Clone, Copy)]
enum Field {
    ContentType,
    TransferEncoding,
    Disposition,
}

/// The field whose line starts here and the position of its value, if it is one we look for.
fn field_at(line: &[u8], at: usize) -> Option<(Field, usize)> {
    const FIELDS: [(&[u8], Field); 3] = [
        (b"content-type", Field::ContentType),
        (b"content-transfer-encoding", Field::TransferEncoding),
        (b"content-disposition", Field::Disposition),
    ];
    FIELDS.into_iter().find_map(|(name, field)| {
        let start = line.get(..name.len())?;
        let rest = line.get(name.len()..)?;
        let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let colon = rest.get(blanks) == Some(&b':');
        (colon && start.eq_ignore_ascii_case(name)).then_some((field, at + name.len() + blanks + 1))
    })
}

impl HeaderBlock {
    fn note(&mut self, field: Option<(Field, usize)>, end: usize) {
        let Some((field, start)) = field else { return };
        let slot = match field {
            Field::ContentType => &mut self.content_type,
            Field::TransferEncoding => &mut self.transfer_encoding,
            Field::Disposition => &mut self.disposition,
        };
        slot.get_or_insert(start.min(end)..end);
    }
}
