//! Under the whole contract.

use std::sync::Arc;

use contract::Tested;
use mailstore::accounts::AccountStore;
use mailstore::store::{BlobStore, Ledger};

use crate::server::Database;

async fn open(database: &Database) -> Arc<dyn Ledger> {
    database.connect().await.ledger()
}

async fn a_ledger() -> Tested {
    let database = Database::new();
    let again = Arc::clone(&database);
    Tested::new(open(&database).await)
        .reopened_by(move || {
            let database = Arc::clone(&again);
            async move { open(&database).await }
        })
        .keeping(database)
        .with_large(1_200)
}

async fn some_blobs() -> (Arc<dyn BlobStore>, Arc<Database>) {
    let database = Database::new();
    (database.connect().await.blobs(), database)
}

async fn some_accounts() -> (Arc<dyn AccountStore>, Arc<Database>) {
    let database = Database::new();
    (Arc::new(database.connect().await.accounts()), database)
}

mod ledger {
    contract::ledger_contract!(super::a_ledger);
    contract::model_contract!(super::a_ledger, 4);
}

mod blobs {
    contract::blobs_contract!(super::some_blobs);
}

mod accounts {
    contract::accounts_contract!(super::some_accounts);
}
