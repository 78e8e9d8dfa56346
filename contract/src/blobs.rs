//! The rules of a [`BlobStore`].

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use mailstore::blob::{Digest, ObjectName};
use mailstore::random::Random;
use mailstore::store::{BlobStore, Fault};
use mailstore::time::Timestamp;

use crate::account::noise;

/// One test for each rule, over the store that `$fresh` makes: the path of an async function that
/// returns an empty `Arc<dyn BlobStore>`, and whatever must outlive it.
#[macro_export]
macro_rules! blobs_contract {
    ($fresh:path) => {
        $crate::blobs_contract! { $fresh;
            what_is_put_comes_back
            any_range_can_be_read
            what_is_missing_is_corrupt
            what_is_too_short_is_corrupt
            deleting_twice_succeeds
            names_do_not_touch_each_other
            all_are_listed_by_folder
            many_at_once_do_not_disturb_each_other
        }
    };
    ($fresh:path; $($rule:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            let (store, _kept) = $fresh().await;
            $crate::blobs::$rule(store).await;
        }
    )* };
}

type Store = Arc<dyn BlobStore>;

/// A new name for this content.
fn name(content: &[u8]) -> ObjectName {
    ObjectName::new(Timestamp::now(), &Digest::of(content), Random::draw())
}

async fn put(store: &Store, content: &[u8]) -> ObjectName {
    let name = name(content);
    store.put(&name, Bytes::copy_from_slice(content)).await.unwrap();
    name
}

async fn list(store: &Store) -> BTreeSet<ObjectName> {
    let mut all = BTreeSet::new();
    for folder in 0..=u8::MAX {
        for name in store.list(folder).await.unwrap() {
            assert_eq!(name.folder(), Some(folder));
            assert!(all.insert(name), "listed twice");
        }
    }
    all
}

/// Every byte, whatever the size.
pub async fn what_is_put_comes_back(store: Store) {
    for size in [1, 255, 256 << 10, (1 << 20) + 7, 5 << 20] {
        let content = noise(size, 1);
        let name = put(&store, &content).await;
        assert!(store.get(&name, 0..u64::from(size)).await.unwrap() == content);
    }
}

/// From the first byte to the last, and none.
pub async fn any_range_can_be_read(store: Store) {
    let content = noise(600_000, 2);
    let name = put(&store, &content).await;
    for (from, to) in [
        (0, 1),
        (0, 262_144),
        (262_143, 262_145),
        (599_999, 600_000),
        (1, 599_999),
        (0, 0),
        (600_000, 600_000),
        (77, 77),
    ] {
        let got = store.get(&name, from as u64..to as u64).await.unwrap();
        assert!(got == content[from..to], "{from}..{to}");
    }
}

/// Whoever asks has a row that says it is there.
pub async fn what_is_missing_is_corrupt(store: Store) {
    let missing = name(b"x");
    assert_eq!(store.get(&missing, 0..1).await.unwrap_err().fault, Fault::Corrupt);
    let gone = put(&store, b"x").await;
    store.delete(&gone).await.unwrap();
    assert_eq!(store.get(&gone, 0..1).await.unwrap_err().fault, Fault::Corrupt);
}

/// Never fewer bytes than were asked for.
pub async fn what_is_too_short_is_corrupt(store: Store) {
    let name = put(&store, b"four").await;
    for range in [0..5, 3..5, 4..5, 5..6, 900..1_000] {
        let error = store.get(&name, range.clone()).await.unwrap_err();
        assert_eq!(error.fault, Fault::Corrupt, "{range:?}");
    }
}

/// As does deleting what never was.
pub async fn deleting_twice_succeeds(store: Store) {
    store.delete(&name(b"never")).await.unwrap();
    let name = put(&store, b"once").await;
    store.delete(&name).await.unwrap();
    store.delete(&name).await.unwrap();
    assert_eq!(list(&store).await.len(), 0);
}

/// The same bytes under two names are two objects.
pub async fn names_do_not_touch_each_other(store: Store) {
    let (one, two) = (put(&store, b"same").await, put(&store, b"same").await);
    assert_ne!(one, two);
    store.delete(&one).await.unwrap();
    assert_eq!(store.get(&two, 0..4).await.unwrap(), "same");
    assert_eq!(list(&store).await, BTreeSet::from([two]));
}

/// Each once, under the name it was put.
pub async fn all_are_listed_by_folder(store: Store) {
    assert_eq!(list(&store).await.len(), 0);
    let mut names = BTreeSet::new();
    for number in 0..40_u8 {
        names.insert(put(&store, &[number]).await);
    }
    assert_eq!(list(&store).await, names);
    let gone = names.pop_first().unwrap();
    store.delete(&gone).await.unwrap();
    assert_eq!(list(&store).await, names);
}

/// Writers and readers of different names.
pub async fn many_at_once_do_not_disturb_each_other(store: Store) {
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let content = noise(50_000, number);
                let name = put(&store, &content).await;
                let got = store.get(&name, 0..50_000).await.unwrap();
                assert!(got == content);
                if number % 2 == 0 {
                    store.delete(&name).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(list(&store).await.len(), 8);
}
