//! The rules of an [`AccountStore`].

use std::collections::BTreeSet;
use std::sync::Arc;

use mailstore::accounts::{
    AccountStore, Address, Claimed, Created, Name, PasswordHash, Profile, Quota, Record,
    ScramSecret, Status, User,
};
use mailstore::id::AccountId;
use mailstore::time::Timestamp;

/// One test for each rule, over the store that `$fresh` makes: the path of an async function that
/// returns an empty `Arc<dyn AccountStore>`, and whatever must outlive it.
#[macro_export]
macro_rules! accounts_contract {
    ($fresh:path) => {
        $crate::accounts_contract! { $fresh;
            what_is_put_comes_back
            accounts_ascend_from_one
            a_name_is_taken_once
            an_address_is_taken_once
            nothing_of_a_refused_user_is_kept
            an_update_counts_and_keeps_the_name
            a_stale_update_changes_nothing
            of_updates_at_once_one_wins
            of_creations_at_once_one_wins
            pages_are_ascending_and_complete
            a_claim_is_for_users_only
            only_the_owner_releases
            addresses_are_paged_by_owner
            a_secret_is_drawn_once
            a_record_comes_back_as_it_was_put
            only_what_was_read_is_replaced
            of_swaps_at_once_one_wins
            records_are_paged_by_their_beginning
            records_belong_to_somebody
            what_is_over_is_removed
            nothing_is_left_of_a_deleted_user
        }
    };
    ($fresh:path; $($rule:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            let (store, _kept) = $fresh().await;
            $crate::accounts::$rule(store).await;
        }
    )* };
}

type Store = Arc<dyn AccountStore>;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn profile(text: &str) -> Profile {
    Profile {
        name: name(text),
        password: None,
        scram: None,
        status: Status::Active,
        quota: Quota::default(),
        created: Timestamp::from_millis(1_700_000_000_123),
    }
}

async fn created(store: &Store, text: &str, addresses: &[Address]) -> User {
    match store.create(&profile(text), addresses).await.unwrap() {
        Created::Done(user) => user,
        refused => panic!("{text} was refused: {refused:?}"),
    }
}

/// Every field, at its extremes, by account and by name.
pub async fn what_is_put_comes_back(store: Store) {
    let plain = created(&store, "plain", &[]).await;
    assert_eq!((plain.version, &plain.profile), (1, &profile("plain")));
    let full = Profile {
        name: name("full@example.com"),
        password: Some(PasswordHash::from_text("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")),
        scram: Some(ScramSecret {
            salt: [0xff; 16],
            iterations: u32::MAX,
            stored_key: [0; 32],
            server_key: [0x80; 32],
        }),
        status: Status::Disabled,
        quota: Quota { bytes: Some(u64::MAX), messages: Some(0) },
        created: Timestamp::from_millis(-1),
    };
    let Created::Done(user) = store.create(&full, &[]).await.unwrap() else { panic!("refused") };
    assert_eq!(user.profile, full);
    for user in [plain, user] {
        assert_eq!(store.user(user.account).await.unwrap(), Some(user.clone()));
        assert_eq!(store.named(&user.profile.name).await.unwrap(), Some(user.clone()));
    }
    assert_eq!(store.named(&name("other")).await.unwrap(), None);
    assert_eq!(store.user(AccountId::new(99).unwrap()).await.unwrap(), None);
}

/// From 1, each above all before; a refused one leaves at most a gap.
pub async fn accounts_ascend_from_one(store: Store) {
    let first = created(&store, "a", &[]).await.account;
    assert_eq!(first.get(), 1);
    let mut last = first;
    for text in ["b", "c"] {
        assert_eq!(store.create(&profile("a"), &[]).await.unwrap(), Created::NameTaken);
        let account = created(&store, text, &[]).await.account;
        assert!(account > last);
        last = account;
    }
}

/// One user for a name.
pub async fn a_name_is_taken_once(store: Store) {
    let user = created(&store, "a", &[]).await;
    assert_eq!(store.create(&profile("a"), &[]).await.unwrap(), Created::NameTaken);
    assert_eq!(store.named(&name("a")).await.unwrap(), Some(user));
}

/// One owner for an address.
pub async fn an_address_is_taken_once(store: Store) {
    let shared = address("x@y.example");
    let owner = created(&store, "a", std::slice::from_ref(&shared)).await;
    let second = store.create(&profile("b"), &[address("b@y.example"), shared.clone()]).await;
    assert_eq!(second.unwrap(), Created::AddressTaken(shared.clone()));
    let second = created(&store, "b", &[]).await;
    assert_eq!(store.claim(&shared, second.account).await.unwrap(), Claimed::Taken);
    assert_eq!(store.owner(&shared).await.unwrap(), Some(owner.account));
}

/// A user and its addresses are added together or not at all.
pub async fn nothing_of_a_refused_user_is_kept(store: Store) {
    let taken = address("x@y.example");
    created(&store, "a", std::slice::from_ref(&taken)).await;
    let own = address("b@y.example");
    for addresses in [[own.clone(), taken.clone()], [taken, own.clone()]] {
        let refused = store.create(&profile("b"), &addresses).await.unwrap();
        assert!(matches!(refused, Created::AddressTaken(_)));
        assert_eq!(store.named(&name("b")).await.unwrap(), None);
        assert_eq!(store.owner(&own).await.unwrap(), None);
        assert_eq!(store.users(None, 9).await.unwrap().len(), 1);
    }
}

/// An update replaces all but account and name.
pub async fn an_update_counts_and_keeps_the_name(store: Store) {
    let mut user = created(&store, "a", &[]).await;
    user.profile = Profile {
        name: name("b"),
        password: Some(PasswordHash::from_text("$x")),
        scram: None,
        status: Status::Disabled,
        quota: Quota { bytes: Some(5), messages: None },
        created: Timestamp::from_millis(7),
    };
    let updated = store.update(&user).await.unwrap().unwrap();
    let profile = Profile { name: name("a"), ..user.profile };
    assert_eq!(updated, User { account: user.account, version: 2, profile });
    assert_eq!(store.named(&name("a")).await.unwrap(), Some(updated));
    assert_eq!(store.named(&name("b")).await.unwrap(), None);
}

/// An update is based on the version it names.
pub async fn a_stale_update_changes_nothing(store: Store) {
    let user = created(&store, "a", &[]).await;
    let updated = store.update(&user).await.unwrap().unwrap();
    let disabled = Profile { status: Status::Disabled, ..user.profile.clone() };
    for version in [0, 1, 3] {
        let stale = User { version, profile: disabled.clone(), ..user };
        assert_eq!(store.update(&stale).await.unwrap(), None);
    }
    let stranger = User { account: AccountId::new(99).unwrap(), ..updated.clone() };
    assert_eq!(store.update(&stranger).await.unwrap(), None);
    assert_eq!(store.users(None, 9).await.unwrap(), [updated]);
}

/// No update is lost under another.
pub async fn of_updates_at_once_one_wins(store: Store) {
    let user = created(&store, "a", &[]).await;
    let tries = (0..8).map(|_| {
        let (store, user) = (store.clone(), user.clone());
        tokio::spawn(async move { store.update(&user).await.unwrap() })
    });
    let mut won = 0;
    for each in tries.collect::<Vec<_>>() {
        won += usize::from(each.await.unwrap().is_some());
    }
    assert_eq!(won, 1);
    assert_eq!(store.user(user.account).await.unwrap().unwrap().version, 2);
}

/// However many add a user of one name, one does; others who add other users are not disturbed.
pub async fn of_creations_at_once_one_wins(store: Store) {
    let tries = (0..12).map(|number| {
        let store = store.clone();
        let text = if number % 2 == 0 { "a".to_owned() } else { format!("u{number}") };
        tokio::spawn(async move { store.create(&profile(&text), &[]).await.unwrap() })
    });
    let mut accounts = BTreeSet::new();
    for each in tries.collect::<Vec<_>>() {
        if let Created::Done(user) = each.await.unwrap() {
            accounts.insert(user.account);
        }
    }
    assert_eq!(accounts.len(), 7);
    assert_eq!(store.users(None, 99).await.unwrap().len(), 7);
}

/// Page by page, each user once.
pub async fn pages_are_ascending_and_complete(store: Store) {
    for number in 0..5 {
        created(&store, &format!("u{number}"), &[]).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.users(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.account);
        seen.extend(page);
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0].account < pair[1].account));
    assert!(store.users(None, 0).await.unwrap().is_empty());
}

/// An address belongs to a user who exists; claiming it again changes nothing.
pub async fn a_claim_is_for_users_only(store: Store) {
    let own = address("a@y.example");
    let nobody = AccountId::new(1).unwrap();
    assert_eq!(store.claim(&own, nobody).await.unwrap(), Claimed::NoUser);
    assert_eq!(store.owner(&own).await.unwrap(), None);
    let user = created(&store, "a", &[]).await;
    for _ in 0..2 {
        assert_eq!(store.claim(&own, user.account).await.unwrap(), Claimed::Done);
    }
    assert_eq!(store.owner(&own).await.unwrap(), Some(user.account));
}

/// What is released may be claimed by another.
pub async fn only_the_owner_releases(store: Store) {
    let shared = address("x@y.example");
    let owner = created(&store, "a", std::slice::from_ref(&shared)).await.account;
    let other = created(&store, "b", &[]).await.account;
    assert!(!store.release(&shared, other).await.unwrap());
    assert_eq!(store.owner(&shared).await.unwrap(), Some(owner));
    assert!(store.release(&shared, owner).await.unwrap());
    assert!(!store.release(&shared, owner).await.unwrap());
    assert_eq!(store.owner(&shared).await.unwrap(), None);
    assert_eq!(store.claim(&shared, other).await.unwrap(), Claimed::Done);
}

/// A user's addresses, in the order of their text, none of another's.
pub async fn addresses_are_paged_by_owner(store: Store) {
    let own = ["c@a.example", "a@b.example", "b-c@a.example"].map(address);
    let user = created(&store, "a", &own).await.account;
    created(&store, "b", &[address("b@a.example")]).await;
    let page = store.addresses(user, None, 2).await.unwrap();
    assert_eq!(page, [address("a@b.example"), address("b-c@a.example")]);
    let rest = store.addresses(user, page.last(), 2).await.unwrap();
    assert_eq!(rest, [address("c@a.example")]);
    assert!(store.addresses(user, rest.last(), 2).await.unwrap().is_empty());
    let nobody = AccountId::new(99).unwrap();
    assert!(store.addresses(nobody, None, 2).await.unwrap().is_empty());
}

/// All who ask get the same secret, also those who ask at once.
pub async fn a_secret_is_drawn_once(store: Store) {
    let (one, other) = tokio::join!(store.secret(), store.secret());
    let secret = one.unwrap();
    assert_eq!(other.unwrap(), secret);
    assert_eq!(store.secret().await.unwrap(), secret);
    assert_ne!(secret, [0; 32]);
}

fn record(key: &str, value: &[u8]) -> Record {
    Record { key: key.into(), value: value.to_vec(), until: None }
}

fn until(millis: i64, record: Record) -> Record {
    Record { until: Some(Timestamp::from_millis(millis)), ..record }
}

async fn put(store: &Store, account: AccountId, record: &Record) {
    assert!(store.swap(account, None, Some(record)).await.unwrap(), "{record:?}");
}

async fn records(store: &Store, account: AccountId, prefix: &str) -> Vec<Record> {
    store.records(account, prefix, None, 99).await.unwrap()
}

/// Any bytes, and any time.
pub async fn a_record_comes_back_as_it_was_put(store: Store) {
    let account = created(&store, "a", &[]).await.account;
    let all: Vec<u8> = (0..=255).collect();
    let put_all = [
        record("a/1", b""),
        until(i64::MIN, record("a/2", &all)),
        until(1_800_000_000_123, record("a/3", &[0; 65_536])),
        until(i64::MAX, record("a/4", b"\0")),
    ];
    for record in &put_all {
        put(&store, account, record).await;
    }
    assert_eq!(records(&store, account, "a/").await, put_all);
}

/// Whoever has not read the last word does not have it.
pub async fn only_what_was_read_is_replaced(store: Store) {
    let account = created(&store, "a", &[]).await.account;
    let (one, two) = (record("a/1", b"one"), record("a/1", b"two"));
    let later = until(5, one.clone());
    put(&store, account, &one).await;
    for old in [None, Some(&two), Some(&later)] {
        assert!(!store.swap(account, old, Some(&two)).await.unwrap());
        assert!(old.is_none() || !store.swap(account, old, None).await.unwrap());
    }
    assert_eq!(records(&store, account, "").await, std::slice::from_ref(&one));
    assert!(store.swap(account, Some(&one), Some(&later)).await.unwrap());
    assert!(!store.swap(account, Some(&one), Some(&two)).await.unwrap());
    assert_eq!(records(&store, account, "").await, std::slice::from_ref(&later));
    assert!(store.swap(account, Some(&later), None).await.unwrap());
    assert!(!store.swap(account, Some(&later), None).await.unwrap());
    assert!(records(&store, account, "").await.is_empty());
}

/// However many put a record where there was none.
pub async fn of_swaps_at_once_one_wins(store: Store) {
    let account = created(&store, "a", &[]).await.account;
    let tries = (0..8_u8).map(|number| {
        let store = store.clone();
        let record = record("a/1", &[number]);
        tokio::spawn(async move { store.swap(account, None, Some(&record)).await.unwrap() })
    });
    let mut won = 0;
    for each in tries.collect::<Vec<_>>() {
        won += usize::from(each.await.unwrap());
    }
    assert_eq!(won, 1);
}

/// In the order of their keys, those of one kind and one account.
pub async fn records_are_paged_by_their_beginning(store: Store) {
    let account = created(&store, "a", &[]).await.account;
    let other = created(&store, "b", &[]).await.account;
    for key in ["a/", "a/1", "a/2", "a/2/x", "a/~", "a0", "aa/1", "b/1"] {
        put(&store, account, &record(key, b"")).await;
    }
    put(&store, other, &record("a/3", b"")).await;
    let page = async |prefix: &str, after: Option<&str>, limit| -> Vec<String> {
        let found = store.records(account, prefix, after, limit).await.unwrap();
        found.into_iter().map(|record| record.key).collect()
    };
    assert_eq!(page("a/", None, 3).await, ["a/", "a/1", "a/2"]);
    assert_eq!(page("a/", Some("a/2"), 3).await, ["a/2/x", "a/~"]);
    assert_eq!(page("a/", Some("a/~"), 3).await, [""; 0]);
    assert_eq!(page("a/", Some("Z"), 2).await, ["a/", "a/1"], "before all of them");
    assert_eq!(page("a/2", None, 9).await, ["a/2", "a/2/x"]);
    assert_eq!(page("", None, 99).await.len(), 8);
    assert_eq!(page("", None, 0).await, [""; 0]);
}

/// To a user who exists, or to nobody, whose account is 0.
pub async fn records_belong_to_somebody(store: Store) {
    let (nobody, stranger) = (AccountId::new(0).unwrap(), AccountId::new(1).unwrap());
    let one = record("a/1", b"one");
    assert!(!store.swap(stranger, None, Some(&one)).await.unwrap());
    assert!(records(&store, stranger, "").await.is_empty());
    put(&store, nobody, &one).await;
    assert_eq!(records(&store, nobody, "").await, [one]);
}

/// And nothing else, of any account.
pub async fn what_is_over_is_removed(store: Store) {
    let account = created(&store, "a", &[]).await.account;
    let nobody = AccountId::new(0).unwrap();
    let kept = [record("a/1", b""), until(100, record("a/2", b""))];
    let over = [until(99, record("a/3", b"")), until(-1, record("a/4", b""))];
    for record in kept.iter().chain(&over) {
        put(&store, account, record).await;
    }
    put(&store, nobody, &until(50, record("a/1", b""))).await;
    let now = Timestamp::from_millis(100);
    assert_eq!(store.expire(now, 2).await.unwrap(), 2);
    assert_eq!(store.expire(now, 2).await.unwrap(), 1);
    assert_eq!(store.expire(now, 2).await.unwrap(), 0);
    assert_eq!(records(&store, account, "").await, kept);
    assert!(records(&store, nobody, "").await.is_empty());
}

/// Its name and addresses are free again; its account is not.
pub async fn nothing_is_left_of_a_deleted_user(store: Store) {
    let own = address("a@y.example");
    let gone = created(&store, "a", std::slice::from_ref(&own)).await;
    let other = created(&store, "b", &[address("b@y.example")]).await;
    for user in [&gone, &other] {
        put(&store, user.account, &record("a/1", b"")).await;
    }
    assert!(store.delete(gone.account).await.unwrap());
    assert!(!store.delete(gone.account).await.unwrap());
    assert_eq!(store.user(gone.account).await.unwrap(), None);
    assert_eq!(store.named(&name("a")).await.unwrap(), None);
    assert_eq!(store.owner(&own).await.unwrap(), None);
    assert_eq!(store.update(&gone).await.unwrap(), None);
    assert!(records(&store, gone.account, "").await.is_empty());
    assert_eq!(records(&store, other.account, "").await.len(), 1);
    assert_eq!(store.users(None, 9).await.unwrap(), std::slice::from_ref(&other));
    let again = created(&store, "a", &[own]).await;
    assert!(again.account > other.account);
}
