//! Looking out, for a moment, for what comes soon.
//!
//! Who has an answer often sends the next command within microseconds, and to wake a processor that
//! has gone to sleep meanwhile takes longer than most commands do.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

/// How long a moment is.
const MOMENT: Duration = Duration::from_micros(30);
/// Who has received something so often more, and nobody else has, is alone.
const ALONE: u32 = 8;

/// One of those whose peers may send something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting(u32);

/// Knows who is alone: only one that was the last to receive something, and has been for a while,
/// looks out, so that a lone client is answered sooner and many cost nothing more.
#[derive(Debug)]
pub(crate) struct Lookout {
    entered: AtomicU32,
    last: AtomicU32,
    /// How often the last one has received something since another did.
    streak: AtomicU32,
}

impl Lookout {
    pub(crate) const fn new() -> Self {
        let (entered, last) = (AtomicU32::new(0), AtomicU32::new(0));
        Self { entered, last, streak: AtomicU32::new(0) }
    }

    /// One more to wait here.
    pub(crate) fn enter(&self) -> Waiting {
        Waiting(self.entered.fetch_add(1, Ordering::Relaxed).wrapping_add(1))
    }

    /// It has received something.
    pub(crate) fn received(&self, by: Waiting) {
        if self.last.swap(by.0, Ordering::Relaxed) == by.0 {
            self.streak.fetch_add(1, Ordering::Relaxed);
        } else {
            self.streak.store(0, Ordering::Relaxed);
        }
    }

    fn is_alone(&self, waiting: Waiting) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last == waiting.0 && self.streak.load(Ordering::Relaxed) >= ALONE
    }

    /// What `poll` is ready with within a moment; `None` if it is not, or others are served as well.
    pub(crate) async fn soon<T>(
        &self,
        waiting: Waiting,
        poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Option<T> {
        match self.is_alone(waiting) {
            // Apart, so that those who wait for long have no room for it.
            true => Box::pin(self.look_out(waiting, poll)).await,
            false => None,
        }
    }

    async fn look_out<T>(
        &self,
        waiting: Waiting,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Option<T> {
        let since = Instant::now();
        while self.is_alone(waiting) && since.elapsed() < MOMENT {
            if let Poll::Ready(ready) = poll_fn(|cx| Poll::Ready(poll(cx))).await {
                return Some(ready);
            }
            // All others come first, in this process and beside it.
            thread::yield_now();
            tokio::task::yield_now().await;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_one_looks_out() {
        let lookout = Lookout::new();
        let (one, other) = (lookout.enter(), lookout.enter());
        let soon = |waiting| lookout.soon(waiting, |_| Poll::Ready(()));
        assert_eq!(soon(one).await, None);
        for _ in 0..=ALONE {
            assert_eq!(soon(one).await, None);
            lookout.received(one);
        }
        assert_eq!(soon(one).await, Some(()));
        assert_eq!(soon(other).await, None);
        assert_eq!(lookout.soon(one, |_| Poll::<()>::Pending).await, None);
        lookout.received(other);
        assert_eq!(soon(one).await, None);
    }
}
