//! The rules of what is [`Shared`], in processes that nothing disturbs.

use std::sync::Arc;
use std::time::Duration;

use mailstore::store::{Hold, LeaseHolder, Shared};
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
            all_together_hold_only_so_many
            what_is_held_ends_unless_it_is_said_again
            what_is_given_back_is_free
            holds_are_apart
            who_comes_at_once_holds_only_so_many
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

/// What a holder says, `after_secs` seconds from the beginning.
async fn hold(
    shared: &Counters,
    key: &str,
    (holder, count, most): (u128, u64, u64),
    after_secs: i64,
) -> bool {
    let now = Timestamp::from_secs(1_800_000_000 + after_secs);
    let hold = Hold { holder: LeaseHolder(holder), count, most, lease: WINDOW };
    shared.hold(key, &hold, now).await.unwrap()
}

/// Whoever holds them; and who is refused has what it had.
pub async fn all_together_hold_only_so_many(shared: Counters) {
    assert!(hold(&shared, "a", (1, 2, 5), 0).await);
    assert!(hold(&shared, "a", (2, 2, 5), 0).await);
    assert!(hold(&shared, "a", (2, 3, 5), 0).await, "in place of what it said before");
    assert!(!hold(&shared, "a", (1, 3, 5), 0).await);
    assert!(!hold(&shared, "a", (3, 1, 5), 0).await);
    assert!(hold(&shared, "a", (1, 2, 5), 0).await);
    assert!(hold(&shared, "a", (3, 1, u64::MAX), 0).await);
    assert!(!hold(&shared, "a", (3, 1, 5), 0).await, "there are six");
    assert!(!hold(&shared, "b", (1, 1, 0), 0).await);
}

/// So a holder that is gone holds nothing for long.
pub async fn what_is_held_ends_unless_it_is_said_again(shared: Counters) {
    assert!(hold(&shared, "a", (1, 1, 2), 0).await);
    assert!(hold(&shared, "a", (2, 1, 2), 0).await);
    assert!(hold(&shared, "a", (2, 1, 2), 30).await);
    assert!(!hold(&shared, "a", (3, 1, 2), 59).await);
    assert!(hold(&shared, "a", (3, 1, 2), 60).await, "the first has ended");
    assert!(!hold(&shared, "a", (1, 1, 2), 89).await);
    assert!(hold(&shared, "a", (1, 1, 2), 90).await, "and the second");
    assert!(hold(&shared, "a", (4, 2, 2), 200).await);
}

/// All of it, or a part; and giving back what one has not is no error.
pub async fn what_is_given_back_is_free(shared: Counters) {
    assert!(hold(&shared, "a", (9, 0, 3), 0).await);
    assert!(hold(&shared, "a", (1, 3, 3), 0).await);
    assert!(!hold(&shared, "a", (2, 1, 3), 0).await);
    assert!(hold(&shared, "a", (1, 2, 3), 0).await);
    assert!(hold(&shared, "a", (2, 1, 3), 0).await);
    assert!(hold(&shared, "a", (1, 0, 0), 0).await, "always");
    assert!(hold(&shared, "a", (2, 3, 3), 0).await);
}

/// By their whole keys, and from counters.
pub async fn holds_are_apart(shared: Counters) {
    for key in ["", "a", "A", "a:b", "a b", "\u{e9}", "\n"] {
        assert!(hold(&shared, key, (1, 1, 1), 0).await, "{key:?}");
        assert!(!hold(&shared, key, (2, 1, 1), 0).await, "{key:?}");
        assert_eq!(count(&shared, key, 0).await, 1, "{key:?}");
    }
    shared.reset("a").await.unwrap();
    assert!(!hold(&shared, "a", (2, 1, 1), 0).await);
}

/// However many ask at once.
pub async fn who_comes_at_once_holds_only_so_many(shared: Counters) {
    let tasks: Vec<_> = (0..20)
        .map(|holder| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move { hold(&shared, "a", (holder, 1, 7), 0).await })
        })
        .collect();
    let mut held = 0;
    for task in tasks {
        held += u32::from(task.await.unwrap());
    }
    assert_eq!(held, 7);
}
