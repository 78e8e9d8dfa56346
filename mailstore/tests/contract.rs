//! Both backends under the contract.
#![allow(clippy::unwrap_used, reason = "tests")]

mod memory {
    use std::sync::Arc;

    use contract::Tested;
    use mailstore::accounts::{AccountStore, MemoryAccounts};
    use mailstore::backends::memory::{MemoryBlobs, MemoryLedger};
    use mailstore::store::{Beacon, BlobStore, LocalBeacon, LocalShared, Shared};

    async fn a_ledger() -> Tested {
        Tested::new(Arc::new(MemoryLedger::default()))
    }

    async fn some_blobs() -> (Arc<dyn BlobStore>, ()) {
        (Arc::new(MemoryBlobs::default()), ())
    }

    async fn a_beacon() -> (Arc<dyn Beacon>, ()) {
        (Arc::new(LocalBeacon::default()), ())
    }

    async fn counters() -> (Arc<dyn Shared>, ()) {
        (Arc::new(LocalShared::default()), ())
    }

    async fn some_accounts() -> (Arc<dyn AccountStore>, ()) {
        (Arc::new(MemoryAccounts::default()), ())
    }

    mod ledger {
        contract::ledger_contract!(super::a_ledger);
    }

    mod blobs {
        contract::blobs_contract!(super::some_blobs);
    }

    mod beacon {
        contract::beacon_contract!(super::a_beacon);
    }

    mod shared {
        contract::shared_contract!(super::counters);
    }

    mod accounts {
        contract::accounts_contract!(super::some_accounts);
    }
}

mod embedded {
    use std::path::Path;
    use std::sync::Arc;

    use contract::Tested;
    use mailstore::accounts::AccountStore;
    use mailstore::backends::embedded::Embedded;
    use mailstore::store::{BlobStore, Ledger};
    use tempfile::TempDir;

    async fn a_ledger() -> Tested {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let again = Arc::clone(&dir);
        Tested::new(open(dir.path()))
            .reopened_by(move || {
                let dir = Arc::clone(&again);
                async move { open(dir.path()) }
            })
            .keeping(dir)
    }

    fn open(dir: &Path) -> Arc<dyn Ledger> {
        Embedded::open(dir).unwrap().ledger().clone()
    }

    async fn some_blobs() -> (Arc<dyn BlobStore>, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        (Embedded::open(dir.path()).unwrap().backend().blobs, dir)
    }

    async fn some_accounts() -> (Arc<dyn AccountStore>, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        (Arc::new(Embedded::open(dir.path()).unwrap().accounts()), dir)
    }

    mod ledger {
        contract::ledger_contract!(super::a_ledger);
        contract::model_contract!(super::a_ledger, 48);
    }

    mod blobs {
        contract::blobs_contract!(super::some_blobs);
    }

    mod accounts {
        contract::accounts_contract!(super::some_accounts);
    }
}
