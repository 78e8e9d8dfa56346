//! The connection and the collections.

use std::time::Duration;

use futures::TryStreamExt;
use mongodb::bson::Document;
use mongodb::options::{ReadConcern, TransactionOptions, WriteConcern};
use mongodb::{Client, ClientSession, Collection, Namespace};

use super::failure::Failure;
use super::processes::Presence;
use crate::store::StoreError;

/// Most documents of one answer: never a second round trip for what is bounded anyway.
pub(super) const BATCH: u32 = 100_000;

/// What all of the backend shares.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) client: Client,
    pub(super) database: String,
    /// How long one call may take.
    pub(super) timeout: Duration,
    /// What this process has said of itself.
    pub(super) presence: Presence,
}

impl Store {
    pub(super) fn collection(&self, name: &str) -> Collection<Document> {
        self.client.database(&self.database).collection(name)
    }

    pub(super) fn namespace(&self, collection: &str) -> Namespace {
        Namespace::new(&self.database, collection)
    }

    /// Runs `work`, for as long as one call may take.
    pub(super) async fn call<T>(
        &self,
        op: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        let done = tokio::time::timeout(self.timeout, work).await;
        done.unwrap_or(Err(Failure::TimedOut(self.timeout))).map_err(|failure| failure.of(op))
    }

    /// All documents that a bounded filter finds.
    pub(super) async fn find(
        &self,
        collection: &str,
        filter: Document,
    ) -> Result<Vec<Document>, Failure> {
        let found = self.collection(collection).find(filter).batch_size(BATCH).await?;
        Ok(found.try_collect().await?)
    }

    /// Some of the fields of all documents that a bounded filter finds.
    pub(super) async fn find_fields(
        &self,
        collection: &str,
        (filter, fields): (Document, Document),
    ) -> Result<Vec<Document>, Failure> {
        let found =
            self.collection(collection).find(filter).projection(fields).batch_size(BATCH).await?;
        Ok(found.try_collect().await?)
    }

    /// At most so many of the documents that a filter finds.
    pub(super) async fn some(
        &self,
        collection: &str,
        (filter, limit): (Document, usize),
    ) -> Result<Vec<Document>, Failure> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = self.collection(collection).find(filter).limit(limit).batch_size(BATCH).await?;
        Ok(found.try_collect().await?)
    }

    /// At most so many of the documents that a filter finds, in the ascending order of a field.
    #[cfg(feature = "accounts")]
    pub(super) async fn page(
        &self,
        collection: &str,
        (filter, order): (Document, &str),
        limit: usize,
    ) -> Result<Vec<Document>, Failure> {
        // To the server it is no limit.
        if limit == 0 {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let collection = self.collection(collection);
        let sorted = collection.find(filter).sort(mongodb::bson::doc! { order: 1 });
        Ok(sorted.limit(limit).batch_size(BATCH).await?.try_collect().await?)
    }

    /// All documents that a filter finds, within a transaction.
    pub(super) async fn find_in(
        &self,
        session: &mut ClientSession,
        collection: &str,
        filter: Document,
    ) -> Result<Vec<Document>, Failure> {
        let mut found = self
            .collection(collection)
            .find(filter)
            .batch_size(BATCH)
            .session(&mut *session)
            .await?;
        Ok(found.stream(session).try_collect().await?)
    }

    pub(super) async fn find_one(
        &self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, Failure> {
        Ok(self.collection(collection).find_one(filter).await?)
    }

    /// Inserts a document; `false` if another has what may be there only once.
    pub(super) async fn insert(
        &self,
        collection: &str,
        document: Document,
    ) -> Result<bool, Failure> {
        match self.collection(collection).insert_one(document).await.map_err(Failure::from) {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// A session with a transaction begun: it reads one snapshot, and is durable on a majority
    /// when it is committed. Dropped, it is aborted.
    pub(super) async fn begin(&self) -> Result<ClientSession, Failure> {
        let mut session = self.client.start_session().await?;
        self.presence.say(self, session.id()).await?;
        let options = TransactionOptions::builder()
            .read_concern(ReadConcern::snapshot())
            .write_concern(durable())
            .max_commit_time(self.timeout)
            .build();
        session.start_transaction().with_options(options).await?;
        Ok(session)
    }
}

/// On a majority of the servers, in their journals.
pub(super) fn durable() -> WriteConcern {
    WriteConcern::builder().w(mongodb::options::Acknowledgment::Majority).journal(true).build()
}
