//! How a range of the source is made from the content of a blob.

/// How the source is made from stored content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// It is the content.
    Raw,
    /// It is the content in base64, a newline after every `line` characters but not at the end.
    Base64 {
        /// Characters in a line, at least 1.
        line: u32,
        /// What the lines end in.
        newline: Newline,
    },
}

/// The end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Newline {
    /// CR LF.
    Crlf,
    /// LF alone.
    Lf,
}
