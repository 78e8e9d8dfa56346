//! The hierarchy of mailboxes (RFC 9051 6.3.4 to 6.3.8).

use mailstore::change::{MailboxOp, Op, Outcome, Refusal};
use mailstore::mailbox::{Mailbox, MailboxState, SpecialUse};
use mailstore::message::Want;

use crate::Tested;
use crate::account::{Account, INBOX, all_uids, message, uids};

fn create(name: &str) -> Op {
    Op::Mailbox(MailboxOp::Create { name: name.to_owned(), special_use: None })
}

fn rename(from: &str, to: &str) -> Op {
    Op::Mailbox(MailboxOp::Rename { from: from.to_owned(), to: to.to_owned() })
}

fn delete(name: &str) -> Op {
    Op::Mailbox(MailboxOp::Delete { name: name.to_owned() })
}

fn subscribe(name: &str) -> Op {
    Op::Mailbox(MailboxOp::Subscribe { name: name.to_owned() })
}

fn unsubscribe(name: &str) -> Op {
    Op::Mailbox(MailboxOp::Unsubscribe { name: name.to_owned() })
}

async fn names(account: &Account) -> Vec<String> {
    let mailboxes = account.mailboxes().await;
    let mut names: Vec<_> = mailboxes.names().into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

async fn subscriptions(account: &Account) -> Vec<String> {
    account.mailboxes().await.subscriptions.into_iter().collect()
}

/// What is missing above it is created too, as mailboxes.
pub async fn a_mailbox_is_created_with_its_parents(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let id = account.create("a/b/c").await;
    assert_eq!(names(&account).await, ["INBOX", "a", "a/b", "a/b/c"]);
    assert_eq!(account.mailbox("a/b/c").await.id, id);
    for name in ["a", "a/b", "a/b/c"] {
        let mailbox = account.mailbox(name).await;
        assert_eq!((mailbox.state, mailbox.uid_next), (MailboxState::Live, 1));
        assert_eq!(account.refused(create(name)).await, Refusal::MailboxExists);
        account.fill(mailbox.id, 1).await;
    }
    account.create("a/B").await;
    account.create("INBOX/a").await;
    assert_eq!(names(&account).await.len(), 6);
    let op = MailboxOp::Create { name: "all".to_owned(), special_use: Some(SpecialUse::All) };
    account.done(Op::Mailbox(op)).await;
    assert_eq!(account.mailbox("all").await.special_use, Some(SpecialUse::All));
}

/// What a full name leads to is opened, as things are then.
pub async fn a_mailbox_is_opened_by_its_name(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let (top, deep) = (account.create("top").await, account.create("a/b/c").await);
    account.fill(deep, 2).await;
    let named = async |name: &str| {
        let opened = account.ledger.open_named(account.id, name).await.unwrap();
        opened.map(|opened| (opened.mailbox.id, opened.uids.len()))
    };
    // Each time as the first time.
    for _ in 0..2 {
        assert_eq!(named("a/b/c").await, Some((deep, 2)));
        assert_eq!(named("top").await, Some((top, 0)));
        assert_eq!(named("inBOX").await, Some((INBOX, 0)));
        for none in ["a/b/C", "a/b/c/d", "c", "", "a//c", "TOP"] {
            assert_eq!(named(none).await, None, "{none}");
        }
    }
    account.fill(deep, 1).await;
    assert_eq!(named("a/b/c").await, Some((deep, 3)));
    // One above it is called otherwise, and then another has its name.
    account.done(rename("a", "x")).await;
    assert_eq!(named("a/b/c").await, None);
    assert_eq!(named("x/b/c").await, Some((deep, 3)));
    let other = account.create("a/b/c").await;
    assert_eq!(named("a/b/c").await, Some((other, 0)));
    account.done(rename("x/b/c", "top/c")).await;
    assert_eq!(named("x/b/c").await, None);
    assert_eq!(named("top/c").await, Some((deep, 3)));
    // What has others below it keeps its name only.
    account.done(delete("top")).await;
    assert_eq!(named("top").await, None);
    account.done(delete("a/b/c")).await;
    assert_eq!(named("a/b/c").await, None);
    let again = account.create("a/b/c").await;
    assert_eq!(named("a/b/c").await, Some((again, 0)));
}

/// Whoever gets a use takes it from who had it; what is for nothing can be used again (RFC 6154 4).
pub async fn there_is_one_mailbox_for_each_use(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    for name in ["a", "b/c", "b/d"] {
        account.create(name).await;
    }
    let dedicate = |name: &str, special_use| {
        Op::Mailbox(MailboxOp::Use { name: name.to_owned(), special_use })
    };
    let uses = async || {
        let mut uses = Vec::new();
        for name in ["a", "b/c"] {
            uses.push(account.mailbox(name).await.special_use);
        }
        uses
    };
    let (drafts, junk) = (Some(SpecialUse::Drafts), Some(SpecialUse::Junk));
    account.done(dedicate("a", drafts)).await;
    account.done(dedicate("b/c", junk)).await;
    assert_eq!(uses().await, [drafts, junk]);
    let before = account.mailboxes().await.head.modseq;
    account.done(dedicate("b/c", drafts)).await;
    assert_eq!(uses().await, [None, drafts]);
    assert_eq!(account.mailboxes().await.head.modseq, before.next());
    // Nothing changes, nothing is written.
    account.done(dedicate("b/c", drafts)).await;
    assert_eq!(account.mailboxes().await.head.modseq, before.next());
    account.done(dedicate("b/c", None)).await;
    assert_eq!(uses().await, [None, None]);
    account.done(delete("b")).await;
    assert!(matches!(account.refused(dedicate("inbox", junk)).await, Refusal::Cannot(_)));
    for name in ["none", "b"] {
        assert_eq!(account.refused(dedicate(name, junk)).await, Refusal::NoSuchMailbox);
    }
}

/// RFC 9051 5.1; and only where it stands for INBOX.
pub async fn inbox_is_inbox_in_any_case(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    assert_eq!(account.refused(create("iNbOx")).await, Refusal::MailboxExists);
    let below = account.create("inbox/x").await;
    assert_eq!(account.mailbox("INBOX/x").await.id, below);
    assert_eq!(names(&account).await, ["INBOX", "INBOX/x"]);
    account.create("a/inbox").await;
    assert_eq!(names(&account).await, ["INBOX", "INBOX/x", "a", "a/inbox"]);
    account.done(subscribe("inbox")).await;
    account.done(subscribe("Inbox/x")).await;
    let expected = ["INBOX", "INBOX/x"];
    assert_eq!(subscriptions(&account).await, expected);
    assert!(matches!(account.refused(rename("inbox", "b")).await, Refusal::Cannot(_)));
    assert!(matches!(account.refused(delete("inbox")).await, Refusal::Cannot(_)));
}

/// With ids, UIDVALIDITY, messages and subscriptions; one commit, however many there are.
pub async fn a_rename_takes_the_children_along(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.create("a/b/c").await;
    account.create("ab").await;
    for name in ["a", "a/b/c", "ab", "a/none"] {
        account.done(subscribe(name)).await;
    }
    let old = account.mailbox("a/b/c").await;
    account.fill(old.id, 2).await;
    let before = account.mailboxes().await.head.modseq;
    account.done(rename("a", "x/y")).await;
    assert_eq!(account.mailboxes().await.head.modseq, before.next());
    assert_eq!(names(&account).await, ["INBOX", "ab", "x", "x/y", "x/y/b", "x/y/b/c"]);
    let new = account.mailbox("x/y/b/c").await;
    assert_eq!((new.id, new.uid_validity), (old.id, old.uid_validity));
    assert_eq!(account.uids(new.id).await, uids(1, 2));
    let subscribed = ["INBOX", "a", "a/b/c", "a/none", "ab", "x/y", "x/y/b/c", "x/y/none"];
    assert_eq!(subscriptions(&account).await, subscribed);
    for (from, to, refusal) in [
        ("a", "z", Refusal::NoSuchMailbox),
        ("x", "ab", Refusal::MailboxExists),
        ("x", "inbox", Refusal::MailboxExists),
    ] {
        assert_eq!(account.refused(rename(from, to)).await, refusal);
    }
    account.done(rename("x/y/b", "b")).await;
    assert_eq!(names(&account).await, ["INBOX", "ab", "b", "b/c", "x", "x/y"]);
}

/// Not even where INBOX is written small.
pub async fn no_mailbox_is_moved_below_itself(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.create("INBOX/x/y").await;
    account.create("a/b").await;
    for (from, to) in [
        ("a", "a/c"),
        ("a", "a/b/c"),
        ("INBOX/x", "INBOX/x/z"),
        ("INBOX/x", "inbox/x/z"),
        ("inbox/x", "Inbox/x/y/z"),
    ] {
        assert!(matches!(account.refused(rename(from, to)).await, Refusal::Cannot(_)), "{to}");
    }
    assert_eq!(names(&account).await, ["INBOX", "INBOX/x", "INBOX/x/y", "a", "a/b"]);
    account.done(rename("a", "ab")).await;
}

/// Neither by CREATE nor by RENAME, of itself or of what is below it.
pub async fn no_name_grows_too_deep(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let deep = |levels: usize| vec!["d"; levels].join("/");
    account.create(&deep(Mailbox::MAX_LEVELS)).await;
    assert!(matches!(
        account.refused(create(&deep(Mailbox::MAX_LEVELS + 1))).await,
        Refusal::BadName(_)
    ));
    assert!(matches!(account.refused(rename("d", "e/d")).await, Refusal::BadName(_)));
    account.done(rename("d", "e")).await;
    let mut longest = names(&account).await;
    longest.sort_by_key(String::len);
    let expected = format!("e/{}", deep(Mailbox::MAX_LEVELS - 1));
    assert_eq!(longest.last(), Some(&expected));
}

/// RFC 9051 6.3.5: the messages go, the name stays while there are mailboxes below it.
pub async fn deleting_a_parent_leaves_its_name(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let child = account.create("a/b").await;
    let parent = account.mailbox("a").await.id;
    account.fill(parent, 3).await;
    account.fill(child, 1).await;
    account.done(delete("a")).await;
    assert_eq!(names(&account).await, ["INBOX", "a", "a/b"]);
    let left = account.mailbox("a").await;
    assert_eq!(left.state, MailboxState::Placeholder);
    assert_ne!(left.id, parent);
    for id in [left.id, parent] {
        assert_eq!(account.ledger.open(account.key(id)).await.unwrap(), None);
        account.refused(Op::Append { to: id, messages: vec![message("x")] }).await;
    }
    assert_eq!(account.mailboxes().await.head.usage.messages, 1);
    assert_eq!(account.uids(child).await, uids(1, 1));
    assert_eq!(account.refused(delete("a")).await, Refusal::HasChildren);
    account.done(delete("a/b")).await;
    assert_eq!(names(&account).await, ["INBOX", "a"]);
    account.done(delete("a")).await;
    assert_eq!(names(&account).await, ["INBOX"]);
    assert_eq!(account.refused(delete("a")).await, Refusal::NoSuchMailbox);
}

/// As many as there are, and those that are no more.
pub async fn what_was_created_is_counted(tested: Tested) {
    let account = Account::new(tested.ledger(), 1);
    let created = async || account.ledger.created(account.id).await.unwrap();
    assert_eq!(created().await, 0);
    account.done(Op::Provision { mailboxes: Vec::new() }).await;
    account.create("a/b").await;
    let there = account.mailboxes().await.list.len() as u32;
    assert_eq!(created().await, there);
    account.delete("a/b").await;
    assert_eq!(created().await, there);
}

/// CREATE of a name that stands for nothing makes a new, empty mailbox of it.
pub async fn a_placeholder_becomes_a_mailbox_again(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let child = account.create("a/b").await;
    let old = account.mailbox("a").await;
    account.fill(old.id, 3).await;
    account.done(delete("a")).await;
    let outcome = account.done(create("a")).await.outcome;
    let new = account.mailbox("a").await;
    assert_eq!(outcome, Outcome::Mailbox { id: new.id });
    assert_eq!((new.state, new.uid_next), (MailboxState::Live, 1));
    assert!(new.uid_validity > old.uid_validity);
    assert_eq!(account.fill(new.id, 1).await, uids(1, 1));
    assert_eq!(account.fetch(new.id, &all_uids(), Want::Row).await.len(), 1);
    assert_eq!(account.fetch(old.id, &all_uids(), Want::Row).await.len(), 3);
    assert_eq!(account.mailbox("a/b").await.id, child);
    account.done(rename("a", "z")).await;
    assert_eq!(names(&account).await, ["INBOX", "z", "z/b"]);
}

/// Of names, not of mailboxes: they need not exist, and outlive a DELETE (RFC 9051 6.3.7).
pub async fn subscriptions_are_of_names(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    assert_eq!(subscriptions(&account).await, ["INBOX"]);
    let before = account.mailboxes().await.head.modseq;
    account.done(subscribe("some/name")).await;
    account.done(subscribe("some/name")).await;
    assert_eq!(account.mailboxes().await.head.modseq, before.next());
    account.create("some/name").await;
    account.done(delete("some/name")).await;
    assert_eq!(subscriptions(&account).await, ["INBOX", "some/name"]);
    drop(account);
    let tested = tested.reopen().await;
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(subscriptions(&account).await, ["INBOX", "some/name"]);
    for name in ["some/name", "inbox", "never"] {
        account.done(unsubscribe(name)).await;
    }
    assert_eq!(subscriptions(&account).await, [""; 0]);
}

/// Empty levels, control characters, levels too long.
pub async fn names_that_are_none_are_refused(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.create("ok").await;
    let long = "x".repeat(Mailbox::MAX_LEAF + 1);
    for name in ["", "/", "a/", "/a", "a//b", "a\0b", "a\nb", "a\u{7f}", &long] {
        for op in [create(name), rename("ok", name), subscribe(name)] {
            assert!(matches!(account.refused(op).await, Refusal::BadName(_)), "{name:?}");
        }
    }
    let odd = ["&", "~", "ü/日本", "a b", "%*", &long[1..]];
    for name in odd {
        let id = account.create(name).await;
        assert_eq!(account.mailbox(name).await.id, id);
    }
    assert_eq!(names(&account).await.len(), 3 + odd.len());
}

/// It is known by its id, so nothing else may take that, whatever is asked for first.
pub async fn the_first_mailbox_is_inbox(tested: Tested) {
    let account = Account::new(tested.ledger(), 1);
    for op in [delete("a"), rename("a", "b")] {
        assert_eq!(account.refused(op).await, Refusal::NoSuchMailbox);
        assert_eq!(account.mailboxes().await, Default::default());
    }
    // What is set before counts from the start.
    let quota = mailstore::mailbox::Quota { bytes: None, messages: Some(1) };
    account.done(Op::Quota(quota)).await;
    assert_ne!(account.create("a/b").await, INBOX);
    assert_eq!(names(&account).await, ["INBOX", "a", "a/b"]);
    assert_eq!(account.mailbox("INBOX").await.id, INBOX);
    account.fill(INBOX, 1).await;
    let op = Op::Append { to: INBOX, messages: vec![message("x")] };
    assert_eq!(account.refused(op).await, Refusal::OverQuota);
}

/// The second time nothing happens.
pub async fn an_account_is_provisioned_once(tested: Tested) {
    let account = Account::new(tested.ledger(), 1);
    let mailboxes = vec![("Sent".to_owned(), Some(SpecialUse::Sent)), ("a/b".to_owned(), None)];
    let op = Op::Provision { mailboxes };
    let first = account.done(op.clone()).await;
    assert_eq!(first.outcome, Outcome::Mailbox { id: INBOX });
    assert_eq!(names(&account).await, ["INBOX", "Sent", "a", "a/b"]);
    assert_eq!(subscriptions(&account).await, ["INBOX", "Sent", "a/b"]);
    assert_eq!(account.mailbox("INBOX").await.id, INBOX);
    assert_eq!(account.mailbox("Sent").await.special_use, Some(SpecialUse::Sent));
    account.done(delete("Sent")).await;
    let again = account.done(op).await;
    assert_eq!(again.outcome, first.outcome);
    assert_eq!(names(&account).await, ["INBOX", "a", "a/b"]);
}
