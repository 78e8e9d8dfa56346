//! Where a command begins and ends in the bytes of a connection: lines and literals (RFC 9051
//! 4.3, RFC 7888), under caps that hold before memory is spent.

mod limits;
mod literal;
mod long_id;

use bytes::{Buf, Bytes, BytesMut};

pub use limits::{FrameError, FrameFault, Limits};
pub use literal::{Announced, Sync};
use long_id::{LongId, Rest};

use super::{CommandText, Tag};

/// How much room is made for one read from the connection, outside message literals, when less
/// than half of it is left. An idle connection holds this much, so it is small.
const READ: usize = 2 * 1024;
/// How much longer than any command the largest buffer is.
const SPARE: usize = 64;

/// What the caller must do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Read more bytes into [`Framer::input`].
    NeedMore,
    /// Write a continuation request: the client waits to send a (small) literal.
    Continue,
    /// The client announces a message (APPEND). Call [`Framer::accept_message`], and write a
    /// continuation request if it waits for one; or [`Framer::refuse_message`], and answer the
    /// command with NO. Nothing has been allocated for it yet.
    Message(Announced),
    /// A command is complete.
    Command(CommandText),
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// In a line of a command.
    Text,
    /// In a literal that stays in the command's text and ends at this offset of the input.
    Literal { end: usize },
    /// A message literal waits to be accepted or refused.
    Announced(Announced),
    /// Receiving a message literal; all of the input belongs to it until it is this long.
    Message { len: usize },
    /// In an ID that is not kept: its tag is in `head`.
    LongId(LongId),
    /// Passing over the rest of a command that was given up: first so many bytes of a literal.
    Skip { left: u64 },
    /// The client sends more than will be passed over; the connection must be closed.
    Lost,
}

/// Cuts the bytes of a connection into commands.
///
/// Reading is the caller's: put bytes into [`Framer::input`], then call [`Framer::next`] until it
/// wants more. A command's text is handed out without being copied, and a message literal is read
/// straight into the buffer it is handed out in.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    state: State,
    /// What was read and not yet handed out. Starts at the start of a command, or after the last
    /// message literal of one.
    input: BytesMut,
    /// Where the present line starts in `input`.
    line: usize,
    /// Up to where `input` is known to hold no further line end.
    scanned: usize,
    /// The text of the command in front of `input`, if a message literal was taken out.
    head: BytesMut,
    messages: Vec<(usize, Bytes)>,
}

impl Framer {
    /// A framer at the start of a connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Text,
            input: BytesMut::new(),
            line: 0,
            scanned: 0,
            head: BytesMut::new(),
            messages: Vec::new(),
        }
    }

    /// Other limits from the next line on: after login, after ENABLE.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Where to put bytes read from the connection: at its end, in the room that is there. Within
    /// a message literal the room is what the message still lacks.
    pub fn input(&mut self) -> &mut BytesMut {
        let room = self.input.capacity() - self.input.len();
        let in_message = matches!(self.state, State::Message { .. });
        let most = (self.limits.command + SPARE).saturating_sub(self.input.len());
        if in_message && room == 0 {
            self.input.reserve(READ);
        } else if !in_message && room < most.clamp(1, READ / 2) {
            self.make_room();
        }
        &mut self.input
    }

    /// How much to read into [`Framer::input`] at a time, in bytes: what there is room for, and no
    /// more than [`Limits::read`] outside of messages.
    pub fn most_at_once(&self) -> usize {
        let room = self.input.capacity() - self.input.len();
        match self.state {
            State::Message { .. } => room,
            _ => room.min(self.limits.read),
        }
    }

    /// The buffer doubles while it is small beside what a command may have, and is then made as
    /// large as that at once. What is there moves to its front, so that there are never two of them.
    fn make_room(&mut self) {
        if self.input.len() < (self.limits.command / 8).max(READ) {
            return self.input.reserve(READ.min(self.limits.read));
        }
        let mut whole = Vec::from(std::mem::take(&mut self.input));
        let most = self.limits.command + SPARE;
        whole.reserve_exact(most.saturating_sub(whole.len()).max(SPARE));
        self.input = Bytes::from(whole).into();
    }

    /// Bytes that were read and not yet handed out. After a command and before STARTTLS there must
    /// be none (RFC 9051 6.2.1).
    pub fn pending(&self) -> usize {
        self.input.len()
    }

    /// Forgets all that was read: the bytes in front of a TLS handshake.
    pub fn discard(&mut self) {
        *self = Self::new(self.limits);
    }

    /// Gives the read buffer back, if it is empty: an idle connection costs nothing.
    pub fn release(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    /// What comes next.
    ///
    /// # Errors
    /// A line, command or literal over its limit. The framer passes over the rest of that command
    /// and goes on with the next, unless the error is fatal.
    #[expect(clippy::should_implement_trait, reason = "it fails, and ends never")]
    pub fn next(&mut self) -> Result<Event, FrameError> {
        loop {
            let event = match self.state {
                State::Text => self.text()?,
                State::Literal { end } => self.literal(end),
                State::Announced(announced) => Some(Event::Message(announced)),
                State::Message { len } => self.message(len),
                State::LongId(id) => self.long_id(id)?,
                State::Skip { left } => self.skip(left)?,
                State::Lost => return Err(FrameError { fault: FrameFault::Lost, tag: None }),
            };
            if let Some(event) = event {
                return Ok(event);
            }
        }
    }

    /// The next line as it is, without its line end, of no more than so many bytes with it: what
    /// follows AUTHENTICATE and IDLE. `None` when more bytes are needed.
    ///
    /// # Errors
    /// A line over its limit, or what is left of a command that was over one.
    pub fn next_line(&mut self, most: usize) -> Result<Option<Bytes>, FrameError> {
        if let State::Skip { left } = self.state
            && self.skip(left)?.is_some()
        {
            return Ok(None);
        }
        let end = self.line_end(self.limits.line.min(most)).map_err(|fault| self.fail(fault))?;
        let Some(end) = end else { return Ok(None) };
        let mut line = self.take(end).freeze();
        line.truncate(literal::without_line_end(&line).len());
        Ok(Some(line))
    }

    /// Takes the announced message: makes a buffer of exactly its length.
    pub fn accept_message(&mut self) {
        let State::Announced(announced) = self.state else { return };
        let Ok(len) = usize::try_from(announced.len) else { return self.refuse_message() };
        // Copied, as the buffer it came in may be large.
        let text = self.take(self.scanned);
        self.head.extend_from_slice(&text);
        if self.input.len() < len {
            let mut message = BytesMut::with_capacity(len);
            message.extend_from_slice(&self.input);
            self.input = message;
        }
        self.state = State::Message { len };
    }

    /// Gives up the command with the announced message; passes over the message if the client
    /// sends it without waiting.
    pub fn refuse_message(&mut self) {
        if matches!(self.state, State::Announced(_)) {
            self.give_up();
        }
    }

    /// How many bytes of text came before the announced message, behind the one before it.
    pub fn text_len(&self) -> usize {
        self.scanned
    }

    /// The text of the command so far: `A1 APPEND INBOX {310}` while a message is announced.
    pub fn so_far(&self) -> Bytes {
        let mut text = self.head.clone();
        text.extend_from_slice(self.input.get(..self.scanned).unwrap_or_default());
        text.freeze()
    }

    fn text(&mut self) -> Result<Option<Event>, FrameError> {
        let id = if self.is_first_line() { LongId::tag_len(&self.input) } else { None };
        let most = if id.is_some() { self.limits.id } else { self.limits.line };
        let end = match (self.line_end(most), id) {
            (Ok(Some(end)), _) => end,
            (Ok(None), _) => return Ok(Some(Event::NeedMore)),
            (Err(_), Some(tag)) => {
                self.begin_long_id(tag);
                return Ok(None);
            }
            (Err(fault), None) => return Err(self.fail(fault)),
        };
        let line = self.input.get(self.line..end).unwrap_or_default();
        let announced = Announced::at_end(line);
        let Some(announced) = announced else { return Ok(Some(self.command(end))) };
        if announced.sync == Sync::Sends && announced.len > self.limits.unasked {
            return Err(self.fail(FrameFault::LiteralUnasked));
        }
        match self.limits.message {
            Some(limit) if self.message_follows(end) => {
                if announced.len > limit {
                    return Err(self.fail(FrameFault::MessageTooLarge));
                }
                self.state = State::Announced(announced);
                Ok(None)
            }
            _ => self.announced_literal(announced, end),
        }
    }

    fn is_first_line(&self) -> bool {
        self.head.is_empty() && self.line == 0
    }

    /// Keeps the tag, of so many bytes, and no more.
    fn begin_long_id(&mut self, tag: usize) {
        self.head.extend_from_slice(&self.input.split_to(tag));
        self.input.advance(LongId::BEGINS.len());
        self.head.extend_from_slice(b" ID NIL\r\n");
        self.scanned = 0;
        self.state = State::LongId(LongId::new());
    }

    fn long_id(&mut self, mut id: LongId) -> Result<Option<Event>, FrameError> {
        match id.pass(&self.input) {
            Rest::More => {
                self.input.clear();
                self.state = State::LongId(id);
                Ok(Some(Event::NeedMore))
            }
            Rest::Ends(end) => {
                self.input.advance(end);
                self.state = State::Text;
                Ok(Some(self.command(0)))
            }
            Rest::Wrong(at) => {
                self.input.advance(at);
                Err(self.fail(FrameFault::LineTooLong))
            }
        }
    }

    fn announced_literal(
        &mut self,
        announced: Announced,
        start: usize,
    ) -> Result<Option<Event>, FrameError> {
        let room = self.limits.command - (self.head.len() + start).min(self.limits.command);
        match usize::try_from(announced.len) {
            Ok(len) if len <= room => self.state = State::Literal { end: start + len },
            _ => return Err(self.fail(FrameFault::LiteralTooLarge)),
        }
        Ok((announced.sync == Sync::Waits).then_some(Event::Continue))
    }

    fn literal(&mut self, end: usize) -> Option<Event> {
        if self.input.len() < end {
            return Some(Event::NeedMore);
        }
        (self.line, self.scanned) = (end, end);
        self.state = State::Text;
        None
    }

    fn message(&mut self, len: usize) -> Option<Event> {
        if self.input.len() < len {
            return Some(Event::NeedMore);
        }
        // What came with other bytes is copied: neither keeps the buffer of the other alive.
        let message = match self.input.capacity() == len {
            true => std::mem::take(&mut self.input).freeze(),
            false => Bytes::copy_from_slice(&self.input.split_to(len)),
        };
        self.messages.push((self.head.len(), message));
        self.state = State::Text;
        None
    }

    fn command(&mut self, end: usize) -> Event {
        let text = self.take(end);
        self.head.unsplit(text);
        let text = std::mem::take(&mut self.head).freeze();
        Event::Command(CommandText::with_messages(text, std::mem::take(&mut self.messages)))
    }

    /// The end of the present line of so many bytes at most, with its line end, once it is there.
    fn line_end(&mut self, most: usize) -> Result<Option<usize>, FrameFault> {
        let fresh = self.input.get(self.scanned..).unwrap_or_default();
        let end = memchr::memchr(b'\n', fresh).map(|at| self.scanned + at + 1);
        let so_far = end.unwrap_or(self.input.len());
        let room = self.limits.command.saturating_sub(self.head.len() + self.line);
        if so_far - self.line > room.min(most) {
            return Err(match room < most {
                true => FrameFault::CommandTooLong,
                false => FrameFault::LineTooLong,
            });
        }
        self.scanned = so_far;
        Ok(end)
    }

    /// The first bytes of the input, which is then at the start of a line. If they are many, and
    /// what is behind them is not, they take the buffer along, which is free when they are.
    fn take(&mut self, end: usize) -> BytesMut {
        (self.line, self.scanned) = (0, 0);
        let behind = self.input.get(end..).unwrap_or_default();
        if end <= READ / 2 || behind.len() > READ {
            return self.input.split_to(end);
        }
        let behind = BytesMut::from(behind);
        let mut text = std::mem::replace(&mut self.input, behind);
        text.truncate(end);
        text
    }

    /// Is the literal announced at the end of the text a message?
    fn message_follows(&self, end: usize) -> bool {
        let text = self.input.get(..end).unwrap_or_default();
        match self.messages.is_empty() {
            true => literal::is_message(text),
            false => !literal::is_url(text),
        }
    }

    fn fail(&mut self, fault: FrameFault) -> FrameError {
        let start = if self.head.is_empty() { &self.input } else { &self.head };
        // However much of the line was read already, the same bytes are looked at.
        let tag = Tag::of(start.get(..self.limits.line).unwrap_or(start));
        self.give_up();
        FrameError { fault, tag }
    }

    fn give_up(&mut self) {
        self.head.clear();
        self.messages.clear();
        self.take(self.line);
        self.state = State::Skip { left: 0 };
    }

    fn skip(&mut self, left: u64) -> Result<Option<Event>, FrameError> {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
        self.input.advance(here);
        let left = left - here as u64;
        if left > 0 {
            self.state = State::Skip { left };
            return Ok(Some(Event::NeedMore));
        }
        let Some(end) = memchr::memchr(b'\n', &self.input).map(|at| at + 1) else {
            // The announcement of a literal may be among the last bytes.
            self.input.advance(self.input.len().saturating_sub(Announced::MAX_LEN));
            self.state = State::Skip { left: 0 };
            return Ok(Some(Event::NeedMore));
        };
        let line = self.input.split_to(end);
        self.state = match Announced::at_end(&line) {
            Some(Announced { sync: Sync::Sends, len, .. }) if len > self.limits.skip => {
                self.input.clear();
                State::Lost
            }
            Some(Announced { sync: Sync::Sends, len, .. }) => State::Skip { left: len },
            _ => State::Text,
        };
        Ok(None)
    }
}
