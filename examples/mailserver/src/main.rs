//! mailserver
fn main() {}
