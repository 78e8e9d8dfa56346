//! A process that stops in the middle of a transaction: the others go on before the server notices.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use contract::account::{Account, INBOX, message, uids};
use mailstore::backends::mongo::{MongoOptions, Observer};
use mailstore::change::Op;
use mailstore::store::Ledger;

use crate::server::{Database, patient};

/// Appends in a process of its own, which stops before it ends its transaction.
fn stopped(database: &Arc<Database>) -> (Receiver<()>, Sender<()>, JoinHandle<()>) {
    let ((stops, is_stopped), (go_on, goes_on)) = (channel(), channel());
    let goes_on = Mutex::new(goes_on);
    let observer = Observer::new(move |name, _| {
        if name == "commitTransaction" && stops.send(()).is_ok() {
            let _ = goes_on.lock().unwrap().recv();
        }
    });
    let options = MongoOptions { observer: Some(observer), ..patient() };
    let database = Arc::clone(database);
    let process = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ledger: Arc<dyn Ledger> = database.connect_with(options).await.ledger();
            Account::new(&ledger, 1).append(INBOX, vec![message("stopped")]).await;
        });
    });
    (is_stopped, go_on, process)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_died_in_a_transaction_is_in_nobodys_way() {
    let database = Database::new();
    let ledger: Arc<dyn Ledger> = database.connect().await.ledger();
    let account = Account::provisioned(&ledger, 1).await;
    let (is_stopped, go_on, process) = stopped(&database);
    is_stopped.recv().unwrap();
    database.silence().await;
    // It would take the server a minute to find out.
    let mut options = patient();
    options.timeout = std::time::Duration::from_secs(45);
    let impatient: Arc<dyn Ledger> = database.connect_with(options).await.ledger();
    let op = Op::Append { to: INBOX, messages: vec![message("alive")] };
    let result = impatient.commit(vec![account.change(op)]).await.remove(0);
    result.unwrap();
    assert_eq!(account.uids(INBOX).await, uids(1, 1));
    // It lives after all: its transaction has failed, and it makes another.
    drop(go_on);
    process.join().unwrap();
    assert_eq!(account.uids(INBOX).await, uids(1, 2));
}
