//! Nothing that the server has acknowledged is lost, nothing wrong is given out, and nobody who is
//! slow holds up the others. What a store must hold, and the disk that fails, are those of the
//! library's own tests.
#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code)]
#[path = "../../../../mailstore/tests/durability/book.rs"]
mod book;
#[path = "../common/mod.rs"]
mod common;
mod faults;
mod kill;
mod peer;
#[allow(dead_code)]
#[path = "../../../../mailstore/tests/durability/shim.rs"]
mod shim;
mod slow_clients;
#[allow(dead_code)]
#[path = "../../../../mailstore/tests/durability/workload.rs"]
mod workload;

/// Services in clear, on ports that the system chooses; LMTP puts nothing in front of a message.
const CONFIG: &str = "[imap]\nlisten = [\"127.0.0.1:0\"]\nstarttls = false\n\
    [imaps]\nenabled = false\n[pop3]\nenabled = false\n[pop3s]\nenabled = false\n\
    [http]\nenabled = false\n\
    [lmtp]\nlisten = [\"127.0.0.1:0\"]\nstarttls = false\n\
    return_path = false\ndelivered_to = false\nreceived = false\n";

/// A server with the users u1 to u4, who have the accounts 1 to 4.
fn site() -> common::Site {
    let site = common::Site::new(CONFIG);
    for user in 1..=workload::ACCOUNTS {
        let address = format!("u{user}@localhost");
        let add = ["user", "add", &format!("u{user}"), "--address", &address];
        site.done(&add, "sesame\n");
    }
    site
}
