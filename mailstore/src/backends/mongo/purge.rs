//! Removes what is no longer needed, a bounded step at a time. Any process may do it at any time.
//!
//! What is removed of an account is removed in a transaction that holds its head, as every commit
//! does: so no COPY can refer to a content that is just going.

use std::collections::{BTreeMap, BTreeSet};

use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};

use super::claims::{self, Verdict};
use super::commit::{end, lock};
use super::document::{Fields, bytes, moment};
use super::failure::Failure;
use super::retry::again_after;
use super::store::Store;
use super::{lease, record, row, schema};
use crate::id::AccountId;
use crate::store::{Purge, Purged};
use crate::time::Timestamp;
use crate::uid::ModSeq;

/// Most rows removed in one step, so that deliveries pass between.
const STEP: usize = 256;
/// Most blobs looked at in one step.
const SUSPECTS: usize = 64;

/// One step. There is more while any part of it was full.
pub(super) async fn step(store: &Store, purge: &Purge) -> Result<Purged, Failure> {
    let mut purged = Purged::default();
    expunged(store, purge, &mut purged).await?;
    deleted_mailboxes(store, purge, &mut purged).await?;
    lapsed_claims(store, purge, &mut purged).await?;
    trim(store, purge, &mut purged).await?;
    lease::purge(store, purge.expunged_before).await?;
    suspects(store, &mut purged).await?;
    Ok(purged)
}

/// Expunged rows whose grace is over.
async fn expunged(store: &Store, purge: &Purge, purged: &mut Purged) -> Result<(), Failure> {
    let filter = doc! { "gone": { "$lt": moment(purge.expunged_before) } };
    let found = store.some(schema::MESSAGES, (filter, STEP)).await?;
    purged.more |= found.len() == STEP;
    purged.messages += found.len() as u64;
    remove_rows(store, found).await
}

/// Mailboxes deleted before the grace, with all their rows.
async fn deleted_mailboxes(
    store: &Store,
    purge: &Purge,
    purged: &mut Purged,
) -> Result<(), Failure> {
    let filter = doc! { "gone": { "$lt": moment(purge.expunged_before) } };
    let found = store.some(schema::MAILBOXES, (filter, 1)).await?;
    let Some(mailbox) = found.into_iter().next() else { return Ok(()) };
    purged.more = true;
    let fields = Fields::unsealed(mailbox, "mailbox");
    let (account, id) = (fields.i64("account")?, fields.i64("id")?);
    let within = doc! { "account": account, "mailbox": id };
    let rows = store.some(schema::MESSAGES, (within.clone(), STEP)).await?;
    if rows.is_empty() {
        store.collection(schema::UIDS).delete_many(within.clone()).await?;
        store.collection(schema::PROPERTIES).delete_many(within).await?;
        let mailbox = doc! { "account": account, "id": id };
        store.collection(schema::MAILBOXES).delete_one(mailbox).await?;
    }
    purged.messages += rows.len() as u64;
    remove_rows(store, rows).await
}

/// Removes rows, and the contents that no other row refers to.
async fn remove_rows(store: &Store, rows: Vec<Document>) -> Result<(), Failure> {
    let mut accounts: BTreeMap<i64, Vec<Fields>> = BTreeMap::new();
    for row in rows {
        let fields = Fields::unsealed(row, "message");
        accounts.entry(fields.i64("account")?).or_default().push(fields);
    }
    for (account, rows) in accounts {
        let Some(account) = AccountId::new(account) else { continue };
        held(store, account, &Work::Rows(rows)).await?;
    }
    Ok(())
}

async fn remove_rows_of(
    store: &Store,
    session: &mut ClientSession,
    (account, rows): (AccountId, &[Fields]),
) -> Result<(), Failure> {
    let (mut ids, mut emails) = (Vec::new(), BTreeMap::new());
    for row in rows {
        ids.extend(row.value("_id").cloned());
        emails.insert(row.bytes("email")?.to_vec(), row.value("email").cloned());
    }
    let messages = store.collection(schema::MESSAGES);
    messages.delete_many(doc! { "_id": { "$in": ids } }).session(&mut *session).await?;
    let used = doc! { "email": { "$in": emails.values().flatten().collect::<Vec<_>>() },
    "account": account.get() };
    for row in store.find_in(session, schema::MESSAGES, used).await? {
        emails.remove(Fields::unsealed(row, "message").bytes("email")?);
    }
    let unused: Vec<Bson> = emails.into_values().flatten().collect();
    remove_emails(store, session, (account, unused)).await
}

/// Removes contents and their claims.
async fn remove_emails(
    store: &Store,
    session: &mut ClientSession,
    (account, ids): (AccountId, Vec<Bson>),
) -> Result<(), Failure> {
    if ids.is_empty() {
        return Ok(());
    }
    let of_account = |name: &str| {
        doc! { "account": account.get(), name: { "$in": &ids } }
    };
    let claims = store.find_in(session, schema::CLAIMS, of_account("email")).await?;
    // Marked before the claims go, and whether they then go or not.
    claims::suspect(store, digests(&claims)?).await?;
    let collection = store.collection(schema::CLAIMS);
    collection.delete_many(of_account("email")).session(&mut *session).await?;
    let emails = store.collection(schema::EMAILS);
    emails.delete_many(of_account("id")).session(session).await?;
    Ok(())
}

fn digests(claims: &[Document]) -> Result<Vec<Bson>, Failure> {
    let mut seen = BTreeSet::new();
    let mut digests = Vec::new();
    for claim in claims {
        let digest = claims::digest_of(claim)?;
        if seen.insert(bytes(&digest).map(<[u8]>::to_vec)) {
            digests.push(digest);
        }
    }
    Ok(digests)
}

/// Claims whose email never came.
async fn lapsed_claims(store: &Store, purge: &Purge, purged: &mut Purged) -> Result<(), Failure> {
    let lapsed = claims::lapsed(purge.claims_before);
    let found = store.some(schema::CLAIMS, (lapsed, STEP)).await?;
    purged.more |= found.len() == STEP;
    drop_claims(store, found).await
}

/// Drops claims that are still pending.
async fn drop_claims(store: &Store, found: Vec<Document>) -> Result<(), Failure> {
    if found.is_empty() {
        return Ok(());
    }
    claims::suspect(store, digests(&found)?).await?;
    let ids: Vec<_> = found.iter().filter_map(|claim| claim.get("_id")).collect();
    let filter = doc! { "_id": { "$in": ids }, "pending": true };
    store.collection(schema::CLAIMS).delete_many(filter).await?;
    Ok(())
}

/// Rows that may have lost their last claim.
async fn suspects(store: &Store, purged: &mut Purged) -> Result<(), Failure> {
    let suspects = claims::suspects(store, SUSPECTS).await?;
    for suspect in &suspects {
        match suspect.judge().await? {
            Verdict::Stays => {}
            Verdict::Object(name) => purged.objects.push(name),
            Verdict::Kept => purged.blobs += 1,
        }
    }
    purged.more |= suspects.len() == SUSPECTS;
    Ok(())
}

/// Trims the journals of accounts with old records: the horizon is raised, and records go.
async fn trim(store: &Store, purge: &Purge, purged: &mut Purged) -> Result<(), Failure> {
    let filter = doc! { "at": { "$lt": moment(purge.journal_before) } };
    let found = store.some(schema::JOURNAL, (filter, 4 * STEP)).await?;
    let accounts: BTreeSet<i64> =
        found.iter().filter_map(|record| record.get_i64("account").ok()).collect();
    let mut trimmed = 0;
    for account in accounts.into_iter().filter_map(AccountId::new) {
        trimmed += held(store, account, &Work::Journal(purge.journal_before)).await?;
    }
    purged.more |= trimmed > 0;
    Ok(())
}

/// Trims a bounded part of a journal; says how many records went, and the new horizon.
async fn trim_account(
    store: &Store,
    session: &mut ClientSession,
    (account, horizon, before): (AccountId, ModSeq, Timestamp),
) -> Result<(u64, ModSeq), Failure> {
    let upto = ModSeq(horizon.0 + 4 * STEP as u64);
    let range = doc! { "$gt": horizon.0.cast_signed(), "$lte": upto.0.cast_signed() };
    let filter = doc! { "account": account.get(), "modseq": range };
    let found = store.find_in(session, schema::JOURNAL, filter).await?;
    let records: Result<Vec<_>, _> = found.into_iter().map(record::record_from).collect();
    let mut records = records?;
    records.sort_by_key(|record| record.modseq);
    let old = records.iter().take_while(|record| record.at < before);
    let Some(last) = old.last().map(|record| record.modseq) else { return Ok((0, horizon)) };
    let gone = doc! { "$gt": horizon.0.cast_signed(), "$lte": last.0.cast_signed() };
    let filter = doc! { "account": account.get(), "modseq": gone };
    let journal = store.collection(schema::JOURNAL);
    let done = journal.delete_many(filter).session(session).await?;
    Ok((done.deleted_count, last))
}

/// What is done to an account while it is held.
enum Work {
    /// Removes rows.
    Rows(Vec<Fields>),
    /// Removes contents.
    Emails(Vec<Bson>),
    /// Trims the journal of what is older.
    Journal(Timestamp),
}

/// Works in a transaction that holds an account; says how many journal records went. Those who
/// write to the account may be in the way for a while.
async fn held(store: &Store, account: AccountId, work: &Work) -> Result<u64, Failure> {
    again_after(store, Failure::may_be_retried, || once(store, account, work)).await
}

async fn once(store: &Store, account: AccountId, work: &Work) -> Result<u64, Failure> {
    let mut session = store.begin().await?;
    let holding = store.presence.holding(session.id());
    let done = within(store, &mut session, (account, work)).await;
    if done.is_err() {
        let _ = session.abort_transaction().await;
    }
    holding.end(&done);
    done
}

async fn within(
    store: &Store,
    session: &mut ClientSession,
    (account, work): (AccountId, &Work),
) -> Result<u64, Failure> {
    let mut head = lock(store, session, account).await?;
    let mut trimmed = 0;
    match work {
        Work::Rows(rows) => remove_rows_of(store, session, (account, rows)).await?,
        Work::Emails(ids) => remove_emails(store, session, (account, ids.clone())).await?,
        Work::Journal(before) => {
            let work = (account, head.horizon, *before);
            (trimmed, head.horizon) = trim_account(store, session, work).await?;
        }
    }
    let accounts = store.collection(schema::ACCOUNTS);
    let this = doc! { "_id": account.get() };
    accounts.replace_one(this, row::head_to(account, &head)?).session(&mut *session).await?;
    end(session).await?;
    Ok(trimmed)
}

/// Removes some of an account; true while there is more. Rows of blobs that nobody claims any more
/// go with the next sweep.
pub(super) async fn forget(store: &Store, account: AccountId) -> Result<bool, Failure> {
    let all = doc! { "account": account.get() };
    let emails = store.some(schema::EMAILS, (all.clone(), STEP)).await?;
    if !emails.is_empty() {
        let ids: Vec<_> = emails.iter().filter_map(|email| email.get("id").cloned()).collect();
        held(store, account, &Work::Emails(ids)).await?;
        return Ok(true);
    }
    for collection in [schema::MESSAGES, schema::JOURNAL, schema::MAILBOXES] {
        let found = store.some(collection, (all.clone(), 4 * STEP)).await?;
        if !found.is_empty() {
            let ids: Vec<_> = found.iter().filter_map(|document| document.get("_id")).collect();
            let filter = doc! { "_id": { "$in": ids } };
            store.collection(collection).delete_many(filter).await?;
            return Ok(true);
        }
    }
    let claims = store.some(schema::CLAIMS, (all.clone(), STEP)).await?;
    if !claims.is_empty() {
        drop_claims(store, claims).await?;
        return Ok(true);
    }
    lease::forget(store, account).await?;
    for collection in [schema::UIDS, schema::PROPERTIES] {
        store.collection(collection).delete_many(all.clone()).await?;
    }
    store.collection(schema::ACCOUNTS).delete_one(doc! { "_id": account.get() }).await?;
    Ok(false)
}
