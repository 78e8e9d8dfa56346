//! All mailboxes of an account, as they were at one moment.
//!
//! One query reads the account's head, then its mailboxes and subscriptions, then the head again:
//! no commit leaves the head as it was, so if the two are the same nothing came in between. If they
//! are not, or the answer could be too large for one document, a transaction reads them.

use mongodb::bson::{Bson, Document, doc};

use super::commit::subscriptions_of;
use super::document::Read;
use super::failure::Failure;
use super::retry::again_after;
use super::row::{self, StoredMailbox};
use super::schema;
use super::store::Store;
use crate::id::AccountId;
use crate::mailbox::{AccountHead, Mailboxes};

/// Accounts that have ever had more mailboxes are read in a transaction. So many of the largest
/// (of 256 keywords with 255 bytes each) are less than the 16 MiB of one document.
const FEW: i64 = 200;

/// What is stored of them.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) head: AccountHead,
    /// Those that are not deleted.
    pub(super) list: Vec<StoredMailbox>,
    pub(super) subscriptions: Option<Document>,
}

impl Stored {
    fn of(head: Option<Document>, list: Vec<Document>, names: Option<Document>) -> Read<Self> {
        let list: Vec<_> = list.into_iter().map(row::mailbox_from).collect::<Read<_>>()?;
        Ok(Self {
            head: head.map(row::head_from).transpose()?.unwrap_or_default(),
            list: list.into_iter().filter(|stored| stored.mailbox.is_listed()).collect(),
            subscriptions: names,
        })
    }

    /// In the store's words.
    pub(super) fn into_mailboxes(self) -> Read<Mailboxes> {
        let names = self.subscriptions.map(row::subscriptions_from).transpose()?;
        Ok(Mailboxes {
            head: self.head,
            list: self.list.into_iter().map(|stored| stored.mailbox).collect(),
            subscriptions: names.unwrap_or_default(),
        })
    }
}

/// All of them; none for an account that has never been changed.
pub(super) async fn read(store: &Store, account: AccountId) -> Result<Stored, Failure> {
    match at_once(store, account).await {
        Ok(Some(stored)) => return Ok(stored),
        Err(failure) if failure.is_away() => return Err(failure),
        // What is wrong, if anything is, the transaction finds, too.
        Ok(None) | Err(_) => {}
    }
    // The server may end it, though it only reads.
    again_after(store, Failure::may_be_retried, || in_a_transaction(store, account)).await
}

/// In one query; `None` if that will not do.
async fn at_once(store: &Store, account: AccountId) -> Result<Option<Stored>, Failure> {
    let pipeline = [
        doc! { "$match": { "_id": account.get() } },
        doc! { "$match": { "lastMailbox": { "$lte": FEW } } },
        joined(schema::MAILBOXES, ("_id", "account"), "mailboxes"),
        doc! { "$set": { "named": row::subscriptions_id(account) } },
        in_account(schema::PROPERTIES, ("named", account), "subscriptions"),
        doc! { "$unset": "named" },
        joined(schema::ACCOUNTS, ("_id", "_id"), "after"),
    ];
    let mut found = store.collection(schema::ACCOUNTS).aggregate(pipeline).await?;
    if !found.advance().await? {
        return Ok(None);
    }
    let mut head: Document = found.deserialize_current()?;
    let list = taken(&mut head, "mailboxes");
    let names = taken(&mut head, "subscriptions").pop();
    let after = taken(&mut head, "after").pop().map(row::head_from).transpose()?;
    let stored = Stored::of(Some(head), list, names)?;
    Ok(after.is_some_and(|after| after.modseq == stored.head.modseq).then_some(stored))
}

/// In one snapshot.
async fn in_a_transaction(store: &Store, account: AccountId) -> Result<Stored, Failure> {
    let mut session = store.begin().await?;
    let this = doc! { "_id": account.get() };
    let head = store.find_in(&mut session, schema::ACCOUNTS, this).await?.pop();
    let of_account = doc! { "account": account.get() };
    let list = store.find_in(&mut session, schema::MAILBOXES, of_account).await?;
    let filter = subscriptions_of(account);
    let names = store.find_in(&mut session, schema::PROPERTIES, filter).await?.pop();
    session.abort_transaction().await?;
    Stored::of(head, list, names)
}

/// A stage that reads the documents of another collection whose field is what a field here is.
pub(super) fn joined(from: &str, (here, there): (&str, &str), name: &str) -> Document {
    doc! { "$lookup": { "from": from, "localField": here, "foreignField": there, "as": name } }
}

/// A stage that reads the documents of a collection whose `_id` is, or is one of, what a field here
/// says. That they are the account's is what the shard is found by.
pub(super) fn in_account(from: &str, (here, account): (&str, AccountId), name: &str) -> Document {
    doc! { "$lookup": {
        "from": from,
        "localField": here,
        "foreignField": "_id",
        "pipeline": [{ "$match": { "account": account.get() } }],
        "as": name,
    } }
}

/// What such a stage has found, taken out of the document that it was put into.
pub(super) fn taken(document: &mut Document, name: &str) -> Vec<Document> {
    let Some(Bson::Array(found)) = document.remove(name) else { return Vec::new() };
    let documents = found.into_iter().filter_map(|found| match found {
        Bson::Document(document) => Some(document),
        _ => None,
    });
    documents.collect()
}
