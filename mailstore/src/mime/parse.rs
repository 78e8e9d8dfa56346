//! From bytes to the tree, in one pass, whatever the bytes are.

mod content;
mod params;

use bytes::Bytes;

use self::params::Param;
use super::limits::Limits;
use super::scan::{self, Boundaries, Delimiter, HeaderBlock};
use super::tree::content::{Content, Media};
use super::tree::{Cut, Kind, MimeTree, Part};

/// The tree of a message. Total: any bytes have one.
///
/// Takes time in proportion to the bytes that lie between boundaries, at any depth; a message
/// without multiparts is read as far as its header goes.
pub fn parse(raw: Bytes, limits: &Limits) -> MimeTree {
    let mut parser = Parser::new(&raw, limits);
    let mut next = Some(0);
    while let Some(at) = next {
        next = match parser.open_part(at) {
            Opened::Message(inner) => Some(inner),
            Opened::Content(from) => parser.next_part(from),
        };
    }
    parser.leave_above(None, raw.len());
    let Parser { parts, cut, .. } = parser;
    MimeTree::whole(raw, parts, cut)
}

struct Parser<'a> {
    raw: &'a [u8],
    limits: &'a Limits,
    parts: Vec<Part>,
    /// The containers that have not ended, outermost first; beside them in `boundaries`.
    open: Vec<Container>,
    boundaries: Boundaries,
    /// The leaf that has not ended.
    leaf: Option<usize>,
    cut: Cut,
}

struct Container {
    part: usize,
    is_message: bool,
    preamble_end: Option<usize>,
    epilogue_start: Option<usize>,
}

/// What comes after a header.
enum Opened {
    /// The header of an embedded message, here.
    Message(usize),
    /// Content, from here to the next delimiter.
    Content(usize),
}

enum Role {
    Leaf,
    Message,
    Multipart(Vec<u8>),
}

impl<'a> Parser<'a> {
    fn new(raw: &'a [u8], limits: &'a Limits) -> Parser<'a> {
        Parser {
            raw,
            limits,
            parts: Vec::new(),
            open: Vec::new(),
            boundaries: Boundaries::default(),
            leaf: None,
            cut: Cut::default(),
        }
    }

    /// Reads the header at `at` and adds its part.
    fn open_part(&mut self, at: usize) -> Opened {
        let block = scan::header_block(self.raw, at, &self.boundaries, self.limits.header);
        self.cut.header |= block.cut;
        let content = content::content(self.raw, &block, self.default_media());
        let role = self.role(&content, &block);
        let index = self.parts.len();
        self.parts.push(Part {
            parent: self.open.last().map(|container| container.part as u32),
            end: index as u32 + 1,
            header: at as u64..block.end as u64,
            body: block.end as u64..block.end as u64,
            kind: Kind::Leaf,
            content,
        });
        match role {
            Role::Leaf => self.leaf = Some(index),
            Role::Message => {
                self.enter(index, None);
                return Opened::Message(block.end);
            }
            Role::Multipart(boundary) => self.enter(index, Some(boundary)),
        }
        Opened::Content(block.end)
    }

    /// RFC 2046 5.1.5: what is in a digest is a message unless it says otherwise.
    fn default_media(&self) -> Media {
        let parent = self.open.last().filter(|container| !container.is_message);
        let parent = parent.and_then(|container| self.parts.get(container.part));
        match parent.map(|part| part.content.media.as_str()) {
            Some("multipart/digest") => Media::MESSAGE,
            _ => Media::TEXT_PLAIN,
        }
    }

    /// Whether the part is to be divided. A multipart is, whatever its transfer encoding says:
    /// RFC 2045 6.4 forbids any, and those who break it do not encode.
    fn role(&mut self, content: &Content, block: &HeaderBlock) -> Role {
        let is_message = content.media.is_message() && content.transfer.is_identity();
        if !is_message && content.media.kind() != "multipart" {
            return Role::Leaf;
        }
        if self.open.len() >= self.limits.depth {
            self.cut.depth = true;
            return Role::Leaf;
        }
        if self.parts.len() + 1 >= self.limits.parts {
            self.cut.parts = true;
            return Role::Leaf;
        }
        if is_message {
            return Role::Message;
        }
        match content::boundary(self.raw, block, self.limits.boundary) {
            Param::Value(boundary) => Role::Multipart(boundary),
            Param::TooLong => {
                self.cut.boundary = true;
                Role::Leaf
            }
            Param::Absent => Role::Leaf,
        }
    }

    fn enter(&mut self, part: usize, boundary: Option<Vec<u8>>) {
        let is_message = boundary.is_none();
        self.boundaries.enter(boundary);
        self.open.push(Container { part, is_message, preamble_end: None, epilogue_start: None });
    }

    /// Passes over content up to a delimiter that opens a part, and says where that part begins.
    /// `from` is the start of a line.
    fn next_part(&mut self, mut from: usize) -> Option<usize> {
        let mut content = from;
        while self.boundaries.any() {
            let delimiter = self.boundaries.next(self.raw, from)?;
            if !delimiter.closes && self.parts.len() >= self.limits.parts {
                self.cut.parts = true;
                return None;
            }
            let end = scan::before_newline(self.raw, delimiter.start).max(content);
            self.leave_above(Some(delimiter.level), end);
            if !delimiter.closes {
                let container = self.open.last_mut()?;
                container.preamble_end.get_or_insert(end);
                return Some(delimiter.end);
            }
            self.close(&delimiter);
            content = scan::before_newline(self.raw, delimiter.end);
            from = delimiter.end;
        }
        None
    }

    fn close(&mut self, delimiter: &Delimiter) {
        self.boundaries.retire(delimiter.level);
        if let Some(container) = self.open.last_mut() {
            container.epilogue_start = Some(delimiter.end);
        }
    }

    /// Ends at `end` what is open inside the container at `level`; everything if it is `None`.
    fn leave_above(&mut self, level: Option<usize>, end: usize) {
        if let Some(part) = self.leaf.take().and_then(|leaf| self.parts.get_mut(leaf)) {
            part.body.end = end as u64;
        }
        let keep = level.map_or(0, |level| level + 1);
        while self.open.len() > keep {
            self.boundaries.leave();
            if let Some(container) = self.open.pop() {
                self.finish(&container, end);
            }
        }
    }

    fn finish(&mut self, container: &Container, end: usize) {
        let parts = self.parts.len() as u32;
        let Some(part) = self.parts.get_mut(container.part) else { return };
        part.body.end = end as u64;
        part.end = parts;
        if container.is_message {
            part.kind = Kind::Message;
        } else if let Some(preamble_end) = container.preamble_end {
            let epilogue_start = container.epilogue_start.unwrap_or(end).min(end);
            part.kind = Kind::Multipart {
                preamble: part.body.start..preamble_end as u64,
                epilogue: epilogue_start as u64..end as u64,
            };
        }
    }
}
