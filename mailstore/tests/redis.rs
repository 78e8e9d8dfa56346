//! The beacon and the counters of many hosts, on a Redis of each test's own.
//!
//! Debian's `redis-server` is installed by `scripts/services start`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mailstore::backends::redis::{Redis, RedisSettings};
use mailstore::id::AccountId;
use mailstore::random::Random;
use mailstore::store::{Beacon, Hold, LeaseHolder, Shared, Watch};
use mailstore::time::Timestamp;
use mailstore::uid::ModSeq;
use tempfile::TempDir;

/// Long enough for whatever is to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The Redis of `scripts/services`, for the rules; a prefix of its own keeps each test apart.
fn common() -> Redis {
    let url = harness::service("MAILSTORE_TEST_REDIS");
    let prefix = format!("test{:032x}", Random::draw().0);
    Redis::open(&url, RedisSettings { prefix, ..RedisSettings::default() }).unwrap()
}

fn account(number: i64) -> AccountId {
    AccountId::new(number).unwrap()
}

async fn past(watch: &mut Watch, seen: u64) -> ModSeq {
    tokio::time::timeout(PATIENCE, watch.past(ModSeq(seen))).await.expect("no light came")
}

/// Watches; when it returns, lights of other hosts are heard, and nobody will be woken for having
/// missed some before.
async fn hearing(redis: &Redis, number: i64) -> Watch {
    let mut watch = redis.beacon().watch(account(number));
    past(&mut watch, u64::MAX).await;
    watch
}

mod beacon {
    use super::*;

    /// One host that lights and one that watches, for the trait's rules: what a host lights is
    /// seen on the other.
    #[derive(Debug)]
    struct TwoHosts {
        here: Arc<dyn Beacon>,
        there: Arc<dyn Beacon>,
    }

    impl Beacon for TwoHosts {
        fn light(&self, account: AccountId, modseq: ModSeq) {
            self.here.light(account, modseq);
        }

        fn watch(&self, account: AccountId) -> Watch {
            self.there.watch(account)
        }
    }

    async fn one_host() -> (Arc<dyn Beacon>, (Redis, Vec<Watch>)) {
        let redis = common();
        let kept = vec![hearing(&redis, 1).await, hearing(&redis, 2).await];
        (redis.beacon(), (redis, kept))
    }

    async fn two_hosts() -> (Arc<dyn Beacon>, (Redis, Vec<Watch>)) {
        let url = std::env::var("MAILSTORE_TEST_REDIS").unwrap();
        let prefix = format!("test{:032x}", Random::draw().0);
        let settings = RedisSettings { prefix, ..RedisSettings::default() };
        let here = Redis::open(&url, settings.clone()).unwrap();
        let there = Redis::open(&url, settings).unwrap();
        drop(hearing(&here, 9).await);
        let kept = vec![hearing(&there, 1).await, hearing(&there, 2).await];
        (Arc::new(TwoHosts { here: here.beacon(), there: there.beacon() }), (there, kept))
    }

    mod alone {
        contract::beacon_contract!(super::one_host);
    }

    // All but the rule about lights before the wait, whose order is that of one host.
    mod together {
        contract::beacon_contract! { super::two_hosts;
            a_light_wakes_who_watches
            accounts_have_lights_of_their_own
            a_watcher_is_told_the_latest
            all_watchers_wake
            no_wakeup_is_lost_in_a_race
        }
    }
}

mod shared {
    use super::*;

    async fn counters() -> (Arc<dyn Shared>, Redis) {
        let redis = common();
        drop(hearing(&redis, 1).await);
        (redis.shared(), redis)
    }

    contract::shared_contract!(counters);
}

/// A Redis that can be killed, and comes back on the same port.
struct Server {
    port: u16,
    child: Option<Child>,
    dir: TempDir,
}

impl Server {
    async fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { port, child: None, dir: tempfile::tempdir().unwrap() };
        server.run().await;
        server
    }

    async fn run(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
        command.arg(self.port.to_string()).arg("--dir").arg(self.dir.path());
        let child = command.stdout(Stdio::null()).spawn();
        self.child = Some(child.expect("no redis-server: scripts/services start installs it"));
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("redis-server does not listen");
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// A host that is quick to notice.
    fn host(&self) -> Redis {
        Redis::open(&format!("redis://127.0.0.1:{}", self.port), quick()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn quick() -> RedisSettings {
    let soon = Duration::from_millis(200);
    RedisSettings { ping: soon, look: soon, pause: soon, timeout: soon, ..Default::default() }
}

async fn count(shared: &dyn Shared, key: &str) -> u64 {
    let count = shared.count(key, Duration::from_secs(600), Timestamp::now());
    tokio::time::timeout(PATIENCE, count).await.expect("a count hangs").unwrap()
}

/// Counts until the value is the one of both hosts together.
async fn until_shared(one: &Redis, two: &Redis) {
    for round in 0..600 {
        let key = format!("round {round}");
        count(&*one.shared(), &key).await;
        if count(&*two.shared(), &key).await == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the hosts never counted together");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_light_is_seen_on_another_host() {
    let server = Server::start().await;
    let (one, two) = (server.host(), server.host());
    let mut watch = hearing(&two, 5).await;
    drop(hearing(&one, 5).await);
    one.beacon().light(account(5), ModSeq(7));
    assert_eq!(past(&mut watch, 6).await, ModSeq(7));
}

/// Killed: watchers look for themselves. Back: all are woken, and lights are seen again, without
/// anybody having done anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_made_up_for() {
    let mut server = Server::start().await;
    let (one, two) = (server.host(), server.host());
    let mut watch = hearing(&two, 5).await;
    let mut other = hearing(&two, 6).await;
    until_shared(&one, &two).await;

    server.kill();
    // Lost to everybody else, and seen on the host itself.
    let mut own = one.beacon().watch(account(5));
    one.beacon().light(account(5), ModSeq(7));
    assert_eq!(past(&mut own, 6).await, ModSeq(7));
    for _ in 0..3 {
        // Woken again and again, of no MODSEQ that it had not seen.
        assert!(past(&mut watch, 6).await < ModSeq(7));
        assert!(past(&mut other, 0).await == ModSeq::ZERO);
    }

    server.run().await;
    until_shared(&one, &two).await;
    // Whatever woke it while Redis was away is answered first.
    one.beacon().light(account(5), ModSeq(8));
    while past(&mut watch, 7).await < ModSeq(8) {}
}

/// Nobody is there when the process starts; when somebody comes, all is as it should be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_comes_late_is_found() {
    let mut server = Server::start().await;
    server.kill();
    let (one, two) = (server.host(), server.host());
    let mut watch = hearing(&two, 5).await;
    assert_eq!(count(&*one.shared(), "a").await, 1);
    server.run().await;
    until_shared(&one, &two).await;
    one.beacon().light(account(5), ModSeq(3));
    while past(&mut watch, 2).await < ModSeq(3) {}
}

/// Counters go on, for each host on its own, and nobody waits for what does not come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_host_counts_alone() {
    let mut server = Server::start().await;
    let (one, two) = (server.host(), server.host());
    until_shared(&one, &two).await;
    server.kill();
    for expected in 1..=3 {
        assert_eq!(count(&*one.shared(), "alone").await, expected);
        assert_eq!(count(&*two.shared(), "alone").await, expected);
    }
    one.shared().reset("alone").await.unwrap();
    assert_eq!(count(&*one.shared(), "alone").await, 1);
    server.run().await;
    until_shared(&one, &two).await;
}

/// Whether a host may have one, of which all together may have only one.
async fn hold(redis: &Redis, holder: u128) -> bool {
    let (holder, lease) = (LeaseHolder(holder), Duration::from_secs(600));
    let hold = Hold { holder, count: 1, most: 1, lease };
    let shared = redis.shared();
    let held = shared.hold("alone", &hold, Timestamp::now());
    tokio::time::timeout(PATIENCE, held).await.expect("it hangs").unwrap()
}

/// What hosts have together is what each has for itself while Redis is away, and when it comes back
/// with nothing, what they say again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_host_holds_alone() {
    let mut server = Server::start().await;
    let (one, two) = (server.host(), server.host());
    until_shared(&one, &two).await;
    assert!(hold(&one, 1).await);
    assert!(!hold(&two, 2).await);
    server.kill();
    assert!(hold(&one, 1).await && hold(&two, 2).await);
    server.run().await;
    until_shared(&one, &two).await;
    assert!(hold(&one, 1).await);
    assert!(!hold(&two, 2).await);
}

/// It accepts connections, takes everything and never answers: as good as away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deaf_redis_is_as_good_as_none() {
    let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", deaf.local_addr().unwrap());
    let accepting = tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            kept.push(deaf.accept().await.unwrap());
        }
    });
    let redis = Redis::open(&url, quick()).unwrap();
    let mut watch = redis.beacon().watch(account(5));
    for _ in 0..3 {
        past(&mut watch, u64::MAX).await;
    }
    assert_eq!(count(&*redis.shared(), "a").await, 1);
    for _ in 0..10_000 {
        redis.beacon().light(account(5), ModSeq(1));
    }
    accepting.abort();
}

/// Stopped in the middle (SIGSTOP): the connection is there, nothing comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stands_still_is_noticed() {
    let server = Server::start().await;
    let (one, two) = (server.host(), server.host());
    let mut watch = hearing(&two, 5).await;
    until_shared(&one, &two).await;
    let signal = |name: &str| {
        let pid = server.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    signal("-STOP");
    for _ in 0..3 {
        past(&mut watch, u64::MAX).await;
    }
    assert_eq!(count(&*one.shared(), "still").await, 1);
    signal("-CONT");
    until_shared(&one, &two).await;
    one.beacon().light(account(5), ModSeq(3));
    while past(&mut watch, 2).await < ModSeq(3) {}
}

/// What others publish there, by mistake or ill will, wakes nobody and harms nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strange_messages_are_passed_over() {
    let server = Server::start().await;
    let (one, two) = (server.host(), server.host());
    let mut watch = hearing(&two, 5).await;
    drop(hearing(&one, 5).await);
    let cli = |arguments: &[&str]| {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &server.port.to_string()]).args(arguments);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let channel = cli(&["PUBSUB", "CHANNELS"]);
    for text in ["", "5", "5 x", "-5 1", "99999999999999999999 1", "a much longer text"] {
        cli(&["PUBLISH", channel.lines().next().unwrap(), text]);
    }
    one.beacon().light(account(5), ModSeq(1));
    assert_eq!(past(&mut watch, 0).await, ModSeq(1));
}
