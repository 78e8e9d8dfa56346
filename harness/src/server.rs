//! A server for a test.

use std::net::SocketAddr;
use std::sync::Arc;

use mailstore::{Backend, Mailstore};
use tokio::task::JoinHandle;
use wire::{Listener, Protocol, Shutdown, Trigger};

use crate::on::On;

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
    _directory: Option<tempfile::TempDir>,
}

impl Server {
    /// On an empty backend.
    pub async fn start(on: On, front: impl Front) -> Self {
        let opened = on.open().await;
        let server = Self::on_backend(opened.backend, front).await;
        Self { _directory: opened.directory, ..server }
    }

    /// On this backend.
    pub async fn on_backend(backend: Backend, front: impl Front) -> Self {
        let store = front.store(backend);
        let (protocol, settings) = front.serve(store.clone());
        let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::channel();
        let task = tokio::spawn(wire::serve(listener, settings, Arc::new(protocol), shutdown));
        Self { store, address, trigger, task, _directory: None }
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
