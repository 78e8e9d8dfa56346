//! A message as a tree of byte ranges.

pub mod decode;
pub mod envelope;
pub mod header;
