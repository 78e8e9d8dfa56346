//! HTTP/1.1 on a connection of [`wire`].

use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tower::Service;
use wire::{Connection, Crowded, Protocol};

use crate::request::{Peer, Privacy};
use crate::{Ending, Http};

/// Most bytes of a request's head.
const HEAD: usize = 64 * 1024;

impl Protocol for Http {
    async fn serve(self: Arc<Self>, connection: Connection) {
        let privacy = match connection.may_log_in() {
            true => Privacy::Private,
            false => Privacy::Open,
        };
        let peer = Peer { address: connection.peer_ip(), privacy };
        let (mut shutdown, ending) = (connection.shutdown(), Ending(connection.shutdown()));
        let timeouts = connection.timeouts().clone();
        let router = self.router();
        drop(self);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(ending.clone());
            // A router is always ready.
            router.clone().call(request.map(Body::new))
        });
        let connection = Arc::new(Mutex::new(connection));
        let io = TokioIo::new(Patient::new(Arc::clone(&connection), timeouts.slow_write));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(timeouts.login).max_buf_size(HEAD);
        let outcome = {
            let mut served = pin!(http.serve_connection(io, service));
            tokio::select! {
                outcome = served.as_mut() => outcome,
                () = shutdown.begun() => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "HTTP connection");
        }
        // Who is refused in the midst of a request hears it.
        if let Some(connection) = Arc::into_inner(connection) {
            connection.into_inner().unwrap_or_else(PoisonError::into_inner).close().await;
        }
    }

    fn refusal(&self, _: Crowded) -> Bytes {
        Bytes::from_static(
            b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\n\
              connection: close\r\n\r\n",
        )
    }
}

/// A connection whose peer must go on taking what is sent to it.
struct Patient {
    /// Shared with who closes it in the end, and with nobody else.
    connection: Arc<Mutex<Connection>>,
    patience: Duration,
    stuck: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(connection: Arc<Mutex<Connection>>, patience: Duration) -> Self {
        Self { connection, patience, stuck: None }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a write wait no longer than it may.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stuck = None;
            return outcome;
        }
        let patience = self.patience;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(patience)));
        match stuck.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.connection()).poll_read(cx, buf)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut *self.connection()).poll_write(cx, bytes);
        self.watch(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut *self.connection()).poll_write_vectored(cx, slices);
        self.watch(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection().is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut *self.connection()).poll_flush(cx);
        self.watch(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut *self.connection()).poll_shutdown(cx);
        self.watch(cx, outcome)
    }
}
