//! The accept loop.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::address::Network;
use crate::auth::AuthPolicy;
use crate::connection::Connection;
use crate::ended::Ended;
use crate::gate::{Crowded, Gate, Pass};
use crate::listener::{Accepted, Listener};
use crate::origin::Origin;
use crate::shutdown::Shutdown;
use crate::stream::Stream;
use crate::timeouts::Timeouts;
use crate::tls::Tls;

/// What a front-end speaks.
pub trait Protocol: Send + Sync + 'static {
    /// Serves one connection, from the greeting to the end. Runs as a task of its own: what it
    /// holds while its peer is silent is the cost of an idle connection. A panic ends this
    /// connection only.
    fn serve(self: Arc<Self>, connection: Connection) -> impl Future<Output = ()> + Send;

    /// The line for a peer that is not let in, instead of a greeting. Not sent where the peer
    /// expects TLS at once.
    fn refusal(&self, crowded: Crowded) -> Bytes;
}

/// How a listener's connections are treated.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// TLS.
    pub encryption: Encryption,
    /// Peers that begin with a PROXY protocol header, version 1 or 2. From them it is required;
    /// what any other peer sends is the protocol's, even if it looks like one.
    pub proxies: Vec<Network>,
    /// Limits of connections; clones of one gate count together.
    pub gate: Gate,
    /// How long a peer may take.
    pub timeouts: Timeouts,
    /// When one may log in.
    pub auth: AuthPolicy,
}

/// Where TLS comes in.
#[derive(Clone, Debug, Default)]
pub enum Encryption {
    /// Nowhere.
    #[default]
    None,
    /// The client may ask for it (STARTTLS, STLS).
    StartTls(Tls),
    /// From the first byte (RFC 8314 section 3).
    Implicit(Tls),
}

/// Serves the connections of `listener` until the shutdown, then closes the listener, waits for
/// the connections ([`Timeouts::grace`]), cuts those left, and returns when all are gone.
pub async fn serve<P: Protocol>(
    listener: Listener,
    settings: Settings,
    protocol: Arc<P>,
    mut shutdown: Shutdown,
) {
    let service = Service { protocol, settings: Arc::new(settings), shutdown: shutdown.clone() };
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = shutdown.begun() => break,
            Some(outcome) = tasks.join_next() => report(outcome),
            accepted = listener.accept() => service.welcome(accepted, &mut tasks),
        }
    }
    drop(listener);
    let all_gone = async {
        while let Some(outcome) = tasks.join_next().await {
            report(outcome);
        }
    };
    if tokio::time::timeout(service.settings.timeouts.grace, all_gone).await.is_err() {
        tracing::warn!(connections = tasks.len(), "cutting connections that are still at work");
        tasks.shutdown().await;
    }
}

struct Service<P> {
    protocol: Arc<P>,
    settings: Arc<Settings>,
    shutdown: Shutdown,
}

impl<P: Protocol> Service<P> {
    /// Starts a task for a connection, or turns it away.
    fn welcome(&self, accepted: Accepted, tasks: &mut JoinSet<()>) {
        match self.settings.gate.admit() {
            Ok(pass) => {
                let service = self.clone();
                tasks.spawn(service.run(accepted, pass));
            }
            Err(crowded) => self.refuse(&accepted.stream, crowded),
        }
    }

    async fn run(self, accepted: Accepted, mut pass: Pass) {
        // Boxed, so that a session does not carry the room that getting started takes.
        let prepared = Box::pin(self.prepare(accepted, &mut pass)).await;
        let protocol = self.protocol.clone();
        drop(self);
        match prepared {
            Ok(connection) => protocol.serve(connection).await,
            Err(ended) => tracing::debug!(%ended, "connection not established"),
        }
    }

    async fn prepare(&self, accepted: Accepted, pass: &mut Pass) -> Result<Connection, Ended> {
        let Accepted { mut stream, ends } = accepted;
        let origin = Origin::learn(&mut stream, ends, &self.settings).await?;
        if let Some(told) = origin.told
            && let Err(crowded) = pass.count_address(told.peer.ip())
        {
            self.refuse(&stream, crowded);
            return Err(Ended::Closed);
        }
        if let Encryption::Implicit(tls) = &self.settings.encryption {
            let until = Instant::now() + self.settings.timeouts.handshake;
            stream = tls.accept(stream, until).await?;
        }
        Ok(Connection::new(stream, origin, self.settings.clone(), self.shutdown.clone()))
    }

    fn refuse(&self, stream: &Stream, crowded: Crowded) {
        tracing::debug!(?crowded, "connection refused");
        if !matches!(self.settings.encryption, Encryption::Implicit(_)) {
            stream.write_at_once(&self.protocol.refusal(crowded));
        }
    }
}

impl<P> Clone for Service<P> {
    fn clone(&self) -> Self {
        Self {
            protocol: self.protocol.clone(),
            settings: self.settings.clone(),
            shutdown: self.shutdown.clone(),
        }
    }
}

/// A panic has been printed by its hook; the server goes on.
fn report(outcome: Result<(), JoinError>) {
    if outcome.is_err_and(|error| error.is_panic()) {
        tracing::error!("a connection's task panicked");
    }
}
