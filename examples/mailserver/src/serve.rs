//! Serving: everything that is switched on, until a signal says otherwise.

use std::sync::Arc;

use http_frontend::Http;
use imap_frontend::Imap;
use lmtp_frontend::Lmtp;
use pop3_frontend::Pop3;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use wire::{AuthPolicy, Encryption, Gate, Listener, Protocol, Settings, Shutdown, Tls, Trigger};

use crate::backend::Away;
use crate::config::Config;
use crate::control::{self, Control};
use crate::guide::{self, Place};
use crate::problem::{Doing, Problem};
use crate::say::say;
use crate::service::{Begins, Service};
use crate::store::{self, Store};
use crate::{root, tls};

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn serve(config: &Config) -> Result<(), Problem> {
    let mut signals = Signals::listen()?;
    let opened = tokio::select! {
        opened = store::open(config, Away::Wait) => opened,
        () = signals.wait(&[]) => return Ok(()),
    };
    let store = opened?;
    let mut servers = Servers::new(config);
    servers.start_all(&store)?;
    servers.greet(&store).await?;
    signals.wait(&servers.tls).await;
    servers.stop().await;
    Ok(())
}

/// The servers that run.
struct Servers<'a> {
    config: &'a Config,
    gate: Gate,
    tls: Vec<Tls>,
    places: Vec<Place>,
    tasks: JoinSet<()>,
    trigger: Trigger,
    shutdown: Shutdown,
}

impl<'a> Servers<'a> {
    fn new(config: &'a Config) -> Self {
        let (trigger, shutdown) = Shutdown::channel();
        let gate = Gate::new((&config.limits).into());
        let (tls, places, tasks) = (Vec::new(), Vec::new(), JoinSet::new());
        Self { config, gate, tls, places, tasks, trigger, shutdown }
    }

    fn start_all(&mut self, store: &Store) -> Result<(), Problem> {
        let mut sweep = self.shutdown.clone();
        let sweeping = store::sweep(store.clone(), self.config.store.sweep_seconds);
        self.tasks.spawn(async move {
            tokio::select! {
                () = sweeping => {}
                () = sweep.begun() => {}
            }
        });
        let config = self.config;
        let mail = || store.mail.clone();
        let directory = || Arc::new(store.accounts.clone());
        let imap = Arc::new(Imap::new(mail(), directory(), config.imap_settings()));
        self.start(&Service::imap(config), &imap)?;
        self.start(&Service::imaps(config), &imap)?;
        let lmtp = Arc::new(Lmtp::new(mail(), directory(), config.lmtp_settings()));
        self.start(&Service::lmtp(config), &lmtp)?;
        let pop3 = Arc::new(Pop3::new(mail(), directory(), (&config.pop3).into()));
        self.start(&Service::pop3(config), &pop3)?;
        self.start(&Service::pop3s(config), &pop3)?;
        let http = Arc::new(Http::new(mail(), store.accounts.clone(), (&config.http).into()));
        self.start(&Service::http(config), &http)?;
        self.start_control(store)
    }

    /// TLS for a service, which SIGHUP reloads. The first that needs a certificate has one made, if
    /// none is configured.
    fn encryption(&mut self, service: &Service<'_>) -> Result<Encryption, Problem> {
        let wrap = match service.tls {
            Begins::Never => return Ok(Encryption::None),
            Begins::OnRequest => Encryption::StartTls,
            Begins::AtOnce => Encryption::Implicit,
        };
        let files = tls::certificates(&self.config.tls, &self.config.directory)?;
        let tls = tls::load(&files, service.alpn)?;
        self.tls.push(tls.clone());
        Ok(wrap(tls))
    }

    fn start_control(&mut self, store: &Store) -> Result<(), Problem> {
        let path = control::socket(&self.config.directory);
        let listener =
            Listener::bind_private(&path).doing(|| format!("listening at {}", path.display()))?;
        let control = Arc::new(Control { store: store.clone() });
        self.spawn(listener, Settings::default(), control);
        Ok(())
    }

    fn start<P: Protocol>(
        &mut self,
        service: &Service<'_>,
        protocol: &Arc<P>,
    ) -> Result<(), Problem> {
        if !service.enabled {
            return Ok(());
        }
        let settings = Settings {
            encryption: self.encryption(service)?,
            proxies: service.proxies.to_vec(),
            gate: self.gate.clone(),
            timeouts: (&self.config.timeouts).into(),
            auth: AuthPolicy::from(&self.config.login),
        };
        for address in service.listen {
            let listener = Listener::bind(address)
                .doing(|| format!("listening at {address} for {}", service.name))?;
            let tcp = listener.local_addr();
            let shown = tcp.map_or_else(|| address.to_string(), |tcp| tcp.to_string());
            tracing::info!(service = service.name, address = shown, "listening");
            self.places.push(Place { service: service.name, shown, tcp });
            self.spawn(listener, settings.clone(), Arc::clone(protocol));
        }
        Ok(())
    }

    fn spawn<P: Protocol>(&mut self, listener: Listener, settings: Settings, protocol: Arc<P>) {
        self.tasks.spawn(wire::serve(listener, settings, protocol, self.shutdown.clone()));
    }

    /// Says on the standard output where everything is and, while there are no users, what to do.
    async fn greet(&self, store: &Store) -> Result<(), Problem> {
        let users = store.accounts.list(None, 1).await.doing(|| "looking for users".to_owned())?;
        say(&guide::overview(&self.config.directory, &self.places));
        if users.is_empty() {
            let token = match self.config.http.enabled {
                true => root::first(&store.accounts).await?,
                false => None,
            };
            say(&guide::next_steps(&self.places, token.as_ref()));
        }
        Ok(())
    }

    /// Lets each server finish, and those that cannot be cut.
    async fn stop(mut self) {
        tracing::info!("shutting down");
        self.trigger.shut_down();
        while self.tasks.join_next().await.is_some() {}
        tracing::info!("stopped");
    }
}

/// What the process is told.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> Result<Self, Problem> {
        let listen = |kind| signal(kind).doing(|| "listening for signals".to_owned());
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Returns at SIGTERM or SIGINT. At SIGHUP the certificates are read again.
    async fn wait(&mut self, tls: &[Tls]) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => tls.iter().for_each(reload),
            }
        }
    }
}

fn reload(tls: &Tls) {
    match tls.reload() {
        Ok(()) => tracing::info!("certificates read again"),
        Err(error) => tracing::error!(%error, "certificates not read again; the old ones stay"),
    }
}
