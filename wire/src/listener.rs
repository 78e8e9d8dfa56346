//! Listening sockets.

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as BlockingUnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpSocket, UnixListener};

use crate::address::ListenAddr;
use crate::origin::Ends;
use crate::stream::Stream;

/// Connections the kernel completes before they are accepted.
const BACKLOG: u16 = 1024;
/// Silence after which the kernel asks whether the peer is still there, and how often.
const KEEPALIVE: Duration = Duration::from_secs(5 * 60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
/// How long to wait before accepting again when the process is out of files or memory.
const BACKOFF: Duration = Duration::from_millis(250);

/// A listening socket.
#[derive(Debug)]
pub struct Listener(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: SocketFile },
}

impl Listener {
    /// Listens at `address`. Must be called within a Tokio runtime. A socket file that a process
    /// no longer running has left behind is replaced. Anyone on this machine may connect to a Unix
    /// socket; use [`bind_private`](Self::bind_private) for one that only its owner may use.
    pub fn bind(address: &ListenAddr) -> io::Result<Self> {
        match address {
            ListenAddr::Tcp(address) => listen_tcp(*address).map(|tcp| Self(Kind::Tcp(tcp))),
            ListenAddr::Unix(path) => Self::bind_unix(path, 0o666),
        }
    }

    /// Listens at a Unix socket to which only the user of this process may connect.
    pub fn bind_private(path: &Path) -> io::Result<Self> {
        Self::bind_unix(path, 0o600)
    }

    fn bind_unix(path: &Path, mode: u32) -> io::Result<Self> {
        remove_stale(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(path)?)?;
        let file = SocketFile(path.to_owned());
        // Nobody can connect before it listens, whatever the umask was.
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        socket.listen(BACKLOG.into())?;
        socket.set_nonblocking(true)?;
        let listener = UnixListener::from_std(OwnedFd::from(socket).into())?;
        Ok(Self(Kind::Unix { listener, _file: file }))
    }

    /// The address of a TCP listener; `None` for a Unix socket. Tells the port where 0 was asked
    /// for.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.0 {
            Kind::Tcp(tcp) => tcp.local_addr().ok(),
            Kind::Unix { .. } => None,
        }
    }

    /// The next connection. Outlives every error: those of one connection are skipped, and when
    /// the process has run out of files it waits for some to be closed.
    pub(crate) async fn accept(&self) -> Accepted {
        loop {
            match self.try_accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections at present");
                    tokio::time::sleep(BACKOFF).await;
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<Accepted> {
        match &self.0 {
            Kind::Tcp(tcp) => {
                let (stream, peer) = tcp.accept().await?;
                stream.set_nodelay(true)?;
                let local = stream.local_addr()?;
                let ends = Some(Ends::new(peer, local));
                Ok(Accepted { stream: Stream::Tcp(stream), ends })
            }
            Kind::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok(Accepted { stream: Stream::Unix(stream), ends: None })
            }
        }
    }
}

/// A connection just accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: Stream,
    pub(crate) ends: Option<Ends>,
}

/// Accepted sockets inherit the keepalive of the listening one.
fn listen_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_INTERVAL);
    SockRef::from(&socket).set_tcp_keepalive(&keepalive)?;
    socket.bind(address)?;
    socket.listen(BACKLOG.into())
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::ConnectionRefused
            | Kind::NotConnected
            | Kind::InvalidInput
            | Kind::Interrupted
    )
}

/// Removes the socket file of a process that is gone; one that still answers is left alone, and so
/// is everything that is not a socket (binding then fails with "address in use").
fn remove_stale(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && BlockingUnixStream::connect(path).is_err_and(refused) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Takes the socket file away with the listener.
#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
