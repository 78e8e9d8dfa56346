//! The byte stream under a connection: TCP or a Unix socket, clear or within TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

mod deflated;

pub(crate) use deflated::Deflated;

#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// Boxed, as it is large and a clear connection shall not carry room for it.
    Tls(Box<TlsStream<Stream>>),
    /// Within compression, over any of the others.
    Deflate(Box<Deflated>),
    /// What is left after a failed STARTTLS: reads nothing, takes nothing.
    Gone,
}

impl Stream {
    /// The TLS session, if there is one.
    pub(crate) fn session(&self) -> Option<&rustls::ServerConnection> {
        match self {
            Self::Tls(tls) => Some(tls.get_ref().1),
            Self::Deflate(deflated) => deflated.inner().session(),
            _ => None,
        }
    }

    /// Acknowledges at once what has come. In the midst of a message there is nothing to send that
    /// an acknowledgement could wait for; and a client that writes in small pieces, with Nagle's
    /// algorithm on, waits for it: 40 ms for each message.
    pub(crate) fn acknowledge(&self) {
        match self {
            // Where it cannot be asked for, mail is slower but no less right.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Self::Tcp(tcp) => drop(socket2::SockRef::from(tcp).set_tcp_quickack(true)),
            Self::Tls(tls) => tls.get_ref().0.acknowledge(),
            Self::Deflate(deflated) => deflated.inner().acknowledge(),
            _ => {}
        }
    }

    /// Sends as much of a short text as fits into the socket at once: for a peer not worth waiting
    /// for.
    pub(crate) fn write_at_once(&self, text: &[u8]) {
        let _ = match self {
            Self::Tcp(tcp) => tcp.try_write(text),
            Self::Unix(unix) => unix.try_write(text),
            Self::Tls(_) | Self::Deflate(_) | Self::Gone => Ok(0),
        };
    }
}

/// Calls the same method of whatever stream it is.
macro_rules! delegate {
    ($stream:expr, $method:ident($($argument:expr),*), $gone:expr) => {
        match $stream.get_mut() {
            Stream::Tcp(tcp) => Pin::new(tcp).$method($($argument),*),
            Stream::Unix(unix) => Pin::new(unix).$method($($argument),*),
            Stream::Tls(tls) => Pin::new(tls.as_mut()).$method($($argument),*),
            Stream::Deflate(deflated) => Pin::new(deflated.as_mut()).$method($($argument),*),
            Stream::Gone => Poll::Ready($gone),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        delegate!(self, poll_read(cx, buf), Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        delegate!(self, poll_write(cx, bytes), Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        delegate!(self, poll_write_vectored(cx, slices), Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn is_write_vectored(&self) -> bool {
        !matches!(self, Self::Deflate(_))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, poll_flush(cx), Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, poll_shutdown(cx), Ok(()))
    }
}
