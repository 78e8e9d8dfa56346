//! Pages: bounded, ascending, complete.

use mailstore::id::MailboxKey;
use mailstore::message::{Fetched, Presence, Want};
use mailstore::store::{PAGE_BYTES, PAGE_ROWS};
use mailstore::uid::{Uid, UidSet};

use crate::Tested;
use crate::account::{Account, INBOX, all_uids, message_with, noise, uid, uids};

/// So many that two pages are not enough.
const MANY: u32 = 2 * PAGE_ROWS as u32 + 100;

/// Each page ends in time, and together they are everything.
pub async fn pages_are_bounded_and_complete(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, MANY as usize).await;
    for want in [Want::Row, Want::Derived, Want::Email] {
        let found = pages(&account, &all_uids(), want).await;
        assert!(found.iter().all(|page| page.len() <= PAGE_ROWS));
        let numbers: Vec<_> = found.iter().flatten().map(|each| each.row.uid.get()).collect();
        assert_eq!(numbers, (1..=MANY).collect::<Vec<_>>());
    }
}

/// A page ends with the message that fills it, be the messages live or expunged.
pub async fn pages_are_bounded_in_bytes(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let mut raw = b"Subject: long\r\n\r\n".to_vec();
    // Below what leaves the tree, and of a kind that does not become smaller when packed.
    raw.extend(noise(60_000, 0).iter().map(|byte| b' ' + byte % 64));
    let messages: Vec<_> = (0..200).map(|_| message_with(&raw, None)).collect();
    account.append(INBOX, messages).await;
    let one = raw.len();
    for expunged in [UidSet::new(), uids(1, 150), uids(151, 200)] {
        account.expunge(INBOX, expunged).await;
        let found = pages(&account, &all_uids(), Want::Email).await;
        for page in &found {
            let bytes: usize =
                page.iter().flat_map(|each| each.tree.as_ref()).map(|t| t.inline_len()).sum();
            assert!(bytes <= PAGE_BYTES + one, "a page of {bytes} bytes");
        }
        assert_eq!(found.iter().map(Vec::len).sum::<usize>(), 200);
    }
}

/// Whose rows are known is read as in a page, and no page has more than another.
pub async fn contents_are_read_of_known_rows(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    let mut raw = b"Subject: long\r\n\r\n".to_vec();
    raw.extend(noise(60_000, 0).iter().map(|byte| b' ' + byte % 64));
    account.append(INBOX, (0..100).map(|_| message_with(&raw, None)).collect()).await;
    account.expunge(INBOX, uids(1, 3)).await;
    let (at, ledger) = (MailboxKey { account: account.id, mailbox: INBOX }, &account.ledger);
    let rows = account.fetch(INBOX, &all_uids(), Want::Row).await;
    let rows: Vec<_> = rows.into_iter().map(|each| (each.row, each.presence)).collect();
    for want in [Want::Derived, Want::Tree, Want::Email] {
        let page = ledger.contents(at, rows.clone(), want).await.unwrap();
        assert_eq!(page, ledger.fetch(at, &uids(1, 100), want).await.unwrap());
        assert_eq!(page.rest.is_empty(), !want.has_tree());
    }
}

/// Every third one, all over the mailbox.
pub async fn a_sparse_set_is_read_in_order(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, 1_000).await;
    let wanted: UidSet = (1..=2_000).step_by(3).map(uid).collect();
    let found = pages(&account, &wanted, Want::Row).await.concat();
    let expected: Vec<Uid> = (1..=1_000).step_by(3).map(uid).collect();
    assert_eq!(found.iter().map(|each| each.row.uid).collect::<Vec<_>>(), expected);
}

/// In the order of their UIDs, whichever are which.
pub async fn the_expunged_stand_between_the_live(tested: Tested) {
    let account = Account::provisioned(tested.ledger(), 1).await;
    account.fill(INBOX, MANY as usize).await;
    let odd: UidSet = (1..=MANY).step_by(2).map(uid).collect();
    let gone = odd.union(&uids(10, 50)).union(&uids(300, MANY - 10));
    account.expunge(INBOX, gone.clone()).await;
    let sparse: UidSet = (1..=MANY).filter(|number| number % 7 != 0).map(uid).collect();
    for wanted in [all_uids(), uids(1, MANY), sparse, uids(40, 310), uids(MANY - 11, MANY)] {
        let found = pages(&account, &wanted, Want::Row).await;
        assert!(found.iter().all(|page| page.len() <= PAGE_ROWS));
        let found = found.concat();
        let expected: Vec<Uid> = uids(1, MANY).intersection(&wanted).iter().collect();
        assert_eq!(found.iter().map(|each| each.row.uid).collect::<Vec<_>>(), expected);
        for each in found {
            let expunged = each.presence == Presence::Expunged;
            assert_eq!(expunged, gone.contains(each.row.uid), "{}", each.row.uid);
        }
    }
}

/// UIDs that were never given out, mailboxes and accounts that never were.
pub async fn what_is_not_there_is_passed_over(tested: Tested) {
    let account = Account::new(tested.ledger(), 1);
    assert_eq!(account.mailboxes().await, Default::default());
    assert_eq!(account.ledger.open(account.key(INBOX)).await.unwrap(), None);
    assert!(account.fetch(INBOX, &all_uids(), Want::Email).await.is_empty());
    assert!(account.journal(mailstore::uid::ModSeq::ZERO).await.is_empty());
    let account = Account::provisioned(tested.ledger(), 1).await;
    let nowhere = mailstore::id::MailboxId(99);
    assert_eq!(account.ledger.open(account.key(nowhere)).await.unwrap(), None);
    assert!(account.fetch(nowhere, &all_uids(), Want::Email).await.is_empty());
    account.fill(INBOX, 2).await;
    assert!(account.fetch(INBOX, &UidSet::new(), Want::Row).await.is_empty());
    assert!(account.fetch(INBOX, &uids(3, 90), Want::Row).await.is_empty());
    assert_eq!(account.fetch(INBOX, &uids(2, u32::MAX), Want::Row).await.len(), 1);
}

async fn pages(account: &Account, wanted: &UidSet, want: Want) -> Vec<Vec<Fetched>> {
    let mut pages = Vec::new();
    let mut rest = wanted.clone();
    while !rest.is_empty() {
        let page = account.ledger.fetch(account.key(INBOX), &rest, want).await.unwrap();
        assert!(page.rest.is_subset(&rest) && page.rest != rest, "a page must get on");
        let last = page.messages.last().map(|each| each.row.uid);
        assert!(page.rest.is_empty() || page.rest.first() > last, "a page is in order");
        pages.push(page.messages);
        rest = page.rest;
    }
    pages
}
