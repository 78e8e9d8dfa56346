//! Both backends under the contract.
#![allow(clippy::unwrap_used, reason = "tests")]

mod memory {
    use std::sync::Arc;

    use contract::Tested;
    use mailstore::backends::memory::MemoryLedger;

    async fn ledger() -> Tested {
        Tested::new(Arc::new(MemoryLedger::default()))
    }

    contract::ledger_contract!(ledger);
}

mod embedded {
    use std::path::Path;
    use std::sync::Arc;

    use contract::Tested;
    use mailstore::backends::embedded::Embedded;
    use mailstore::store::Ledger;

    async fn ledger() -> Tested {
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

    contract::ledger_contract!(ledger);
}
