//! The rules of [`Shared`] counters, in processes that nothing disturbs.

use std::sync::Arc;
use std::time::Duration;

use mailstore::store::Shared;
use mailstore::time::Timestamp;

/// One test for each rule, over the counters that `$fresh` makes: the path of an async function
/// that returns an empty `Arc<dyn Shared>`, and whatever must outlive it.
#[macro_export]
macro_rules! shared_contract {
    ($fresh:path) => {
        $crate::shared_contract! { $fresh;
            a_counter_counts_from_one
            counters_are_counted_apart
            a_reset_counter_starts_anew
            a_counter_ends_with_its_window
            no_count_is_lost
            a_value_is_what_was_counted
        }
    };
    ($fresh:path; $($rule:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            let (shared, _kept) = $fresh().await;
            $crate::shared::$rule(shared).await;
        }
    )* };
}

type Counters = Arc<dyn Shared>;

const WINDOW: Duration = Duration::from_secs(60);

async fn count(shared: &Counters, key: &str, after_secs: i64) -> u64 {
    let now = Timestamp::from_secs(1_800_000_000 + after_secs);
    shared.count(key, WINDOW, now).await.unwrap()
}

/// One more each time.
pub async fn a_counter_counts_from_one(shared: Counters) {
    for expected in 1..=20 {
        assert_eq!(count(&shared, "a", 0).await, expected);
    }
}

/// By their whole keys, whatever these hold.
pub async fn counters_are_counted_apart(shared: Counters) {
    for key in ["", "a", "A", "a:b", "a b", "\u{e9}", "\n"] {
        assert_eq!(count(&shared, key, 0).await, 1, "{key:?}");
    }
    assert_eq!(count(&shared, "a", 0).await, 2);
}

/// And forgetting what is not there is no error.
pub async fn a_reset_counter_starts_anew(shared: Counters) {
    count(&shared, "a", 0).await;
    count(&shared, "b", 0).await;
    shared.reset("a").await.unwrap();
    shared.reset("a").await.unwrap();
    shared.reset("never").await.unwrap();
    assert_eq!(count(&shared, "a", 0).await, 1);
    assert_eq!(count(&shared, "b", 0).await, 2);
}

/// Which begins with its first addition: later ones do not make it longer.
pub async fn a_counter_ends_with_its_window(shared: Counters) {
    assert_eq!(count(&shared, "a", 0).await, 1);
    assert_eq!(count(&shared, "a", 30).await, 2);
    assert_eq!(count(&shared, "a", 59).await, 3);
    assert_eq!(count(&shared, "a", 60).await, 1);
    assert_eq!(count(&shared, "a", 119).await, 2);
    assert_eq!(count(&shared, "a", 200).await, 1);
}

/// However many add at once.
pub async fn no_count_is_lost(shared: Counters) {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                for _ in 0..25 {
                    count(&shared, "a", 0).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count(&shared, "a", 0).await, 201);
}

/// And looking at it adds nothing, nor makes it last longer.
pub async fn a_value_is_what_was_counted(shared: Counters) {
    let value = async |key: &str, after_secs: i64| {
        let now = Timestamp::from_secs(1_800_000_000 + after_secs);
        shared.value(key, now).await.unwrap()
    };
    assert_eq!(value("a", 0).await, 0);
    count(&shared, "a", 0).await;
    count(&shared, "a", 30).await;
    assert_eq!(value("a", 59).await, 2);
    assert_eq!(value("b", 59).await, 0);
    assert_eq!(value("a", 60).await, 0);
    assert_eq!(count(&shared, "a", 61).await, 1);
    assert_eq!(value("a", 62).await, 1);
    shared.reset("a").await.unwrap();
    assert_eq!(value("a", 63).await, 0);
}
