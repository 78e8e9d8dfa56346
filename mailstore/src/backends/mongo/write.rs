//! What a transaction writes, all in one command.

use bytes::Bytes;
use mongodb::bson::{Document, doc};
use mongodb::options::{
    DeleteManyModel, InsertOneModel, ReplaceOneModel, UpdateModifications, UpdateOneModel,
    WriteModel,
};

use super::claims::{self, LIVE};
use super::commit::subscriptions_of;
use super::document::{Read, binary};
use super::row::{self, StoredMailbox};
use super::state::{Changed, Key, Origin, State};
use super::store::Store;
use super::{email, property, record, schema};
use crate::blob::{BlobRef, Place};
use crate::id::{AccountId, MailboxId};
use crate::message::NewEmail;
use crate::property::Scope;

/// All writes of a transaction that has changed something.
pub(super) fn models(store: &Store, account: AccountId, state: &State) -> Read<Vec<WriteModel>> {
    let mut writes = Writes { store, account, models: Vec::new() };
    for new in &state.emails {
        writes.email(new)?;
    }
    for (key, changed) in &state.rows {
        writes.row(*key, changed)?;
    }
    let touched = state.touched.iter().filter_map(|id| state.mailboxes.get(id));
    for mailbox in touched {
        writes.mailbox(mailbox)?;
    }
    if state.subscribed {
        let document = row::subscriptions_to(account, &state.subscriptions)?;
        writes.put(schema::PROPERTIES, subscriptions_of(account), document);
    }
    let gone = state.touched.iter().filter_map(|id| state.mailboxes.get(id));
    for deleted in gone.filter(|stored| !stored.mailbox.is_listed()) {
        writes.delete_many(property::filter(account, Scope::Mailbox(deleted.mailbox.id)));
    }
    for ((mailbox, key), value) in &state.properties {
        writes.property(*mailbox, key, value.as_ref())?;
    }
    for record in &state.records {
        writes.insert(schema::JOURNAL, record::record_to(account, record)?);
    }
    let head = row::head_to(account, &state.head)?;
    writes.put(schema::ACCOUNTS, doc! { "_id": account.get() }, head);
    Ok(writes.models)
}

struct Writes<'a> {
    store: &'a Store,
    account: AccountId,
    models: Vec<WriteModel>,
}

impl Writes<'_> {
    fn insert(&mut self, collection: &str, document: Document) {
        let namespace = self.store.namespace(collection);
        let model = InsertOneModel::builder().namespace(namespace).document(document).build();
        self.models.push(model.into());
    }

    fn put(&mut self, collection: &str, filter: Document, document: Document) {
        let model = ReplaceOneModel::builder()
            .namespace(self.store.namespace(collection))
            .filter(filter)
            .replacement(document)
            .upsert(true)
            .build();
        self.models.push(model.into());
    }

    fn update(&mut self, collection: &str, filter: Document, update: Document) {
        let model = UpdateOneModel::builder()
            .namespace(self.store.namespace(collection))
            .filter(filter)
            .update(UpdateModifications::Document(update))
            .upsert(true)
            .build();
        self.models.push(model.into());
    }

    fn delete_many(&mut self, filter: Document) {
        let namespace = self.store.namespace(schema::PROPERTIES);
        let model = DeleteManyModel::builder().namespace(namespace).filter(filter).build();
        self.models.push(model.into());
    }

    fn property(
        &mut self,
        mailbox: Option<MailboxId>,
        key: &str,
        value: Option<&Bytes>,
    ) -> Read<()> {
        let mut filter = property::filter(self.account, Scope::of(mailbox));
        filter.insert("key", key);
        match value {
            Some(value) => {
                let document = property::property_to(self.account, mailbox, (key, value))?;
                self.put(schema::PROPERTIES, filter, document);
            }
            None => self.delete_many(filter),
        }
        Ok(())
    }

    fn email(&mut self, new: &NewEmail) -> Read<()> {
        self.insert(schema::EMAILS, email::email_to(self.account, &new.email)?);
        for (blob, bytes) in &new.kept {
            self.kept(blob, bytes)?;
        }
        for blob in new.email.tree.blobs() {
            let id = claims::id(blob.digest, self.account, new.email.id);
            let claim = claims::claim_to(blob.digest, self.account, new.email.id);
            let mut update = doc! { "$setOnInsert": claim };
            if blob.place != Place::Ledger {
                update.insert("$unset", doc! { "pending": "" });
            }
            self.update(schema::CLAIMS, doc! { "_id": id }, update);
        }
        Ok(())
    }

    /// A blob that the ledger keeps. Its row is written even if it is there already, so that a
    /// sweep which is about to remove it gets in the way of this transaction, or this of it.
    fn kept(&mut self, blob: &BlobRef, bytes: &[u8]) -> Read<()> {
        let stored = doc! {
            "bytes": binary(bytes),
            "size": bytes.len() as i64,
            "sum": i64::from(crc32fast::hash(bytes)),
        };
        let update = doc! {
            "$setOnInsert": stored,
            "$set": { "state": LIVE },
            "$inc": { "writes": 1_i64 },
        };
        self.update(schema::BLOBS, doc! { "_id": binary(blob.digest.0) }, update);
        Ok(())
    }

    fn row(&mut self, (mailbox, uid): Key, changed: &Changed) -> Read<()> {
        let document = row::message_to((self.account, mailbox), &changed.row, changed.gone)?;
        match changed.origin {
            Origin::New => self.insert(schema::MESSAGES, document),
            Origin::Stored => {
                let filter = doc! {
                    "account": self.account.get(),
                    "mailbox": i64::from(mailbox.0),
                    "uid": i64::from(uid.get()),
                };
                self.put(schema::MESSAGES, filter, document);
            }
        }
        Ok(())
    }

    fn mailbox(&mut self, stored: &StoredMailbox) -> Read<()> {
        let id = i64::from(stored.mailbox.id.0);
        let filter = doc! { "account": self.account.get(), "id": id };
        let document = row::mailbox_to(self.account, stored)?;
        self.put(schema::MAILBOXES, filter, document);
        Ok(())
    }
}
