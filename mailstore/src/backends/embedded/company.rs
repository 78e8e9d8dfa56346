//! Who commits at present, and whether anybody else does.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Who has come alone more often than this, one time after the other, is taken for alone. Where
/// several commit together the processors have enough to do.
const ALONE: u32 = 8;

/// Those who wait for the committer.
#[derive(Debug, Default)]
pub(super) struct Company {
    present: AtomicUsize,
    /// How many groups have come alone since several came together.
    single: AtomicU32,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Present<'a>(&'a Company);

impl Company {
    /// One more waits.
    pub(super) fn enter(&self) -> Present<'_> {
        self.present.fetch_add(1, Ordering::Relaxed);
        Present(self)
    }

    /// So many groups were committed together. Only the committer says so.
    pub(super) fn came(&self, groups: usize) {
        let single = match groups {
            1 => self.single.load(Ordering::Relaxed).saturating_add(1),
            _ => 0,
        };
        self.single.store(single, Ordering::Relaxed);
    }

    /// Have the latest groups all come alone?
    pub(super) fn is_rare(&self) -> bool {
        self.single.load(Ordering::Relaxed) > ALONE
    }
}

impl Present<'_> {
    /// Is it the only one, and has there been only one for a while?
    pub(super) fn is_alone(&self) -> bool {
        self.0.is_rare() && self.0.present.load(Ordering::Relaxed) == 1
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.present.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_been_the_only_one_for_a_while_is_alone() {
        let company = Company::default();
        let one = company.enter();
        for _ in 0..=ALONE {
            assert!(!one.is_alone());
            company.came(1);
        }
        assert!(one.is_alone());
        let other = company.enter();
        assert!(!one.is_alone() && !other.is_alone());
        drop(one);
        assert!(other.is_alone());
        company.came(2);
        assert!(!other.is_alone());
    }
}
