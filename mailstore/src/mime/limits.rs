//! Limits of the tree. They cut the tree, never the bytes.

/// How far [`parse`](super::parse) follows the structure of a message.
///
/// What lies beyond a limit is kept byte for byte inside an opaque part; the tree's
/// [`Cut`](super::Cut) says which limit was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Containers (multiparts and embedded messages) inside one another.
    pub depth: usize,
    /// Parts in one message, the message itself included.
    pub parts: usize,
    /// Bytes of a header block in which fields are looked for.
    pub header: usize,
    /// Bytes of a boundary; a multipart with a longer one is an opaque leaf. RFC 2046 5.1.1
    /// allows 70, senders do not keep to it.
    pub boundary: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 40, parts: 10_000, header: 256 * 1024, boundary: 200 }
    }
}
