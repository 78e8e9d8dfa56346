//! Counters in Redis, or in this process while it is away.

use std::sync::Arc;
use std::time::Duration;

use ::redis::{RedisResult, aio::MultiplexedConnection, cmd};
use async_trait::async_trait;

use super::Task;
use super::link::Live;
use crate::store::{Hold, LocalShared, Shared, StoreError};
use crate::time::Timestamp;

/// Adds one, atomically. The end of the window is by the caller's clock; the expiry, by that of
/// Redis, only takes out what nobody asks for any more.
const COUNT: &str = "\
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends'))
if not ends or ends <= now then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', now + window))
    redis.call('PEXPIRE', KEYS[1], window)
end
return redis.call('HINCRBY', KEYS[1], 'n', 1)";

/// What was counted until now, if the window has not ended.
const VALUE: &str = "\
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends'))
if not ends or ends <= tonumber(ARGV[1]) then
    return 0
end
return tonumber(redis.call('HGET', KEYS[1], 'n')) or 0";

/// Says what a holder has: a field of a hash, with its end, for each. What has ended is taken out by
/// whoever comes by, and the whole when all has ended.
const HOLD: &str = "\
local now, holder, count = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local most, ends = tonumber(ARGV[4]), tonumber(ARGV[1]) + tonumber(ARGV[5])
local others, last = 0, ends
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
    local has, till = string.match(all[at + 1], '^(%d+) (%-?%d+)$')
    has, till = tonumber(has), tonumber(till)
    if till <= now then
        redis.call('HDEL', KEYS[1], all[at])
    elseif all[at] ~= holder then
        others, last = others + has, math.max(last, till)
    end
end
if count == 0 then
    redis.call('HDEL', KEYS[1], holder)
    return 1
end
if others + count > most then
    return 0
end
redis.call('HSET', KEYS[1], holder, string.format('%.0f %.0f', count, ends))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', last - now))
return 1";

/// The longest window, in milliseconds: a year.
const LONGEST: u128 = 366 * 24 * 3600 * 1000;
/// The greatest number that a script of Redis tells from its neighbours.
const GREATEST: u64 = 1 << 53;

/// Counters that hosts share while they can reach Redis.
#[derive(Debug)]
pub struct RedisShared {
    live: Arc<Live>,
    prefix: String,
    own: LocalShared,
    _task: Arc<Task>,
}

impl RedisShared {
    pub(super) fn new(live: Arc<Live>, prefix: String, task: Arc<Task>) -> Self {
        Self { live, prefix, own: LocalShared::default(), _task: task }
    }

    fn key(&self, key: &str) -> String {
        format!("{}:count:{key}", self.prefix)
    }

    async fn count_there(
        &self,
        mut connection: MultiplexedConnection,
        (key, window): (&str, Duration),
        now: Timestamp,
    ) -> RedisResult<u64> {
        let window = window.as_millis().clamp(1, LONGEST) as u64;
        let mut count = cmd("EVAL");
        count.arg(COUNT).arg(1).arg(self.key(key)).arg(now.millis()).arg(window);
        count.query_async(&mut connection).await
    }

    async fn hold_there(
        &self,
        mut connection: MultiplexedConnection,
        (key, hold): (&str, &Hold),
        now: Timestamp,
    ) -> RedisResult<bool> {
        let Hold { holder, count, most, lease } = hold;
        let lease = lease.as_millis().clamp(1, LONGEST) as u64;
        let mut said = cmd("EVAL");
        said.arg(HOLD).arg(1).arg(format!("{}:hold:{key}", self.prefix)).arg(now.millis());
        said.arg(format!("{:032x}", holder.0)).arg(count.min(&GREATEST)).arg(most.min(&GREATEST));
        said.arg(lease).query_async(&mut connection).await
    }
}

#[async_trait]
impl Shared for RedisShared {
    async fn count(&self, key: &str, window: Duration, now: Timestamp) -> Result<u64, StoreError> {
        let Some(connection) = self.live.connection() else {
            return self.own.count(key, window, now).await;
        };
        match self.count_there(connection, (key, window), now).await {
            Ok(value) => Ok(value),
            Err(error) => {
                self.live.suspect(&error);
                self.own.count(key, window, now).await
            }
        }
    }

    async fn value(&self, key: &str, now: Timestamp) -> Result<u64, StoreError> {
        let Some(mut connection) = self.live.connection() else {
            return self.own.value(key, now).await;
        };
        let mut value = cmd("EVAL");
        value.arg(VALUE).arg(1).arg(self.key(key)).arg(now.millis());
        match value.query_async(&mut connection).await {
            Ok(value) => Ok(value),
            Err(error) => {
                self.live.suspect(&error);
                self.own.value(key, now).await
            }
        }
    }

    async fn reset(&self, key: &str) -> Result<(), StoreError> {
        self.own.reset(key).await?;
        let Some(mut connection) = self.live.connection() else { return Ok(()) };
        let reset = cmd("DEL").arg(self.key(key)).exec_async(&mut connection).await;
        // A counter that is not forgotten ends with its window.
        reset.unwrap_or_else(|error| self.live.suspect(&error));
        Ok(())
    }

    async fn hold(&self, key: &str, hold: &Hold, now: Timestamp) -> Result<bool, StoreError> {
        let Some(connection) = self.live.connection() else {
            return self.own.hold(key, hold, now).await;
        };
        match self.hold_there(connection, (key, hold), now).await {
            Ok(fits) => Ok(fits),
            Err(error) => {
                self.live.suspect(&error);
                self.own.hold(key, hold, now).await
            }
        }
    }
}
