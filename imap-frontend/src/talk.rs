//! The connection of a session, with what it reads and writes.

use bytes::{Bytes, BytesMut};
use wire::{Connection, Ended, Idle, Instant};

use crate::codec::{Framer, Limits, Reply, Tag};

/// Answers are sent when this many bytes are waiting, or at the end.
const CHUNK: usize = 64 * 1024;

/// The connection of a session, what came in and was not yet looked at, and what is to go out.
pub(crate) struct Talk {
    pub(crate) connection: Connection,
    pub(crate) framer: Framer,
    pub(crate) reply: Reply,
    /// The tag of the command under way, for ESEARCH.
    pub(crate) tag: Tag,
}

impl Talk {
    pub(crate) fn new(connection: Connection) -> Self {
        let framer = Framer::new(Limits::NOT_AUTHENTICATED);
        Self { connection, framer, reply: Reply::new(), tag: Tag::NONE }
    }

    /// Sends all that waits.
    pub(crate) async fn flush(&mut self) -> Result<(), Ended> {
        let out = self.reply.buffer();
        if !out.is_empty() {
            self.connection.write(&out[..]).await?;
            out.clear();
        }
        Ok(())
    }

    /// Sends what waits, if it is worth a system call.
    pub(crate) async fn flush_full(&mut self) -> Result<(), Ended> {
        if self.reply.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    /// Adds bytes; large ones are sent without being copied.
    pub(crate) async fn put(&mut self, bytes: &Bytes) -> Result<(), Ended> {
        if bytes.len() < CHUNK {
            self.reply.buffer().extend_from_slice(bytes);
            return self.flush_full().await;
        }
        self.flush().await?;
        self.connection.write(&bytes[..]).await
    }

    /// Sends all that waits, then gives back the buffers that are empty: a silent client costs
    /// none.
    pub(crate) async fn rest(&mut self) -> Result<(), Ended> {
        self.flush().await?;
        *self.reply.buffer() = BytesMut::new();
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
    let input = framer.input();
    let max = input.capacity() - input.len();
    (input, max)
}
