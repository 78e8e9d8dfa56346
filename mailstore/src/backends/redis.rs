//! A beacon and counters that many hosts share, in Redis 6 or later. Nothing in it is the truth:
//! a host that cannot reach it goes on, and so does one that it tells nothing.
//!
//! ```text
//! PREFIX:beacon:NNN     channels, 4,096 of them by account: "ACCOUNT MODSEQ"
//! PREFIX:count:KEY      counters, as hashes: n (the value), ends (in ms), with an expiry
//! ```
//!
//! While Redis is away
//! - each session in IDLE looks into the journal every [`RedisSettings::look`]; on return all are
//!   woken once, for what they may have missed;
//! - counters are those of this process alone, so that a limit holds for each host instead of for
//!   all of them together.

mod channels;
mod counters;
mod link;

use std::sync::Arc;
use std::time::Duration;

use ::redis::Client;
use tokio::task::JoinHandle;

use self::channels::Channels;
pub use self::counters::RedisShared;
use self::link::{Link, Live};
use crate::id::AccountId;
use crate::store::{Beacon, Watch};
use crate::uid::ModSeq;

/// How Redis is used.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Before every channel and key, so that several stores can share a server. Default
    /// `mailstore`.
    pub prefix: String,
    /// For connecting, and for each answer. Default 2 seconds.
    pub timeout: Duration,
    /// How often it is asked whether it is still there. Default 5 seconds.
    pub ping: Duration,
    /// While it is away: how often the sessions of every account look for themselves. Default
    /// 5 seconds.
    pub look: Duration,
    /// While it is away: the longest pause between two attempts to reach it. The first is a
    /// hundredth of it. Default 5 seconds.
    pub pause: Duration,
}

impl Default for RedisSettings {
    fn default() -> Self {
        let few = Duration::from_secs(5);
        let timeout = Duration::from_secs(2);
        Self { prefix: "mailstore".to_owned(), timeout, ping: few, look: few, pause: few }
    }
}

/// Why Redis cannot be used. That it is away is no reason.
#[derive(Debug, thiserror::Error)]
#[error("Redis: {0}")]
pub struct RedisError(String);

/// One connection to Redis, which is made again whenever it is lost.
#[derive(Debug)]
pub struct Redis {
    beacon: Arc<RedisBeacon>,
    shared: Arc<RedisShared>,
}

impl Redis {
    /// Connects in the background to `redis://[[USER]:PASSWORD@]HOST[:PORT]`, or `rediss://` for
    /// TLS. To be called within a Tokio runtime. Fails if that is no such URL.
    pub fn open(url: &str, settings: RedisSettings) -> Result<Self, RedisError> {
        let client = client(url)?;
        let runtime = tokio::runtime::Handle::try_current();
        let runtime = runtime.map_err(|error| RedisError(error.to_string()))?;
        let (channels, asks) = Channels::new();
        let channels = Arc::new(channels);
        let live = Arc::new(Live::default());
        let (link, lights) = Link::new(client, settings.clone(), asks);
        let running = runtime.spawn(link.run(Arc::clone(&channels), Arc::clone(&live)));
        let task = Arc::new(Task(running));
        let shared = RedisShared::new(live, settings.prefix, Arc::clone(&task));
        let beacon = RedisBeacon { channels, lights, _task: task };
        Ok(Self { beacon: Arc::new(beacon), shared: Arc::new(shared) })
    }

    /// The beacon.
    pub fn beacon(&self) -> Arc<RedisBeacon> {
        Arc::clone(&self.beacon)
    }

    /// The counters.
    pub fn shared(&self) -> Arc<RedisShared> {
        Arc::clone(&self.shared)
    }
}

fn client(url: &str) -> Result<Client, RedisError> {
    let wrong = |error: ::redis::RedisError| RedisError(error.to_string());
    if !url.starts_with("redis://") && !url.starts_with("rediss://") {
        return Err(RedisError("the URL does not begin with redis:// or rediss://".to_owned()));
    }
    if url.starts_with("rediss://") {
        // The driver takes the provider of the process; if there is one already, that one.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let info = ::redis::IntoConnectionInfo::into_connection_info(url).map_err(wrong)?;
    // Only RESP3 lets one connection do both, listen and ask.
    let protocol = info.redis_settings().clone().set_protocol(::redis::ProtocolVersion::RESP3);
    Client::open(info.set_redis_settings(protocol)).map_err(wrong)
}

/// Ends the link when nobody needs it any more.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A beacon that the watchers of all hosts see.
#[derive(Debug)]
pub struct RedisBeacon {
    channels: Arc<Channels>,
    lights: link::Lights,
    _task: Arc<Task>,
}

impl Beacon for RedisBeacon {
    fn light(&self, account: AccountId, modseq: ModSeq) {
        // Those on this host need no Redis.
        self.channels.raise(account, modseq);
        self.lights.send(account, modseq);
    }

    fn watch(&self, account: AccountId) -> Watch {
        self.channels.watch(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_url_of_something_else_is_refused() {
        for url in ["", "http://localhost", "redis://", "redis://host:port", "/run/redis"] {
            let opened = Redis::open(url, RedisSettings::default());
            assert!(opened.is_err_and(|error| !error.to_string().is_empty()), "{url:?}");
        }
    }

    #[test]
    fn without_a_runtime_it_is_an_error() {
        assert!(Redis::open("redis://localhost", RedisSettings::default()).is_err());
    }
}
