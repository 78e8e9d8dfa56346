//! What others may do with the mailboxes of an account (RFC 4314).

use bytes::Bytes;
use mailstore::change::{ExpungeGuard, MailboxOp, Op, Refusal, Transfer};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, SystemFlag};
use mailstore::id::MailboxId;
use mailstore::mailbox::Quota;
use mailstore::message::Want;
use mailstore::property::{Scope, WantedProperties};

use crate::Tested;
use crate::account::{Account, INBOX, add, all_uids, message, uids};

/// Who asks.
const GUEST: i64 = 7;

fn grant(at: MailboxId, key: &str, rights: &str) -> Op {
    let value = Some(Bytes::copy_from_slice(rights.as_bytes()));
    Op::Property { at: Some(at), set: [(format!("acl/{key}"), value)].into() }
}

/// An account with a mailbox `shared` of three messages, and the same as a guest has it with
/// these rights.
async fn shared(tested: &Tested, rights: &str) -> (Account, Account, MailboxId) {
    let owner = Account::provisioned(tested.ledger(), 1).await;
    let shared = owner.create("shared").await;
    owner.fill(shared, 3).await;
    owner.done(grant(shared, "7", rights)).await;
    (owner.clone(), owner.used_by(GUEST), shared)
}

fn append(to: MailboxId, flags: impl IntoIterator<Item = SystemFlag>) -> Op {
    let flags = Flags::new(flags, []);
    Op::Append { to, messages: vec![mailstore::change::NewMessage { flags, ..message("x") }] }
}

fn flag(at: MailboxId, flag: SystemFlag) -> Op {
    Op::Flag { at, uids: uids(1, 1), update: add(flag), unchanged_since: None }
}

fn transfer(from: MailboxId, to: MailboxId, mode: Transfer) -> Op {
    Op::Transfer { from, to, uids: uids(1, 1), mode }
}

async fn flags(account: &Account, at: MailboxId, uid: u32) -> Flags {
    account.fetch(at, &uids(uid, uid), Want::Row).await.remove(0).row.flags
}

/// Nothing without a right; and of what may not be seen not even that it is there.
pub async fn a_guest_without_rights_finds_nothing(tested: Tested) {
    let (owner, guest, shared) = shared(&tested, "").await;
    let property = Op::Property { at: Some(shared), set: [("a/b".to_owned(), None)].into() };
    let ops = [
        append(shared, []),
        flag(shared, SystemFlag::Seen),
        Op::Expunge { at: shared, uids: all_uids(), guard: ExpungeGuard::All },
        transfer(shared, shared, Transfer::Copy),
        transfer(shared, shared, Transfer::Move),
        Op::TakeRecent { at: shared, below: 9 },
        property,
        grant(shared, "7", "a"),
        Op::Mailbox(MailboxOp::Delete { name: "shared".into() }),
        Op::Mailbox(MailboxOp::Rename { from: "shared".into(), to: "shared/x".into() }),
    ];
    for op in &ops {
        assert_eq!(guest.refused(op.clone()).await, Refusal::NoSuchMailbox, "{op:?}");
    }
    // Once it may be seen, the answer is another.
    owner.done(grant(shared, "anyone", "l")).await;
    for op in ops {
        assert_eq!(guest.refused(op.clone()).await, Refusal::NoRight, "{op:?}");
    }
    for op in [
        Op::Quota(Quota::default()),
        Op::Provision { mailboxes: Vec::new() },
        Op::Property { at: None, set: [("a/b".to_owned(), None)].into() },
        Op::Mailbox(MailboxOp::Create { name: "top".into(), special_use: None }),
        Op::Mailbox(MailboxOp::Create { name: "shared/x".into(), special_use: None }),
        Op::Mailbox(MailboxOp::Subscribe { name: "shared".into() }),
        Op::Mailbox(MailboxOp::Use { name: "shared".into(), special_use: None }),
    ] {
        assert_eq!(guest.refused(op.clone()).await, Refusal::NoRight, "{op:?}");
    }
}

/// Each right allows what it is for, and no more.
pub async fn each_right_is_for_something(tested: Tested) {
    let (owner, guest, shared) = shared(&tested, "l").await;
    let other = owner.create("other").await;
    owner.done(grant(other, "7", "li")).await;
    let cases = [
        ("li", append(shared, [])),
        ("ls", flag(shared, SystemFlag::Seen)),
        ("lt", flag(shared, SystemFlag::Deleted)),
        ("lw", flag(shared, SystemFlag::Flagged)),
        ("lr", transfer(shared, other, Transfer::Copy)),
        ("lrte", transfer(shared, other, Transfer::Move)),
        ("le", Op::Expunge { at: shared, uids: uids(2, 2), guard: ExpungeGuard::All }),
        ("la", grant(shared, "8", "lr")),
        ("lk", Op::Mailbox(MailboxOp::Create { name: "shared/new".into(), special_use: None })),
        (
            "lkx",
            Op::Mailbox(MailboxOp::Rename { from: "shared/new".into(), to: "shared/n".into() }),
        ),
        ("lx", Op::Mailbox(MailboxOp::Delete { name: "shared".into() })),
    ];
    for (rights, op) in cases {
        let missing: String = "lrswipkxtea"
            .chars()
            .filter(|right| *right == 'l' || !rights.contains(*right))
            .collect();
        owner.done(grant(shared, "7", &missing)).await;
        let refused = guest.refused(op.clone()).await;
        assert_eq!(refused, Refusal::NoRight, "{op:?} with {missing}");
        owner.done(grant(shared, "7", rights)).await;
        if let Op::Mailbox(MailboxOp::Rename { from, .. }) = &op {
            let new = owner.mailbox(from).await.id;
            owner.done(grant(new, "7", "lx")).await;
        }
        guest.done(op).await;
    }
}

/// What one has, and everybody has, less what is taken away; whoever holds the account has all.
pub async fn rights_add_up(tested: Tested) {
    let (owner, guest, shared) = shared(&tested, "s").await;
    owner.done(grant(shared, "anyone", "li")).await;
    guest.done(append(shared, [])).await;
    guest.done(flag(shared, SystemFlag::Seen)).await;
    owner.done(grant(shared, "-7", "i")).await;
    assert_eq!(guest.refused(append(shared, [])).await, Refusal::NoRight);
    owner.used_by(8).done(append(shared, [])).await;
    owner.done(grant(shared, "-anyone", "lrswipkxtea")).await;
    for guest in [&guest, &owner.used_by(8)] {
        assert_eq!(guest.refused(append(shared, [])).await, Refusal::NoSuchMailbox);
    }
    owner.done(append(shared, [])).await;
    for (key, rights) in [("joe", "l"), ("--7", "l"), ("7", "z")] {
        let refused = owner.refused(grant(shared, key, rights)).await;
        assert!(matches!(refused, Refusal::BadKey(_)), "{key} {rights}");
    }
}

/// Flags that may not be set are left out; where none may be, that is refused.
pub async fn flags_change_as_far_as_rights_go(tested: Tested) {
    let (owner, guest, shared) = shared(&tested, "lris").await;
    let all = SystemFlag::ALL;
    let seen = Flags::new([SystemFlag::Seen], []);
    guest.done(append(shared, all)).await;
    assert_eq!(flags(&owner, shared, 4).await, seen);
    let update = |mode, flags: &[SystemFlag]| Op::Flag {
        at: shared,
        uids: uids(1, 1),
        update: FlagUpdate { mode, flags: Flags::new(flags.iter().copied(), []) },
        unchanged_since: None,
    };
    owner.done(flag(shared, SystemFlag::Flagged)).await;
    guest.done(update(FlagMode::Replace, &[SystemFlag::Seen, SystemFlag::Deleted])).await;
    let kept = Flags::new([SystemFlag::Seen, SystemFlag::Flagged], []);
    assert_eq!(flags(&owner, shared, 1).await, kept);
    guest.done(update(FlagMode::Remove, &all)).await;
    assert_eq!(flags(&owner, shared, 1).await, Flags::new([SystemFlag::Flagged], []));
    let refused = guest.refused(update(FlagMode::Add, &[SystemFlag::Deleted])).await;
    assert_eq!(refused, Refusal::NoRight);
    owner.done(append(INBOX, all)).await;
    owner.done(grant(INBOX, "7", "r")).await;
    guest.done(transfer(INBOX, shared, Transfer::Copy)).await;
    assert_eq!(flags(&owner, shared, 5).await, seen);
}

/// Access lists stay with their mailboxes, and new ones have that of the one above.
pub async fn access_lists_are_inherited(tested: Tested) {
    let (owner, guest, shared) = shared(&tested, "lk").await;
    let create =
        |name: &str| Op::Mailbox(MailboxOp::Create { name: name.into(), special_use: None });
    guest.done(create("shared/a/b")).await;
    owner.done(create("shared/c")).await;
    owner.done(create("alone")).await;
    let rename = MailboxOp::Rename { from: "shared/c".into(), to: "alone/c".into() };
    owner.done(Op::Mailbox(rename)).await;
    let scope = Scope::Mailboxes;
    let wanted = WantedProperties { scope, prefix: "acl/".into(), after: None };
    let found = owner.ledger.properties(owner.id, &wanted).await.unwrap().list;
    let mut expected = vec![shared];
    for name in ["shared/a", "shared/a/b", "alone/c"] {
        expected.push(owner.mailbox(name).await.id);
    }
    let listed: Vec<_> = found.iter().filter_map(|entry| entry.mailbox).collect();
    assert_eq!(listed, expected);
    assert!(found.iter().all(|entry| entry.key == "acl/7" && &entry.value[..] == b"lk"));
}

/// Properties of others: what is shared by who may write, what is private by its owner.
pub async fn properties_have_rights_too(tested: Tested) {
    let (owner, guest, shared) = shared(&tested, "lrw").await;
    let set = |key: &str| Op::Property {
        at: Some(shared),
        set: [(key.to_owned(), Some(Bytes::new()))].into(),
    };
    guest.done(set("metadata/shared/comment")).await;
    guest.done(set("metadata/private/7/comment")).await;
    for key in ["metadata/private/1/comment", "metadata/private/77/x", "acl/9", "other/x"] {
        assert_eq!(guest.refused(set(key)).await, Refusal::NoRight, "{key}");
    }
    owner.done(grant(shared, "7", "lr")).await;
    assert_eq!(guest.refused(set("metadata/shared/x")).await, Refusal::NoRight);
    guest.done(set("metadata/private/7/x")).await;
    owner.done(grant(shared, "7", "l")).await;
    assert_eq!(guest.refused(set("metadata/private/7/y")).await, Refusal::NoRight);
}
