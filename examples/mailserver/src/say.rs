//! Printing.

use std::io::{self, Write};

/// Prints to the standard output. A reader that has gone away (`mailserver user list | head`) is no
/// reason to fail, and least of all for a server.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
