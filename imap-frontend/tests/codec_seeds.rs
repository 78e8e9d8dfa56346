//! The bodies of the fuzz targets `imap_command` and `imap_url`, run on their seeds and on what is
//! near them.
#![allow(missing_docs)]

#[path = "../../fuzz/src/imap_command.rs"]
mod imap_command;
#[path = "../../fuzz/src/imap_url.rs"]
mod imap_url;

#[test]
fn commands_and_what_is_near_them() {
    harness::near("imap_command", 7, b"\n{)\"\0\xff", imap_command::run);
}

#[test]
fn urls_and_what_is_near_them() {
    harness::near("imap_url", 5, b"%/;=@.0\0\xff", imap_url::run);
}
