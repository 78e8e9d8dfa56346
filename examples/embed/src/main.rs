//! embed
fn main() {}
