//! Properties: set and removed together, bounded, gone with their mailbox.

use std::collections::BTreeMap;

use bytes::Bytes;
use mailstore::change::{MailboxOp, Op, Refusal};
use mailstore::id::{MailboxId, MailboxKey};
use mailstore::journal::{Entry, Event};
use mailstore::property::{
    MAX_KEY, MAX_PROPERTIES, MAX_TOTAL, MAX_VALUE, Property, Scope, WantedProperties,
};
use mailstore::store::PAGE_BYTES;

use crate::Tested;
use crate::account::{Account, INBOX};

/// Sets these, and removes those without a value.
fn set(at: Option<MailboxId>, values: &[(&str, Option<&[u8]>)]) -> Op {
    let value = |value: &[u8]| Bytes::copy_from_slice(value);
    let set = values.iter().map(|(key, v)| ((*key).to_owned(), v.map(value))).collect();
    Op::Property { at, set }
}

fn property(mailbox: Option<MailboxId>, key: &str, value: &[u8]) -> Property {
    Property { mailbox, key: key.to_owned(), value: Bytes::copy_from_slice(value) }
}

/// All pages of it.
async fn read(account: &Account, scope: Scope, prefix: &str) -> Vec<Property> {
    let mut wanted = WantedProperties { scope, prefix: prefix.to_owned(), after: None };
    let mut all: Vec<Property> = Vec::new();
    loop {
        let page = account.ledger.properties(account.id, &wanted).await.unwrap();
        assert!(!page.list.is_empty() || !page.more, "a page that is empty is the last");
        all.extend(page.list);
        if !page.more {
            return all;
        }
        wanted.after = all.last().map(|last| (last.mailbox, last.key.clone()));
    }
}

/// Of an account as such and of a mailbox, each by its key; the last value stands.
pub async fn properties_are_set_and_removed(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let other = account.create("other").await;
    assert_eq!(read(&account, Scope::Account, "").await, []);
    account.done(set(None, &[("a/1", Some(b"of the account")), ("b/1", Some(b""))])).await;
    account.done(set(Some(INBOX), &[("a/1", Some(b"\0\xff")), ("a/2", Some(b"two"))])).await;
    account.done(set(Some(other), &[("a/1", Some(b"of the other"))])).await;
    account.done(set(Some(INBOX), &[("a/2", None), ("a/3", Some(b"3")), ("a/9", None)])).await;
    account.done(set(Some(INBOX), &[("a/3", Some(b"three"))])).await;

    let of_account = [property(None, "a/1", b"of the account"), property(None, "b/1", b"")];
    assert_eq!(read(&account, Scope::Account, "").await, of_account);
    assert_eq!(read(&account, Scope::Account, "b/").await, of_account[1..]);
    let inbox = [property(Some(INBOX), "a/1", b"\0\xff"), property(Some(INBOX), "a/3", b"three")];
    assert_eq!(read(&account, Scope::Mailbox(INBOX), "").await, inbox);
    let others = [property(Some(other), "a/1", b"of the other")];
    assert_eq!(read(&account, Scope::Mailboxes, "a").await, [&inbox[..], &others].concat());
    assert_eq!(read(&account, Scope::Mailboxes, "a/3").await, inbox[1..]);
    assert_eq!(read(&Account::new(tested.ledger(), 2), Scope::Account, "").await, []);
}

/// One that is refused leaves the others of its change as they were.
pub async fn properties_are_set_together_or_not(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.done(set(Some(INBOX), &[("a/1", Some(b"1")), ("a/2", Some(b"2"))])).await;
    let wrong = set(Some(INBOX), &[("a/1", Some(b"new")), ("a/2", None), ("wrong", Some(b""))]);
    assert!(matches!(account.refused(wrong).await, Refusal::BadKey(_)));
    let both = [property(Some(INBOX), "a/1", b"1"), property(Some(INBOX), "a/2", b"2")];
    assert_eq!(read(&account, Scope::Mailboxes, "").await, both);
    account.done(set(Some(INBOX), &[("a/1", Some(b"new")), ("a/2", None)])).await;
    let one = [property(Some(INBOX), "a/1", b"new")];
    assert_eq!(read(&account, Scope::Mailboxes, "").await, one);
}

/// Every cap can be reached, and not passed.
pub async fn properties_are_bounded(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let long = format!("a/{}", "k".repeat(MAX_KEY - 2));
    let big = vec![7; MAX_VALUE + 1];
    account.done(set(None, &[(&long, Some(&big[1..]))])).await;
    let refused = account.refused(set(None, &[(&format!("{long}k"), Some(b""))])).await;
    assert!(matches!(refused, Refusal::BadKey(_)));
    for key in ["", "a", "/", "a/", "/b", "a/b\n", "subscriptions"] {
        let refused = account.refused(set(None, &[(key, Some(b""))])).await;
        assert!(matches!(refused, Refusal::BadKey(_)), "{key}");
    }
    let refused = account.refused(set(None, &[("a/b", Some(&big))])).await;
    assert_eq!(refused, Refusal::ValueTooLarge { limit: MAX_VALUE as u64 });

    let many = |count| {
        let set = (0..count).map(|number| (format!("a/{number}"), Some(Bytes::new()))).collect();
        Op::Property { at: Some(INBOX), set }
    };
    account.done(many(MAX_PROPERTIES)).await;
    let refused = account.refused(many(MAX_PROPERTIES + 1)).await;
    assert_eq!(refused, Refusal::TooMany { what: "properties", limit: MAX_PROPERTIES as u64 });

    let other = account.create("other").await;
    let mut set: BTreeMap<_, _> = (0..MAX_TOTAL / MAX_VALUE - 1)
        .map(|number| (format!("x/{number:02}"), Some(Bytes::from(vec![1; MAX_VALUE - 4]))))
        .collect();
    set.insert("x/ab".to_owned(), Some(Bytes::from(vec![1; MAX_VALUE - 4])));
    account.done(Op::Property { at: Some(other), set }).await;
    let more =
        Op::Property { at: Some(other), set: [("y/y".to_owned(), Some(Bytes::new()))].into() };
    let limit = MAX_TOTAL as u64;
    let refused = account.refused(more).await;
    assert_eq!(refused, Refusal::TooMany { what: "bytes of properties", limit });
}

/// What is so already takes no MODSEQ; what is not there is not set.
pub async fn properties_that_stay_the_same_are_no_news(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let first = account.done(set(Some(INBOX), &[("a/1", Some(b"1"))])).await.modseq;
    let again = account.done(set(Some(INBOX), &[("a/1", Some(b"1")), ("a/2", None)])).await;
    assert_eq!(again.modseq, first);
    let own = account.done(set(None, &[("a/1", Some(b"1"))])).await.modseq;
    let records = account.journal(first).await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].modseq, own);
    let event = |mailbox| vec![Entry { mailbox, event: Event::Property }];
    assert_eq!(records[0].entries, event(MailboxId::NONE));
    let before = mailstore::uid::ModSeq(first.0 - 1);
    assert_eq!(account.journal(before).await[0].entries, event(INBOX));
    // HIGHESTMODSEQ is of messages only.
    assert!(account.mailbox("INBOX").await.modseq < first);
    let nowhere = set(Some(MailboxId(99)), &[("a/1", Some(b"1"))]);
    assert_eq!(account.refused(nowhere).await, Refusal::NoSuchMailbox);
}

/// They are the mailbox's, not the name's.
pub async fn properties_go_with_their_mailbox(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let above = account.create("above").await;
    let below = account.create("above/below").await;
    for mailbox in [above, below] {
        account.done(set(Some(mailbox), &[("a/1", Some(b"1"))])).await;
    }
    let rename = MailboxOp::Rename { from: "above".into(), to: "else".into() };
    account.done(Op::Mailbox(rename)).await;
    let kept = [property(Some(above), "a/1", b"1"), property(Some(below), "a/1", b"1")];
    assert_eq!(read(&account, Scope::Mailboxes, "").await, kept);
    // Its name stays, under another id.
    account.delete("else").await;
    assert_eq!(read(&account, Scope::Mailboxes, "").await, kept[1..]);
    let late = set(Some(above), &[("a/1", Some(b"1"))]);
    assert_eq!(account.refused(late).await, Refusal::NoSuchMailbox);
    let name = account.mailbox("else").await.id;
    account.done(set(Some(name), &[("a/2", Some(b"2"))])).await;
    account.delete("else/below").await;
    assert_eq!(read(&account, Scope::Mailboxes, "").await, [property(Some(name), "a/2", b"2")]);
}

/// However many mailboxes have them.
pub async fn properties_are_read_in_pages(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let mut all = Vec::new();
    for number in 0..6 {
        let mailbox = account.create(&number.to_string()).await;
        let values: Vec<_> =
            (0..15).map(|key| (format!("big/{key:02}"), [number; 60_000])).collect();
        let asked: Vec<_> =
            values.iter().map(|(key, value)| (key.as_str(), Some(&value[..]))).collect();
        account.done(set(Some(mailbox), &asked)).await;
        account.done(set(Some(mailbox), &[("small/1", Some(&[number]))])).await;
        all.extend(values.iter().map(|(key, value)| property(Some(mailbox), key, value)));
    }
    let wanted = WantedProperties { scope: Scope::Mailboxes, prefix: "big/".into(), after: None };
    let first = account.ledger.properties(account.id, &wanted).await.unwrap();
    let bytes: usize = first.list.iter().map(Property::size).sum();
    assert!(first.more && bytes <= PAGE_BYTES + MAX_VALUE + MAX_KEY, "{bytes} bytes");
    assert_eq!(read(&account, Scope::Mailboxes, "big/").await, all);
    assert_eq!(read(&account, Scope::Mailboxes, "small/").await.len(), 6);
}

/// Of all accounts, as many as are asked for.
pub async fn mailboxes_are_found_by_a_key(tested: Tested) {
    let mut all = Vec::new();
    for number in 1..=3 {
        let account = Account::provisioned(tested.ledger(), number).await;
        let other = account.create("other").await;
        for mailbox in [INBOX, other] {
            account.done(set(Some(mailbox), &[("acl/7", Some(b"lr"))])).await;
            all.push(account.key(mailbox));
        }
        account.done(set(None, &[("acl/7", Some(b"no mailbox"))])).await;
        account.done(set(Some(other), &[("acl/77", Some(b"lr"))])).await;
    }
    let ledger = tested.ledger();
    assert_eq!(ledger.mailboxes_with("acl/7", 100).await.unwrap(), all);
    assert_eq!(ledger.mailboxes_with("acl/7", 4).await.unwrap(), all[..4]);
    assert_eq!(ledger.mailboxes_with("acl/", 100).await.unwrap(), Vec::<MailboxKey>::new());
    Account::new(ledger, 1).delete("other").await;
    let account = Account::new(ledger, 2);
    account.done(set(Some(INBOX), &[("acl/7", None)])).await;
    while ledger.forget(Account::new(ledger, 3).id).await.unwrap() {}
    assert_eq!(ledger.mailboxes_with("acl/7", 100).await.unwrap(), [all[0], all[3]]);
}

/// And a forgotten account leaves none.
pub async fn properties_outlive_a_reopen(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.done(set(None, &[("a/1", Some(b"1"))])).await;
    account.done(set(Some(INBOX), &[("a/2", Some(b"2"))])).await;
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(read(&account, Scope::Account, "").await, [property(None, "a/1", b"1")]);
    assert_eq!(read(&account, Scope::Mailboxes, "").await, [property(Some(INBOX), "a/2", b"2")]);
    while account.ledger.forget(account.id).await.unwrap() {}
    for scope in [Scope::Account, Scope::Mailboxes] {
        assert_eq!(read(&account, scope, "").await, []);
    }
}
