//! Reads the journal while others write it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mailstore::backends::mongo::{Mongo, MongoOptions};
use mailstore::id::AccountId;
use mailstore::journal::Replay;
use mailstore::store::Ledger;
use mailstore::uid::ModSeq;

use crate::site::Cluster;

/// Follows alice's journal as long as there is work, then to its end: each MODSEQ comes after the
/// one before it, and none is missing at any time. Returns the last.
pub(crate) fn follow(cluster: &Cluster, at_work: &AtomicBool) -> ModSeq {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = MongoOptions::default();
        let mongo = Mongo::connect(&cluster.mongodb_uri, &cluster.database, options).await.unwrap();
        let mut seen = ModSeq::ZERO;
        loop {
            let last_time = !at_work.load(Ordering::SeqCst);
            let complete = read_on(&*mongo.ledger(), &mut seen).await;
            if last_time && complete {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

/// Reads what there is; false if it cannot be read now.
async fn read_on(ledger: &dyn Ledger, seen: &mut ModSeq) -> bool {
    let alice = AccountId::new(1).unwrap();
    loop {
        match ledger.journal(alice, *seen, None, 100).await {
            Ok(Replay::Records { records, more, .. }) => {
                for record in records {
                    assert_eq!(record.modseq, ModSeq(seen.0 + 1), "a gap in the journal");
                    *seen = record.modseq;
                }
                if !more {
                    return true;
                }
            }
            Ok(Replay::Trimmed) => panic!("nobody has trimmed the journal"),
            Err(_) => return false,
        }
    }
}
