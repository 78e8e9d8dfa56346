//! Serving: everything that is switched on, until a signal says otherwise.

use std::sync::Arc;

use http_frontend::Http;
use imap_frontend::Imap;
use lmtp_frontend::Lmtp;
use pop3_frontend::Pop3;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use wire::{
    AuthPolicy, CertificateFiles, Encryption, Gate, ListenAddr, Listener, Network, Protocol,
    Settings, Shutdown, Tls, Trigger,
};

use crate::config::Config;
use crate::control::{self, Control};
use crate::guide::{self, Place};
use crate::problem::{Doing, Problem};
use crate::say::say;
use crate::store::{self, Store};
use crate::{root, tls};

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn serve(config: &Config) -> Result<(), Problem> {
    let mut signals = Signals::listen()?;
    let store = store::open(config).await?;
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

/// One service: its name, where it listens, and whom it lets speak for others.
struct Service<'a> {
    name: &'static str,
    listen: &'a [ListenAddr],
    proxies: &'a [Network],
    encryption: Encryption,
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
        let certificates = self.certificates()?;
        self.start_imap(store, &certificates)?;
        self.start_imaps(store, &certificates)?;
        self.start_lmtp(store, &certificates)?;
        self.start_pop3(store, &certificates)?;
        self.start_pop3s(store, &certificates)?;
        self.start_http(store, &certificates)?;
        self.start_control(store)
    }

    /// The files of the certificates, if any service uses them.
    fn certificates(&self) -> Result<Vec<CertificateFiles>, Problem> {
        let (imap, imaps, lmtp) = (&self.config.imap, &self.config.imaps, &self.config.lmtp);
        let (pop3, pop3s) = (&self.config.pop3, &self.config.pop3s);
        let used = imaps.enabled
            || pop3s.enabled
            || self.config.http.enabled && self.config.http.tls
            || imap.enabled && imap.starttls
            || lmtp.enabled && lmtp.starttls
            || pop3.enabled && pop3.starttls;
        match used {
            true => tls::certificates(&self.config.tls, &self.config.directory),
            false => Ok(Vec::new()),
        }
    }

    /// Loads the certificates, and remembers them for SIGHUP.
    fn load_tls(&mut self, files: &[CertificateFiles], alpn: &[&str]) -> Result<Tls, Problem> {
        let tls = tls::load(files, alpn)?;
        self.tls.push(tls.clone());
        Ok(tls)
    }

    fn start_imap(&mut self, store: &Store, files: &[CertificateFiles]) -> Result<(), Problem> {
        let config = &self.config.imap;
        if !config.enabled {
            return Ok(());
        }
        let encryption = match config.starttls {
            true => Encryption::StartTls(self.load_tls(files, &["imap"])?),
            false => Encryption::None,
        };
        let (listen, proxies) = (&config.listen, &config.proxies);
        let imap = self.imap(store);
        self.start(&Service { name: "imap", listen, proxies, encryption }, &imap)
    }

    fn start_imaps(&mut self, store: &Store, files: &[CertificateFiles]) -> Result<(), Problem> {
        let config = &self.config.imaps;
        if !config.enabled {
            return Ok(());
        }
        let encryption = Encryption::Implicit(self.load_tls(files, &["imap"])?);
        let (listen, proxies) = (&config.listen, &config.proxies);
        let imap = self.imap(store);
        self.start(&Service { name: "imaps", listen, proxies, encryption }, &imap)
    }

    fn imap(&self, store: &Store) -> Arc<Imap> {
        let (mail, directory) = (store.mail.clone(), Arc::new(store.accounts.clone()));
        Arc::new(Imap::new(mail, directory, self.config.imap_settings()))
    }

    fn start_lmtp(&mut self, store: &Store, files: &[CertificateFiles]) -> Result<(), Problem> {
        let config = &self.config.lmtp;
        if !config.enabled {
            return Ok(());
        }
        let encryption = match config.starttls {
            true => Encryption::StartTls(self.load_tls(files, &[])?),
            false => Encryption::None,
        };
        let (mail, directory) = (store.mail.clone(), Arc::new(store.accounts.clone()));
        let lmtp = Arc::new(Lmtp::new(mail, directory, self.config.lmtp_settings()));
        let (listen, proxies) = (&config.listen, &config.proxies);
        self.start(&Service { name: "lmtp", listen, proxies, encryption }, &lmtp)
    }

    fn start_pop3(&mut self, store: &Store, files: &[CertificateFiles]) -> Result<(), Problem> {
        let config = &self.config.pop3;
        if !config.enabled {
            return Ok(());
        }
        let encryption = match config.starttls {
            true => Encryption::StartTls(self.load_tls(files, &["pop3"])?),
            false => Encryption::None,
        };
        let (listen, proxies) = (&config.listen, &config.proxies);
        let pop3 = self.pop3(store);
        self.start(&Service { name: "pop3", listen, proxies, encryption }, &pop3)
    }

    fn start_pop3s(&mut self, store: &Store, files: &[CertificateFiles]) -> Result<(), Problem> {
        let config = &self.config.pop3s;
        if !config.enabled {
            return Ok(());
        }
        let encryption = Encryption::Implicit(self.load_tls(files, &["pop3"])?);
        let (listen, proxies) = (&config.listen, &config.proxies);
        let pop3 = self.pop3(store);
        self.start(&Service { name: "pop3s", listen, proxies, encryption }, &pop3)
    }

    fn pop3(&self, store: &Store) -> Arc<Pop3> {
        let (mail, directory) = (store.mail.clone(), Arc::new(store.accounts.clone()));
        Arc::new(Pop3::new(mail, directory, (&self.config.pop3).into()))
    }

    fn start_http(&mut self, store: &Store, files: &[CertificateFiles]) -> Result<(), Problem> {
        let config = &self.config.http;
        if !config.enabled {
            return Ok(());
        }
        let encryption = match config.tls {
            true => Encryption::Implicit(self.load_tls(files, &["http/1.1"])?),
            false => Encryption::None,
        };
        let (mail, accounts) = (store.mail.clone(), store.accounts.clone());
        let http = Arc::new(Http::new(mail, accounts, config.into()));
        let (listen, proxies) = (&config.listen, &config.proxies);
        self.start(&Service { name: "http", listen, proxies, encryption }, &http)
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
        let settings = Settings {
            encryption: service.encryption.clone(),
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
