//! Many writers to one account, over several connections, as several processes have.

use std::sync::Arc;

use contract::account::{Account, INBOX, message, uids};
use mailstore::change::Op;
use mailstore::store::Ledger;
use mailstore::uid::ModSeq;

use crate::server::Database;

const PROCESSES: u64 = 4;
const WRITERS: u64 = 4;
const EACH: u64 = 4;

/// None is told to try again, none starves, and no MODSEQ is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_writers_of_four_processes_all_succeed() {
    let database = Database::new();
    let first = database.connect().await;
    let ledger: Arc<dyn Ledger> = first.ledger();
    Account::provisioned(&ledger, 1).await;
    let mut connections = Vec::new();
    let mut tasks = Vec::new();
    for _ in 0..PROCESSES {
        let mongo = database.connect().await;
        for _ in 0..WRITERS {
            let ledger: Arc<dyn Ledger> = mongo.ledger();
            tasks.push(tokio::spawn(async move {
                let account = Account::new(&ledger, 1);
                for _ in 0..EACH {
                    let op = Op::Append { to: INBOX, messages: vec![message("x")] };
                    let mut results = ledger.commit(vec![account.change(op)]).await;
                    results.remove(0).unwrap();
                }
            }));
        }
        connections.push(mongo);
    }
    for task in tasks {
        task.await.unwrap();
    }
    let all = PROCESSES * WRITERS * EACH;
    let account = Account::new(&ledger, 1);
    let opened = account.open(INBOX).await;
    assert_eq!((opened.uids.to_set(), opened.cursor), (uids(1, all as u32), ModSeq(all + 1)));
    assert_eq!(account.journal(ModSeq::ZERO).await.len() as u64, all + 1);
    let (mut commits, mut retries) = (0, 0);
    for mongo in connections {
        let contention = mongo.ledger().contention().unwrap();
        commits += contention.commits;
        retries += contention.retries;
    }
    assert_eq!(commits, all);
    println!("{commits} commits took {retries} retries");
}
