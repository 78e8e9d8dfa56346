//! What can be set on an HTTP server, with the defaults and their reasons. Listeners, TLS and limits
//! of connections are set in [`wire`].

use std::time::Duration;

/// Settings of an [`Http`](crate::Http) server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Origins whose pages may call the API (CORS), such as `https://mail.example.com`. Default:
    /// none but the page that this server shows itself.
    pub origins: Vec<String>,
    /// Who may read `/metrics`. Default: only those with a token for it.
    pub metrics: MetricsFor,
    /// Largest JSON body, in bytes. Default 256 KiB.
    pub max_json: usize,
    /// How long the next bytes of a request may take. Default 60 s.
    pub patience: Duration,
    /// How long a request waits for memory before it is answered with 503. Default 30 s.
    pub memory_wait: Duration,
    /// How often a stream of events says that it is still there. Default 15 s.
    pub heartbeat: Duration,
    /// Most streams of events at once, each of which holds a connection. Default 10,000.
    pub streams: usize,
    /// Most streams of events of one user at once, over all hosts: a few browsers with a few tabs each.
    /// Default 32.
    pub streams_per_user: u32,
}

/// Who may read the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsFor {
    /// Who has a token of root, or of the role for it.
    #[default]
    Root,
    /// Also whoever asks from this machine.
    Loopback,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            metrics: MetricsFor::default(),
            max_json: 256 << 10,
            patience: Duration::from_secs(60),
            memory_wait: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            streams: 10_000,
            streams_per_user: 32,
        }
    }
}
