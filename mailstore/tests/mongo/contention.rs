//! Many writers to one account, over several connections, as several processes have.

use std::sync::Arc;

use contract::account::{Account, INBOX, message, uids};
use mailstore::change::{Op, Outcome};
use mailstore::store::Ledger;
use mailstore::uid::{ModSeq, Uid, UidSet};

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

/// While mail comes in, two processes take what is recent: each message is so once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recent_is_given_once() {
    const MESSAGES: u32 = 20;
    let database = Database::new();
    let (here, there) = (database.connect().await, database.connect().await);
    let (ledger, other): (Arc<dyn Ledger>, Arc<dyn Ledger>) = (here.ledger(), there.ledger());
    let account = Account::provisioned(&ledger, 1).await;
    let takers = [&ledger, &other].map(|ledger| {
        let account = Account::new(ledger, 1);
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let opened = account.open(INBOX).await;
                taken.extend(take(&account, opened.mailbox.uid_next).await);
                if opened.mailbox.uid_next > u64::from(MESSAGES) {
                    return taken;
                }
            }
        })
    });
    for _ in 0..MESSAGES {
        account.append(INBOX, vec![message("x")]).await;
    }
    let mut all = Vec::new();
    for taker in takers {
        all.extend(taker.await.unwrap());
    }
    all.sort();
    assert_eq!(all, uids(1, MESSAGES).iter().collect::<Vec<_>>());
}

/// Takes what is recent below a UID.
async fn take(account: &Account, below: u64) -> Vec<Uid> {
    let outcome = account.done(Op::TakeRecent { at: INBOX, below }).await.outcome;
    let Outcome::Recent { from } = outcome else { panic!("{outcome:?}") };
    if from >= below { UidSet::new() } else { uids(from as u32, below as u32 - 1) }.iter().collect()
}
