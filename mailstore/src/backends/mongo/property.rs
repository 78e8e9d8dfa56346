//! Properties: one document each, text where it is text.

use std::collections::BTreeMap;

use bytes::Bytes;
use mongodb::bson::{Bson, Document, doc};

use super::document::{self, Fields, Read, binary, bytes};
use super::failure::Failure;
use super::schema::PROPERTIES;
use super::store::Store;
use crate::id::{AccountId, MailboxId, MailboxKey};
use crate::property::{Property, PropertyPage, Scope, WantedProperties};
use crate::store::{PAGE_BYTES, PAGE_PROPERTIES};

/// The number that stands for the account as such.
const ACCOUNT: MailboxId = MailboxId::NONE;

/// The documents of a scope. What stands there under a key without a slash is none of the
/// properties: the subscriptions.
pub(super) fn filter(account: AccountId, scope: Scope) -> Document {
    let mailbox = match scope {
        Scope::Account => Bson::Int64(i64::from(ACCOUNT.0)),
        Scope::Mailbox(id) => Bson::Int64(i64::from(id.0)),
        Scope::Mailboxes => doc! { "$gt": i64::from(ACCOUNT.0) }.into(),
    };
    doc! { "account": account.get(), "mailbox": mailbox }
}

pub(super) fn property_to(
    account: AccountId,
    mailbox: Option<MailboxId>,
    (key, value): (&str, &Bytes),
) -> Read<Document> {
    let mailbox = mailbox.unwrap_or(ACCOUNT);
    let value = match std::str::from_utf8(value) {
        Ok(text) if !value.contains(&0) => Bson::from(text),
        _ => binary(&value[..]),
    };
    document::seal(doc! {
        "_id": document::id(account, &[&mailbox.0.to_be_bytes(), key.as_bytes()]),
        "account": account.get(),
        "mailbox": i64::from(mailbox.0),
        "key": key,
        "value": value,
    })
}

/// The property of a document; `None` if it is something else.
fn property_from(document: Document) -> Read<Option<Property>> {
    if !document.get_str("key").is_ok_and(|key| key.contains('/')) {
        return Ok(None);
    }
    let fields = document::open(document, "property")?;
    let value = match fields.value("value") {
        Some(Bson::String(text)) => Bytes::copy_from_slice(text.as_bytes()),
        Some(value) => Bytes::copy_from_slice(bytes(value).ok_or_else(|| fields.wrong("value"))?),
        None => return Err(fields.wrong("value")),
    };
    let mailbox = Some(mailbox(&fields)?).filter(|mailbox| *mailbox != ACCOUNT);
    Ok(Some(Property { mailbox, key: fields.text("key")?.to_owned(), value }))
}

fn mailbox(fields: &Fields) -> Read<MailboxId> {
    fields.u32("mailbox").map(MailboxId)
}

/// The values of these documents, by their mailboxes and keys.
pub(super) fn values(found: Vec<Document>) -> Read<BTreeMap<(Option<MailboxId>, String), Bytes>> {
    let mut values = BTreeMap::new();
    for document in found {
        if let Some(Property { mailbox, key, value }) = property_from(document)? {
            values.insert((mailbox, key), value);
        }
    }
    Ok(values)
}

/// Properties, as far as one page goes.
pub(super) async fn page(
    store: &Store,
    account: AccountId,
    wanted: &WantedProperties,
) -> Result<PropertyPage, Failure> {
    let filter = filter(account, wanted.scope);
    let order = doc! { "account": 1, "mailbox": 1, "key": 1 };
    let mut found = store.collection(PROPERTIES).find(filter).sort(order).await?;
    let (mut page, mut bytes) = (PropertyPage::default(), 0);
    while found.advance().await? {
        let Some(property) = property_from(found.deserialize_current()?)? else { continue };
        if !wanted.has(property.mailbox, &property.key) {
            continue;
        }
        if page.list.len() >= PAGE_PROPERTIES || bytes >= PAGE_BYTES {
            page.more = true;
            break;
        }
        bytes += property.size();
        page.list.push(property);
    }
    Ok(page)
}

/// Mailboxes of any account that have a property of that key.
pub(super) async fn mailboxes_with(
    store: &Store,
    key: &str,
    limit: usize,
) -> Result<Vec<MailboxKey>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let filter = doc! { "key": key, "mailbox": { "$gt": i64::from(ACCOUNT.0) } };
    let order = doc! { "account": 1, "mailbox": 1 };
    let properties = store.collection(PROPERTIES);
    let mut found = properties.find(filter).sort(order).limit(limit).await?;
    let mut keys = Vec::new();
    while found.advance().await? {
        let fields = Fields::unsealed(found.deserialize_current()?, "property");
        let account = AccountId::new(fields.i64("account")?);
        let account = account.ok_or_else(|| fields.wrong("account"))?;
        keys.push(MailboxKey { account, mailbox: mailbox(&fields)? });
    }
    Ok(keys)
}
