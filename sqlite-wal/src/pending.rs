//! What waits to be written.

/// Most bytes of one write: SQLite's VFS for Unix passes on less than 128 KiB at once.
const MOST: usize = 124 << 10;

/// What has been written to a file and was not passed on yet: one stretch of bytes.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    at: i64,
    bytes: Vec<u8>,
}

impl Pending {
    /// Can bytes at this place be added, so that all stay one stretch that is not too long?
    pub(crate) fn takes(&self, at: i64, len: usize) -> bool {
        let end = self.at.saturating_add_unsigned(self.bytes.len() as u64);
        self.bytes.is_empty() || (at == end && self.bytes.len() + len <= MOST)
    }

    /// Adds bytes that it takes.
    pub(crate) fn add(&mut self, at: i64, bytes: &[u8]) {
        debug_assert!(self.takes(at, bytes.len()));
        if self.bytes.is_empty() {
            self.at = at;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Where the stretch begins, and its bytes; `None` if nothing waits.
    pub(crate) fn stretch(&self) -> Option<(i64, &[u8])> {
        (!self.bytes.is_empty()).then_some((self.at, &self.bytes))
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_stretch() {
        let mut pending = Pending::default();
        assert_eq!(pending.stretch(), None);
        assert!(pending.takes(32, 4));
        pending.add(32, b"head");
        assert!(pending.takes(36, 4));
        pending.add(36, b"page");
        assert_eq!(pending.stretch(), Some((32, &b"headpage"[..])));
        for elsewhere in [0, 32, 39, 41, i64::MAX] {
            assert!(!pending.takes(elsewhere, 1), "{elsewhere}");
        }
        pending.clear();
        assert_eq!(pending.stretch(), None);
        assert!(pending.takes(7, 1));
    }

    #[test]
    fn it_ends_before_it_is_too_long() {
        let mut pending = Pending::default();
        pending.add(0, &[0; MOST - 1]);
        assert!(pending.takes(MOST as i64 - 1, 1));
        assert!(!pending.takes(MOST as i64 - 1, 2));
    }
}
