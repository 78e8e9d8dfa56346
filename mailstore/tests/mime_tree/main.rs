//! The MIME tree: exact for any bytes, and right about structure.

mod properties;
mod soup;
mod structure;
