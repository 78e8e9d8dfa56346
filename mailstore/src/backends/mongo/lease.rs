//! Leases: one document each, replaced only by who has seen what it replaces.

use mongodb::bson::{Document, doc};

use super::document::{self, Fields, binary, moment};
use super::failure::Failure;
use super::schema::LEASES;
use super::store::Store;
use crate::id::AccountId;
use crate::store::{Held, LeaseAsk, LeaseHolder};
use crate::time::Timestamp;

/// Decides what is asked; returns who has the lease then.
pub(super) async fn ask(store: &Store, ask: &LeaseAsk) -> Result<Option<Held>, Failure> {
    let id = document::id(ask.account, &[ask.name.as_bytes()]);
    let this = doc! { "_id": id, "account": ask.account.get() };
    loop {
        let found = store.find_one(LEASES, this.clone()).await?;
        let found = found.map(held_from).transpose()?;
        let decided = ask.decide(found);
        if decided == found || replace(store, ask, (found, decided)).await? {
            return Ok(decided);
        }
        // Somebody else was quicker.
    }
}

/// `false` if it is no longer what was found.
async fn replace(
    store: &Store,
    ask: &LeaseAsk,
    (found, decided): (Option<Held>, Option<Held>),
) -> Result<bool, Failure> {
    let leases = store.collection(LEASES);
    Ok(match (found, decided) {
        (None, None) => true,
        (None, Some(held)) => store.insert(LEASES, held_to(ask, held)).await?,
        (Some(found), None) => leases.delete_one(held_to(ask, found)).await?.deleted_count == 1,
        (Some(found), Some(held)) => {
            let done = leases.replace_one(held_to(ask, found), held_to(ask, held)).await?;
            done.matched_count == 1
        }
    })
}

/// The document; as a filter it finds exactly itself.
fn held_to(ask: &LeaseAsk, held: Held) -> Document {
    doc! {
        "_id": document::id(ask.account, &[ask.name.as_bytes()]),
        "account": ask.account.get(),
        "name": &ask.name,
        "holder": binary(held.holder.0.to_be_bytes()),
        "until": moment(held.until),
    }
}

fn held_from(document: Document) -> Result<Held, Failure> {
    let fields = Fields::unsealed(document, "lease");
    let holder = LeaseHolder(u128::from_be_bytes(fields.array("holder")?));
    Ok(Held { holder, until: fields.moment("until")? })
}

/// Ends all leases of an account.
pub(super) async fn forget(store: &Store, account: AccountId) -> Result<(), Failure> {
    store.collection(LEASES).delete_many(doc! { "account": account.get() }).await?;
    Ok(())
}

/// Removes leases that ended long ago.
pub(super) async fn purge(store: &Store, before: Timestamp) -> Result<(), Failure> {
    let ended = doc! { "until": { "$lt": moment(before) } };
    store.collection(LEASES).delete_many(ended).await?;
    Ok(())
}
