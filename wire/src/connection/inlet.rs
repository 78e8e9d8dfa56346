//! Receiving without a buffer of its own.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::{BufMut, BytesMut};
use tokio::io::AsyncReadExt;

use crate::awake::{Lookout, Waiting};
use crate::ended::Ended;
use crate::stream::Stream;

/// Room made for the first read; doubled, up to the most, for a peer that fills it.
const FIRST_ROOM: usize = 8 * 1024;
const MOST_ROOM: usize = 64 * 1024;

static LOOKOUT: Lookout = Lookout::new();

/// A stream, and how much room to make for what it brings next.
#[derive(Debug)]
pub(super) struct Inlet {
    pub(super) stream: Stream,
    room: usize,
    waiting: Waiting,
}

impl Inlet {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, room: FIRST_ROOM, waiting: LOOKOUT.enter() }
    }

    /// Appends from 1 to `max` bytes to `buf` (1 if `max` is 0).
    pub(super) async fn receive(&mut self, buf: &mut BytesMut, max: usize) -> Result<usize, Ended> {
        let waiting = self.waiting;
        let mut poll = |cx: &mut Context<'_>| self.poll_receive(cx, buf, max.max(1));
        let received = match LOOKOUT.soon(waiting, &mut poll).await {
            Some(received) => received,
            None => poll_fn(poll).await,
        };
        LOOKOUT.received(waiting);
        match received {
            Ok(0) => Err(Ended::Closed),
            Ok(count) => Ok(count),
            Err(error) => Err(Ended::from_io(error)),
        }
    }

    /// Makes room only for as long as the poll lasts, unless bytes are there.
    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut BytesMut,
        max: usize,
    ) -> Poll<io::Result<usize>> {
        let room = self.room.min(max);
        if buf.capacity() - buf.len() < room.div_ceil(2) {
            buf.reserve(room);
        }
        let mut space = (&mut *buf).limit(max);
        let outcome = pin!(self.stream.read_buf(&mut space)).poll(cx);
        match outcome {
            Poll::Pending if buf.is_empty() => *buf = BytesMut::new(),
            Poll::Ready(Ok(count)) => self.adapt_room(count),
            _ => {}
        }
        outcome
    }

    fn adapt_room(&mut self, count: usize) {
        if count >= self.room {
            self.room = (self.room * 2).min(MOST_ROOM);
        } else if count < FIRST_ROOM / 2 {
            self.room = FIRST_ROOM;
        }
    }
}
