//! Reading the parts: they nest and follow one another, or they are refused.

use std::ops::Range;

use super::super::{DISPOSITIONS, LEAF, MESSAGE, MULTIPART, TRANSFERS};
use super::{DecodeError, Read, Reader};
use crate::mime::tree::content::{Content, KNOWN, Media};
use crate::mime::tree::{Kind, Part};

/// The fewest bytes a part takes: its flags, three lengths, its type.
const LEAST_PART: usize = 5;

const NESTED: &str = "a part after the one before and within its parent";

impl Reader {
    pub(super) fn parts(&mut self, size: u64) -> Read<Vec<Part>> {
        let count = self.count(LEAST_PART, "a possible number of parts")?;
        let mut nest = Nest { size, parts: Vec::with_capacity(count), open: Vec::new(), at: 0 };
        for index in 0..count {
            let part = self.part(index as u32, nest.last_body())?;
            nest.add(part).ok_or_else(|| self.wrong(NESTED))?;
        }
        nest.close().ok_or_else(|| self.wrong("one message, its containers filled"))
    }

    /// `at` is where the body of the part before begins.
    fn part(&mut self, index: u32, at: u64) -> Read<Part> {
        let flags = self.byte("the flags of a part")?;
        let parent = match index {
            0 => None,
            _ => {
                let back = u32::try_from(self.number("a parent")?).unwrap_or(0);
                let parent = index.checked_sub(back).filter(|_| back > 0);
                Some(parent.ok_or_else(|| self.wrong("a parent"))?)
            }
        };
        let header = self.range(at, "a header")?;
        let len = self.number("a body")?;
        let body = self.after(header.end, len, "a body")?;
        let kind = self.kind(flags & 3, &body)?;
        let content = self.content(flags)?;
        Ok(Part { parent, end: index + 1, header, body, kind, content })
    }

    fn kind(&mut self, kind: u8, body: &Range<u64>) -> Read<Kind> {
        match kind {
            LEAF => Ok(Kind::Leaf),
            MESSAGE => Ok(Kind::Message),
            MULTIPART => {
                let len = self.number("a preamble")?;
                let preamble = self.after(body.start, len, "a preamble")?;
                let len = self.number("an epilogue")?;
                let start = body.end.checked_sub(len).filter(|start| *start >= preamble.end);
                let start = start.ok_or_else(|| self.wrong("an epilogue"))?;
                Ok(Kind::Multipart { preamble, epilogue: start..body.end })
            }
            _ => Err(self.wrong("a kind of part")),
        }
    }

    fn content(&mut self, flags: u8) -> Read<Content> {
        let known = usize::try_from(self.number("a media type")?).unwrap_or(usize::MAX);
        let media = match known.checked_sub(1) {
            Some(known) => KNOWN.get(known).map(|name| Media::known(name)),
            None => Media::parse(&self.text("a media type")?),
        };
        let media = media.ok_or_else(|| self.wrong("a media type"))?;
        let transfer = TRANSFERS.get(usize::from(flags >> 2 & 7)).copied();
        let disposition = DISPOSITIONS.get(usize::from(flags >> 5 & 3)).copied();
        let (Some(transfer), Some(disposition)) = (transfer, disposition) else {
            return Err(self.wrong("the flags of a part"));
        };
        let charset = match flags >> 7 {
            0 => None,
            _ => Some(self.text("a charset")?.into_boxed_str()),
        };
        Ok(Content { media, charset, transfer, disposition })
    }

    /// A range that begins some way after `at`.
    fn range(&mut self, at: u64, expected: &'static str) -> Read<Range<u64>> {
        let gap = self.number(expected)?;
        let start = self.after(at, gap, expected)?.end;
        let len = self.number(expected)?;
        self.after(start, len, expected)
    }

    fn after(&self, start: u64, len: u64, expected: &'static str) -> Read<Range<u64>> {
        let end = start.checked_add(len).ok_or(DecodeError { at: self.at, expected })?;
        Ok(start..end)
    }
}

/// Parts in pre-order, put into one another.
struct Nest {
    size: u64,
    parts: Vec<Part>,
    /// The part before and the parts it is in, outermost first.
    open: Vec<u32>,
    /// What comes before this is spoken for.
    at: u64,
}

impl Nest {
    fn last_body(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.body.start)
    }

    fn add(&mut self, part: Part) -> Option<()> {
        let index = self.parts.len() as u32;
        match part.parent {
            None => (part.header.start == 0 && part.body.end == self.size).then_some(())?,
            Some(parent) => {
                while *self.open.last()? != parent {
                    self.leave()?;
                }
                self.fits(self.parts.get(parent as usize)?, &part).then_some(())?;
            }
        }
        self.at = match &part.kind {
            Kind::Multipart { preamble, .. } => preamble.end,
            Kind::Leaf => part.body.end,
            Kind::Message => part.body.start,
        };
        self.open.push(index);
        self.parts.push(part);
        Some(())
    }

    fn fits(&self, parent: &Part, part: &Part) -> bool {
        let end = match &parent.kind {
            Kind::Leaf => return false,
            Kind::Multipart { epilogue, .. } => epilogue.start,
            Kind::Message => parent.body.end,
        };
        let exact = parent.kind != Kind::Message
            || (parent.end as usize == self.parts.len()
                && part.header.start == parent.body.start
                && part.body.end == parent.body.end);
        exact && self.at <= part.header.start && part.body.end <= end
    }

    /// Ends the innermost open part; a container must have something in it.
    fn leave(&mut self) -> Option<()> {
        let end = self.parts.len() as u32;
        let index = self.open.pop()?;
        let part = self.parts.get_mut(index as usize)?;
        part.end = end;
        self.at = part.body.end;
        (part.kind == Kind::Leaf || end > index + 1).then_some(())
    }

    fn close(mut self) -> Option<Vec<Part>> {
        while !self.open.is_empty() {
            self.leave()?;
        }
        (!self.parts.is_empty()).then_some(self.parts)
    }
}
