//! The one connection: made, used, lost, and made again.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisError, RedisResult, Value};
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, channel};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::RedisSettings;
use super::channels::{Ask, Channel, Channels};
use crate::id::AccountId;
use crate::random::Random;
use crate::uid::ModSeq;

/// Most lights that wait to be published; further ones are lost, as lights may be.
const WAITING: usize = 4096;
/// Most that is published, or subscribed to, at once.
const BATCH: usize = 512;
/// Channels are looked after in so many parts, one after the other, so that what that costs does
/// not come all at once.
const PARTS: u16 = 64;
/// In which time all channels are tidied while all is well.
const TIDY: Duration = Duration::from_secs(60);

type Lit = (AccountId, ModSeq);

/// Where lights are handed in.
#[derive(Clone, Debug)]
pub(super) struct Lights(Sender<Lit>);

impl Lights {
    pub(super) fn send(&self, account: AccountId, modseq: ModSeq) {
        let _ = self.0.try_send((account, modseq));
    }
}

/// The connection, while there is one.
#[derive(Debug, Default)]
pub(super) struct Live {
    connection: Mutex<Option<MultiplexedConnection>>,
    /// Rung when it may be lost.
    lost: Notify,
}

impl Live {
    fn slot(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        self.slot().clone()
    }

    /// Something failed on it: if it was the connection, it is not used until it is made anew.
    pub(super) fn suspect(&self, error: &RedisError) {
        if error.is_unrecoverable_error() || error.is_timeout() {
            *self.slot() = None;
            self.lost.notify_one();
        } else {
            tracing::warn!(%error, "Redis refused a command");
        }
    }
}

/// The task behind a beacon and its counters.
pub(super) struct Link {
    client: Client,
    settings: RedisSettings,
    asks: UnboundedReceiver<Ask>,
    lights: Receiver<Lit>,
    part: u16,
}

impl Link {
    pub(super) fn new(
        client: Client,
        settings: RedisSettings,
        asks: UnboundedReceiver<Ask>,
    ) -> (Self, Lights) {
        let (send, lights) = channel(WAITING);
        (Self { client, settings, asks, lights, part: 0 }, Lights(send))
    }

    pub(super) async fn run(mut self, channels: Arc<Channels>, live: Arc<Live>) {
        loop {
            let connection = self.connect(&channels, &live).await;
            tracing::info!("Redis is there");
            let lost = self.serve(connection, &channels, &live).await;
            *live.slot() = None;
            let look = self.settings.look;
            tracing::warn!(
                ?lost,
                ?look,
                "Redis is lost; sessions look for themselves until it is back"
            );
        }
    }

    /// Tries until it is there. Meanwhile watchers are woken now and then, and nothing is sent.
    async fn connect(
        &mut self,
        channels: &Arc<Channels>,
        live: &Arc<Live>,
    ) -> MultiplexedConnection {
        let (client, settings) = (self.client.clone(), self.settings.clone());
        let config = config(&settings, channels, live);
        let mut connecting = pin!(connect_patiently(client, config, settings.pause));
        let mut look = each(settings.look / u32::from(PARTS));
        loop {
            tokio::select! {
                connection = &mut connecting => return connection,
                _ = look.tick() => self.next_part().for_each(|channel| {
                    channels.tidy(channel);
                    channels.wake(channel);
                }),
                // All is asked for again when it is there.
                Some(_) = self.asks.recv() => {}
                Some(_) = self.lights.recv() => {}
            }
        }
    }

    /// Serves until the connection is lost.
    async fn serve(
        &mut self,
        mut connection: MultiplexedConnection,
        channels: &Channels,
        live: &Live,
    ) -> Option<RedisError> {
        *live.slot() = Some(connection.clone());
        self.serve_on(&mut connection, channels, live).await.err()
    }

    async fn serve_on(
        &mut self,
        connection: &mut MultiplexedConnection,
        channels: &Channels,
        live: &Live,
    ) -> RedisResult<()> {
        for batch in channels.asked().chunks(BATCH) {
            self.subscribe(connection, channels, batch).await?;
        }
        let (mut tidy, mut ping) = (each(TIDY / u32::from(PARTS)), each(self.settings.ping));
        loop {
            tokio::select! {
                () = live.lost.notified() => return Ok(()),
                _ = ping.tick() => ::redis::cmd("PING").exec_async(connection).await?,
                _ = tidy.tick() => self.next_part().for_each(|channel| channels.tidy(channel)),
                Some(ask) = self.asks.recv() => self.ask(connection, channels, ask).await?,
                Some(light) = self.lights.recv() => self.publish(connection, light).await?,
            }
        }
    }

    async fn ask(
        &self,
        connection: &mut MultiplexedConnection,
        channels: &Channels,
        ask: Ask,
    ) -> RedisResult<()> {
        match ask {
            Ask::Subscribe(channel) => self.subscribe(connection, channels, &[channel]).await,
            Ask::Unsubscribe(channel) => {
                connection.unsubscribe(channel.name(&self.settings.prefix)).await
            }
        }
    }

    /// Subscribes, then wakes: what came before the subscription was not heard.
    async fn subscribe(
        &self,
        connection: &mut MultiplexedConnection,
        channels: &Channels,
        these: &[Channel],
    ) -> RedisResult<()> {
        let names: Vec<_> = these.iter().map(|each| each.name(&self.settings.prefix)).collect();
        connection.subscribe(&names).await?;
        these.iter().for_each(|channel| channels.wake(*channel));
        Ok(())
    }

    /// Publishes a light with those that wait behind it, of each account the last.
    async fn publish(
        &mut self,
        connection: &mut MultiplexedConnection,
        first: Lit,
    ) -> RedisResult<()> {
        let mut last = HashMap::from([first]);
        while last.len() < BATCH
            && let Ok((account, modseq)) = self.lights.try_recv()
        {
            last.insert(account, modseq);
        }
        let mut publish = ::redis::pipe();
        for (account, modseq) in last {
            let channel = Channel::of(account).name(&self.settings.prefix);
            publish.cmd("PUBLISH").arg(channel).arg(written((account, modseq))).ignore();
        }
        publish.exec_async(connection).await
    }

    /// The channels to be looked after next.
    fn next_part(&mut self) -> impl Iterator<Item = Channel> + use<> {
        self.part = (self.part + 1) % PARTS;
        Channel::part(self.part, PARTS)
    }
}

fn each(period: Duration) -> Interval {
    let mut interval = interval(period.max(Duration::from_millis(1)));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

fn config(
    settings: &RedisSettings,
    channels: &Arc<Channels>,
    live: &Arc<Live>,
) -> AsyncConnectionConfig {
    let (channels, live) = (Arc::clone(channels), Arc::clone(live));
    let heard = move |push: PushInfo| -> Result<(), std::convert::Infallible> {
        match push.kind {
            PushKind::Disconnection => live.lost.notify_one(),
            PushKind::Message => {
                if let Some((account, modseq)) = push.data.get(1).and_then(read) {
                    channels.raise(account, modseq);
                }
            }
            _ => {}
        }
        Ok(())
    };
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(settings.timeout))
        .set_response_timeout(Some(settings.timeout))
        .set_push_sender(heard)
}

async fn connect_patiently(
    client: Client,
    config: AsyncConnectionConfig,
    longest: Duration,
) -> MultiplexedConnection {
    let mut pause = longest / 100;
    loop {
        match client.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => return connection,
            Err(error) => tracing::warn!(%error, "Redis cannot be reached"),
        }
        sleep(jittered(pause)).await;
        pause = (pause * 2).min(longest);
    }
}

/// From half of it to all of it, so that hosts do not all come back together.
fn jittered(pause: Duration) -> Duration {
    let part = (Random::draw().0 & 0xff) as u32;
    pause / 2 + pause / 512 * part
}

fn written((account, modseq): Lit) -> String {
    format!("{} {}", account.get(), modseq.0)
}

/// What another host has published; what is none of that is passed over.
fn read(payload: &Value) -> Option<Lit> {
    let Value::BulkString(bytes) = payload else { return None };
    let (account, modseq) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
    Some((AccountId::new(account.parse().ok()?)?, ModSeq(modseq.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_is_read_as_it_was_written() {
        let light = (AccountId::new(i64::MAX).unwrap(), ModSeq(u64::MAX));
        let payload = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        assert_eq!(read(&payload(&written(light))), Some(light));
        for strange in ["", " ", "1", "1 ", "1 -1", "-1 1", "1 1 1", "a 1", "\u{ff}"] {
            assert_eq!(read(&payload(strange)), None, "{strange:?}");
        }
        assert_eq!(read(&Value::Nil), None);
    }

    #[test]
    fn pauses_differ_within_bounds() {
        let whole = Duration::from_secs(4);
        assert!((0..100).all(|_| (whole / 2..=whole).contains(&jittered(whole))));
    }
}
