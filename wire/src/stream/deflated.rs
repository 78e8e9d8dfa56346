//! A stream within DEFLATE (RFC 4978, RFC 1951), in both directions.
//!
//! What comes is inflated straight into the reader's buffer, so that few bytes which stand for many
//! use no more memory than the reader gives. The compressor's window is 8 KiB: with it both
//! directions and what waits between them stay under 320 KiB.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stream::Stream;

/// Fast, and not far from the best for mail.
const LEVEL: u32 = 3;
/// The compressor's window, as a power of two.
const WINDOW: u8 = 13;
/// What is read at a time, in bytes.
const INPUT: usize = 4 * 1024;
/// What is compressed before it is sent, in bytes.
const OUTPUT: usize = 8 * 1024;

#[derive(Debug)]
pub(crate) struct Deflated {
    inner: Stream,
    inflate: Decompress,
    deflate: Compress,
    /// Came, and is not inflated yet.
    input: Vec<u8>,
    /// Up to where `input` is inflated.
    inflated: usize,
    /// Is compressed, and not sent yet.
    output: Vec<u8>,
    /// Up to where `output` is sent.
    sent: usize,
    within: Within,
}

/// Whether the compressor keeps something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Nothing,
    Some,
}

impl Deflated {
    pub(crate) fn new(inner: Stream) -> Self {
        Self {
            inner,
            inflate: Decompress::new(false),
            deflate: Compress::new_with_window_bits(Compression::new(LEVEL), false, WINDOW),
            input: Vec::new(),
            inflated: 0,
            output: Vec::new(),
            sent: 0,
            within: Within::Nothing,
        }
    }

    pub(crate) fn inner(&self) -> &Stream {
        &self.inner
    }

    /// The stream without compression, and what came behind the compressed part.
    pub(crate) fn into_parts(self) -> (Stream, Vec<u8>) {
        let Self { inner, mut input, inflated, .. } = self;
        input.drain(..inflated.min(input.len()));
        (inner, input)
    }

    /// Inflates what is there; says whether anything came out.
    fn inflate(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<Inflated> {
        let input = self.input.get(self.inflated..).unwrap_or_default();
        let (taken, given) = (self.inflate.total_in(), self.inflate.total_out());
        let room = buf.initialize_unfilled();
        let status = self.inflate.decompress(input, room, FlushDecompress::None);
        let status = status.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.inflated += (self.inflate.total_in() - taken) as usize;
        let given = (self.inflate.total_out() - given) as usize;
        buf.advance(given);
        Ok(match status {
            _ if given > 0 => Inflated::Some,
            Status::StreamEnd => Inflated::End,
            Status::Ok | Status::BufError => Inflated::Nothing,
        })
    }

    /// Reads more to inflate. No buffer is held while nothing comes.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.inflated = 0;
        self.input.resize(INPUT, 0);
        let mut space = ReadBuf::new(&mut self.input);
        let outcome = Pin::new(&mut self.inner).poll_read(cx, &mut space);
        let count = space.filled().len();
        self.input.truncate(count);
        match outcome {
            Poll::Ready(outcome) => Poll::Ready(outcome.map(|()| count)),
            Poll::Pending => {
                self.input = Vec::new();
                Poll::Pending
            }
        }
    }

    /// Sends what is compressed. No buffer is held when all is sent.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.output.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.sent += count,
            }
        }
        self.output = Vec::new();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// Compresses; says how much was taken.
    fn deflate(&mut self, bytes: &[u8], flush: FlushCompress) -> io::Result<usize> {
        self.output.reserve_exact(OUTPUT.saturating_sub(self.output.len()));
        let taken = self.deflate.total_in();
        let status = self.deflate.compress_vec(bytes, &mut self.output, flush);
        status.map_err(io::Error::other)?;
        Ok((self.deflate.total_in() - taken) as usize)
    }

    fn is_full(&self) -> bool {
        self.output.len() == self.output.capacity()
    }
}

/// What came of inflating.
enum Inflated {
    Some,
    Nothing,
    /// The peer has ended its stream.
    End,
}

impl AsyncRead for Deflated {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while buf.remaining() > 0 {
            match this.inflate(buf)? {
                Inflated::Some | Inflated::End => return Poll::Ready(Ok(())),
                Inflated::Nothing if ready!(this.poll_input(cx))? == 0 => {
                    return Poll::Ready(Ok(()));
                }
                Inflated::Nothing => {}
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Deflated {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            if this.output.len() >= OUTPUT {
                ready!(this.poll_output(cx))?;
            }
            this.within = Within::Some;
            let taken = this.deflate(bytes, FlushCompress::None)?;
            if taken > 0 || bytes.is_empty() {
                return Poll::Ready(Ok(taken));
            }
            ready!(this.poll_output(cx))?;
        }
    }

    /// Everything written so far can be inflated by the peer when this is done.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while mem::replace(&mut this.within, Within::Nothing) == Within::Some {
            this.deflate(&[], FlushCompress::Sync)?;
            if this.is_full() {
                this.within = Within::Some;
                ready!(this.poll_output(cx))?;
            }
        }
        ready!(this.poll_output(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
