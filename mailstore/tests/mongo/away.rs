//! The server out of reach: at the start, later, and back again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract::account::{Account, INBOX, message, uids};
use mailstore::backends::mongo::{Mongo, MongoOptions, Observer};
use mailstore::change::{Op, Outcome};
use mailstore::store::{CommitError, Fault, Ledger};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::server::{Database, patient, uri};

fn options() -> MongoOptions {
    MongoOptions {
        timeout: Duration::from_secs(3),
        patience: Duration::from_secs(1),
        ..MongoOptions::default()
    }
}

/// A way to the server that can be cut.
struct Way {
    port: u16,
    running: AbortHandle,
}

impl Way {
    async fn open() -> Self {
        Self::over(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn over(listener: TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        let server = host();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let server = server.clone();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    tokio::io::copy_bidirectional(&mut near, &mut far).await.ok();
                });
            }
        });
        Self { port, running: task.abort_handle() }
    }

    /// Cuts all connections; new ones are refused.
    fn cut(&self) {
        self.running.abort();
    }

    /// The same way, mended.
    async fn again(port: u16) -> Self {
        loop {
            match TcpListener::bind(("127.0.0.1", port)).await {
                Ok(listener) => return Self::over(listener),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port)
    }
}

/// Host and port of the server.
fn host() -> String {
    let uri = uri();
    let rest = uri.strip_prefix("mongodb://").unwrap();
    let hosts = rest.split(['/', '?']).next().unwrap();
    hosts.rsplit('@').next().unwrap().split(',').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_server_that_is_away_is_said_at_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
    let error = Mongo::connect(&uri, "x", options()).await.unwrap_err();
    assert_eq!(error.fault, Fault::Unavailable);
    assert!(error.to_string().contains("is it running"), "{error}");
}

#[tokio::test]
async fn a_server_that_comes_later_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
    let database = Database::new();
    let options = MongoOptions { wait: Duration::MAX, timeout: patient().timeout, ..options() };
    let connecting = Mongo::connect(&uri, &database.0, options);
    let mut connecting = std::pin::pin!(connecting);
    // It has found out that nobody is there, and goes on.
    let patience = Duration::from_secs(3);
    tokio::time::timeout(patience, &mut connecting).await.unwrap_err();
    let _way = Way::again(port).await;
    connecting.await.unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
    let connected =
        tokio::time::timeout(Duration::from_secs(60), Mongo::connect(&uri, "x", options()));
    let error = connected.await.unwrap().unwrap_err();
    assert_eq!(error.fault, Fault::Unavailable);
}

#[tokio::test]
async fn a_wrong_password_is_said() {
    let uri = format!("mongodb://nobody:wrong@{}/?directConnection=true", host());
    let error = Mongo::connect(&uri, "x", options()).await.unwrap_err();
    assert_eq!(error.fault, Fault::Unavailable);
    assert!(error.to_string().contains("check the user and the password"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_it_comes_back_everything_goes_on() {
    let database = Database::new();
    let way = Way::open().await;
    let mongo = Mongo::connect(&way.uri(), &database.0, options()).await.unwrap();
    let ledger: Arc<dyn Ledger> = mongo.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    account.fill(INBOX, 1).await;
    way.cut();
    let op = Op::Append { to: INBOX, messages: vec![message("x")] };
    let change = account.change(op);
    let result = ledger.commit(vec![Arc::clone(&change)]).await.remove(0);
    let Err(CommitError::Store(error)) = result else { panic!("{result:?}") };
    assert_eq!(error.fault, Fault::Unavailable, "{error}");
    let error = ledger.open(account.key(INBOX)).await.unwrap_err();
    assert_eq!(error.fault, Fault::Unavailable, "{error}");
    let _way = Way::again(way.port).await;
    // The same change again: it is applied once, whatever became of the first try.
    for _ in 0..20 {
        if ledger.commit(vec![Arc::clone(&change)]).await.remove(0).is_ok() {
            break;
        }
    }
    assert_eq!(account.uids(INBOX).await, uids(1, 2));
}

/// Cut at each command of a commit in turn: tried again under its id, it is made once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_cut_off_anywhere_is_made_once() {
    use std::sync::atomic::AtomicUsize;

    let database = Database::new();
    let steady: Arc<dyn Ledger> = database.connect().await.ledger();
    let account = Account::provisioned(&steady, 1).await;
    account.fill(INBOX, 1).await;
    for cut_at in 1..=6_usize {
        let way = Arc::new(std::sync::Mutex::new(Way::open().await));
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let observer = {
            let (way, left) = (Arc::clone(&way), Arc::clone(&left));
            Observer::new(move |_, _| {
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    way.lock().unwrap().cut();
                }
            })
        };
        let uri = way.lock().unwrap().uri();
        let options = MongoOptions { observer: Some(observer), ..options() };
        let mongo = Mongo::connect(&uri, &database.0, options).await.unwrap();
        let op = Op::Append { to: INBOX, messages: vec![message("x")] };
        let change = account.change(op);
        left.store(cut_at, Ordering::SeqCst);
        let cut = mongo.ledger().commit(vec![Arc::clone(&change)]).await.remove(0);
        // What was begun is still open on the server.
        database.silence().await;
        let again = account.commit(&change).await.unwrap();
        if let Ok(first) = cut {
            assert_eq!(first, again);
        }
        let expected = uids(1, 1 + cut_at as u32);
        assert_eq!(account.uids(INBOX).await, expected, "cut at command {cut_at}");
    }
}

/// A way to the server on which the next answer is lost, and its connection with it, when that is
/// wanted: what was asked has been done.
async fn lossy_way(lose: &Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let lose = Arc::clone(lose);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(host()).await.unwrap();
            tokio::spawn(pass_on(near, far, Arc::clone(&lose)));
        }
    });
    port
}

async fn pass_on(near: TcpStream, far: TcpStream, lose: Arc<AtomicBool>) -> std::io::Result<()> {
    let ((mut asks, mut hears), (mut answers, mut asked)) = (near.into_split(), far.into_split());
    let asking = async { tokio::io::copy(&mut asks, &mut asked).await.map(drop) };
    let answering = async {
        let mut bytes = [0; 4_096];
        loop {
            let count = answers.read(&mut bytes).await?;
            if count == 0 || lose.swap(false, Ordering::SeqCst) {
                return Ok(());
            }
            hears.write_all(&bytes[..count]).await?;
        }
    };
    tokio::select! { done = asking => done, done = answering => done }
}

/// It has been taken, but whoever took it was not told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recent_is_not_lost_with_an_answer() {
    let database = Database::new();
    let (armed, lose) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let port = lossy_way(&lose).await;
    let observer = {
        let (armed, lose) = (Arc::clone(&armed), Arc::clone(&lose));
        Observer::new(move |name, _| {
            if name == "update" && armed.swap(false, Ordering::SeqCst) {
                lose.store(true, Ordering::SeqCst);
            }
        })
    };
    let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false");
    let options = MongoOptions { observer: Some(observer), ..patient() };
    let ledger = Mongo::connect(&uri, &database.0, options).await.unwrap().ledger();
    let account = Account::provisioned(&(ledger as Arc<dyn Ledger>), 1).await;
    account.fill(INBOX, 2).await;
    account.open(INBOX).await;
    let take = || account.change(Op::TakeRecent { at: INBOX, below: u64::MAX });
    let (first, second) = (take(), take());
    armed.store(true, Ordering::SeqCst);
    for (change, from) in [(&first, 1), (&first, 1), (&second, 3), (&second, 3)] {
        let taken = account.commit(change).await.unwrap();
        assert_eq!(taken.outcome, Outcome::Recent { from });
        let lost = [&armed, &lose].iter().all(|flag| !flag.load(Ordering::SeqCst));
        assert!(lost, "no answer was lost");
    }
}

/// What was begun can be aborted as little as it can be ended, and the server holds it for a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_cut_off_in_a_transaction_is_not_in_its_own_way() {
    use std::sync::Mutex;

    let database = Database::new();
    let steady: Arc<dyn Ledger> = database.connect().await.ledger();
    let account = Account::provisioned(&steady, 1).await;
    let way = Way::open().await;
    let (uri, port) = (way.uri(), way.port);
    let way = Arc::new(Mutex::new(Some(way)));
    let cut_once = Arc::clone(&way);
    let observer = Observer::new(move |name, _| {
        if name == "bulkWrite"
            && let Some(way) = cut_once.lock().unwrap().take()
        {
            way.cut();
        }
    });
    let timeout = Duration::from_secs(45);
    let options = MongoOptions { observer: Some(observer), timeout, ..options() };
    let ledger = Mongo::connect(&uri, &database.0, options).await.unwrap().ledger();
    let op = Op::Append { to: INBOX, messages: vec![message("x")] };
    let change = account.change(op);
    ledger.commit(vec![Arc::clone(&change)]).await.remove(0).unwrap_err();
    assert!(way.lock().unwrap().is_none(), "it was not cut");
    let _way = Way::again(port).await;
    ledger.commit(vec![change]).await.remove(0).unwrap();
    assert_eq!(account.uids(INBOX).await, uids(1, 1));
}
