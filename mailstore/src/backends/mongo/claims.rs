//! Blob rows and claims: a blob is kept once, and is gone when it is unused.
//!
//! A claim is `pending` until its email is there; the commit of the email takes that away. A row
//! is a *suspect* from when one of its claims goes: the sweep looks at suspects only. Whoever takes
//! a claim away marks the row first, so that a crash between leaves a row that is looked at once
//! too often, not one that is never looked at.

use std::ops::Range;

use bytes::Bytes;
use mongodb::bson::{Bson, Document, doc};

use super::document::{self, binary, moment};
use super::document::{Fields, bytes, email_id};
use super::failure::Failure;
use super::schema::{BLOBS, CLAIMS};
use super::store::Store;
use crate::blob::{BlobRef, Digest, ObjectName, Place};
use crate::id::{AccountId, EmailId};
use crate::random::Random;
use crate::store::{BlobState, Claim};

/// The row may be used.
pub(super) const LIVE: &str = "live";
/// The row is about to go.
pub(super) const DOOMED: &str = "doomed";

pub(super) fn id(digest: Digest, account: AccountId, email: EmailId) -> Bson {
    binary([&digest.0[..], &account.get().to_be_bytes(), &email.to_bytes()].concat())
}

/// The fields of a claim beside its `_id`. Its time is the email's.
pub(super) fn claim_to(digest: Digest, account: AccountId, email: EmailId) -> Document {
    doc! {
        "digest": binary(digest.0),
        "account": account.get(),
        "email": email_id(email),
        "at": moment(email.time()),
    }
}

/// Makes a claim durable, then reads the row.
pub(super) async fn claim(store: &Store, claim: &Claim) -> Result<BlobState, Failure> {
    let Claim { digest, account, email } = *claim;
    let mut fields = claim_to(digest, account, email);
    fields.insert("pending", true);
    let filter = doc! { "_id": id(digest, account, email) };
    let claims = store.collection(CLAIMS);
    let done = claims.update_one(filter, doc! { "$setOnInsert": fields }).upsert(true).await;
    done.map(drop).map_err(Failure::from).or_else(Failure::unless_duplicate)?;
    Ok(match row(store, digest).await? {
        Some(Row { place, state: State::Live }) => BlobState::Live(place),
        _ => BlobState::Vacant,
    })
}

/// Makes a blob live under a name, unless it is live elsewhere; says where it is live.
pub(super) async fn settle(
    store: &Store,
    blob: &BlobRef,
    name: &ObjectName,
) -> Result<Place, Failure> {
    let digest = binary(blob.digest.0);
    let rows = store.collection(BLOBS);
    loop {
        let new = doc! { "_id": &digest, "object": &name.0, "state": LIVE };
        if store.insert(BLOBS, new).await? {
            return Ok(Place::Object(name.clone()));
        }
        match row(store, blob.digest).await? {
            Some(Row { place, state: State::Live }) => return Ok(place),
            Some(Row { state: State::Doomed, .. }) => {
                let filter = doc! { "_id": &digest, "state": DOOMED };
                let set = doc! { "object": &name.0, "state": LIVE };
                let gone = doc! { "bytes": "", "size": "", "sum": "" };
                let update = doc! { "$set": set, "$unset": gone };
                if rows.update_one(filter, update).await?.matched_count == 1 {
                    return Ok(Place::Object(name.clone()));
                }
            }
            None => {}
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Live,
    Doomed,
}

struct Row {
    place: Place,
    state: State,
}

async fn row(store: &Store, digest: Digest) -> Result<Option<Row>, Failure> {
    let filter = doc! { "_id": binary(digest.0) };
    let fields = doc! { "object": 1, "state": 1 };
    let found = store.collection(BLOBS).find_one(filter).projection(fields).await?;
    found.map(row_from).transpose()
}

fn row_from(document: Document) -> Result<Row, Failure> {
    let fields = Fields::unsealed(document, "blob");
    let place =
        match fields.optional("object", |fields, name| fields.text(name).map(str::to_owned))? {
            Some(name) => Place::Object(ObjectName(name)),
            None => Place::Ledger,
        };
    let state = match fields.text("state")? {
        LIVE => State::Live,
        DOOMED => State::Doomed,
        _ => return Err(fields.wrong("state")),
    };
    Ok(Row { place, state })
}

/// Is this the name of a row? A doomed row may yet live on.
pub(super) async fn is_live(store: &Store, name: &ObjectName) -> Result<bool, Failure> {
    let Some(digest) = name.digest() else { return Ok(false) };
    let found = row(store, digest).await?;
    Ok(found.is_some_and(|row| row.place == Place::Object(name.clone())))
}

/// How many contents refer to a blob.
pub(super) async fn sharing(
    store: &Store,
    digest: Digest,
    (account, limit): (Option<AccountId>, usize),
) -> Result<usize, Failure> {
    let mut filter = doc! { "digest": binary(digest.0), "pending": { "$exists": false } };
    if let Some(account) = account {
        filter.insert("account", account.get());
    }
    Ok(store.some(CLAIMS, (filter, limit)).await?.len())
}

/// A range of a blob that the ledger keeps.
pub(super) async fn kept(
    store: &Store,
    digest: Digest,
    range: Range<u64>,
) -> Result<Bytes, Failure> {
    let missing = || Failure::corrupt(format!("blob {digest} is missing"));
    let found = store.find_one(BLOBS, doc! { "_id": binary(digest.0) }).await?;
    let mut fields = found.ok_or_else(missing)?;
    let sum = fields.get("sum").and_then(Bson::as_i64);
    let Some(Bson::Binary(stored)) = fields.remove("bytes") else { return Err(missing()) };
    let plain = Bytes::from(stored.bytes);
    if sum != Some(i64::from(crc32fast::hash(&plain))) {
        return Err(Failure::corrupt(format!("blob {digest} has a wrong checksum")));
    }
    if range.start > range.end || range.end > plain.len() as u64 {
        return Err(Failure::corrupt(format!("blob {digest} is shorter than {} bytes", range.end)));
    }
    Ok(plain.slice(range.start as usize..range.end as usize))
}

/// Says of rows that one of their claims is about to go.
pub(super) async fn suspect(store: &Store, digests: Vec<Bson>) -> Result<(), Failure> {
    if digests.is_empty() {
        return Ok(());
    }
    let update = doc! { "$set": { "suspect": token() } };
    store.collection(BLOBS).update_many(doc! { "_id": { "$in": digests } }, update).await?;
    Ok(())
}

/// Never the same twice: who clears a suspicion clears only the one that it knew of.
fn token() -> Bson {
    binary(Random::draw().0.to_be_bytes())
}

/// What the sweep has made of a suspect.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Somebody claims it, or others were quicker.
    Stays,
    /// The object of that name is nobody's any more.
    Object(ObjectName),
    /// It was kept by the ledger, and is gone.
    Kept,
}

/// A suspect, step by step: each is one atomic write, and between two of them anybody else may do
/// anything.
#[derive(Debug)]
pub(super) struct Suspect<'a> {
    store: &'a Store,
    digest: Bson,
    token: Bson,
    object: Option<String>,
}

/// At most so many rows that are to be looked at.
pub(super) async fn suspects(store: &Store, most: usize) -> Result<Vec<Suspect<'_>>, Failure> {
    let filter = doc! { "suspect": { "$exists": true } };
    let fields = doc! { "object": 1, "suspect": 1 };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut found = store.collection(BLOBS).find(filter).projection(fields).limit(most).await?;
    let mut suspects = Vec::new();
    while found.advance().await? {
        let document: Document = found.deserialize_current()?;
        if let (Some(digest), Some(token)) = (document.get("_id"), document.get("suspect")) {
            let object = document.get_str("object").ok().map(str::to_owned);
            suspects.push(Suspect { store, digest: digest.clone(), token: token.clone(), object });
        }
    }
    Ok(suspects)
}

impl Suspect<'_> {
    /// All steps.
    pub(super) async fn judge(&self) -> Result<Verdict, Failure> {
        if self.is_claimed().await? {
            self.clear().await?;
            return Ok(Verdict::Stays);
        }
        if !self.doom().await? {
            return Ok(Verdict::Stays);
        }
        // A claim that was made before the row was doomed found it live.
        if self.is_claimed().await? {
            self.revive().await?;
            return Ok(Verdict::Stays);
        }
        Ok(match (self.remove().await?, &self.object) {
            (false, _) => Verdict::Stays,
            (true, Some(name)) => Verdict::Object(ObjectName(name.clone())),
            (true, None) => Verdict::Kept,
        })
    }

    pub(super) async fn is_claimed(&self) -> Result<bool, Failure> {
        Ok(self.store.find_one(CLAIMS, doc! { "digest": &self.digest }).await?.is_some())
    }

    /// The row, if it still is what it was when it was read.
    fn same(&self) -> Document {
        let object = match &self.object {
            Some(name) => Bson::from(name.as_str()),
            None => doc! { "$exists": false }.into(),
        };
        doc! { "_id": &self.digest, "suspect": &self.token, "object": object }
    }

    async fn clear(&self) -> Result<(), Failure> {
        let update = doc! { "$unset": { "suspect": "" }, "$set": { "state": LIVE } };
        self.store.collection(BLOBS).update_one(self.same(), update).await?;
        Ok(())
    }

    pub(super) async fn doom(&self) -> Result<bool, Failure> {
        let update = doc! { "$set": { "state": DOOMED } };
        let done = self.store.collection(BLOBS).update_one(self.same(), update).await?;
        Ok(done.matched_count == 1)
    }

    /// It stays a suspect: who made the claim may yet crash.
    pub(super) async fn revive(&self) -> Result<(), Failure> {
        let mut filter = self.same();
        filter.insert("state", DOOMED);
        let update = doc! { "$set": { "state": LIVE } };
        self.store.collection(BLOBS).update_one(filter, update).await?;
        Ok(())
    }

    /// Removes the row, unless somebody has made it live again.
    pub(super) async fn remove(&self) -> Result<bool, Failure> {
        let mut filter = self.same();
        filter.insert("state", DOOMED);
        let done = self.store.collection(BLOBS).delete_one(filter).await?;
        Ok(done.deleted_count == 1)
    }
}

/// The digest of a claim.
pub(super) fn digest_of(claim: &Document) -> Result<Bson, Failure> {
    let digest = claim.get("digest").filter(|digest| bytes(digest).is_some());
    digest.cloned().ok_or_else(|| Failure::corrupt("a claim without a digest"))
}

/// Claims whose email never came, made before a moment.
pub(super) fn lapsed(before: crate::time::Timestamp) -> Document {
    doc! { "pending": true, "at": { "$lt": document::moment(before) } }
}
