//! One connection to a peer.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use crate::auth::ClearLogin;
use crate::ended::Ended;
use crate::origin::Origin;
use crate::sasl::Bindings;
use crate::serve::{Encryption, Settings};
use crate::shutdown::Shutdown;
use crate::stream::{Deflated, Stream};
use crate::timeouts::Timeouts;
use crate::tls::Tls;

mod inlet;
mod io_traits;

use inlet::Inlet;

/// How long a peer may take to agree to the end of a connection.
const FAREWELL: Duration = Duration::from_secs(1);
/// How much of what it still sends is thrown away at a time.
const DISCARDED: usize = 4096;

/// One connection to a peer. While it waits for a peer that has nothing under way it holds no
/// buffer.
#[derive(Debug)]
pub struct Connection {
    inlet: Inlet,
    about: Box<About>,
    shutdown: Shutdown,
    failed_logins: u32,
}

/// What does not change while the connection lives.
#[derive(Debug)]
struct About {
    origin: Origin,
    settings: Arc<Settings>,
}

/// What [`Connection::idle`] waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle<T> {
    /// So many bytes came from the peer.
    Bytes(usize),
    /// The other future is done.
    Other(T),
}

/// Receiving.
impl Connection {
    /// Waits for bytes and appends at least one, and at most `max`, to `buf`. For use in the midst
    /// of something, such as a message: a shutdown does not end it (until the grace is over).
    /// Cancelling it loses nothing. When `until` is past it ends with [`Ended::TimedOut`] even if
    /// bytes are there.
    ///
    /// An empty `buf` gives up its memory while this waits.
    pub async fn read(
        &mut self,
        buf: &mut BytesMut,
        max: usize,
        until: Instant,
    ) -> Result<usize, Ended> {
        in_time(until)?;
        self.inlet.stream.acknowledge();
        match timeout_at(until, self.inlet.receive(buf, max)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Ended::TimedOut),
        }
    }

    /// As [`read`](Self::read), for use between commands: a shutdown ends it.
    pub async fn read_command(
        &mut self,
        buf: &mut BytesMut,
        max: usize,
        until: Instant,
    ) -> Result<usize, Ended> {
        match self.idle(buf, max, until, pending::<Infallible>()).await? {
            Idle::Bytes(count) => Ok(count),
            Idle::Other(never) => match never {},
        }
    }

    /// As [`read_command`](Self::read_command), but also returns when `other` is done (IMAP IDLE
    /// waits for news of the mailbox this way). If both are, the bytes come first; pass `other` by
    /// pinned reference to go on waiting for it.
    pub async fn idle<T>(
        &mut self,
        buf: &mut BytesMut,
        max: usize,
        until: Instant,
        other: impl Future<Output = T>,
    ) -> Result<Idle<T>, Ended> {
        in_time(until)?;
        tokio::select! {
            biased;
            () = self.shutdown.begun() => Err(Ended::ShuttingDown),
            outcome = self.inlet.receive(buf, max) => outcome.map(Idle::Bytes),
            outcome = other => Ok(Idle::Other(outcome)),
            () = sleep_until(until) => Err(Ended::TimedOut),
        }
    }
}

/// A peer that always has something to say does not outlive its deadline by that.
fn in_time(until: Instant) -> Result<(), Ended> {
    if Instant::now() < until { Ok(()) } else { Err(Ended::TimedOut) }
}

/// Sending.
impl Connection {
    /// Sends all of `bytes`; returns when the kernel has taken them. Ends with [`Ended::Stuck`] if
    /// the peer takes nothing for [`Timeouts::slow_write`]. Cancelling it leaves an unknown part
    /// sent: then only closing makes sense.
    ///
    /// Each call costs a system call and, on TLS, a record: gather small pieces first.
    pub async fn write(&mut self, mut bytes: impl Buf) -> Result<(), Ended> {
        let patience = self.timeouts().slow_write;
        while bytes.has_remaining() {
            match timeout(patience, self.inlet.stream.write_buf(&mut bytes)).await {
                Ok(Ok(0)) => return Err(Ended::Closed),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(Ended::from_io(error)),
                Err(_) => return Err(Ended::Stuck),
            }
        }
        match timeout(patience, self.inlet.stream.flush()).await {
            Ok(outcome) => outcome.map_err(Ended::from_io),
            Err(_) => Err(Ended::Stuck),
        }
    }

    /// Ends the connection in order: TLS close_notify, TCP FIN, then waits for the peer to do the
    /// same, throwing away what it still sends. (Closing with bytes unread would make TCP reset the
    /// connection, and the peer might never see the last line sent to it.) A peer that does not
    /// close in its turn is left after 1 s.
    pub async fn close(mut self) {
        let _ = timeout(FAREWELL, async {
            self.inlet.stream.shutdown().await?;
            let mut unread = BytesMut::new();
            while self.inlet.receive(&mut unread, DISCARDED).await.is_ok() {
                unread.clear();
            }
            Ok::<(), io::Error>(())
        })
        .await;
    }
}

/// TLS.
impl Connection {
    /// Whether STARTTLS (STLS) may be offered now: TLS is configured and not on yet.
    pub fn offers_start_tls(&self) -> bool {
        self.start_tls_settings().is_some()
    }

    fn start_tls_settings(&self) -> Option<&Tls> {
        match &self.about.settings.encryption {
            Encryption::StartTls(tls) if !self.is_tls() => Some(tls),
            _ => None,
        }
    }

    /// Does the TLS handshake; to be called when the positive answer to STARTTLS has been sent.
    ///
    /// `unread` is the buffer that the session reads into. It must be empty: bytes that follow the
    /// command in the clear may come from someone in the middle and must not be taken for a command
    /// within TLS, and no honest client sends any (RFC 3207 section 4, RFC 9051 section 6.2.1). If
    /// there are some, they are thrown away and the connection ends with [`Ended::Injected`]. A
    /// session that wants to say so in words checks its buffer before it answers the command.
    ///
    /// The session must forget whatever it learned of the client before (RFC 3207 section 4.2).
    /// After an error the connection is closed.
    pub async fn start_tls(&mut self, unread: &mut BytesMut) -> Result<(), Ended> {
        let tls = self.start_tls_settings().ok_or(Ended::NoTls)?.clone();
        let clear = mem::replace(&mut self.inlet.stream, Stream::Gone);
        if !unread.is_empty() {
            *unread = BytesMut::new();
            return Err(Ended::Injected);
        }
        let until = self.within(self.timeouts().handshake);
        self.inlet.stream = Box::pin(tls.accept(clear, until)).await?;
        Ok(())
    }

    /// Whether this connection is within TLS.
    pub fn is_tls(&self) -> bool {
        self.inlet.stream.session().is_some()
    }

    /// The channel binding `tls-exporter` (RFC 9266), for SCRAM-SHA-256-PLUS. Only with TLS 1.3:
    /// with 1.2 it is unsound unless the peer uses the extended master secret, which cannot be told
    /// from here.
    pub fn tls_exporter(&self) -> Option<[u8; 32]> {
        let session = self.inlet.stream.session()?;
        let modern = session.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
        let label = b"EXPORTER-Channel-Binding";
        modern.then(|| session.export_keying_material([0; 32], label, Some(b"")).ok())?
    }

    /// The channel bindings, for SASL. Certificates that were reloaded since the handshake make the
    /// client's `tls-server-end-point` a wrong one; it has to connect again.
    pub fn channel_bindings(&self) -> Bindings {
        let end_point = match &self.about.settings.encryption {
            Encryption::StartTls(tls) | Encryption::Implicit(tls) if self.is_tls() => {
                tls.end_point(self.server_name())
            }
            _ => None,
        };
        Bindings { exporter: self.tls_exporter(), end_point }
    }

    /// The version and cipher suite of the TLS session, for logs and `Received` lines.
    pub fn tls_summary(&self) -> Option<String> {
        let session = self.inlet.stream.session()?;
        let version = session.protocol_version()?;
        let suite = session.negotiated_cipher_suite()?.suite();
        Some(format!("{version:?} {suite:?}"))
    }

    /// The host name the peer asked for (SNI), if it is within TLS and named one.
    pub fn server_name(&self) -> Option<&str> {
        self.inlet.stream.session()?.server_name()
    }

    /// The protocol agreed on by ALPN, if the peer is within TLS and offered one of those configured.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.inlet.stream.session()?.alpn_protocol()
    }
}

/// Compression.
impl Connection {
    /// Whether what is sent and received is compressed.
    pub fn is_compressed(&self) -> bool {
        matches!(self.inlet.stream, Stream::Deflate(_))
    }

    /// From now on all is compressed, in both directions (RFC 4978); to be called when the positive
    /// answer to COMPRESS has been sent, and nothing that followed the command has been read. Each
    /// [`write`](Self::write) ends so that the peer can read all of it. Costs up to 320 KiB, however
    /// little is sent for however much. Does nothing if it is compressed already.
    pub fn compress(&mut self) {
        if !self.is_compressed() {
            let plain = mem::replace(&mut self.inlet.stream, Stream::Gone);
            self.inlet.stream = Stream::Deflate(Box::new(Deflated::new(plain)));
        }
    }

    /// The opposite of [`compress`](Self::compress). What came behind the compressed part and was
    /// read with it goes to the end of `unread`.
    pub fn end_compression(&mut self, unread: &mut BytesMut) {
        self.inlet.stream = match mem::replace(&mut self.inlet.stream, Stream::Gone) {
            Stream::Deflate(deflated) => {
                let (plain, behind) = deflated.into_parts();
                unread.extend_from_slice(&behind);
                plain
            }
            plain => plain,
        };
    }
}

/// Who is at the other end, and what it may do.
impl Connection {
    /// A connection that is ready to be served.
    pub(crate) fn new(
        stream: Stream,
        origin: Origin,
        settings: Arc<Settings>,
        shutdown: Shutdown,
    ) -> Self {
        let about = Box::new(About { origin, settings });
        Self { inlet: Inlet::new(stream), about, shutdown, failed_logins: 0 }
    }

    /// The client's address (as a trusted proxy told it, if there is one); `None` for a Unix socket.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.about.origin.told.map(|ends| ends.peer)
    }

    /// The client's IP address, as [`Attempt`](mailstore::store::directory::Attempt) wants it.
    pub fn peer_ip(&self) -> Option<IpAddr> {
        self.peer().map(|peer| peer.ip())
    }

    /// The address the client connected to; `None` for a Unix socket.
    pub fn local(&self) -> Option<SocketAddr> {
        self.about.origin.told.map(|ends| ends.local)
    }

    /// The timeouts of its server.
    pub fn timeouts(&self) -> &Timeouts {
        &self.about.settings.timeouts
    }

    /// So long from now.
    pub fn within(&self, time: Duration) -> Instant {
        Instant::now() + time
    }

    /// What tells of the shutdown, for a protocol that does not read through this type.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Whether the server is shutting down.
    pub fn is_shutting_down(&self) -> bool {
        self.shutdown.has_begun()
    }

    /// Whether a name and password may be asked for as things stand: within TLS (here or at a
    /// trusted proxy), on this machine, or anywhere if [`ClearLogin::Anywhere`] is configured
    /// (RFC 8314 section 4.1).
    pub fn may_log_in(&self) -> bool {
        self.is_tls()
            || self.about.origin.tls_at_proxy
            || self.about.origin.is_local()
            || self.about.settings.auth.clear == ClearLogin::Anywhere
    }

    /// To be called when a login has failed, before that is said: pauses a little longer each time.
    /// Ends with [`Ended::TooManyLogins`] when there have been too many.
    pub async fn login_failed(&mut self) -> Result<(), Ended> {
        let auth = &self.about.settings.auth;
        self.failed_logins = self.failed_logins.saturating_add(1);
        let (delay, last) = (auth.delay, self.failed_logins >= auth.attempts);
        let pause = delay.saturating_mul(self.failed_logins);
        tokio::select! {
            () = sleep(pause) => {}
            () = self.shutdown.begun() => return Err(Ended::ShuttingDown),
        }
        if last { Err(Ended::TooManyLogins) } else { Ok(()) }
    }
}
