//! The connection of a session, with what it reads and writes.

mod pieces;

use bytes::{Bytes, BytesMut};
use wire::{Connection, Ended, Idle, Instant};

use crate::codec::{Framer, Limits, Reply, Tag};

use pieces::Pieces;

/// Answers are sent when this many bytes are waiting, or at the end.
const CHUNK: usize = 128 * 1024;
/// Bytes from this size on are not copied to the answers but sent from where they are.
const SHARED: usize = 1024;

/// The connection of a session, what came in and was not yet looked at, and what is to go out.
pub(crate) struct Talk {
    pub(crate) connection: Connection,
    pub(crate) framer: Framer,
    pub(crate) reply: Reply,
    /// The tag of the command under way, for ESEARCH and INPROGRESS.
    pub(crate) tag: Tag,
    /// Bytes that go out between the answers, each with the place among them where it comes.
    shared: Vec<(usize, Bytes)>,
    /// How many bytes those are.
    shared_len: usize,
}

impl Talk {
    pub(crate) fn new(connection: Connection, limits: Limits) -> Self {
        let framer = Framer::new(limits);
        let reply = Reply::new();
        let tag = Tag::NONE;
        Self { connection, framer, reply, tag, shared: Vec::new(), shared_len: 0 }
    }

    /// Sends all that waits.
    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        if self.waiting() > 0 {
            let out = self.reply.buffer();
            self.connection.write(Pieces::woven(out, &self.shared)).await?;
            out.clear();
            self.shared.clear();
            self.shared_len = 0;
        }
        Ok(())
    }

    /// Sends what waits, if it is worth a system call.
    pub(crate) async fn flush_full(&mut self) -> Result<(), Ended> {
        if self.waiting() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    /// How many bytes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.reply.len() + self.shared_len
    }

    /// Adds bytes; large ones are sent without being copied.
    pub(crate) fn put(&mut self, bytes: Bytes) {
        if bytes.len() < SHARED {
            self.reply.buffer().extend_from_slice(&bytes);
        } else {
            self.shared_len += bytes.len();
            self.shared.push((self.reply.len(), bytes));
        }
    }

    /// Takes back what was put behind so many bytes of answers, nothing of which has been sent.
    pub(crate) fn take_back(&mut self, answers: usize) {
        self.reply.buffer().truncate(answers);
        while let Some((_, bytes)) = self.shared.pop_if(|(at, _)| *at > answers) {
            self.shared_len -= bytes.len();
        }
    }

    /// Sends all that waits, then gives back the buffers that are empty: a silent client costs
    /// none.
    pub(crate) async fn rest(&mut self) -> Result<(), Ended> {
        self.flush().await?;
        *self.reply.buffer() = BytesMut::new();
        self.shared = Vec::new();
        self.framer.release();
        Ok(())
    }

    /// Waits for a command to begin; a shutdown ends that.
    pub(crate) async fn await_command(&mut self, until: Instant) -> Result<(), Ended> {
        let (input, max) = room(&mut self.framer);
        self.connection.read_command(input, max, until).await?;
        Ok(())
    }

    /// Waits for more of what has begun.
    pub(crate) async fn await_more(&mut self, until: Instant) -> Result<(), Ended> {
        let (input, max) = room(&mut self.framer);
        self.connection.read(input, max, until).await?;
        Ok(())
    }

    /// Waits for bytes or for something else.
    pub(crate) async fn await_either<T>(
        &mut self,
        until: Instant,
        other: impl Future<Output = T>,
    ) -> Result<Idle<T>, Ended> {
        let (input, max) = room(&mut self.framer);
        self.connection.idle(input, max, until, other).await
    }
}

/// Where to read to, and how much: a message literal is read to its end and no further.
fn room(framer: &mut Framer) -> (&mut BytesMut, usize) {
    framer.input();
    let max = framer.most_at_once();
    (framer.input(), max)
}
