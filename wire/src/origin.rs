//! Where a connection comes from: the socket's own ends, or those a trusted proxy tells.

use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::ended::Ended;
use crate::proxy::{self, Progress};
use crate::serve::Settings;
use crate::stream::Stream;

/// The two ends of a connection, IPv4-mapped addresses written as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

impl Ends {
    pub(crate) fn new(peer: SocketAddr, local: SocketAddr) -> Self {
        let canonical = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        Self { peer: canonical(peer), local: canonical(local) }
    }
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The TCP connection as it is; `None` for a Unix socket.
    pub(crate) transport: Option<Ends>,
    /// The ends as a trusted proxy told them, else as they are.
    pub(crate) told: Option<Ends>,
    /// Whether a trusted proxy says that the client came to it by TLS.
    pub(crate) tls_at_proxy: bool,
}

impl Origin {
    /// Reads the PROXY header of a trusted peer, and nothing from any other.
    pub(crate) async fn learn(
        stream: &mut Stream,
        ends: Option<Ends>,
        settings: &Settings,
    ) -> Result<Self, Ended> {
        let direct = Self { transport: ends, told: ends, tls_at_proxy: false };
        let trusts = |ends: Ends| settings.proxies.iter().any(|net| net.contains(ends.peer.ip()));
        if !ends.is_some_and(trusts) {
            return Ok(direct);
        }
        let header = match timeout(settings.timeouts.proxy, read_header(stream)).await {
            Ok(header) => header?,
            Err(_) => return Err(Ended::TimedOut),
        };
        Ok(match header.ends {
            Some((source, destination)) => Self {
                told: Some(Ends::new(source, destination)),
                tls_at_proxy: header.tls,
                ..direct
            },
            None => direct,
        })
    }

    /// Whether both the socket and the client a proxy tells of are of this machine.
    pub(crate) fn is_local(&self) -> bool {
        let loopback = |ends: Option<Ends>| ends.is_none_or(|ends| ends.peer.ip().is_loopback());
        loopback(self.transport) && loopback(self.told)
    }
}

/// Reads exactly the header: what follows it may be the first bytes of a TLS handshake.
async fn read_header(stream: &mut Stream) -> Result<proxy::Header, Ended> {
    let mut bytes = Vec::new();
    loop {
        match proxy::parse(&bytes).map_err(|error| Ended::Lost(io::Error::other(error)))? {
            Progress::Done { header, .. } => return Ok(header),
            Progress::More(count) => {
                let start = bytes.len();
                bytes.resize(start + count, 0);
                let room = bytes.get_mut(start..).unwrap_or_default();
                stream.read_exact(room).await.map_err(Ended::from_io)?;
            }
        }
    }
}
