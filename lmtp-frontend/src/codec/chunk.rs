//! BDAT chunks (RFC 3030 2): so many bytes, whatever they are.

use super::content::{Content, Framing};

/// Reads one chunk.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    left: u64,
}

impl Chunk {
    /// A chunk of `size` bytes.
    pub fn new(size: u64) -> Self {
        Self { left: size }
    }
}

impl Framing for Chunk {
    fn decode(&mut self, input: &[u8], content: &mut Content) -> usize {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX);
        let taken = input.get(..wanted).unwrap_or(input);
        content.extend(taken);
        self.left -= taken.len() as u64;
        taken.len()
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_its_bytes_and_no_more() {
        let mut content = Content::new(100);
        let mut chunk = Chunk::new(7);
        assert_eq!(chunk.decode(b"\r\n.\r", &mut content), 4);
        assert!(!chunk.is_done());
        assert_eq!(chunk.decode(b"\n\0\xffNOOP\r\n", &mut content), 3);
        assert!(chunk.is_done());
        assert_eq!(content.finish(), Some(b"\r\n.\r\n\0\xff".to_vec()));
    }

    #[test]
    fn an_empty_chunk_is_done_at_once() {
        assert!(Chunk::new(0).is_done());
    }
}
