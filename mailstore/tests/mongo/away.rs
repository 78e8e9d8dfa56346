//! The server out of reach: at the start, later, and back again.

use std::sync::Arc;
use std::time::Duration;

use contract::account::{Account, INBOX, message, uids};
use mailstore::backends::mongo::{Mongo, MongoOptions};
use mailstore::change::Op;
use mailstore::store::{CommitError, Fault, Ledger};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::server::{Database, uri};

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
    running: Option<AbortHandle>,
}

impl Way {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut way = Self { port, running: None };
        way.run(listener);
        way
    }

    fn run(&mut self, listener: TcpListener) {
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
        self.running = Some(task.abort_handle());
    }

    /// Cuts all connections; new ones are refused.
    fn cut(&mut self) {
        self.running.take().unwrap().abort();
    }

    async fn mend(&mut self) {
        let listener = loop {
            match TcpListener::bind(("127.0.0.1", self.port)).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        self.run(listener);
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
    let mut way = Way::open().await;
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
    way.mend().await;
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use mailstore::backends::mongo::Observer;

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
