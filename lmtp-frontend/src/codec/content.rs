//! The bytes of a message as they arrive, under a cap.

/// What DATA or BDAT brings. Above the cap the bytes are counted and thrown away, so that the
/// peer can send to the end and gets its 552 there.
#[derive(Clone, Debug)]
pub struct Content {
    /// `None` once they are thrown away.
    bytes: Option<Vec<u8>>,
    size: u64,
    cap: u64,
}

/// How a message is marked off in the stream: by its last line (DATA) or by its length (BDAT).
pub trait Framing {
    /// Moves message bytes from `input` into `content`. Returns how many bytes of `input` were
    /// taken: all of them, or up to the end.
    fn decode(&mut self, input: &[u8], content: &mut Content) -> usize;

    /// Whether the end has been read.
    fn is_done(&self) -> bool;
}

impl Content {
    /// Nothing yet, and at most `cap` bytes.
    pub fn new(cap: u64) -> Self {
        Self { bytes: Some(Vec::new()), size: 0, cap }
    }

    /// Makes room for `size` bytes in all, or for the cap if that is less.
    pub fn reserve(&mut self, size: u64) {
        let room = usize::try_from(size.min(self.cap)).unwrap_or_default();
        if let Some(bytes) = &mut self.bytes {
            bytes.reserve_exact(room.saturating_sub(bytes.len()));
        }
    }

    /// Adds bytes, or counts them only once the cap is passed.
    pub fn extend(&mut self, more: &[u8]) {
        self.size = self.size.saturating_add(more.len() as u64);
        if self.size > self.cap {
            self.discard();
        }
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(more);
        }
    }

    /// Throws away what there is and what will come.
    pub fn discard(&mut self) {
        self.bytes = None;
    }

    /// Bytes received so far, kept or not.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether it has been thrown away, for its size or by [`discard`](Self::discard).
    pub fn is_discarded(&self) -> bool {
        self.bytes.is_none()
    }

    /// Whether more came than the cap allows.
    pub fn is_too_large(&self) -> bool {
        self.size > self.cap
    }

    /// The whole message; `None` if it has been thrown away.
    pub fn finish(self) -> Option<Vec<u8>> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_cap_is_allowed() {
        let mut content = Content::new(4);
        content.extend(b"ab");
        content.extend(b"cd");
        assert!(!content.is_too_large());
        assert_eq!(content.finish(), Some(b"abcd".to_vec()));
    }

    #[test]
    fn above_the_cap_bytes_are_counted_but_not_held() {
        let mut content = Content::new(4);
        content.extend(b"abc");
        content.extend(b"de");
        assert!(content.is_discarded());
        content.extend(b"f");
        assert_eq!((content.is_too_large(), content.size()), (true, 6));
        assert_eq!(content.finish(), None);
    }

    #[test]
    fn room_is_made_up_to_the_cap_only() {
        let mut content = Content::new(4);
        content.reserve(u64::MAX);
        assert_eq!(content.bytes.unwrap().capacity(), 4);
    }

    #[test]
    fn what_is_discarded_is_still_counted() {
        let mut content = Content::new(9);
        content.extend(b"abc");
        content.discard();
        content.extend(b"d");
        assert_eq!((content.is_too_large(), content.size()), (false, 4));
        assert_eq!(content.finish(), None);
    }
}
