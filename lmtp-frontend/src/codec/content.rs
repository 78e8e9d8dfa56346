//! The bytes of a message as they arrive, under a cap.

/// What DATA or BDAT brings. Above the cap the bytes are counted and thrown away, so that the
/// peer can send to the end and gets its 552 there.
#[derive(Clone, Debug, Default)]
pub struct Content {
    bytes: Vec<u8>,
    size: u64,
    cap: u64,
}

/// The message was larger than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{size} bytes are more than {cap}")]
pub struct TooLarge {
    /// Bytes received.
    pub size: u64,
    /// Bytes allowed.
    pub cap: u64,
}

impl Content {
    /// Nothing yet, and at most `cap` bytes.
    pub fn new(cap: u64) -> Self {
        Self { bytes: Vec::new(), size: 0, cap }
    }

    /// Makes room for a message of `size` bytes, if that is under the cap.
    pub fn reserve(&mut self, size: u64) {
        if let Ok(room) = usize::try_from(size.min(self.cap)) {
            self.bytes.reserve_exact(room.saturating_sub(self.bytes.len()));
        }
    }

    /// Adds bytes, or counts them only once the cap is passed.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size <= self.cap {
            self.bytes.extend_from_slice(bytes);
        } else if self.bytes.capacity() > 0 {
            self.bytes = Vec::new();
        }
    }

    /// Bytes received so far, kept or not.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of memory in use.
    pub fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// The whole message.
    pub fn finish(self) -> Result<Vec<u8>, TooLarge> {
        if self.size > self.cap {
            return Err(TooLarge { size: self.size, cap: self.cap });
        }
        Ok(self.bytes)
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
        assert_eq!(content.finish(), Ok(b"abcd".to_vec()));
    }

    #[test]
    fn above_the_cap_bytes_are_counted_but_not_held() {
        let mut content = Content::new(4);
        content.reserve(1 << 40);
        assert!(content.held() <= 64);
        content.extend(b"abc");
        content.extend(b"de");
        assert_eq!(content.held(), 0);
        content.extend(b"f");
        assert_eq!((content.held(), content.size()), (0, 6));
        assert_eq!(content.finish(), Err(TooLarge { size: 6, cap: 4 }));
    }
}
