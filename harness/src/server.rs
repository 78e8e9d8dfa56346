//! A server for a test.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mailstore::{Backend, Mailstore};
use tokio::task::JoinHandle;
use wire::{AuthPolicy, ClearLogin, Listener, Protocol, Shutdown, Timeouts, Trigger};

use crate::on::{On, Opened};

/// How a front-end is put in front of a backend, with the settings that a test wants.
pub trait Front {
    /// What it speaks.
    type Protocol: Protocol;

    /// The store that it serves.
    fn store(&self, backend: Backend) -> Mailstore;

    /// The front-end, and how it is served.
    fn serve(self, store: Mailstore) -> (Self::Protocol, wire::Settings);
}

/// A server that runs. Dropped, it goes on until the test ends.
#[derive(Debug)]
pub struct Server {
    /// What it serves.
    pub store: Mailstore,
    /// Where it listens.
    pub address: SocketAddr,
    trigger: Trigger,
    task: JoinHandle<()>,
    _place: Option<Box<dyn Any + Send + Sync>>,
}

impl Server {
    /// On an empty backend.
    pub async fn start(on: On, front: impl Front) -> Self {
        Self::on_opened(on.open().await, front).await
    }

    /// On a backend that has been opened.
    pub async fn on_opened(opened: Opened, front: impl Front) -> Self {
        let server = Self::on_backend(opened.backend, front).await;
        Self { _place: opened.place, ..server }
    }

    /// On this backend.
    pub async fn on_backend(backend: Backend, front: impl Front) -> Self {
        let store = front.store(backend);
        let (protocol, settings) = front.serve(store.clone());
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::channel();
        let task = tokio::spawn(wire::serve(listener, settings, Arc::new(protocol), shutdown));
        Self { store, address, trigger, task, _place: None }
    }

    /// Shuts down, and waits for the end.
    pub async fn stop(self) {
        self.trigger.shut_down();
        self.task.await.unwrap();
    }

    /// Begins to shut down.
    pub fn shut_down(&self) {
        self.trigger.shut_down();
    }
}

/// How servers are served in tests: a failed login is answered soon, and the third is the last.
pub fn wire_settings() -> wire::Settings {
    let auth =
        AuthPolicy { delay: Duration::from_millis(5), clear: ClearLogin::Local, attempts: 3 };
    wire::Settings { auth, ..wire::Settings::default() }
}

/// Sets the time that a line `@login_ms`, `@idle_ms` or `@command_ms` of a script says; `false` if
/// that is something else.
pub fn set_timeout(timeouts: &mut Timeouts, name: &str, value: &str) -> bool {
    let timeout = match name {
        "login_ms" => &mut timeouts.login,
        "idle_ms" => &mut timeouts.idle,
        "command_ms" => &mut timeouts.command,
        _ => return false,
    };
    *timeout = Duration::from_millis(value.parse().expect("a number"));
    true
}
